"""What a shop says of a Shopify app: the scopes it granted, and the web pixel."""

from collections.abc import AsyncIterator, Sequence

from saccade.catalog import CatalogError
from saccade.tenants import Tenant
from saccade_server.diagnosis.findings import Finding, unreached, well
from saccade_shopify import pixel, scopes
from saccade_shopify.app import FILE, App
from saccade_shopify.grants import Grants
from saccade_shopify.graphql import Admin, Graphql
from saccade_shopify.hosting import calls_of
from saccade_shopify.scopes import ScopeError
from saccade_shopify.settings import read_secrets, read_settings
from saccade_shopify.tokens import ShopTokens
from saccade_shopify.vault import Vault

_COMPARE = "compare the client secret, and that the app is installed there"
_OPEN = "open the app in that shop's admin; if that does not help, the server's log says why"


class Shops:
    """Asks with the tokens that are kept: refreshed where they must be, as the server does it."""

    def __init__(self, app: App, vault: Vault) -> None:
        self._app = app
        self._calls = calls_of(app, attempts=2)
        grants = Grants(app.client_id, read_secrets(FILE, app, ""), self._calls)
        self._tokens = ShopTokens(vault, grants)

    async def findings(self, tenant: Tenant, wanted: Sequence[str]) -> AsyncIterator[Finding]:
        """Of a shop whose tokens can be read; that the client secret is Shopify's shows here."""
        settings = read_settings(tenant)
        admin = Admin(settings.shop, settings.base, settings.api_version)
        graphql = Graphql(admin, self._tokens, self._calls)
        name = f"Admin API of {admin.shop}"
        try:
            given = await scopes.ask(graphql)
        except CatalogError as error:
            problem, _, fix = str(error).partition(". Fix: ")
            yield unreached(name, "", problem, fix or _COMPARE)
            return
        yield _granted(name, admin.shop, wanted, given, f"answers; {len(given)} scopes")
        for part, its in (("offers", scopes.OFFERS), ("web pixel", scopes.PIXEL)):
            yield _granted(f"scopes for the {part} of {admin.shop}", admin.shop, its, given)
        yield await self._pixel(f"web pixel of {admin.shop}", graphql, tenant.site.key)

    async def _pixel(self, name: str, graphql: Graphql, site: str) -> Finding:
        try:
            found = await pixel.find(graphql)
        except CatalogError as error:
            return unreached(name, "", f"cannot be asked for: {error}", _OPEN)
        if found is None:
            return unreached(name, "", "is missing: nothing is heard of checkouts", _OPEN)
        if found.settings != pixel.Settings(self._app.url, site):
            return unreached(name, "", "names another server or site key", _OPEN)
        return well(name)


def _granted(
    name: str, shop: str, wanted: Sequence[str], given: frozenset[str], told: str = ""
) -> Finding:
    try:
        scopes.need(shop, wanted, given)
    except ScopeError as error:
        return unreached(name, "", error.problem, error.fix)
    return well(name, told)
