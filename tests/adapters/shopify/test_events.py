"""What deliveries say: Shopify 6 to 8, 10 to 15 and 22, as far as they are the adapter's."""

import hashlib
from collections.abc import Sequence
from typing import Any

import pytest

from adapters.shopify import making_shopify as making
from saccade.deliveries import CatalogPage, Delivery, Departure, Fact, PersonalData, Refetch
from saccade.domain import Event, EventKind, Product
from saccade.hosting import Asks
from saccade.ports import EventPort
from saccade_shopify import factory
from saccade_shopify.events import ShopifyEvents
from saccade_shopify.payloads import hashed

TRIGGERED_AT = 1_789_984_800.123456
LAMP: dict[str, Any] = {
    "id": 11,
    "title": "Lamp",
    "product_type": "Lighting",
    "tags": "warm, desk, warm",
    "status": "active",
    "updated_at": "2026-09-21T12:00:00+02:00",
    "variants": [
        {
            "id": 1,
            "price": "19.90",
            "inventory_item_id": 501,
            "inventory_policy": "deny",
            "inventory_management": "shopify",
            "inventory_quantity": 0,
        },
        {
            "id": 2,
            "price": "9.90",
            "inventory_item_id": 502,
            "inventory_policy": "deny",
            "inventory_management": "shopify",
            "inventory_quantity": 3,
        },
    ],
    "variant_gids": [{"admin_graphql_api_id": "gid://shopify/ProductVariant/1"}] * 2,
    "vendor": "not read",
}
ORDER: dict[str, Any] = {
    "id": 820,
    "cart_token": "c1-secret",
    "created_at": "2026-09-21T12:00:00+02:00",
    "currency": "EUR",
    "presentment_currency": "USD",
    "total_price": "1234.10",
    "note_attributes": [{"name": "saccade_session", "value": "v1.s1"}],
    "customer": None,
    "email": None,
    "line_items": [{"product_id": 11}],
}


@pytest.fixture
def events() -> EventPort:
    return factory.build(making.tenant()).events


def said(events: EventPort, topic: str, body: object) -> Sequence[Fact]:
    return events.translate(making.classic(topic, body))


# --- products and stock ----------------------------------------------------------------------


@pytest.mark.parametrize("topic", ["products/create", "products/update", "PRODUCTS/Update"])
def test_a_product(events: EventPort, topic: str) -> None:
    lamp = Product(
        "11",
        "Lamp",
        ("Lighting", "warm", "desk"),
        price="9.90",
        currency="EUR",
        in_stock=True,
    )
    assert said(events, topic, LAMP) == (CatalogPage((lamp,)),)


@pytest.mark.parametrize(
    ("variant", "in_stock"),
    [
        ({"inventory_policy": "continue", "inventory_quantity": 0}, True),
        ({"inventory_management": None}, True),
        ({"inventory_quantity": 0}, False),
        ({}, None),
    ],
)
def test_stock_is_what_can_be_bought(
    events: EventPort, variant: dict[str, object], in_stock: bool | None
) -> None:
    lamp = {**LAMP, "variants": [{"price": "1.00", **variant}], "variant_gids": []}
    (page,) = said(events, "products/update", lamp)
    assert isinstance(page, CatalogPage)
    assert page.products[0].in_stock is in_stock


@pytest.mark.parametrize("status", ["draft", "archived", "ARCHIVED"])
def test_a_product_no_storefront_shows_is_removed(events: EventPort, status: str) -> None:
    assert said(events, "products/update", {**LAMP, "status": status}) == (
        CatalogPage((), ("11",)),
    )


def test_a_product_the_online_store_does_not_have_is_removed(events: EventPort) -> None:
    """It is active, and sold in the shop's own rooms alone: its page here answers 404."""
    assert said(events, "products/update", {**LAMP, "published_at": None}) == (
        CatalogPage((), ("11",)),
    )
    (page,) = said(events, "products/update", {**LAMP, "published_at": "2026-01-01T00:00:00Z"})
    assert isinstance(page, CatalogPage)
    assert [one.id for one in page.products] == ["11"]


def test_a_deleted_product_is_removed(events: EventPort) -> None:
    assert said(events, "products/delete", {"id": 11}) == (CatalogPage((), ("11",)),)


def test_shopify_13_more_variants_than_are_shown_are_asked_for(events: EventPort) -> None:
    gids = [{"admin_graphql_api_id": f"gid://shopify/ProductVariant/{n}"} for n in range(101)]
    assert said(events, "products/update", {**LAMP, "variant_gids": gids}) == (Refetch(("11",)),)


