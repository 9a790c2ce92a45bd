"""Shops that know nothing of us: each on an origin of its own, our one tag in its page (R5)."""

from saccade_demo.storefronts.platform import factory
from saccade_demo.storefronts.serving import NAMES, Storefront, folder, opened, shop_tenant

__all__ = ["NAMES", "Storefront", "factory", "folder", "opened", "shop_tenant"]
