"""Amounts as people of a language write them: CLDR's patterns for the languages of most shops.

A currency's symbol is used where it is unmistakable; a dollar that is none of the United States'
is told by its code. Other languages get the code too. A test compares with Chromium's own ICU.
"""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?\Z")
CURRENCY = re.compile(r"[A-Z]{3}\Z")

_SPACE, _THIN = "\u00a0", "\u202f"
"""Both keep an amount on one line."""


class Style(NamedTuple):
    """How a language writes an amount."""

    point: str
    group: str
    before: bool
    """Whether the currency comes first."""
    spaced: bool
    """Whether a space parts a symbol that comes first; it always parts one that comes last."""
    grouped_from: int = 4
    """Digits before the point from which on thousands are parted."""


_STYLES: Mapping[str, Style] = {
    "en": Style(".", ",", before=True, spaced=False),
    "de": Style(",", ".", before=False, spaced=True),
    "de-at": Style(",", ".", before=True, spaced=True),
    "de-ch": Style(".", "'", before=True, spaced=True),
    "fr": Style(",", _THIN, before=False, spaced=True),
    "fr-ch": Style(".", _THIN, before=False, spaced=True),
    "fr-ca": Style(",", _SPACE, before=False, spaced=True),
    "es": Style(",", ".", before=False, spaced=True, grouped_from=5),
    "it": Style(",", ".", before=False, spaced=True, grouped_from=5),
    "nl": Style(",", ".", before=True, spaced=True),
    "pl": Style(",", _SPACE, before=False, spaced=True, grouped_from=5),
    "pt": Style(",", ".", before=True, spaced=True),
    "pt-pt": Style(",", _SPACE, before=False, spaced=True, grouped_from=5),
    "sv": Style(",", _SPACE, before=False, spaced=True),
    "da": Style(",", ".", before=False, spaced=True),
    "nb": Style(",", _SPACE, before=False, spaced=True),
    "fi": Style(",", _SPACE, before=False, spaced=True),
    "cs": Style(",", _SPACE, before=False, spaced=True),
}
LANGUAGES = tuple(_STYLES)

_SYMBOLS: Mapping[str, str] = {"EUR": "€", "USD": "$", "GBP": "£"}
_AT_HOME: Mapping[tuple[str, str], str] = {
    ("pl", "PLN"): "zł",
    ("sv", "SEK"): "kr",
    ("nb", "NOK"): "kr",
    ("da", "DKK"): "kr.",
    ("cs", "CZK"): "Kč",
    ("de-ch", "EUR"): "EUR",
}
_WITHOUT_PENNIES = frozenset({"JPY", "KRW", "CLP", "ISK", "VND"})
"""ISO 4217: their smallest unit is one."""


def formatted(amount: str, currency: str, language: str) -> str:
    """``amount``, a decimal as text, in a language given as a lower-case tag or a longer one."""
    tag = next((tag for tag in chain(language) if tag in _STYLES), "")
    style = _STYLES[tag or "en"]
    symbol = _AT_HOME.get((tag, currency)) or (
        _SYMBOLS.get(currency, currency) if tag else currency
    )
    smallest = Decimal(1) if currency in _WITHOUT_PENNIES else Decimal("0.01")
    rounded = Decimal(amount).quantize(smallest, ROUND_HALF_UP)
    whole, _, cents = str(rounded).partition(".")
    if len(whole) >= style.grouped_from:
        whole = f"{int(whole):,}".replace(",", style.group)
    figure = f"{whole}{style.point}{cents}" if cents else whole
    if not style.before:
        return f"{figure}{_SPACE}{symbol}"
    parted = style.spaced or symbol[-1].isalpha()
    return f"{symbol}{_SPACE if parted else ''}{figure}"


@lru_cache(maxsize=1_024)
def chain(language: str) -> tuple[str, ...]:
    """A language tag and what it falls back to, lower-case: ``de_AT`` is de-at, then de."""
    parts = language.replace("_", "-").lower().split("-")
    return tuple("-".join(parts[:count]) for count in range(len(parts), 0, -1))
