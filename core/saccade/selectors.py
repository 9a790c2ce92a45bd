"""CSS selectors as a merchant writes them: held to what cannot break out of where they are used.

The tracker puts a selector into ``:is(…)``, which forgives what a browser does not know, but not a
bracket that closes what it has not opened. Whether an element matches is the page's business.
"""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

LONGEST = 300

_CLOSES = {"(": ")", "[": "]"}
_COMBINATORS = frozenset(">+~")
_FOREIGN = frozenset("{}<;@")
"""What begins a rule, a tag or a comment, and stands in no selector outside of quotes."""


def checked(selector: str) -> str:
    """The selector itself. Raises `ValueError` saying what is wrong and what to write."""
    if selector.strip() != selector:
        raise ValueError("leave out the spaces around the selector")
    ends = _outside_of_quotes(selector)
    for part in _parts(ends):
        if not part.strip():
            raise ValueError("write a selector on both sides of each comma")
        if part.strip()[0] in _COMBINATORS or part.strip()[-1] in _COMBINATORS:
            raise ValueError("write an element on both sides of >, + and ~")
        if "::" in part:
            raise ValueError("name an element: what follows :: is none")
    return selector


def _outside_of_quotes(selector: str) -> str:
    """The selector with each quoted string and escaped character replaced by one letter."""
    kept: list[str] = []
    quote = ""
    escaped = False
    for character in selector:
        if ord(character) < ord(" ") or character == "\x7f":
            raise ValueError("write it on one line, without control characters")
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
            kept.append("" if quote else "q")
        elif quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
            kept.append("q")
        else:
            kept.append(character)
    if quote or escaped:
        raise ValueError(f"close the {quote}" if quote else "write a character after \\")
    found = "".join(kept)
    if strange := sorted(_FOREIGN.intersection(found)):
        raise ValueError(f"leave out {' and '.join(strange)}: no part of a selector")
    return found


def _parts(selector: str) -> list[str]:
    """Split at the commas that stand in no bracket."""
    parts, open_brackets = [""], list[str]()
    for character in selector:
        if character in _CLOSES:
            open_brackets.append(_CLOSES[character])
        elif character in _CLOSES.values() and (
            not open_brackets or open_brackets.pop() != character
        ):
            raise ValueError(f"open what {character} closes, or leave it out")
        if character == "," and not open_brackets:
            parts.append("")
        else:
            parts[-1] += character
    if open_brackets:
        raise ValueError(f"add the {open_brackets[-1]} that is missing")
    return parts


Selector = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST), AfterValidator(checked)
]
"""A list of CSS selectors that names elements."""
