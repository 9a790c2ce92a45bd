"""An install, whichever way: tokens kept, the shop made a tenant, the tenants read anew."""

import asyncio
import logging
import re
from collections.abc import Callable
from pathlib import Path

import msgspec

from saccade.catalog import CatalogError
from saccade.hosting import Desk
from saccade_shopify import tenant_files
from saccade_shopify.app import App
from saccade_shopify.calls import Calls
from saccade_shopify.graphql import Admin, Graphql
from saccade_shopify.oauth import Returned
from saccade_shopify.session_tokens import SessionToken
from saccade_shopify.shops import shop_of
from saccade_shopify.tokens import ShopTokens

_SHOP = "query shop { shop { currencyCode url } }"
_URL = re.compile(r"(https://[a-z0-9][a-z0-9.-]{0,252})(?:/|\Z)")
_log = logging.getLogger(__name__)


class _Shop(msgspec.Struct, rename="camel"):
    currency_code: str | None = None
    url: str | None = None
    """Of its online store: by its own domain, where it has one."""


class _Said(msgspec.Struct):
    shop: _Shop = msgspec.field(default_factory=_Shop)


class Installing:
    """Of one app. ``installed`` is told of a shop when its tokens are kept and it is a tenant."""

    def __init__(
        self,
        app: App,
        desk: Desk,
        tokens: ShopTokens,
        calls: Calls,
        installed: Callable[[str], None],
    ) -> None:
        self._installed = installed
        self._app = app
        self._desk = desk
        self._tokens = tokens
        self._calls = calls

    async def by_session_token(self, token: SessionToken) -> None:
        """Shopify's managed install, and whenever the app's page is opened: that renews what an
        uninstall nobody told of made void. Raises `CatalogError` and `ConfigurationError`."""
        shop = token.shop
        known = await self._knows(shop)
        await self._tokens.exchange(shop, self._app.base(shop), token.raw, token.since)
        if not known:
            await self._served(shop)
        self._installed(shop)

    async def by_code(self, came: Returned) -> None:
        """The authorization-code grant. Raises `CatalogError` and `ConfigurationError`."""
        shop = came.shop
        await self._tokens.authorize(shop, self._app.base(shop), came.code, came.at)
        await self._served(shop)
        self._installed(shop)

    async def departed(self, tenant: str, *, purge: bool) -> None:
        """Tokens go at once, and every process stops work; with ``purge`` the folder goes as well
        (Shopify 14, 15)."""
        await self._tokens.drop(shop_of(tenant))
        if purge:
            await asyncio.to_thread(tenant_files.removed, self._folder, tenant)
        await self._desk.read_anew()

    @property
    def _folder(self) -> Path:
        return self._desk.folder

    async def _knows(self, shop: str) -> bool:
        """It is served: whoever opens the app's page makes nobody read every tenant anew."""
        there = await asyncio.to_thread(tenant_files.is_there, self._folder, shop)
        return there and await self._tokens.installed(shop)

    async def _served(self, shop: str) -> None:
        """A tenant from now on; one that comes back is followed again."""
        told = await self._told(shop)
        origins = dict.fromkeys([f"https://{shop}", *filter(None, [_origin(told.url)])])
        facts = tenant_files.Facts(shop, tuple(origins), told.currency_code)
        await asyncio.to_thread(tenant_files.written, self._folder, self._app, facts)
        await self._desk.read_anew()

    async def _told(self, shop: str) -> _Shop:
        """Without its currency products are asked for when a webhook tells of them; without its own
        domain the merchant writes that into the tenant's file."""
        admin = Admin(shop, self._app.base(shop), self._app.api_version)
        try:
            said = await Graphql(admin, self._tokens, self._calls).ask(_SHOP, {}, _Said)
        except CatalogError as error:
            _log.warning("currency and domain of %s are not known: %s", shop, error)
            return _Shop()
        return said.shop


def _origin(url: str | None) -> str | None:
    """As a browser writes it."""
    match = _URL.match((url or "").lower())
    return None if match is None else match[1]
