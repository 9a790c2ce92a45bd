"""CORS preflights: the platform's to answer, but for the headers that are ours.

A page that sends ``x-session-id`` to another origin asks first whether it may. The platform knows
no such header and never gets it, so it is asked about the others, and what we take off every call
is allowed to whom the platform allows the rest.
"""

from collections.abc import Iterable, Sequence

from multidict import MultiMapping

from saccade_gateway.answer import Answer
from saccade_gateway.headers import OURS

_ASKED = b"access-control-request-headers"


def asked_for(method: str, known: MultiMapping[str]) -> Sequence[bytes]:
    """The headers of ours a preflight asks for, as it spells them."""
    if method != "OPTIONS" or "Access-Control-Request-Method" not in known:
        return ()
    return [
        name
        for value in known.getall("Access-Control-Request-Headers", ())
        for name in _names(value.encode("utf-8", "surrogateescape"))
        if name.lower() in OURS
    ]


def without_ours(lines: Iterable[bytes]) -> list[bytes]:
    """A preflight's header lines for the platform; a question about ours alone goes altogether."""
    kept: list[bytes] = []
    for line in lines:
        name, _, value = line.partition(b":")
        if name.lower() != _ASKED:
            kept.append(line)
        elif others := [one for one in _names(value) if one.lower() not in OURS]:
            kept.append(name + b": " + b",".join(others))
    return kept


def allowed(asked: Sequence[bytes], answer: Answer) -> list[bytes]:
    """The lines to add to the platform's answer; none where it allows this origin nothing."""
    accepted = 200 <= answer.status < 300  # noqa: PLR2004 - the ok status of the Fetch standard
    if not asked or not accepted or "Access-Control-Allow-Origin" not in answer.known:
        return []
    return [b"Access-Control-Allow-Headers: " + b",".join(asked)]


def _names(value: bytes) -> list[bytes]:
    return [name for part in value.split(b",") if (name := part.strip(b" \t"))]
