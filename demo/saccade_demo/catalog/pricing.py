"""Price and stock in OCC's shape."""

from saccade.domain import JsonObject

CURRENCY = "USD"
_LOW = 10


def price(value: float) -> JsonObject:
    """A buying price in `CURRENCY`."""
    return {
        "currencyIso": CURRENCY,
        "formattedValue": f"${value:,.2f}",
        "priceType": "BUY",
        "value": value,
    }


def stock(level: int) -> JsonObject:
    """``lowStock`` below ten pieces, ``outOfStock`` at none."""
    status = "outOfStock" if level <= 0 else "lowStock" if level < _LOW else "inStock"
    return {"isValueRounded": False, "stockLevel": level, "stockLevelStatus": status}