@pytest.mark.parametrize("missing", ["title", "status", "variants"])
def test_shopify_8_a_product_half_told_is_asked_for(events: EventPort, missing: str) -> None:
    half = {name: value for name, value in LAMP.items() if name != missing}
    assert said(events, "products/update", half) == (Refetch(("11",)),)


def test_without_the_shops_currency_no_price_is_guessed() -> None:
    events = factory.build(making.tenant(site={"open": True})).events
    assert said(events, "products/update", LAMP) == (Refetch(("11",)),)


def test_shopify_12_an_unknown_inventory_item_is_asked_for_by_its_own_name(
    events: EventPort,
) -> None:
    level = {"inventory_item_id": 502, "location_id": 7, "available": 0}
    assert said(events, "inventory_levels/update", level) == (
        Refetch(("gid://shopify/InventoryItem/502",)),
    )
    said(events, "products/update", LAMP)
    assert said(events, "inventory_levels/update", level) == (Refetch(("11",)),)


# --- carts, orders, refunds ------------------------------------------------------------------


def test_shopify_11_an_order(events: EventPort) -> None:
    """In the shop's money, as written; joined to the session that the cart carried."""
    (event,) = said(events, "orders/create", ORDER)
    assert event == Event(
        tenant="acme",
        kind=EventKind.ORDER_PLACED,
        at=1_789_984_800.0,
        visitor="v1",
        session="s1",
        value="1234.10",
        currency="EUR",
        reference="820",
        trusted=True,
    )
    assert said(events, "orders/paid", ORDER) == (event,), "the same order: it counts once"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0.1", "0.1"),
        ("100000000.000", "100000000.000"),
        ("0.30000000000000004", "0.30000000000000004"),
        (19.9, "19.9"),
        ("1E+3", "1000"),
        ("1e999999", None),
        ("NaN", None),
        ("-Infinity", None),
        (None, None),
    ],
)
def test_shopify_11_money_is_decimal(events: EventPort, written: object, value: str | None) -> None:
    (event,) = said(events, "orders/create", {**ORDER, "total_price": written})
    assert isinstance(event, Event)
    assert event.value == value


def test_a_test_order_counts_only_where_the_developer_says_so(events: EventPort) -> None:
    for topic in ("orders/create", "orders/paid"):
        assert said(events, topic, {**ORDER, "test": True}) == ()
        assert len(said(events, topic, {**ORDER, "test": False})) == 1
    adapter = {**making.tenant().adapter, "test_orders": True}
    developing = factory.build(making.tenant(adapter=adapter)).events
    assert len(said(developing, "orders/create", {**ORDER, "test": True})) == 1


def test_an_order_of_no_session_is_one_of_nobody(events: EventPort) -> None:
    for attributes in (None, [], [{"name": "gift", "value": "yes"}], [{"name": None}]):
        (event,) = said(events, "orders/create", {**ORDER, "note_attributes": attributes})
        assert isinstance(event, Event)
        assert (event.visitor, event.session) == (None, None)


def test_a_session_that_is_not_signed_is_nobodys_where_the_site_signs() -> None:
    """What a cart carries the shopper wrote: it is held to what a browser's token is held to."""
    events = factory.build(making.tenant(site={"open": False, "currency": "EUR"})).events
    (event,) = said(events, "orders/create", ORDER)
    assert isinstance(event, Event)
    assert (event.visitor, event.session) == (None, None)


def test_a_cart_is_named_by_the_hash_of_its_token(events: EventPort) -> None:
    """The token opens the cart."""
    cart = {
        "id": "c1-secret",
        "token": "c1-secret",
        "line_items": [{"product_id": 11}],
        "note": None,
        "created_at": "2026-09-21T10:00:00Z",
        "updated_at": "2026-09-21T10:00:01Z",
    }
    for topic in ("carts/create", "carts/update"):
        (event,) = said(events, topic, cart)
        assert isinstance(event, Event)
        assert event.kind is EventKind.CART_CHANGED
        assert (event.at, event.product) == (1_789_984_801.0, "11")
        assert event.reference == hashed("c1-secret")
        assert "secret" not in repr(event)
        assert "secret" not in repr(events.label(making.classic(topic, cart)))


def test_a_cart_of_several_products_is_about_none(events: EventPort) -> None:
    cart = {"token": "c1", "line_items": [{"product_id": 11}, {"product_id": 12}]}
    (event,) = said(events, "carts/update", cart)
    assert isinstance(event, Event)
    assert event.product is None


