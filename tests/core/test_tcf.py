"""IAB TCF v2 strings, written bit by bit by this test and read back (R60)."""

import base64

import pytest

from saccade.tcf import PURPOSES, NoConsentString, allows

EVERY = frozenset(range(1, 12))


def string(
    purposes: frozenset[int] = EVERY,
    vendors: frozenset[int] = frozenset(),
    *,
    ranges: tuple[tuple[int, int], ...] | None = None,
    version: int = 2,
) -> str:
    """A core segment: vendors as a bit field, or as ranges."""
    fields = [(version, 6), (0, 36), (0, 36), (21, 12), (7, 12), (2, 6), (0, 12), (23, 12), (4, 6)]
    bits = "".join(f"{value:0{width}b}" for value, width in fields) + "0" * 14
    bits += "".join("1" if n in purposes else "0" for n in range(1, 25))
    bits += "0" * 24 + "0" + "0" * 12
    if ranges is None:
        most = max(vendors, default=0)
        bits += f"{most:016b}0" + "".join("1" if n in vendors else "0" for n in range(1, most + 1))
    else:
        bits += f"{max(last for _, last in ranges):016b}1{len(ranges):012b}"
        for first, last in ranges:
            bits += f"0{first:016b}" if first == last else f"1{first:016b}{last:016b}"
    bits += "0" * (-len(bits) % 8)
    raw = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def test_every_purpose_of_ours_is_needed() -> None:
    assert allows(string())
    assert allows(string(PURPOSES))
    for purpose in PURPOSES:
        assert not allows(string(EVERY - {purpose})), purpose


def test_a_vendor_is_asked_for_where_the_tenant_names_one() -> None:
    text = string(vendors=frozenset({7, 300}))
    assert allows(text, 7)
    assert allows(text, 300)
    assert not any(allows(text, vendor) for vendor in (1, 299, 301, 65_535))
    spans = string(ranges=((7, 7), (100, 200)))
    assert all(allows(spans, vendor) for vendor in (7, 100, 150, 200))
    assert not any(allows(spans, vendor) for vendor in (6, 8, 99, 201))


def test_further_segments_say_nothing_here() -> None:
    assert allows(string() + ".IFukWSQgAIQwgI0QEByFAAAAeIAACAIg")


@pytest.mark.parametrize(
    "text",
    ["", ".", "COw", "not base64!", string(version=1), string()[:28], "A" * 5_000, "é" * 60],
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(NoConsentString):
        allows(text)
