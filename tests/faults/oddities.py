"""More of what platforms answer: redirects, lost connections, strange headers, bad framing."""

from collections.abc import Callable

from faults import upstream as up
from faults.cases import BODY, CHUNKED, JSON_HEAD, LENGTH, Case, Cases
from faults.upstream import Line, Script

_TO = (
    b"http://127.0.0.1:%d/inside",
    b"http://169.254.169.254/latest/meta-data/",
    b"//127.0.0.1:%d/inside",
    b"/occ/v2/electronics/elsewhere",
    b"file:///etc/passwd",
)


def redirects(port: int) -> Cases:
    """F15: to a port of this machine, to what only it can reach, and back to the platform."""
    found: dict[str, Case] = {}
    for status in (300, 301, 302, 303, 307, 308):
        for number, where in enumerate(_TO):
            place = where % port if b"%d" in where else where
            script = up.json(b"{}", (b"Location", place), status=b"%d There" % status)
            found[f"{status}-{number}"] = Case(script, b"{}")
    refresh = (b"Refresh", b"0; url=http://127.0.0.1:%d/inside" % port)
    found["refresh"] = Case(up.answer(b"{}", refresh), b"{}")
    return found


def _lost(*parts: bytes, end: Callable[[Line], None]) -> Case:
    return Case(up.then(up.raw(*parts), end), answers=False)


LOSSES: Cases = {
    "close": Case(up.close, answers=False),
    "reset": Case(up.reset, answers=False),
    "close-in-the-status": _lost(b"HTTP/1.1 20", end=Line.close),
    "close-in-the-headers": _lost(JSON_HEAD, end=Line.close),
    "reset-in-the-headers": _lost(JSON_HEAD, end=Line.reset),
    "close-after-early-hints": _lost(b"HTTP/1.1 103 Early Hints\r\n\r\n", end=Line.close),
}
"""F16: no head that can be used."""


def _passed(head: bytes, body: bytes = b"", *, merged: bool = False) -> Case:
    return Case(up.raw(head + body), body, merged=merged)


_MANY = b"".join(b"X-H%d: v%d\r\n" % (number, number) for number in range(300))
_OF_ALL_KINDS = (
    b"X-Long: " + b"x" * 9_216 + b"\r\n"
    b"X-Latin: Zo\xeb M\xfcller\r\n"
    b"X-Utf-8: Zo\xc3\xab\r\n"
    b"X-Empty:\r\n"
    b"x-lower: 1\r\nX-UPPER: 2\r\nX-Spaces:    3  4  \r\n"
    b"Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2; HttpOnly\r\nVary: A\r\nvary: B\r\n"
)
_TEXT = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.js>\r\n\r\n"
_ZEROS = b"0" * 4_999

