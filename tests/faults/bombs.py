"""Bodies that unfold to a multiple of themselves."""

import struct
import zlib

_HEAD = b"\x1f\x8b\x08" + bytes(5) + b"\x02\xff"
"""Of gzip: deflated, with no name and no time, as small as can be."""


def bomb(before: bytes, unit: bytes, times: int, after: bytes = b"") -> bytes:
    """``before + unit * times + after`` as one member of gzip, packing ``unit`` only once.

    Packing 200 MB takes more than a second, on each worker that but imports its test.
    """
    pack = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    start = pack.compress(before) + pack.flush(zlib.Z_FULL_FLUSH)
    middle = pack.compress(unit) + pack.flush(zlib.Z_FULL_FLUSH)  # refers to nothing before it
    end = pack.compress(after) + pack.flush()
    checksum = zlib.crc32(before)
    for _ in range(times):
        checksum = zlib.crc32(unit, checksum)
    size = len(before) + len(unit) * times + len(after)
    tail = struct.pack("<II", zlib.crc32(after, checksum), size & 0xFFFFFFFF)
    return _HEAD + start + middle * times + end + tail
