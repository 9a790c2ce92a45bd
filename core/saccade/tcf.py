"""IAB TCF v2: what a consent string's core segment says of purposes and of one vendor.

The layout is that of the "Consent string and vendor list formats v2": fields of fixed width from
the first bit on, in base64url without padding. Only what a decision needs is read; see
``docs/decisions/0010-tcf-core-segment.md``.
"""

import base64
import binascii

PURPOSES = frozenset({1, 5, 6, 8})
"""What this needs: to store and read on a device (1), to make profiles for content (5) and use them
(6), and to measure how content does (8)."""

MOST_CHARS = 4_096
"""A list of vendors written out bit by bit takes about 2,000."""

_VERSION, _VERSION_BITS = 2, 6
_PURPOSES_AT, _PURPOSE_BITS = 152, 24
_MOST_VENDOR_AT, _MOST_VENDOR_BITS = 213, 16
_IS_RANGE_AT, _VENDORS_AT = 229, 230
_ENTRIES_BITS, _VENDOR_BITS = 12, 16


class NoConsentString(ValueError):  # noqa: N818 - said as the standard says it
    """What was given is no TCF v2 string."""


def allows(text: str, vendor: int | None = None) -> bool:
    """Whether every purpose of `PURPOSES` has consent, and the ``vendor``, where one is asked for.

    Raises `NoConsentString`.
    """
    bits = _Bits(text)
    if bits.number(0, _VERSION_BITS) != _VERSION:
        raise NoConsentString("its version is not 2")
    given = {
        number
        for number in range(1, _PURPOSE_BITS + 1)
        if bits.number(_PURPOSES_AT + number - 1, 1)
    }
    return given >= PURPOSES and (vendor is None or _vendor(bits, vendor))


def _vendor(bits: "_Bits", vendor: int) -> bool:
    most = bits.number(_MOST_VENDOR_AT, _MOST_VENDOR_BITS)
    if not bits.number(_IS_RANGE_AT, 1):
        return vendor <= most and bool(bits.number(_VENDORS_AT + vendor - 1, 1))
    at = _VENDORS_AT + _ENTRIES_BITS
    for _ in range(bits.number(_VENDORS_AT, _ENTRIES_BITS)):
        spans = bits.number(at, 1)
        first = bits.number(at + 1, _VENDOR_BITS)
        at += 1 + _VENDOR_BITS
        last = bits.number(at, _VENDOR_BITS) if spans else first
        at += _VENDOR_BITS if spans else 0
        if first <= vendor <= last:
            return True
    return False


class _Bits:
    """The core segment, the first of those between dots."""

    __slots__ = ("_number", "_size")

    def __init__(self, text: str) -> None:
        core = text.partition(".")[0]
        if not core or len(core) > MOST_CHARS:
            raise NoConsentString("it has no core segment of ordinary size")
        try:
            raw = base64.b64decode(core + "=" * (-len(core) % 4), b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise NoConsentString("it is not base64url") from None
        self._number, self._size = int.from_bytes(raw, "big"), len(raw) * 8

    def number(self, at: int, width: int) -> int:
        """``width`` bits from ``at`` on."""
        if at + width > self._size:
            raise NoConsentString("it ends too early")
        return (self._number >> (self._size - at - width)) & ((1 << width) - 1)