HEADS: Cases = {
    "300-headers": _passed(_TEXT + _MANY + b"Content-Length: 2\r\n\r\n", b"hi"),
    "of-all-kinds": _passed(_TEXT + _OF_ALL_KINDS + b"Content-Length: 2\r\n\r\n", b"hi"),
    "chunked": Case(
        up.raw(_TEXT + _OF_ALL_KINDS + CHUNKED + b"2;x=y\r\nhi\r\n0\r\nX-Trailer: 1\r\n\r\n"), b"hi"
    ),
    "length-of-5000-digits": _passed(_TEXT + b"Content-Length: " + _ZEROS + b"2\r\n\r\n", b"hi"),
    "page-length-of-5000-digits": _passed(
        JSON_HEAD + b"Content-Length: " + _ZEROS + b"%d\r\n\r\n" % len(BODY), BODY, merged=True
    ),
    "no-reason": _passed(b"HTTP/1.1 299 \r\nContent-Length: 2\r\n\r\n", b"hi"),
    "latin-reason": _passed(b"HTTP/1.1 400 Zo\xeb\r\nContent-Length: 2\r\n\r\n", b"hi"),
    "103": _passed(_HINTS + _TEXT + b"Content-Length: 2\r\n\r\n", b"hi"),
    "103-twice": _passed(_HINTS * 2 + _TEXT + b"Content-Length: 2\r\n\r\n", b"hi"),
    "103-before-a-page": _passed(_HINTS + JSON_HEAD + LENGTH % len(BODY), BODY, merged=True),
    "204": _passed(b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n"),
    "204-with-a-length": _passed(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"),
    "205": _passed(b"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"),
    "206": _passed(
        b"HTTP/1.1 206 Partial Content\r\nContent-Type: application/json\r\n"
        b"Content-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\n",
        b'{"',
    ),
    "304": _passed(b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nCache-Control: max-age=60\r\n\r\n'),
    "304-with-a-length": _passed(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 12000\r\n\r\n"),
    "304-chunked": _passed(b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "http-1.0": Case(
        up.then(up.raw(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhi"), Line.close), b"hi"
    ),
    "until-the-end": Case(
        up.then(up.raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi"), Line.close), b"hi"
    ),
    "page-until-the-end": Case(
        up.then(up.raw(JSON_HEAD + b"Connection: close\r\n\r\n" + BODY), Line.close), merged=True
    ),
}
"""F18."""


def _bad(*lines: bytes, body: bytes = b"") -> Case:
    script: Script = up.raw(b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"", b""]) + body)
    return Case(script, answers=False)


def _bad_chunks(*pieces: bytes) -> Case:
    return Case(up.raw(JSON_HEAD + CHUNKED, *pieces), ends=False, answers=None)


_CHUNKS = b"2\r\n{}\r\n0\r\n\r\n"

MALFORMED: Cases = {
    "length-and-chunked": _bad(b"Content-Length: 12", b"Transfer-Encoding: chunked", body=_CHUNKS),
    "chunked-and-length": _bad(b"Transfer-Encoding: chunked", b"Content-Length: 2", body=_CHUNKS),
    "two-lengths": _bad(b"Content-Length: 2", b"Content-Length: 3", body=b"{}}"),
    "length-list": _bad(b"Content-Length: 2, 3", body=b"{}}"),
    "length-negative": _bad(b"Content-Length: -2", body=b"{}"),
    "length-with-a-sign": _bad(b"Content-Length: +2", body=b"{}"),
    "length-in-words": _bad(b"Content-Length: two", body=b"{}"),
    "length-huge": _bad(b"Content-Length: 99999999999999999999999", body=b"{}"),
    "coding-after-chunked": _bad(b"Transfer-Encoding: chunked, gzip", body=_CHUNKS),
    "chunked-twice": _bad(b"Transfer-Encoding: chunked, chunked", body=_CHUNKS),
    "space-before-colon": _bad(b"Content-Length : 2", body=b"{}"),
    "no-colon": _bad(b"Content-Length 2", body=b"{}"),
    "nul-in-a-value": _bad(b"X-A: b\x00c", b"Content-Length: 2", body=b"{}"),
    "501-headers": _bad(*(b"X-%d: 1" % one for one in range(501)), b"Content-Length: 0"),
    "header-of-64-kb": _bad(b"X-A: " + b"x" * 65_536, b"Content-Length: 0"),
    "chunk-size-in-words": _bad_chunks(b"zz\r\nnonsense\r\n"),
    "chunk-size-late": _bad_chunks(b"5\r\n" + BODY[:5] + b"\r\n", b"zz\r\nnonsense\r\n"),
    "chunk-size-negative": _bad_chunks(b'-5\r\n{"a":\r\n'),
    "chunk-size-huge": _bad_chunks(b"f" * 17 + b"\r\n{}"),
    "chunk-longer-than-said": _bad_chunks(b"5\r\n" + BODY[:9] + b"\r\n0\r\n\r\n"),
    "no-http": Case(up.raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), answers=False),
    "switching": Case(
        up.raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"), answers=False
    ),
}
"""F19: nobody can tell where such an answer ends."""
