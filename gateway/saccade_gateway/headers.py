"""Header hygiene: what of a message belongs to one hop, what is ours, and what only we may say.

Headers travel as raw bytes, in the order and the spelling they came in; nothing is decoded, so a
latin-1 value leaves as it arrived.
"""

import re
from collections.abc import Iterable, Sequence

from multidict import MultiMapping

RawHeaders = tuple[tuple[bytes, bytes], ...]

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"http2-settings",
    }
)
"""RFC 9110 section 7.6.1, with the two older ones every proxy drops."""

OURS = frozenset({b"x-session-id", b"x-saccade-view", b"x-saccade-preview"})

FORWARDING = frozenset({b"forwarded", b"x-real-ip"})
"""Besides ``x-forwarded-*``: a client may not say these, a trusted hop may."""

_NOT_UPSTREAM = HOP_BY_HOP | OURS | {b"host", b"content-length", b"expect"}
"""Framing and Host are written anew; ``100-continue`` is answered by our own server."""

_NOT_FROM_A_CLIENT = _NOT_UPSTREAM | FORWARDING
_NOT_FROM_A_HOP = _NOT_UPSTREAM | {b"x-forwarded-for"}

_NOT_DOWNSTREAM = HOP_BY_HOP | {b"content-length"}

_MADE_FOR_THE_OLD_BODY = frozenset(
    {
        b"accept-ranges",
        b"age",
        b"content-digest",
        b"content-encoding",
        b"content-md5",
        b"digest",
        b"etag",
        b"expires",
        b"last-modified",
        b"pragma",
        b"repr-digest",
        b"surrogate-control",
        b"x-accel-expires",
    }
)
"""Validators, digests and cache rules of the platform's body: false once our key is in it."""

_NOT_WITH_AN_EXPERIENCE = _NOT_DOWNSTREAM | _MADE_FOR_THE_OLD_BODY

_COOKIE = re.compile(rb"(?:^|;)[ \t]*saccade_session=")


def without_cookie(value: bytes) -> bytes:
    """A Cookie value without the ``saccade_session`` pairs, every other byte kept."""
    if not _COOKIE.search(value):
        return value
    pairs = value.split(b";")
    kept = [pair for pair in pairs if pair.partition(b"=")[0].strip(b" \t") != b"saccade_session"]
    return b";".join(kept).lstrip(b" \t")


_NONE: frozenset[bytes] = frozenset()
_ORDINARY = {"keep-alive": frozenset({b"keep-alive"}), "close": frozenset({b"close"})}
"""What ``Connection`` nearly always says."""


def named_by_connection(known: MultiMapping[str]) -> frozenset[bytes]:
    """Further headers of this hop only, as ``Connection`` names them, in lower case."""
    values = known.getall("Connection", None)
    if values is None:
        return _NONE
    told = ",".join(values).lower()
    return _ORDINARY.get(told) or frozenset(
        token.strip().encode("utf-8", "surrogateescape") for token in told.split(",")
    )


def upstream(headers: RawHeaders, named: frozenset[bytes], *, trusted: bool) -> list[bytes]:
    """The header lines of a shopper's call that the platform may see.

    Host, framing and forwarding are for the caller to add; ``named`` is what ``Connection`` names
    (`named_by_connection`). ``trusted``: the caller of this hop is
    known, and what it says of earlier hops is kept, but for ``X-Forwarded-For`` (`chain`).
    """
    dropped = _NOT_FROM_A_HOP if trusted else _NOT_FROM_A_CLIENT
    lines: list[bytes] = []
    for name, value in headers:
        key = name.lower()
        if key in dropped or key in named:
            continue
        if key == b"cookie":
            if kept := without_cookie(value):
                lines.append(name + b": " + kept)
            elif not value:
                lines.append(name + b": ")
        elif trusted or not key.startswith(b"x-forwarded-"):
            lines.append(name + b": " + value)
    return lines


def chain(headers: RawHeaders, *, peer: str, scheme: str, trusted: bool) -> list[bytes]:
    """The forwarding headers we answer for: who called, by which scheme, for which host."""
    said = [(name.lower(), value) for name, value in headers] if trusted else []
    names = {name for name, _ in said}
    hops = [value for name, value in said if name == b"x-forwarded-for"]
    lines = [b"X-Forwarded-For: " + b", ".join([*hops, peer.encode("ascii", "replace")])]
    if b"x-forwarded-proto" not in names:
        lines.append(b"X-Forwarded-Proto: " + scheme.encode("ascii"))
    if b"x-forwarded-host" not in names and (host := first(headers, b"host")):
        lines.append(b"X-Forwarded-Host: " + host)
    return lines


def asking_for_identity(lines: Iterable[bytes]) -> list[bytes]:
    """The same lines for a call whose answer is to be merged: no content coding, please."""
    kept = [line for line in lines if line[:16].lower() != b"accept-encoding:"]
    kept.append(b"Accept-Encoding: identity")
    return kept


def downstream(headers: RawHeaders, named: frozenset[bytes]) -> list[bytes]:
    """The header lines of the platform's answer that the shopper gets; framing is added later."""
    return [
        name + b": " + value
        for name, value in headers
        if (key := name.lower()) not in _NOT_DOWNSTREAM and key not in named
    ]


def personal(headers: RawHeaders, named: frozenset[bytes]) -> list[bytes]:
    """As `downstream`, for a body that now carries an experience: no cache may keep it (R38)."""
    lines = [
        name + b": " + value
        for name, value in headers
        if (key := name.lower()) not in _NOT_WITH_AN_EXPERIENCE
        and key not in named
        and not key.endswith(b"cache-control")  # also CDN-Cache-Control and its kin (RFC 9213)
    ]
    lines.append(b"Cache-Control: private, no-store")
    return lines


def first(headers: RawHeaders, name: bytes) -> bytes | None:
    """The first value of a header, its name given in lower case."""
    for key, value in headers:
        if len(key) == len(name) and key.lower() == name:
            return value
    return None


def head(status: int, reason: bytes, lines: Sequence[bytes]) -> bytes:
    """A response head, its end included."""
    return b"\r\n".join([b"HTTP/1.1 %d %b" % (status, reason), *lines, b"", b""])
