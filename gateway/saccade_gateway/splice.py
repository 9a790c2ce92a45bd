"""One key more in a JSON object, and every byte of the platform's kept (R38).

The body is checked to be one JSON object and to have no such key yet, but nothing of it is decoded
into values or written anew: a number keeps its digits, an escape its spelling. What is not such an
object (bad JSON, NaN, a byte order mark, something after the end, nesting beyond the parser's
depth) is returned as it came.
"""

import msgspec

_SPACE = b" \t\n\r"
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


def splice(body: bytes, key: str, value: bytes) -> bytes:
    """``body`` with ``"key":value`` before its last brace, or ``body`` itself. Never raises.

    ``value`` is JSON; ``key`` needs no escape in JSON (`saccade.tenants.Decisioning.key`).
    """
    try:
        fields = _fields.decode(body)
        if not body.isascii():
            body.decode("utf-8")  # the decoder does not look inside strings it passes over
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        return body
    if key in fields:
        return body
    end = len(body.rstrip(_SPACE)) - 1
    comma = b"," if fields else b""
    return b'%b%b"%b":%b%b' % (body[:end], comma, key.encode("ascii"), value, body[end:])
