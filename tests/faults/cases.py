"""Answers a platform should not give, and those it may: what each is, and what a page makes of it.

A case knows what it means to send, so that a page is judged by that and not by what a client's
library could still read of a broken answer.
"""

import asyncio
import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass

from faults import upstream as up
from faults.bombs import bomb
from faults.upstream import Line, Received, Script

PAGES = "/occ/v2/electronics/products/"
HEALTHY = "816324"
BODY = b'{"code":"816324","summary":"' + b"s" * 12_000 + b'"}'
JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Case:
    """One scripted answer. Only ``merged`` pages carry our key; ``None`` leaves it to the clock."""

    script: Script
    body: bytes = BODY
    """All the platform means to send."""
    readable: bytes | None = None
    """That body without its content coding, where it has one."""
    merged: bool | None = False
    ends: bool = True
    """False: it breaks off."""
    answers: bool | None = True
    """False: not even a head comes that can be used. ``None``: it is seen at once, or too late."""

    @property
    def plain(self) -> bytes:
        """What our key is merged into."""
        return self.body if self.readable is None else self.readable


Cases = Mapping[str, Case]


def dripped(size: int, pause_s: float, *, before_s: float = 0.0) -> Script:
    """`BODY` in pieces of ``size`` bytes, with a pause before the head and after each piece."""

    async def script(_: Received, line: Line) -> None:
        await asyncio.sleep(before_s)
        await line.send(JSON_HEAD + LENGTH % len(BODY))
        for start in range(0, len(BODY), size):
            await line.send(BODY[start : start + size])
            await asyncio.sleep(pause_s)

    return script


DRIPS: Cases = {
    "before-headers": Case(dripped(len(BODY), 0.0, before_s=0.12), merged=True),
    "after-headers": Case(dripped(6_000, 0.05), merged=None),
    "in-a-burst": Case(dripped(500, 0.0), merged=True),
    "longer-than-we-hold": Case(dripped(1_000, 0.03), merged=None),
    "slower-than-the-budget": Case(dripped(len(BODY), 0.0, before_s=0.3), merged=True),
}
"""F9. `SteeredEngine` has decided at once, so that a slow head costs the page nothing."""

_ERROR = b'{"errors":[{"type":"UnknownIdentifierError","message":"no \xc3\xa9"}]}'
_HTML = b"<html><body>down for maintenance</body></html>"


def _errors() -> Cases:
    found: dict[str, Case] = {}
    reasons = (400, 401, 403, 404, 405, 406, 409, 410, 412, 418, 422, 429, 451)
    for status in (*reasons, 500, 501, 502, 503, 504, 599):
        line = b"%d It said so" % status
        after = (b"Retry-After", b"7" if status % 2 else b"Fri, 31 Dec 2100 23:59:59 GMT")
        found[f"{status}-json"] = Case(up.json(_ERROR, after, status=line), _ERROR)
        html = (b"Content-Type", b"text/html")
        found[f"{status}-html"] = Case(up.answer(_HTML, html, after, status=line), _HTML)
    return found


ERRORS: Cases = _errors()
"""F10."""


def truncated(cut: int) -> Script:
    """Promises the whole body, sends ``cut`` bytes of it, and closes in order."""
    return up.then(up.raw(JSON_HEAD + LENGTH % len(BODY) + BODY[:cut]), Line.close)


def _cut(script: Script, body: bytes = BODY) -> Case:
    return Case(script, body, ends=False)


def _reset_later(head: bytes) -> Script:
    async def script(_: Received, line: Line) -> None:
        await line.send(head + BODY[:500])
        await asyncio.sleep(0.01)  # what was sent must not be lost with the connection
        line.reset()

    return script


_ZIPPED = gzip.compress(BODY, mtime=0)
_CODED = JSON_HEAD + b"Content-Encoding: gzip\r\n"

TRUNCATIONS: Cases = {
    "length-nothing": _cut(truncated(0)),
    "length-some": _cut(truncated(5_000)),
    "length-all-but-one": _cut(truncated(len(BODY) - 1)),
    "length-reset": _cut(_reset_later(JSON_HEAD + LENGTH % len(BODY))),
    "close-reset": _cut(_reset_later(JSON_HEAD + b"Connection: close\r\n\r\n")),
    "chunked-nothing": _cut(up.chunked(ended=False)),
    "chunked-between": _cut(up.chunked(BODY[:50], BODY[50:], ended=False)),
    "chunked-within": _cut(
        up.then(up.raw(JSON_HEAD + CHUNKED + b"20\r\n" + BODY[:10]), Line.close)
    ),
    "chunked-in-the-end": _cut(
        up.then(up.raw(JSON_HEAD + CHUNKED + b"%x\r\n%b\r\n0\r\n" % (len(BODY), BODY)), Line.close)
    ),
    "chunked-reset": _cut(_reset_later(JSON_HEAD + CHUNKED + b"%x\r\n" % len(BODY))),
    "gzip-length": _cut(
        up.then(up.raw(_CODED + LENGTH % len(_ZIPPED) + _ZIPPED[:40]), Line.close), _ZIPPED
    ),
}
"""F11."""

