"""Gzip, taken apart under a cap: a small body can unfold to gigabytes (F13)."""

import zlib

_GZIP = 16 + zlib.MAX_WBITS


def inflated(body: bytes, limit: int) -> bytes | None:
    """The content of one gzip member, or ``None`` where it is broken or longer than ``limit``.

    A member ends with its length, modulo 2**32 (RFC 1952, 2.3.1): one that says it is too long is
    not taken apart at all, which spares the page path 2 MB of nothing.
    """
    if int.from_bytes(body[-4:], "little") > limit:
        return None
    decoder = zlib.decompressobj(_GZIP)
    try:
        plain = decoder.decompress(body, limit + 1)
    except zlib.error:
        return None
    complete = decoder.eof and not decoder.unused_data
    return plain if complete and len(plain) <= limit else None
