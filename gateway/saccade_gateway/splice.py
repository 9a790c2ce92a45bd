"""One key more in a JSON object, and every byte of the platform's kept (R38).

The body is checked to be one JSON object and to have no such key yet, but nothing of it is decoded
into values or written anew: a number keeps its digits, an escape its spelling. What is not such an
object (bad JSON, NaN, a byte order mark, something after the end, nesting beyond the parser's
depth) is returned as it came.
"""

from functools import cache
from typing import Any

import msgspec

_SPACE = b" \t\n\r"


def splice(body: bytes, key: str, value: bytes) -> bytes:
    """``body`` with ``"key":value`` before its last brace, or ``body`` itself. Never raises.

    ``value`` is JSON; ``key`` needs no escape in JSON (`saccade.tenants.Decisioning.key`).
    """
    try:
        found = _object_with(key).decode(body)
        if not body.isascii():
            body.decode("utf-8")  # the decoder does not look inside strings it passes over
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        return body
    if found.ours is not msgspec.UNSET:
        return body
    end = len(body.rstrip(_SPACE)) - 1
    comma = b"" if body[:end].rstrip(_SPACE).endswith(b"{") else b","
    return b'%b%b"%b":%b%b' % (body[:end], comma, key.encode("ascii"), value, body[end:])


@cache
def _object_with(key: str) -> msgspec.json.Decoder[Any]:
    """Reads an object for one key, as ``ours``, and passes over all else."""
    kind = msgspec.defstruct(
        "Marked", [("ours", msgspec.Raw | msgspec.UnsetType, msgspec.UNSET)], rename={"ours": key}
    )
    return msgspec.json.Decoder(kind)