def test_shopify_10_payloads_of_2026_04_have_no_ids(events: EventPort) -> None:
    """Checkouts have a token alone, orders no checkout's id: a checkout is named by its cart."""
    checkout = {
        "token": "ck-1",
        "cart_token": "c1-secret",
        "total_price": "5.00",
        "currency": "EUR",
        "note_attributes": ORDER["note_attributes"],
        "updated_at": "2026-09-21T10:00:01Z",
    }
    for topic in ("checkouts/create", "checkouts/update"):
        (event,) = said(events, topic, checkout)
        assert isinstance(event, Event)
        assert (event.kind, event.value, event.session) == (EventKind.CART_CHANGED, "5.00", "s1")
        assert event.reference == hashed("c1-secret")
        label = events.label(making.classic(topic, checkout))
        assert label.resource == f"checkouts/{hashed('ck-1')}"
    order = {**ORDER, "checkout_token": "ck-1"}
    (event,) = said(events, "orders/create", order)
    assert isinstance(event, Event)
    assert event.reference == "820"


def test_a_cancelled_order_tells_no_amount(events: EventPort) -> None:
    """Its refund does: the money would count twice."""
    cancelled = {**ORDER, "cancelled_at": "2026-09-21T10:00:05Z"}
    (event,) = said(events, "orders/cancelled", cancelled)
    assert isinstance(event, Event)
    assert (event.kind, event.value, event.currency) == (EventKind.REFUND, None, None)
    assert (event.reference, event.at, event.session) == ("820", 1_789_984_805.0, "s1")


@pytest.mark.parametrize(
    ("transactions", "value", "currency"),
    [
        (
            [("refund", "success", "1.10", "EUR"), ("refund", "success", "2.20", "EUR")],
            "3.30",
            "EUR",
        ),
        ([("refund", "failure", "1.10", "EUR")], None, None),
        ([("sale", "success", "1.10", "EUR")], None, None),
        ([("refund", "success", "1", "EUR"), ("refund", "success", "1", "USD")], None, None),
        ([], None, None),
    ],
)
def test_a_refund_is_what_moved_back(
    events: EventPort,
    transactions: list[tuple[str, str, str, str]],
    value: str | None,
    currency: str | None,
) -> None:
    names = ("kind", "status", "amount", "currency")
    refund = {
        "id": 5,
        "order_id": 820,
        "created_at": "2026-09-21T10:00:05Z",
        "transactions": [dict(zip(names, one, strict=True)) for one in transactions],
    }
    (event,) = said(events, "refunds/create", refund)
    assert isinstance(event, Event)
    assert (event.kind, event.reference) == (EventKind.REFUND, "820")
    assert (event.value, event.currency) == (value, currency)


# --- people, installs ------------------------------------------------------------------------


