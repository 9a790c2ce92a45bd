"""The stand-in Shopify, and before it ``saccade serve`` as a process of its own."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientSession

from conftest import unused_port
from lab.canaries import Person
from saccade.domain import JsonObject
from saccade_demo.shopify.scene import NAME, SECRET, Scene, opened
from saccade_server.keys import server_key
from server.program import Program

SHOP = f"{NAME}.myshopify.com"
MASTER = "a secret of the lab's own, for tests"
PRODUCT = "7000000650404"
YES = {"shopify": {"analyticsProcessingAllowed": True, "preferencesProcessingAllowed": True}}
HESITATES = {
    "visit_count": 3,
    "review_dwell_ms": 48_000,
    "spec_hover_ms": 14_200,
    "scroll_reversals": 6,
    "compare_tool_opened": True,
    "checkout_clicked": False,
    "session_duration_ms": 92_000,
    "scroll_speed_px_sec": 180,
}


class ShopProcess:
    """Both, and the calls of shoppers, of the shop's own server and of Shopify."""

    def __init__(
        self, folder: Path, scene: Scene, client: ClientSession, settings: Mapping[str, str]
    ) -> None:
        self.scene = scene
        self.folder = folder
        self.data = folder / "data"
        self.tenant = folder / "tenants" / NAME
        self._client = client
        self._settings = settings
        self._numbers = itertools.count(1)
        self._starts = itertools.count()
        self.program = self._started()

    # --- the process ---------------------------------------------------------------------------

    def _started(self) -> Program:
        port = self.scene.server.rpartition(":")[2]
        return Program(
            self.folder,
            *("serve", "--adapter", "shopify", "--port", port, "--config", "tenants"),
            log=f"log-{next(self._starts)}.jsonl",
            settings={
                "SACCADE_DATA": str(self.data),
                "SACCADE_SECRET": MASTER,
                "SACCADE_LOG_LEVEL": "debug",
                "SACCADE_SHED_LAG_MS": "60000",
                **self._settings,
            },
        )

    async def ready(self) -> None:
        """Wait until it answers."""
        await self.program.ready(self.scene.server)

    async def killed(self) -> None:
        """Ended where it stands, and started anew."""
        self.program.kill()
        self.program = self._started()
        await self.ready()

    async def figures(self) -> dict[str, float]:
        """What ``/metrics`` tells of webhooks, by name."""
        async with self._client.get(f"{self.scene.server}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        told = [line.rpartition(" ") for line in lines if line.startswith("saccade_webhooks_")]
        return {name.partition("{")[0]: float(value) for name, _, value in told}

    async def worked_off(self) -> None:
        """Wait until nothing that came in waits. Two looks: the figure is a second old."""
        for _ in range(2):
            before = time.monotonic()
            while True:
                figures = await self.figures()
                if figures.get("saccade_webhooks_backlog", 0.0) == 0 and (
                    time.monotonic() - before > 1.2
                ):
                    break
                assert time.monotonic() - before < 60, figures
                await _rest()

    # --- the shopper ---------------------------------------------------------------------------

    async def call(
        self, method: str, path: str, *, key: bool = False, **asked: Any
    ) -> tuple[int, Any]:
        """Status and what is said, of a call by a page of the shop, or by its server."""
        headers = {"Origin": self.scene.url}
        if key:
            headers = {"Authorization": f"Bearer {server_key(MASTER.encode(), NAME)}"}
        params = {"site": NAME, **asked.pop("params", {})}
        async with self._client.request(
            method, self.scene.server + path, params=params, headers=headers, **asked
        ) as answer:
            told = await answer.json() if "json" in answer.content_type else None
            return answer.status, told

    async def tell(self, path: str, body: JsonObject, *, key: bool = False) -> Any:
        """POST; what is answered."""
        status, told = await self.call("POST", path, json=body, key=key)
        assert status in (HTTPStatus.OK, HTTPStatus.NO_CONTENT), (status, told)
        return told

    async def experience(self, person: Person) -> JsonObject:
        """Decided for them on the product's page."""
        query = {"session": person.session, "product": PRODUCT}
        status, told = await self.call("GET", "/v1/experience", params=query)
        assert status == HTTPStatus.OK, told
        answer: JsonObject = told
        return answer

    async def visit(self, person: Person) -> str:
        """Consents, behaves, is decided for, sees and clicks it; the decision's id."""
        person.going_on_as((await self.tell("/v1/consent", YES))["session_id"])
        about = {"session_id": person.session, "product_id": PRODUCT}
        await self.tell("/v1/signals", about | HESITATES)
        decision: str = (await self.experience(person))["decision_id"]
        of = {"session_id": person.session, "decision_id": decision}
        await self.tell("/v1/exposures", {**of, "slots": ["reassurance"]})
        await self.tell("/v1/outcomes", {**of, "kind": "clicked"})
        return decision

    async def signed_in(self, person: Person) -> None:
        """Through the app proxy, as Shopify says who it is."""
        told = {
            "logged_in_customer_id": str(person.customer),
            "path_prefix": "/apps/saccade",
            "saccade_session": person.session,
            "shop": SHOP,
            "timestamp": str(int(time.time())),
        }
        said = "".join(f"{name}={told[name]}" for name in sorted(told))
        signature = hmac.new(SECRET.encode(), said.encode(), hashlib.sha256).hexdigest()
        query = urlencode({**told, "signature": signature})
        url = f"{self.scene.server}/apps/saccade/identify?{query}"
        async with self._client.post(url) as answer:
            assert answer.status == HTTPStatus.OK, await answer.text()
            person.going_on_as((await answer.json())["session_id"])

    async def known_by_mail_and_phone(self, person: Person) -> None:
        """The shop's own server says so, by hashes."""
        phone = "".join(one for one in person.phone if one in "+0123456789")
        for kind, said in (("email", person.email.lower()), ("phone", phone)):
            digest = hashlib.sha256(said.encode()).hexdigest()
            body = {"session_id": person.session, f"{kind}_sha256": digest}
            told = await self.tell("/v1/identify", body, key=True)
            assert told["joined"], told
            person.going_on_as(told["session_id"])

    # --- Shopify -------------------------------------------------------------------------------

    async def sent(
        self,
        topic: str,
        said: JsonObject | bytes,
        *,
        at: float | None = None,
        key: str | None = None,
        secret: str = SECRET,
        shop: str = SHOP,
        next_gen: bool = False,
    ) -> int:
        """One delivery; the status. ``key`` names an event that was told before."""
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
        key = key or f"event-{next(self._numbers)}"
        told = {
            "Topic": topic,
            "Shop-Domain": shop,
            "Hmac-Sha256": base64.b64encode(digest).decode(),
            "API-Version": "2026-10",
            "Webhook-Id": f"webhook-{key}",
            "Event-Id": key,
            "Triggered-At": datetime.fromtimestamp(at or time.time(), UTC).isoformat(),
        }
        prefix = "shopify-" if next_gen else "X-Shopify-"
        headers = {prefix + name: value for name, value in told.items()}
        url = f"{self.scene.server}/webhooks/shopify"
        async with self._client.post(url, data=BytesIO(body), headers=headers) as answer:
            await answer.read()
            return answer.status

    async def bought(self, person: Person) -> None:
        """A cart, a checkout, an order and what became of it, with all Shopify may tell of them."""
        now = datetime.now(UTC).isoformat()
        lines = [{"product_id": int(PRODUCT), "title": "x", "price": "379.00"}]
        dated = {"created_at": now, "updated_at": now, "line_items": lines}
        cart = {"id": person.cart, "token": person.cart, "note": person.name, **dated}
        known = {
            "email": person.email,
            "phone": person.phone,
            "customer": person.customer_payload,
            "billing_address": {"address1": person.street, "name": person.name},
            "note_attributes": [{"name": "saccade_session", "value": person.session}],
            "cart_token": person.cart,
            "total_price": "379.00",
            "currency": "EUR",
            **dated,
        }
        checkout = {**known, "token": person.checkout}
        order = {**known, "id": person.order, "checkout_token": person.checkout}
        refund = {"id": 1, "order_id": person.order, "note": person.name, "created_at": now}
        stock = {"inventory_item_id": 1, "location_id": 2, "updated_at": now}
        deliveries: tuple[tuple[str, JsonObject], ...] = (
            *(("carts/create", cart), ("carts/update", cart)),
            *(("checkouts/create", checkout), ("checkouts/update", checkout)),
            *(("checkouts/delete", {"token": person.checkout}), ("orders/create", order)),
            *(("orders/paid", order), ("orders/cancelled", {**order, "cancelled_at": now})),
            *(("refunds/create", refund), ("inventory_levels/update", stock)),
            *((f"customers/{one}", person.customer_payload) for one in ("create", "update")),
            *(("app/scopes_update", {"shop_domain": SHOP}), ("draft_orders/create", order)),
        )
        for topic, said in deliveries:
            assert await self.sent(topic, said) == HTTPStatus.OK, topic

    async def asks(self, topic: str, person: Person) -> None:
        """``customers/data_request`` and ``customers/redact``."""
        about = {"id": person.customer, "email": person.email, "phone": person.phone}
        orders = "orders_to_redact" if topic.endswith("redact") else "orders_requested"
        said = {"shop_domain": SHOP, "customer": about, orders: [person.order]}
        assert await self.sent(topic, said) == HTTPStatus.OK

    async def uninstalled(self, **how: Any) -> int:
        """``app/uninstalled``."""
        return await self.sent("app/uninstalled", {"id": 1, "myshopify_domain": SHOP}, **how)

    async def redacted(self, **how: Any) -> int:
        """``shop/redact``."""
        return await self.sent("shop/redact", {"shop_id": 1, "shop_domain": SHOP}, **how)

    async def install(self, times: int = 1) -> None:
        """As a merchant; returns when the shop is served and its products are known."""
        await self.scene.install()
        await self.program.logged("catalog_synced", times)


@contextlib.asynccontextmanager
async def process(
    folder: Path, settings: Mapping[str, str], **how: Any
) -> AsyncGenerator[ShopProcess]:
    """Both until the block ends; nothing is installed yet."""
    server = f"http://127.0.0.1:{unused_port()}"
    async with opened(server, folder / "tenants", **how) as scene, ClientSession() as client:
        everybody = scene.config / "shopify.tenant.toml"
        everybody.write_text(everybody.read_text().replace("holdout = 0.10", "holdout = 0.0"))
        running = ShopProcess(folder, scene, client, settings)
        try:
            await running.ready()
            yield running
        finally:
            running.program.kill()


async def _rest() -> None:
    await asyncio.sleep(0.05)
