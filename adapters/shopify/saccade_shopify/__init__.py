"""Shopify as a Saccade adapter: webhooks in, a catalog by the Admin API, an install by tokens."""

from collections.abc import Sequence
from functools import partial

from saccade import identity
from saccade.catalog import LookedAt
from saccade.deliveries import CatalogPage, Delivery
from saccade.domain import Identity, Product
from saccade.hosting import Desk, Route
from saccade.ports import Adapter, CatalogPort
from saccade.tenants import Tenant
from saccade_shopify import signatures, topics
from saccade_shopify.app import read_app
from saccade_shopify.catalog import WithoutToken
from saccade_shopify.events import ShopifyEvents
from saccade_shopify.headers import told
from saccade_shopify.hosting import Hosting
from saccade_shopify.products import Items
from saccade_shopify.rendering import CAPABILITIES, PATHS, ShopifyRendering, nowhere
from saccade_shopify.settings import ShopifySettings, read_secrets, read_settings
from saccade_shopify.shops import shop_of, tenant_of

__all__ = ["factory"]


class ShopifyFactory:
    """Named by the entry point ``shopify``; a `saccade.hosting.HostedFactory`.

    Adapters it built before it is hosted are hosted as well: what they need is asked for when it is
    needed. One that is not hosted verifies and translates, and has no catalog.
    """

    name = "shopify"

    def __init__(self) -> None:
        self._hosting: Hosting | None = None

    def identify(self, delivery: Delivery) -> str | None:
        """The shop a header of either family names. Claimed: headers are not signed (Shopify 9)."""
        return tenant_of(told(delivery.headers).shop)

    def build(self, tenant: Tenant) -> Adapter:
        """Raises `saccade.tenants.ConfigurationError` for settings Shopify cannot work with."""
        settings = read_settings(tenant)
        secrets = read_secrets(f"{tenant.name}/tenant.toml", settings)
        items = Items()
        return Adapter(
            name=self.name,
            capabilities=CAPABILITIES,
            catalog=_HostedCatalog(self, settings, items),
            events=ShopifyEvents(
                settings,
                secrets,
                partial(self._identity, tenant),
                items,
                partial(self._installed_at, settings.shop),
            ),
            rendering=ShopifyRendering(tenant.decisioning.key),
            target=nowhere,
            paths=PATHS,
        )

    def host(self, desk: Desk) -> Sequence[Route]:
        """The routes of ``shopify.toml``'s app; none where there is no such file.

        Raises `saccade.tenants.ConfigurationError`.
        """
        app = read_app(desk.folder)
        self._hosting = None if app is None else Hosting(app, desk)
        return () if self._hosting is None else self._hosting.routes

    async def close(self) -> None:
        """Hosted no more."""
        hosting, self._hosting = self._hosting, None
        if hosting is not None:
            await hosting.close()

    async def departed(self, tenant: str, *, purge: bool) -> None:
        """A tenant left: its tokens go at once, with ``purge`` its folder too (Shopify 14, 15).

        May be called again. Without its folder the tenant is served no more: purge it last.
        """
        if self._hosting is not None:
            await self._hosting.departed(tenant, purge=purge)

    def is_installed(self, tenant: str) -> bool:
        """Whether there are tokens of the shop; always, where nobody installs anything here."""
        hosting = self._hosting
        return hosting is None or hosting.vault.installed_at(shop_of(tenant)) is not None

    def of_nobody(self, delivery: Delivery) -> bool:
        """A shop that is gone is told of once more: nothing is left to be done (Shopify 14, 15).

        Shopify looks at how the compliance topics answer before any shop has installed the app.
        """
        hosting = self._hosting
        if hosting is None:
            return False
        said = told(delivery.headers)
        genuine = [signatures.webhook(secret, delivery.body) for secret in hosting.secrets()]
        known = said.topic in {*topics.COMPLIANCE, topics.UNINSTALLED}
        return signatures.matches(said.signature, genuine) and known

    def catalog(self, settings: ShopifySettings, items: Items) -> CatalogPort:
        """A shop's, as far as a token of it may be had."""
        hosting = self._hosting
        return WithoutToken() if hosting is None else hosting.catalog(settings, items)

    def _identity(self, tenant: Tenant, token: str) -> Identity | None:
        secret = None if self._hosting is None else self._hosting.desk.secret(tenant.name)
        return identity.parse(token, secret, open_site=tenant.site.open)

    def _installed_at(self, shop: str) -> float | None:
        return None if self._hosting is None else self._hosting.vault.installed_at(shop)


class _HostedCatalog:
    """Made when it is first asked, which is after the factory is hosted."""

    def __init__(self, factory: ShopifyFactory, settings: ShopifySettings, items: Items) -> None:
        self._make = partial(factory.catalog, settings, items)
        self._made: CatalogPort | None = None

    async def changes(self, cursor: str | None) -> CatalogPage:
        """See `ShopifyCatalog.changes`."""
        return await self._catalog().changes(cursor)

    async def look(self) -> None:
        """See `ShopifyCatalog.look`."""
        catalog = self._catalog()
        await (catalog.look() if isinstance(catalog, LookedAt) else catalog.changes(None))

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        """See `ShopifyCatalog.get`."""
        return await self._catalog().get(ids)

    def _catalog(self) -> CatalogPort:
        if self._made is None or isinstance(self._made, WithoutToken):
            self._made = self._make()
        return self._made


factory = ShopifyFactory()
