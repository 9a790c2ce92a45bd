"""The app hosted by a desk of the test's own, before a Shopify that is played."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet

from adapters.shopify import making_shopify as making
from adapters.shopify.granting import Granting
from saccade.hosting import Answered, Asked, Route
from saccade_shopify import ShopifyFactory, hosting

APP = f"""\
client_id = "{making.CLIENT_ID}"
client_secret_env = "TEST_SHOPIFY_SECRET"
former_secret_env = "TEST_SHOPIFY_FORMER"
url = "https://app.example"
token_keys_env = "TEST_SHOPIFY_KEYS"
"""


@dataclass
class FakeDesk:
    """`saccade.hosting.Desk`, remembering what it was asked."""

    folder: Path
    records_url: str
    reads: int = 0
    known: set[str] = field(default_factory=lambda: {"v1.s1"})
    identified: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])

    def secret(self, tenant: str) -> bytes:
        return f"the secret of {tenant}".encode()

    async def read_anew(self) -> None:
        self.reads += 1

    async def identify(self, tenant: str, session: str, by: str, said: str) -> str | None:
        self.identified.append((tenant, session, by, said))
        return f"{session}.joined" if session in self.known else None


@dataclass
class Hosted:
    """An app, its desk, and Shopify."""

    factory: ShopifyFactory
    desk: FakeDesk
    granting: Granting
    routes: dict[str, Route]
    former: list[ShopifyFactory] = field(default_factory=list[ShopifyFactory])
    shop_url: str | None = None
    """Of its online store, as it tells."""
    asked_shops: int = 0

    async def call(
        self,
        path: str,
        query: str = "",
        *,
        method: str = "GET",
        body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> Answered:
        route = self.routes[path]
        assert method in route.methods
        return await route.answer(Asked(method, path, query, headers or {}, body))

    def restarted(self) -> None:
        """As another process of the same installation."""
        self.former.append(self.factory)
        self.factory = ShopifyFactory()
        self.routes = {one.path: one for one in self.factory.host(self.desk)}

    async def close(self) -> None:
        for one in (*self.former, self.factory):
            await one.close()


def said(answered: Answered) -> Any:
    return json.loads(answered.body)


def hosted(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    app: str = APP,
    clock: Callable[[], float] | None = None,
) -> Hosted:
    """Shopify's token endpoint and its shop query are played; times are those of the machine."""
    monkeypatch.setenv("TEST_SHOPIFY_KEYS", Fernet.generate_key().decode())
    granting = Granting(clock or time.time)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("graphql.json"):
            made.asked_shops += 1
            data = {"data": {"shop": {"currencyCode": "EUR", "url": made.shop_url}}}
            return making.streamed(httpx.Response(200, json=data))
        return making.streamed(granting.answer(request))

    def played(*, allow_private: bool) -> Callable[[], httpx.MockTransport]:
        assert not allow_private
        return lambda: httpx.MockTransport(answer)

    monkeypatch.setattr(hosting, "pinned", played)
    config = folder / "tenants"
    config.mkdir()
    (config / "shopify.toml").write_text(app, "utf-8")
    desk = FakeDesk(config, f"sqlite:///{folder / 'records.db'}")
    made = Hosted(ShopifyFactory(), desk, granting, {})
    made.restarted()
    return made
