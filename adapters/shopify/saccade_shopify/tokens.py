"""A shop's token, good when it is handed out: refreshed ahead of time, by one process at a time.

The lock is a lease in the database, so that of all workers one refreshes. New tokens are saved
before they are used: until then the former refresh token is good, so an answer that is lost, and a
crash after it came, cost one more refresh (Shopify 16).
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable

from saccade.catalog import CatalogError
from saccade_shopify.grants import Grants, RefusedError
from saccade_shopify.vault import Installation, Tokens, Vault

MARGIN_S = 600.0
"""A token is refreshed so long before it ends; it lives an hour."""
SKEW_S = 30.0
"""It counts as ended so much earlier: clocks differ, and a call needs time to arrive."""
REFRESHING_S = 60.0
"""A refresh is given up after so long, repeats and all: well before its lease ends, or another
process would send the same refresh token while it is still under way."""
WAITING_S = 100.0
"""For another process's refresh, which its lease bounds."""
_LOOK_EVERY_S = 0.1

_log = logging.getLogger(__name__)


class NotInstalledError(CatalogError):
    """The app is in no such shop."""

    def __init__(self, shop: str) -> None:
        super().__init__(f"the app is not installed in {shop}. Fix: install it there")


class ShopTokens:
    """Of every shop of one app. ``clock`` is the wall's."""

    def __init__(
        self,
        vault: Vault,
        grants: Grants,
        clock: Callable[[], float] = time.time,
        refreshing_s: float = REFRESHING_S,
    ) -> None:
        self._vault = vault
        self._grants = grants
        self._clock = clock
        self._refreshing_s = refreshing_s
        self._owner = secrets.token_hex(16)
        self._locks: dict[str, asyncio.Lock] = {}

    async def exchange(
        self, shop: str, base: str, session_token: str, at: float | None = None
    ) -> None:
        """Install, or renew, by a page of the shop's admin. ``at`` is when, by Shopify's clock:
        an uninstall says when it was by the same. Raises `CatalogError`."""
        await self._keep(shop, await self._grants.exchange(base, session_token), at)

    async def authorize(self, shop: str, base: str, code: str, at: float | None = None) -> None:
        """Install by an authorization code. ``at`` as for `exchange`. Raises `CatalogError`."""
        await self._keep(shop, await self._grants.authorize(base, code), at)

    async def get(self, shop: str, base: str, refused: str | None = None) -> str:
        """An access token good now. ``refused`` is one the shop did not take: another is wanted.

        Raises `CatalogError`.
        """
        found = await self._found(shop)
        if self._fresh(found.tokens, refused):
            return found.tokens.access
        async with self._locks.setdefault(shop, asyncio.Lock()):  # one of this process waits
            try:
                return (await self._renewed(shop, base, refused)).access
            except CatalogError as error:
                if isinstance(error, NotInstalledError) or not self._usable(found.tokens, refused):
                    raise
                _log.warning("the token of %s was not refreshed: %s", shop, error)
                return found.tokens.access

    async def installed(self, shop: str) -> bool:
        """Whether tokens of it are kept, be they good or not."""
        return await asyncio.to_thread(self._vault.installed_at, shop) is not None

    async def drop(self, shop: str) -> bool:
        """Forget them at once (Shopify 15)."""
        return await asyncio.to_thread(self._vault.drop, shop)

    async def _renewed(self, shop: str, base: str, refused: str | None) -> Tokens:
        """Those that another has put there meanwhile, or refreshed ones."""
        until = time.monotonic() + WAITING_S
        while True:
            found = await self._found(shop)
            if self._fresh(found.tokens, refused):
                return found.tokens
            if await asyncio.to_thread(self._vault.lease, shop, self._owner, self._clock()):
                return await self._refreshed(shop, base, refused)
            if self._usable(found.tokens, refused):
                return found.tokens  # another refreshes them ahead of time
            if time.monotonic() > until:
                raise CatalogError(f"the token of {shop} is being refreshed for too long")
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _refreshed(self, shop: str, base: str, refused: str | None) -> Tokens:
        """Holding the lease."""
        try:
            found = await self._found(shop)  # those from before the lease may be another's by now
            if self._fresh(found.tokens, refused):
                return found.tokens
            if found.tokens.refresh is None:
                raise _to_be_opened(shop)
            try:
                async with asyncio.timeout(self._refreshing_s):
                    tokens = await self._grants.refresh(base, found.tokens.refresh)
            except RefusedError as error:
                meanwhile = (await self._found(shop)).tokens
                if meanwhile != found.tokens and self._fresh(meanwhile, refused):
                    return meanwhile  # the app was opened while this was under way
                raise _to_be_opened(shop, str(error)) from error
            except TimeoutError:
                raise CatalogError(f"Shopify refreshes no token of {shop} in time") from None
            return await self._replaced(found, tokens)
        finally:
            await asyncio.to_thread(self._vault.release, shop, self._owner)

    async def _replaced(self, found: Installation, tokens: Tokens) -> Tokens:
        """Saved, and only then used."""
        if not await asyncio.to_thread(self._vault.replace, found, self._owner, tokens):
            return (await self._found(found.shop)).tokens
        return tokens

    async def _keep(self, shop: str, tokens: Tokens, at: float | None) -> None:
        since = self._clock() if at is None else at
        await asyncio.to_thread(self._vault.install, shop, tokens, since)

    async def _found(self, shop: str) -> Installation:
        found = await asyncio.to_thread(self._vault.find, shop)
        if found is None:
            raise NotInstalledError(shop)
        return found

    def _fresh(self, tokens: Tokens, refused: str | None) -> bool:
        ends = tokens.ends_at
        return tokens.access != refused and (ends is None or self._clock() < ends - MARGIN_S)

    def _usable(self, tokens: Tokens, refused: str | None) -> bool:
        ends = tokens.ends_at
        return tokens.access != refused and (ends is None or self._clock() < ends - SKEW_S)


def _to_be_opened(shop: str, why: str = "its token cannot be refreshed") -> CatalogError:
    return CatalogError(f"{why}. Fix: open the app in the admin of {shop}, which renews it")
