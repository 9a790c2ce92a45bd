"""Amounts told in a currency's smallest unit: how many decimals that is (ISO 4217)."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import PlainValidator

BY_CURRENCY: Literal["iso4217"] = "iso4217"
MOST_DECIMALS = 4

_USUAL = 2
_NONE = (
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
    *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
)
_THREE = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_FOUR = ("CLF", "UYW")
_OTHERS: Mapping[str, int] = (
    dict.fromkeys(_NONE, 0) | dict.fromkeys(_THREE, 3) | dict.fromkeys(_FOUR, 4)
)


def _decimals(value: object) -> int | Literal["iso4217"]:
    if value == BY_CURRENCY:
        return BY_CURRENCY
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_DECIMALS:
        raise ValueError(f'write 0 to {MOST_DECIMALS}, or "{BY_CURRENCY}" for as many as it has')
    return value


Decimals = Annotated[int | Literal["iso4217"], PlainValidator(_decimals)]
"""2 where amounts are told in cents; ``"iso4217"`` where they are told in the smallest unit of
whichever currency: 1999 is 19.99 EUR, 1999 JPY and 1.999 KWD."""


def decimals_of(said: int | Literal["iso4217"], currency: str | None) -> int | None:
    """``None`` where only a currency would tell, and there is none."""
    if said != BY_CURRENCY:
        return said
    return None if currency is None else _OTHERS.get(currency, _USUAL)
