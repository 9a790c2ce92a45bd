"""A stand-in shop over real HTTP, and what the adapter asks it with; its clock goes by sleeping."""

import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from cryptography.fernet import Fernet
from pydantic import SecretStr

from saccade_demo.shopify import App, Clock, Shop, served
from saccade_demo.shopify.sales import Cart, Order
from saccade_shopify.app import SCOPES
from saccade_shopify.bulk import BulkOperations
from saccade_shopify.calls import Calls
from saccade_shopify.grants import Grants
from saccade_shopify.graphql import Admin, Graphql
from saccade_shopify.tokens import ShopTokens
from saccade_shopify.vault import Vault

SECRET = "shpss_" + "0" * 32
DAY = 86_400.0


_TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _transport() -> httpx.AsyncHTTPTransport:
    """In clear: nothing of the machine's certificates has to be read for it."""
    return httpx.AsyncHTTPTransport(verify=_TRUSTS_NOBODY)


class StandIn:
    """One shop."""

    def __init__(self, shop: Shop, url: str, vault: Vault) -> None:
        self.shop, self.url, self.vault = shop, url, vault
        calls = Calls(_transport, attempts=2, longest_wait_s=0.1)
        grants = Grants("client", lambda: (SecretStr(SECRET),), calls)
        self.tokens = ShopTokens(vault, grants, shop.clock)
        admin = Admin(shop.domain, url, "2026-10")
        self.graphql = Graphql(admin, self.tokens, calls, sleep=self.sleep)
        self.bulk = BulkOperations(self.graphql, calls, clear=True)

    async def sleep(self, seconds: float) -> None:
        """In the shop's time."""
        self.shop.clock.ahead(seconds)

    def sold(self, *orders: Sequence[int], days_ago: float = 1.0) -> list[Order]:
        """Orders of these products, one piece of each."""
        at = self.shop.clock() - days_ago * DAY
        found: list[Order] = []
        for bought in orders:
            number = len(self.shop.orders) + 1
            lines = [
                (self.shop.products[one], self.shop.products[one].variants[0]) for one in bought
            ]
            order = Order(
                id=number,
                number=number,
                cart=Cart(f"cart-{number}", at, at, attributes={"saccade_session": "v.s"}),
                checkout=f"checkout-{number}",
                created_at=at,
                updated_at=at,
                lines=tuple((product, variant, 1) for product, variant in lines),
            )
            self.shop.orders[number] = order
            found.append(order)
        return found


@asynccontextmanager
async def standing_in(
    folder: Path,
    *,
    scopes: Sequence[str] = SCOPES,
    pixel: tuple[str, ...] | None = ("server", "site"),
) -> AsyncGenerator[StandIn]:
    """With the app installed, and nothing sold."""
    app = App("client", SECRET, "https://app.example/", (), tuple(scopes), pixel=pixel)
    shop = Shop("lab.myshopify.com", app, clock=Clock(), seed="t")
    shop.install()
    vault = Vault(f"sqlite:///{folder / 'vault.db'}", (Fernet.generate_key().decode(),))
    async with served(shop, delivering=False) as here:
        one = StandIn(shop, here.url, vault)
        await one.tokens.exchange(shop.domain, here.url, shop.session_token())
        yield one
    vault.close()
