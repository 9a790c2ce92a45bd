"""What ``saccade shopify preflight`` asks each shop itself: scopes granted, and the web pixel."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from saccade.catalog import CatalogError
from saccade.tenants import ConfigurationError, Tenant, read_tenant
from saccade_server.diagnosis.findings import Finding, unreached, well
from saccade_shopify import pixel, scopes
from saccade_shopify.app import FILE, App
from saccade_shopify.grants import Grants
from saccade_shopify.graphql import Admin, Graphql
from saccade_shopify.hosting import calls_of
from saccade_shopify.scopes import ScopeError
from saccade_shopify.settings import read_secrets, read_settings
from saccade_shopify.shops import tenant_of
from saccade_shopify.tokens import ShopTokens
from saccade_shopify.vault import Vault

_OPEN = "open the app in that shop's admin; if that does not help, the server's log says why"


class Granted:
    """Asks with the tokens that are kept, as the server does."""

    def __init__(self, app: App, folder: Path, vault: Vault) -> None:
        self._app = app
        self._folder = folder
        self._vault = vault
        self._calls = calls_of(app, attempts=1)
        grants = Grants(app.client_id, read_secrets(FILE, app, ""), self._calls)
        self._tokens = ShopTokens(vault, grants)

    async def findings(self, shop: str) -> AsyncIterator[Finding]:
        """Of a shop whose tokens can be read."""
        installation = await asyncio.to_thread(self._vault.find, shop)
        name = tenant_of(shop)
        if installation is None or name is None:
            return
        for duty, wanted in (("offers", scopes.OFFERS), ("web pixel", scopes.PIXEL)):
            try:
                scopes.need(shop, installation.tokens.scope, wanted)
            except ScopeError as error:
                problem, _, fix = str(error).partition(". Fix: ")
                yield unreached(f"scopes for the {duty} of {shop}", "", problem, fix)
            else:
                yield well(f"scopes for the {duty} of {shop}")
        yield await self._pixel(f"web pixel of {shop}", name)

    async def _pixel(self, name: str, tenant: str) -> Finding:
        try:
            told = await asyncio.to_thread(read_tenant, self._folder / tenant)
            found = await pixel.find(self._graphql(told))
        except (CatalogError, ConfigurationError) as error:
            return unreached(name, "", f"cannot be asked for: {error}", _OPEN)
        if found is None:
            return unreached(name, "", "is missing: nothing is heard of checkouts", _OPEN)
        if found.settings != pixel.Settings(self._app.url, told.site.key):
            return unreached(name, "", "names another server or site key", _OPEN)
        return well(name)

    def _graphql(self, tenant: Tenant) -> Graphql:
        settings = read_settings(tenant)
        admin = Admin(settings.shop, settings.base, settings.api_version)
        return Graphql(admin, self._tokens, self._calls)
