"""``POST /v1/events`` over a real socket (R6, R7), and the same words in a flush of signals."""

import json
from typing import Any

import pytest

from saccade.domain import EventKind
from saccade.state import Context
from saccade_server.page_events import MOST_EVENTS
from server.shopfront import Shop

ROUTE = "/v1/events"
PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Mobile Safari"}

EVERY_KIND: list[dict[str, Any]] = [
    {"id": "1", "kind": "product_viewed", "product_id": "816324"},
    {"id": "2", "kind": "click", "product_id": "816324", "value": 1},
    {"id": "3", "kind": "search", "query": "long battery", "value": 12},
    {"id": "4", "kind": "video_watched", "value": 31_000, "product_id": "816324"},
    {"id": "5", "kind": "add_to_cart", "product_id": "816324", "value": 1},
    {"id": "6", "kind": "cart_changed", "value": 1},
    {"id": "7", "kind": "coupon_search", "query": "SPRING"},
    {"id": "8", "kind": "checkout_dwell", "value": 45_000.5, "at_ms": 1_700_000_000_000},
]


def body(*events: dict[str, Any], **more: Any) -> str:
    return json.dumps({"session": "s1", "events": events, **more})


async def counts(shop: Shop) -> dict[str, int]:
    session = (await shop.known("s1")).session
    return session.counts if session else {}


async def test_every_kind_is_taken_and_told_again_is_kept_once(shop: Shop) -> None:  # R6
    """As a beacon sends it: text, so that no preflight is needed."""
    for _ in range(2):
        answer = await shop.flush(ROUTE, body(*EVERY_KIND, site="lab", view="v1"))
        assert (answer.status, await answer.read()) == (204, b"")
    assert await counts(shop) == {event["kind"]: 1 for event in EVERY_KIND}
    money = {EventKind.ORDER_PLACED, EventKind.REFUND}
    assert {event["kind"] for event in EVERY_KIND} == set(EventKind) - money


async def test_an_added_product_is_the_signal_too(shop: Shop) -> None:  # R6 meets R2
    added = {"id": "5", "kind": "add_to_cart", "product_id": "816324"}
    assert (await shop.post(ROUTE, json.loads(body(added)))).status == 204
    session = (await shop.known("s1")).session
    assert session
    assert session.signals.add_to_cart_clicked is True


@pytest.mark.parametrize(
    ("event", "field", "kind"),
    [
        ({"id": "1", "kind": "mind_read"}, "events[0].kind", "unknown_kind"),
        ({"id": "1", "kind": "order_placed", "value": 1}, "events[0].kind", "unknown_kind"),
        ({"id": "1"}, "events[0].kind", "missing_field"),
        ({"kind": "click"}, "events[0].id", "missing_field"),
        ({"id": "1", "kind": "search"}, "events[0].query", "missing_field"),
        ({"id": "1", "kind": "checkout_dwell", "value": "long"}, "events[0].value", "wrong_type"),
        ({"id": "1", "kind": "checkout_dwell", "value": -1}, "events[0].value", "out_of_range"),
        ({"id": "1", "kind": "click", "email": "a"}, "events[0].email", "unknown_field"),
        ({"id": "1", "kind": "click", "__proto__": {}}, "__proto__", "forbidden_name"),
    ],
)
async def test_what_is_not_understood_is_refused_and_counted(
    shop: Shop, event: dict[str, Any], field: str, kind: str
) -> None:  # R6
    answer = await shop.flush(ROUTE, body(event))
    problem = await answer.json(content_type="application/problem+json")
    assert answer.status == 400
    assert problem["errors"][0]["field"] == field
    assert shop.counted("saccade_rejected_total", route=ROUTE, field_kind=kind) == 1
    assert (await shop.known("s1")).session is None


async def test_a_body_holds_so_many_events(shop: Shop) -> None:
    many = [{"id": str(n), "kind": "click"} for n in range(MOST_EVENTS + 1)]
    answer = await shop.flush(ROUTE, body(*many))
    assert answer.status == 400
    assert (await shop.flush(ROUTE, body(*many[:-1]))).status == 204


async def test_a_session_must_be_named_and_the_site_once(shop: Shop) -> None:
    assert (await shop.flush(ROUTE, json.dumps({"events": []}))).status == 400
    both = await shop.flush(f"{ROUTE}?site=lab", body(site="other"))
    assert both.status == 400
    assert "site" in (await both.text())


async def test_the_landing_is_in_the_session_at_once(shop: Shop) -> None:  # R7
    """The host of the referrer alone, and no address of a person."""
    context = {
        "utm_source": "newsletter",
        "utm_term": "sam@shop.example",
        "referrer": "https://search.example/results?q=sam",
        "hour": 21,
        "language": "de-CH",
    }
    answer = await shop.flush(ROUTE, body(context=context), headers=PHONE)
    assert answer.status == 204
    session = (await shop.known("s1")).session
    assert session
    assert session.context == Context(
        utm_source="newsletter",
        referrer="search.example",
        device="mobile",
        hour=21,
        language="de-CH",
    )


async def test_a_flush_of_signals_carries_both(shop: Shop, laptop: dict[str, Any]) -> None:
    flush = {**laptop, "events": EVERY_KIND[2:3], "context": {"utm_medium": "mail"}}
    answer = await shop.flush("/v1/signals", json.dumps(flush), headers={"User-Agent": ""})
    assert answer.status == 200
    session = (await shop.known("s1")).session
    assert session
    assert session.signals.spec_hover_ms == 14_200
    assert (session.counts, session.context) == ({"search": 1}, Context(utm_medium="mail"))
    unknown = {**laptop, "events": [{"id": "1", "kind": "mind_read"}]}
    assert (await shop.flush("/v1/signals", json.dumps(unknown))).status == 400


async def test_a_flush_may_tell_the_context_in_its_address(shop: Shop) -> None:  # R7
    """As the tracker does: what cannot be read there refuses nothing."""
    query = "referrer=search.example&tz=-60&utm_source=ad&utm_campaign=%F0%9F%94%8B"
    sent = json.dumps({"session_id": "s1", "visit_count": 1})
    answer = await shop.flush(f"/v1/signals?{query}", sent, headers={"User-Agent": ""})
    assert answer.status == 204
    session = (await shop.known("s1")).session
    assert session
    assert session.context == Context(
        utm_source="ad", utm_campaign="🔋", referrer="search.example", tz=-60
    )
    bad = f"/v1/signals?tz=soon&referrer=%2F%2F%5B&utm_source={'x' * 300}"
    assert (await shop.flush(bad, sent)).status == 204
