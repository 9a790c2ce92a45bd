"""What a shop's token may do, before Shopify is asked for what it would refuse."""

from collections.abc import Sequence

from saccade.catalog import CatalogError

OFFERS = ("read_products", "write_products", "read_orders")
"""Orders are read, and tables written at products."""
PIXEL = ("write_pixels", "read_customer_events")
"""The pixel is switched on, and hears."""


class ScopeError(CatalogError):
    """It may not. Asking again is of no use before the shop has agreed to more."""


def need(shop: str, granted: str, wanted: Sequence[str]) -> None:
    """Raises `ScopeError`. A right to write includes the one to read; what was granted may be
    untold, and then Shopify says it itself."""
    if not granted:
        return
    held = set(granted.replace(" ", "").split(","))
    held |= {f"read_{one.removeprefix('write_')}" for one in held if one.startswith("write_")}
    missing = [one for one in wanted if one not in held]
    if missing:
        raise ScopeError(
            f"{shop} has not granted {', '.join(missing)}. Fix: name them in shopify.app.toml "
            "(access_scopes), deploy it, and open the app in that shop's admin"
        )
