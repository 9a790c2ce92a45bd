"""That a bomb is what it says."""

import gzip

from faults.bombs import bomb


def test_a_bomb_unfolds_to_what_was_packed() -> None:
    packed = bomb(b'{"a":"', b"0" * (1 << 20), 20, b'"}')
    assert gzip.decompress(packed) == b'{"a":"' + b"0" * (20 << 20) + b'"}'
    assert len(packed) < (20 << 20) / 800
