"""Shopify as a Saccade adapter: webhooks in, a catalog by the Admin API, an install by tokens."""

from functools import partial

from saccade import identity
from saccade.deliveries import Delivery
from saccade.ports import Adapter
from saccade.tenants import Tenant
from saccade_shopify.catalog import WithoutToken
from saccade_shopify.events import ShopifyEvents
from saccade_shopify.headers import told
from saccade_shopify.products import Items
from saccade_shopify.rendering import CAPABILITIES, PATHS, ShopifyRendering, nowhere
from saccade_shopify.settings import read_secrets, read_settings
from saccade_shopify.shops import tenant_of

__all__ = ["factory"]


class ShopifyFactory:
    """Named by the entry point ``shopify``."""

    name = "shopify"

    def identify(self, delivery: Delivery) -> str | None:
        """The shop a header of either family names. Claimed: headers are not signed (Shopify 9)."""
        return tenant_of(told(delivery.headers).shop)

    def build(self, tenant: Tenant) -> Adapter:
        """Raises `saccade.tenants.ConfigurationError` for settings Shopify cannot work with."""
        settings = read_settings(tenant)
        secrets = read_secrets(f"{tenant.name}/tenant.toml", settings)
        items = Items()
        identify = partial(identity.parse, secret=None, open_site=tenant.site.open)
        return Adapter(
            name=self.name,
            capabilities=CAPABILITIES,
            catalog=WithoutToken(),
            events=ShopifyEvents(settings, secrets, identify, items),
            rendering=ShopifyRendering(tenant.decisioning.key),
            target=nowhere,
            paths=PATHS,
        )


factory = ShopifyFactory()