def sha256(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()


COMPLIANCE = {
    "shop_id": 1,
    "shop_domain": making.SHOP,
    "customer": {"id": 191, "email": " Jo@Example.com ", "phone": "+43 (1) 234-5"},
    "orders_requested": [820, 821],
    "orders_to_redact": [820],
}
PEOPLE = (
    "customer_id:191",
    f"email_sha256:{sha256('jo@example.com')}",
    f"phone_sha256:{sha256('+4312345')}",
)


def test_shopify_14_access_and_erasure(events: EventPort) -> None:
    assert said(events, "customers/data_request", COMPLIANCE) == (
        PersonalData("access", PEOPLE, ("820", "821")),
    )
    assert said(events, "customers/redact", COMPLIANCE) == (
        PersonalData("erasure", PEOPLE, ("820",)),
    )


def test_shopify_14_a_shops_redaction_purges_everything(events: EventPort) -> None:
    assert said(events, "shop/redact", {"shop_id": 1, "shop_domain": making.SHOP}) == (
        Departure(purge=True),
    )


@pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact", "shop/redact"])
def test_shopify_9_what_erases_names_the_shop_in_its_signed_body(
    events: EventPort, topic: str
) -> None:
    with pytest.raises(ValueError, match="shop_domain"):
        said(events, topic, {**COMPLIANCE, "shop_domain": "bolt.myshopify.com"})


def test_shopify_22_personal_data_may_be_withheld(events: EventPort) -> None:
    nobody = {"id": None, "email": None, "phone": None}
    assert said(events, "customers/redact", {**COMPLIANCE, "customer": nobody}) == (
        PersonalData("erasure", (), ("820",)),
    )
    assert said(events, "customers/redact", {"customer": None, "orders_to_redact": None}) == ()
    assert said(events, "customers/update", {**nobody, "id": 191}) == ()
    order = {**ORDER, "customer": None, "email": None, "note_attributes": None, "line_items": None}
    assert len(said(events, "orders/create", order)) == 1


def test_a_customer_whom_the_merchant_deletes_is_erased(events: EventPort) -> None:
    assert said(events, "customers/delete", {"id": 191}) == (
        PersonalData("erasure", ("customer_id:191",)),
    )


def test_shopify_15_an_uninstall_is_a_departure(events: EventPort) -> None:
    assert said(events, "app/uninstalled", {"id": 1}) == (Departure(purge=False),)


def test_shopify_15_an_uninstall_from_before_the_reinstall_ends_nothing() -> None:
    since = TRIGGERED_AT + 1.5

    built = factory.build(making.tenant()).events
    assert isinstance(built, ShopifyEvents)
    built._installed = lambda: since
    late = making.classic("app/uninstalled", {"id": 1})
    assert built.translate(late) == ()
    built._installed = lambda: since - 1  # later within the second
    assert built.translate(late) == (Departure(purge=False),)


def test_only_what_tells_of_a_departure_asks_when_the_shop_was_installed() -> None:
    """That is in a database: whatever asks it is read beside the event loop, and the rest is not
    to."""
    asked: list[str] = []

    def since() -> None:
        asked.append(topic)

    built = factory.build(making.tenant()).events
    assert isinstance(built, ShopifyEvents)
    assert isinstance(built, Asks)
    built._installed = since
    for topic, body in (
        ("orders/create", ORDER),
        ("themes/publish", {}),
        ("customers/delete", {"id": 191}),
        ("app/uninstalled", {"id": 1}),
        ("shop/redact", {"shop_id": 1}),
    ):
        delivery = making.classic(topic, body)
        built.translate(delivery)
        assert built.asks(delivery) == (topic in asked)
    assert asked == ["app/uninstalled", "shop/redact"]


# --- nothing to say --------------------------------------------------------------------------


@pytest.mark.parametrize("topic", ["themes/publish", "", "orders", "x" * 5_000, "orders/edited"])
def test_shopify_8_an_unknown_topic_says_nothing_and_is_counted(
    events: EventPort, topic: str
) -> None:
    assert said(events, topic, {"id": 1}) == ()
    assert isinstance(events, ShopifyEvents)
    assert events.passed_over == {"unknown_topic": 1}


@pytest.mark.parametrize(
    "topic",
    [
        "products/create",
        "products/update",
        "products/delete",
        "inventory_levels/update",
        "carts/create",
        "carts/update",
        "checkouts/create",
        "checkouts/update",
        "checkouts/delete",
        "orders/create",
        "orders/paid",
        "orders/cancelled",
        "refunds/create",
        "customers/create",
        "customers/update",
        "customers/delete",
        "customers/data_request",
        "customers/redact",
        "app/scopes_update",
    ],
)
def test_shopify_8_missing_and_extra_fields_say_nothing_and_are_counted(
    events: EventPort, topic: str
) -> None:
    assert said(events, topic, {"a field of next year's": {"a": [1]}}) == ()
    assert isinstance(events, ShopifyEvents)
    assert events.passed_over == {"nothing_told": 1}


@pytest.mark.parametrize(
    ("topic", "body", "field"),
    [
        ("products/update", b'{"id":{}}', r"\$\.id"),
        ("orders/create", b'{"id":1,"total_price":[]}', r"\$\.total_price"),
        ("orders/create", b"not JSON", "malformed"),
        ("orders/create", b'{"line_items":' + b"[" * 100_000, "."),
        ("orders/create", b"\xff", "."),
        ("orders/create", b"[]", "object"),
    ],
)
def test_what_cannot_be_read_names_the_field(
    events: EventPort, topic: str, body: bytes, field: str
) -> None:
    with pytest.raises(ValueError, match=field):
        said(events, topic, body)
    assert events.label(making.classic(topic, body)).topic == topic, "a label is total"


def test_a_body_of_three_megabytes_is_read(events: EventPort) -> None:
    """Shopify 3, this side of it."""
    lines = [{"product_id": n, "title": "x" * 100} for n in range(25_000)]
    delivery = making.classic("orders/create", {**ORDER, "line_items": lines})
    assert len(delivery.body) > 3_000_000
    assert events.verify(delivery)
    assert len(events.translate(delivery)) == 1


# --- the next family -------------------------------------------------------------------------


@pytest.mark.parametrize("case", [str.lower, str.upper, str.title])
def test_shopify_2_the_next_family_names_what_changed(events: EventPort, case: Any) -> None:
    gid = "gid://shopify/Product/11"
    changed = making.next_gen(case("product"), case("update"), gid)
    assert events.translate(changed) == (Refetch(("11",)),)
    gone = making.next_gen(case("product"), case("delete"), gid)
    assert events.translate(gone) == (CatalogPage((), ("11",)),)
    assert events.label(changed).resource == "products/11"


def test_shopify_12_stock_by_the_next_family(events: EventPort) -> None:
    level = "gid://shopify/InventoryLevel/3?inventory_item_id=502"
    for topic, gid in (
        ("InventoryLevel", level),
        ("InventoryItem", "gid://shopify/InventoryItem/502"),
    ):
        assert events.translate(making.next_gen(topic, "update", gid)) == (
            Refetch(("gid://shopify/InventoryItem/502",)),
        )


def test_shopify_8_the_next_familys_unknown_topics(events: EventPort) -> None:
    assert (
        events.translate(making.next_gen("Collection", "update", "gid://shopify/Collection/1"))
        == ()
    )
    assert events.translate(making.next_gen("Product", "update", "")) == ()
    assert isinstance(events, ShopifyEvents)
    assert events.passed_over == {"unknown_topic": 1, "nothing_told": 1}


# --- labels ----------------------------------------------------------------------------------


def key(events: EventPort, headers: dict[str, str], body: bytes = b"{}") -> str:
    return events.label(making.classic("orders/create", body, headers=headers)).key


def test_shopify_6_a_duplicate_has_the_same_key(events: EventPort) -> None:
    first = key(events, {})
    assert key(events, {"x-shopify-webhook-id": "another"}) == first, "by topic, name and event"
    assert key(events, {"x-shopify-event-id": "another"}) != first
    assert key(events, {"x-shopify-name": "another"}) != first
    assert key(events, {"x-shopify-triggered-at": "2026-09-22T10:00:00Z"}) == first


def test_shopify_6_without_an_events_id_by_the_webhooks(events: EventPort) -> None:
    nameless = {"x-shopify-event-id": ""}
    first = key(events, nameless)
    assert key(events, {**nameless, "x-shopify-name": "another"}) == first
    assert key(events, {**nameless, "x-shopify-webhook-id": "another"}) != first
    bare = {**nameless, "x-shopify-webhook-id": ""}
    assert key(events, bare, b"{}") == key(events, bare, b"{}") != key(events, bare, b"[]")


def test_shopify_6_the_next_family_by_its_webhooks_id(events: EventPort) -> None:
    def next_key(**headers: str) -> str:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        gid = "gid://shopify/Product/1"
        return events.label(making.next_gen("Product", "update", gid, headers=told)).key

    assert next_key() == next_key(shopify_event_id="another")
    assert next_key() != next_key(shopify_webhook_id="another")


@pytest.mark.parametrize(
    ("topic", "body", "resource"),
    [
        ("products/update", {"id": 11}, "products/11"),
        ("products/delete", {"id": 11}, "products/11"),
        ("products/update", {}, None),
        (
            "inventory_levels/update",
            {"inventory_item_id": 5, "location_id": 7},
            "inventory_levels/5/7",
        ),
        ("inventory_levels/update", {"inventory_item_id": 5}, None),
        ("carts/update", {"id": "c1", "token": "c1"}, f"carts/{hashed('c1')}"),
        ("orders/create", {"id": 820}, None),
        ("refunds/create", {"id": 820}, None),
        ("customers/redact", {"customer": {"id": 1}}, None),
        ("app/uninstalled", {"id": 1}, "app"),
    ],
)
def test_shopify_7_the_newest_wins_a_resource(
    events: EventPort, topic: str, body: dict[str, object], resource: str | None
) -> None:
    """By the payload's own time, else by when it was triggered; orders are no states."""
    label = events.label(making.classic(topic, body))
    assert (label.resource, label.version) == (resource, TRIGGERED_AT)
    dated = events.label(making.classic(topic, {**body, "updated_at": "2026-09-21T12:00:01+02:00"}))
    assert dated.version == 1_789_984_801.0
    untimed = making.classic(topic, body, headers={"x-shopify-triggered-at": ""})
    assert events.label(untimed).version is None


@pytest.mark.parametrize("said", ["yesterday", "2026-13-01T00:00:00Z", "2026"])
def test_no_time_raises(events: EventPort, said: str) -> None:
    delivery = making.classic("products/update", {"id": 1, "updated_at": said})
    assert events.label(delivery).version == TRIGGERED_AT
    late = Delivery({**delivery.headers, "x-shopify-triggered-at": said}, None, delivery.body)
    assert events.label(late).version is None
    assert len(events.translate(late)) == 1
