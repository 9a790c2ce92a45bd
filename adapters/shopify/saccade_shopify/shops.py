"""A shop's domain and the tenant it is (Shopify 9): one to one, told by the name alone."""

import re

SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com")
"""Shopify 9, and no longer than a name in the DNS and a tenant's name may be. Use `fullmatch`."""

_SUFFIX = ".myshopify.com"


def tenant_of(shop: str | None) -> str | None:
    """The tenant a shop is; ``None`` for what is no shop's domain."""
    if shop is None or SHOP.fullmatch(shop) is None:
        return None
    return shop.removesuffix(_SUFFIX)


def shop_of(tenant: str) -> str:
    """The domain of the shop a tenant is."""
    return f"{tenant}{_SUFFIX}"
