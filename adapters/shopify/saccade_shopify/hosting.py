"""What one server keeps for all shops of an app: the vault, its tokens, its routes."""

import asyncio
from collections.abc import Sequence
from functools import partial

from saccade.hosting import Desk, Route
from saccade.identity import PARAMETER
from saccade.ports import CatalogPort
from saccade.tenants import read_tenant
from saccade_gateway.pinned import pinned
from saccade_shopify import offer_tables, pixel, scopes
from saccade_shopify.app import FILE, App, read_keys
from saccade_shopify.app_proxy import AppProxy
from saccade_shopify.bulk import BulkOperations
from saccade_shopify.calls import ATTEMPTS, Calls
from saccade_shopify.catalog import ShopifyCatalog
from saccade_shopify.grants import Grants
from saccade_shopify.graphql import Admin, Graphql
from saccade_shopify.installing import Installing
from saccade_shopify.oauth import OAuth
from saccade_shopify.offer_records import OfferRecords
from saccade_shopify.offer_tables import OfferTables
from saccade_shopify.products import Items
from saccade_shopify.routes import Routes
from saccade_shopify.session_tokens import SessionTokens
from saccade_shopify.settings import ShopifySettings, read_secrets, read_settings, wrong
from saccade_shopify.shops import shop_of, tenant_of
from saccade_shopify.tokens import NotInstalledError, ShopTokens
from saccade_shopify.upkeep import Followed, Upkeep
from saccade_shopify.vault import Vault


class Hosting:
    """One app in one server. Raises `ConfigurationError` when made."""

    def __init__(self, app: App, desk: Desk) -> None:
        secrets = read_secrets(str(desk.folder / FILE), app, "")
        self.desk = desk
        self.secrets = secrets
        self.vault = Vault(desk.records_url, read_keys(app, desk.folder))
        self._app = app
        self._calls = calls_of(app)
        self.tokens = ShopTokens(self.vault, Grants(app.client_id, secrets, self._calls))
        self._graphqls: dict[Admin, Graphql] = {}
        self._offers = OfferRecords(desk.records_url)
        self.tables = OfferTables(self._offers, app.orders_every_s, app.catalog_every_s / 2)
        self.upkeep = Upkeep({"the web pixel": self._keep_pixel, "the offers": self._keep_offers})
        self.installing = Installing(app, desk, self.tokens, self._calls, self.upkeep.wake)
        self._routes = Routes(
            app,
            desk,
            self.installing,
            OAuth(app, secrets, desk.secret),
            SessionTokens(app.client_id, secrets),
            AppProxy(secrets, frozenset({PARAMETER})),
        )

    @property
    def routes(self) -> Sequence[Route]:
        """Of the app."""
        return self._routes.all

    def catalog(self, settings: ShopifySettings, items: Items) -> CatalogPort:
        """Of one shop. After each walk through it the shop's pixel and offers are looked after."""
        graphql = self._graphql(settings)
        catalog = ShopifyCatalog(graphql, self._bulk(graphql), items, self._app.catalog_every_s)
        return Followed(catalog, partial(self.upkeep.wake, settings.shop))

    async def departed(self, tenant: str, *, purge: bool) -> None:
        """A shop left: nothing more is done in it, and its tokens go (Shopify 15)."""
        shop = shop_of(tenant)
        await self.upkeep.forget(shop)
        for admin in [one for one in self._graphqls if one.shop == shop]:
            del self._graphqls[admin]
        await asyncio.to_thread(self._offers.drop, shop)  # first: the vault then empties the log
        await self.installing.departed(tenant, purge=purge)

    async def close(self) -> None:
        """Nothing is done any more."""
        await self.upkeep.close()
        self._offers.close()
        self.vault.close()

    # --- what is done in a shop aside -----------------------------------------------------------

    async def _keep_pixel(self, shop: str) -> None:
        """Raises `CatalogError` and `ConfigurationError`."""
        graphql, site = await self._asked_of(shop, scopes.PIXEL)
        if not site:
            fix = "give the site a key: the pixel names the shop by it"
            raise wrong(f"{tenant_of(shop)}/tenant.toml", "site.key", "is empty", fix)
        await pixel.ensure(graphql, pixel.Settings(self._app.url, site))

    async def _keep_offers(self, shop: str) -> None:
        """Raises `CatalogError` and `ConfigurationError`."""
        graphql, _ = await self._asked_of(shop, scopes.OFFERS)
        await self.tables.run(offer_tables.Shop(shop, graphql, self._bulk(graphql)))

    async def _asked_of(self, shop: str, wanted: Sequence[str]) -> tuple[Graphql, str]:
        """The shop's Admin API, if it has granted as much, and its tenant's site key."""
        installation = await asyncio.to_thread(self.vault.find, shop)
        name = tenant_of(shop)
        if installation is None or name is None:
            raise NotInstalledError(shop)
        if (given := scopes.told(installation.tokens.scope)) is not None:
            scopes.need(shop, wanted, given)
        tenant = await asyncio.to_thread(read_tenant, self.desk.folder / name)
        return self._graphql(read_settings(tenant)), tenant.site.key

    def _graphql(self, settings: ShopifySettings) -> Graphql:
        """One a shop: it waits its turn, and knows what is left of the shop's points."""
        admin = Admin(settings.shop, settings.base, settings.api_version)
        return self._graphqls.setdefault(admin, Graphql(admin, self.tokens, self._calls))

    def _bulk(self, graphql: Graphql) -> BulkOperations:
        return BulkOperations(graphql, self._calls, clear=self._app.stands_in)


def calls_of(app: App, attempts: int = ATTEMPTS) -> Calls:
    """To the shops of an app, or to what stands in for them."""
    return Calls(pinned(allow_private=app.stands_in), attempts=attempts)
