"""Shopify 2 to 7 from the other side: deliveries are signed, doubled, mixed and retried."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
import pytest_asyncio
from aiohttp import ClientSession, web

from demo.shopify.conftest import SECRET, made
from saccade.domain import JsonObject
from saccade_demo import catalog
from saccade_demo.shopify import Clock, Disorder, Shop, Subscription, Till, outbox
from saccade_demo.shopify.products import stocked

LAPTOP, SPEAKER = 7_000_000_816_324, 7_000_000_650_404
TOPICS = ("products/update", "orders/create", "app/uninstalled", "shop/redact")


@dataclass
class Receiver:
    """An app that only listens."""

    url: str = ""
    statuses: list[int] = field(default_factory=list[int])
    """What it answers, in order; then 200."""
    got: list[tuple[dict[str, str], bytes, float]] = field(
        default_factory=list[tuple[dict[str, str], bytes, float]]
    )
    clock: Clock = field(default_factory=Clock)
    hangs: int = 0
    """Deliveries that get no answer at all."""

    async def take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.got.append((headers, await request.read(), self.clock()))
        if self.hangs:
            self.hangs -= 1
            await asyncio.Event().wait()
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    @property
    def bodies(self) -> list[JsonObject]:
        return [json.loads(body) for _, body, _ in self.got]


@pytest_asyncio.fixture
async def receiver(clock: Clock) -> AsyncIterator[Receiver]:
    one = Receiver(clock=clock)
    app = web.Application()
    app.add_routes([web.post("/webhooks", one.take)])
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhooks"
    yield one
    await runner.cleanup()


def opened(
    receiver: Receiver, *topics: str, disorder: Disorder | None = None, events: bool = False
) -> Shop:
    app = made(receiver.url, *(topics or TOPICS), events=events)
    shop = Shop("lab.myshopify.com", app, clock=receiver.clock, seed="t", disorder=disorder)
    shop.install()
    return shop


async def drain(shop: Shop) -> None:
    async with ClientSession() as session:
        await shop.outbox.drain(shop.app, session)


def digest(body: bytes) -> str:
    return base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()


async def test_a_classic_delivery_is_signed_over_its_raw_body_and_says_what_it_is(
    receiver: Receiver,
) -> None:
    shop = opened(receiver)
    shop.publish(LAPTOP, "ARCHIVED")
    await drain(shop)
    ((headers, body, _),) = receiver.got
    assert headers["x-shopify-hmac-sha256"] == digest(body)
    assert headers["x-shopify-topic"] == "products/update"
    assert headers["x-shopify-shop-domain"] == "lab.myshopify.com"
    assert headers["x-shopify-triggered-at"] == "2026-09-21T14:13:20Z"
    assert headers["x-shopify-name"] == "mine"
    (told,) = receiver.bodies
    assert (told["status"], len(told["variants"]), len(told["variant_gids"])) == (
        "archived",
        48,
        48,
    )
    assert isinstance(told["tags"], str)
    assert isinstance(told["variants"][0]["price"], str)


async def test_an_event_of_the_next_family_has_headers_without_x_and_its_querys_answer(
    receiver: Receiver,
) -> None:
    shop = opened(receiver, "Product", events=True)
    shop.publish(LAPTOP, "DRAFT")
    await drain(shop)
    ((headers, body, _),) = receiver.got
    assert headers["shopify-hmac-sha256"] == digest(body)
    assert not [name for name in headers if name.startswith("x-shopify")]
    named = {name: headers[f"shopify-{name}"] for name in ("topic", "handle", "action")}
    assert named == {"topic": "Product", "handle": "mine", "action": "update"}
    assert headers["shopify-resource-id"] == f"gid://shopify/Product/{LAPTOP}"
    (told,) = receiver.bodies
    assert (told["topic"], told["action"], told["handle"]) == ("Product", "update", "mine")
    assert len(told["fields_changed"]["updated"]) == 1


async def test_any_2xx_is_success_and_all_else_is_tried_again_with_the_first_payload(
    receiver: Receiver,
) -> None:
    receiver.statuses = [500, 302, 404, 202]
    shop = opened(receiver)
    shop.publish(LAPTOP, "DRAFT")
    await drain(shop)
    assert shop.outbox.sent[0].answers == [500, 302, 404, 202]
    names = ("x-shopify-webhook-id", "x-shopify-event-id", "x-shopify-hmac-sha256")
    assert len({(body, *map(told.get, names)) for told, body, _ in receiver.got}) == 1


async def test_a_subscription_of_the_admin_api_is_deleted_after_the_last_failure(
    receiver: Receiver,
) -> None:
    shop = opened(receiver, "orders/create")
    number = shop.next_number()
    shop.subscriptions[number] = Subscription("products/update", receiver.url, id=number)
    receiver.statuses = [500] * 9
    begun = receiver.clock()
    shop.publish(LAPTOP, "DRAFT")
    await drain(shop)
    assert len(receiver.got) == 9
    times = [at - begun for _, _, at in receiver.got]
    assert times[-1] == 4 * 3_600
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert waits == [pytest.approx(one, abs=0.01) for one in outbox.DELAYS_S]
    assert shop.subscriptions == {}
    shop.publish(LAPTOP, "ACTIVE")
    assert shop.outbox.waiting == 0


async def test_a_receiver_that_does_not_answer_in_time_has_not_taken_it(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (outbox.CONNECT_S, outbox.TOTAL_S) == (1.0, 5.0)
    monkeypatch.setattr(outbox, "TOTAL_S", 0.3)
    receiver.hangs = 1
    shop = opened(receiver)
    shop.publish(LAPTOP, "DRAFT")
    await drain(shop)
    (sending,) = shop.outbox.sent
    assert sending.answers == [0, 200]
    assert receiver.got[0][1] == receiver.got[1][1]


async def test_disorder_doubles_mixes_and_loses_the_same_way_each_time(
    receiver: Receiver,
) -> None:
    async def told() -> list[tuple[str, str]]:
        disorder = Disorder(doubled=0.2, lost=0.05, mixed_within_s=60, seed=7)
        shop = opened(receiver, disorder=disorder)
        receiver.got.clear()
        for number in range(200):
            shop.clock.ahead(1)
            shop.publish(SPEAKER, "DRAFT" if number % 2 else "ACTIVE")
        await drain(shop)
        return [
            (headers["x-shopify-webhook-id"], headers["x-shopify-triggered-at"])
            for headers, _, _ in receiver.got
        ]

    first, second = await told(), await told()
    ids = [name for name, _ in first]
    assert sorted(ids) == sorted(name for name, _ in second)
    assert 10 < len(ids) - len(set(ids)) < 80
    assert 0 < 200 - len(set(ids)) < 40
    times = [at for _, at in first]
    assert times != sorted(times)


async def test_a_bought_cart_is_told_with_its_attributes_and_without_the_ids_that_went(
    receiver: Receiver,
) -> None:  # Shopify 10, 11, 22
    shop = opened(receiver, "carts/create", "carts/update", "checkouts/create", "orders/create")
    till = Till(shop)
    cart = till.cart(None)
    product = shop.products[LAPTOP]
    till.set(cart, product.variants[0].id, 2)
    cart.attributes["saccade_session"] = "v.s"
    till.tell(cart)
    till.begin(cart)
    order = till.place(cart)
    await drain(shop)
    by_topic = {headers["x-shopify-topic"]: json.loads(body) for headers, body, _ in receiver.got}
    assert set(by_topic["carts/update"]) == {
        *("id", "token", "line_items", "note", "created_at", "updated_at")
    }
    assert "id" not in by_topic["checkouts/create"]
    placed = by_topic["orders/create"]
    assert "checkout_id" not in placed
    assert placed["checkout_token"] == by_topic["checkouts/create"]["token"]
    assert placed["cart_token"] == by_topic["carts/create"]["token"]
    assert placed["note_attributes"] == [{"name": "saccade_session", "value": "v.s"}]
    assert placed["total_price"] == f"{product.variants[0].price * 2:.2f}"
    assert placed["customer"] is None
    assert order.id == placed["id"]


async def test_uninstalling_is_told_and_two_days_later_the_shop_is_redacted(
    receiver: Receiver,
) -> None:
    shop = opened(receiver)
    shop.uninstall()
    shop.publish(LAPTOP, "DRAFT")  # nobody is there to be told
    shop.clock.ahead(48 * 3_600)
    shop.redact()
    await drain(shop)
    topics = [headers["x-shopify-topic"] for headers, _, _ in receiver.got]
    assert topics == ["app/uninstalled", "shop/redact"]
    assert receiver.bodies[1]["shop_domain"] == "lab.myshopify.com"


def test_the_labs_products_are_all_there_with_ids_of_their_own() -> None:
    products = stocked(catalog.load())
    variants = [variant for product in products.values() for variant in product.variants]
    assert (len(products), len(variants)) == (69, 68 + 48)
    for ids in ((v.id for v in variants), (v.item for v in variants)):
        assert len(set(ids)) == len(variants)
    assert len({product.handle for product in products.values()}) == 69