_DEEP = 100_000


def _json(body: bytes, *, merged: bool = False) -> Case:
    return Case(up.json(body), body, merged=merged)


DOCUMENTS: Cases = {
    "cut-off": _json(b'{"a":1'),
    "two-in-one": _json(b'{"a":1}{"b":2}'),
    "text": _json(b"not json at all"),
    "empty": _json(b""),
    "spaces": _json(b"  \n"),
    "list": _json(b'[{"a":1}]'),
    "null": _json(b"null"),
    "byte-order-mark": _json(b'\xef\xbb\xbf{"a":1}'),
    "utf-16": _json('{"a":1}'.encode("utf-16")),
    "bad-utf-8": _json(b'{"a":"\xc3\x28"}'),
    "surrogate-in-utf-8": _json(b'{"a":"\xed\xa0\x80"}'),
    "nan": _json(b'{"a":NaN}'),
    "infinity": _json(b'{"a":-Infinity}'),
    "trailing-comma": _json(b'{"a":1,}'),
    "single-quotes": _json(b"{'a':1}"),
    "control-in-string": _json(b'{"a":"\x01"}'),
    "nul-after": _json(b'{"a":1}\x00'),
    "leading-zero": _json(b'{"a":007}'),
    "lone-surrogate": _json(b'{"a":"\\ud800"}'),
    "deep-lists": _json(b'{"a":' + b"[" * _DEEP + b"]" * _DEEP + b"}"),
    "deep-objects": _json(b'{"a":' * _DEEP + b"1" + b"}" * _DEEP),
    "deep-and-open": _json(b'{"a":' + b"[" * _DEEP),
    "has-our-key": _json(b'{"saccade":{"mine":true},"a":1}'),
    "has-our-key-escaped": _json(b'{"s\\u0061ccade":1}'),
    "huge-integer": _json(b'{"a":' + b"7" * 5_000 + b"}", merged=True),
    "huge-exponent": _json(b'{"a":1e999999,"b":-0.0,"c":1.10}', merged=True),
    "same-key-twice": _json(b'{"a":1,"a":2}', merged=True),
    "empty-object": _json(b"{}", merged=True),
    "spaced-object": _json(b' {\n\t"a" : 1 }', merged=True),
    "other-scripts": _json('{"a":"Zoë 日本 🛒"}'.encode(), merged=True),
}
"""F12."""


def _gzip(body: bytes, readable: bytes = b"", *, merged: bool = False) -> Case:
    script = up.json(body, (b"Content-Encoding", b"gzip"))
    return Case(script, body, readable or None, merged=merged)


BOMB = bomb(b'{"a":"', b"0" * (1 << 20), 200, b'"}')
"""About 200 KB that unfold to 200 MB."""

CODED: Cases = {
    "whole": _gzip(_ZIPPED, BODY, merged=True),
    "stored": _gzip(gzip.compress(BODY, 0, mtime=0), BODY, merged=True),
    "of-nothing": _gzip(gzip.compress(b"", mtime=0)),
    "of-no-json": _gzip(gzip.compress(b"<html>", mtime=0)),
    "broken-head": _gzip(b"\x1f\x8b\x08\xff" + _ZIPPED[4:]),
    "broken-middle": _gzip(_ZIPPED[:30] + b"\xff\xff\xff\xff" + _ZIPPED[34:]),
    "broken-checksum": _gzip(_ZIPPED[:-8] + bytes(8)),
    "cut": _gzip(_ZIPPED[:-20]),
    "two-members": _gzip(_ZIPPED + _ZIPPED),
    "something-after": _gzip(_ZIPPED + b"x"),
    "not-gzip": _gzip(BODY),
    "bomb": _gzip(BOMB),
    "bomb-that-lies": _gzip(BOMB[:-4] + b"\x01\x00\x00\x00"),
    "unknown-coding": Case(up.json(BODY, (b"Content-Encoding", b"br"))),
    "coded-twice": Case(up.json(BODY, (b"Content-Encoding", b"gzip, gzip"))),
}
"""F13."""

_CODE = re.compile(rb"/products/([^/?]+)")


def dispatched(cases: Cases) -> Script:
    """Answers each product's page by the case of its name, and others as a healthy platform."""

    async def script(received: Received, line: Line) -> None:
        found = _CODE.search(received.target)
        case = cases.get(found[1].decode("ascii")) if found else None
        await (case.script if case else up.json(BODY))(received, line)

    return script
