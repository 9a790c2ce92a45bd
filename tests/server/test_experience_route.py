"""``GET /v1/experience`` over a real socket (R31)."""

from typing import Any

import pytest

import making
from conftest import unused_port
from saccade.campaigns import Campaign
from saccade.domain import Moment
from saccade.stores import open_state
from saccade.tenants import Site
from server.shopfront import Serve, Shop

ROUTE = "/v1/experience"
PLAIN: dict[str, Any] = {
    "decision_id": None,
    "mode": "default",
    "confidence": 0.0,
    "reason": "LOW_CONFIDENCE",
    "served": "default",
    "instructions": [],
}


async def hesitate(shop: Shop, laptop: dict[str, Any]) -> None:
    assert (await shop.post("/v1/signals", laptop)).status == 200


async def test_the_answer_says_mode_reason_served_and_what_to_change(
    shop: Shop, laptop: dict[str, Any]
) -> None:
    await hesitate(shop, laptop)
    answer = await shop.get(f"{ROUTE}?session=s1&product=816324")
    assert answer.status == 200
    experience = await answer.json()
    assert set(experience) == set(PLAIN)
    assert (experience["mode"], experience["served"]) == ("hesitating", "rule")
    assert {"op": "move", "slot": "battery-guarantee", "to": "top"} in experience["instructions"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    for stage in ("ingest", "profile", "scoring", "selection", "rendering", "total"):  # R26
        assert f"{stage};dur=" in answer.headers["Server-Timing"]
    assert shop.counted("saccade_decisions_total", reason="RULE", served="rule") == 1
    assert shop.counted("saccade_stage_seconds_count", stage="scoring") == 1


async def test_a_repeat_in_one_view_is_the_same_decision(
    shop: Shop, laptop: dict[str, Any]
) -> None:
    await hesitate(shop, laptop)

    async def asked(view: str) -> Any:
        query = f"{ROUTE}?session=s1&product=816324&view={view}"
        return await (await shop.get(query)).json()

    first = await asked("v1")
    assert await asked("v1") == first
    assert (await asked("v2"))["decision_id"] != first["decision_id"]


@pytest.mark.parametrize(
    "headers",
    [{"x-session-id": "s1"}, {"Cookie": "a=b; saccade_session=s1"}],
    ids=["header", "cookie"],
)
async def test_the_session_is_found_where_platforms_send_it(
    shop: Shop, laptop: dict[str, Any], headers: dict[str, str]
) -> None:
    await hesitate(shop, laptop)
    answer = await shop.get(f"{ROUTE}?product=816324", headers=headers)
    assert (await answer.json())["mode"] == "hesitating"


@pytest.mark.parametrize("query", ["", "?session=", "?session=a%20b", "?product=816324"])
async def test_without_a_session_the_page_stays_the_platforms(shop: Shop, query: str) -> None:
    answer = await shop.get(ROUTE + query)
    assert (answer.status, await answer.json()) == (200, PLAIN)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("session=s1&moment=lunch", "moment"),
        ("session=s1&view=a%20b", "view"),
        ("session=s1&view=abc%0A", "view"),
        ("session=s1&product=abc%0A", "product"),
        ("session=s1&product=" + "9" * 129, "product"),
        ("session=s1&site=unknown", "site"),
    ],
)
async def test_a_parameter_that_cannot_be_used_is_named(shop: Shop, query: str, field: str) -> None:
    answer = await shop.get(f"{ROUTE}?{query}")
    assert answer.status == 400
    assert (await answer.json(content_type=None))["errors"][0]["field"] == field


async def test_head_is_answered_as_get_is_without_the_body(
    shop: Shop, laptop: dict[str, Any]
) -> None:  # RFC 9110, 9.3.2
    await hesitate(shop, laptop)
    address = f"{ROUTE}?session=s1&product=816324&view=v1"
    got = await shop.get(address)
    head = await shop.client.head(address)
    assert (head.status, await head.read()) == (200, b"")
    for name in ("Content-Type", "Content-Length", "Cache-Control"):
        assert head.headers[name] == got.headers[name]
    decision_id = (await got.json())["decision_id"]
    assert (await shop.client.head(f"/v1/decisions/{decision_id}")).status == 200
    assert (await shop.client.head("/v1/decisions/" + "1" * 32)).status == 404
    refused = await shop.post(ROUTE, {})
    assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


async def test_a_moment_without_campaigns_is_the_default(
    shop: Shop, laptop: dict[str, Any]
) -> None:
    await hesitate(shop, laptop)
    answer = await shop.get(f"{ROUTE}?session=s1&moment=cart")
    experience = await answer.json()
    assert (experience["served"], experience["instructions"]) == ("default", [])


async def test_without_a_state_store_the_page_stays_the_platforms_and_says_why(
    serve: Serve,
) -> None:  # F1, R24
    shop = await serve(state=open_state(f"redis://127.0.0.1:{unused_port()}/0"))
    answer = await shop.get(f"{ROUTE}?session=s1&product=816324")
    assert answer.status == 200
    experience = await answer.json()
    assert (experience["served"], experience["reason"]) == ("default", "ERROR")
    assert shop.counted("saccade_decisions_total", reason="ERROR", served="default") == 1


async def test_a_paused_tenant_decides_nothing(serve: Serve, laptop: dict[str, Any]) -> None:
    shop = await serve(making.ready(making.tenant(paused=True)))
    await hesitate(shop, laptop)
    answer = await shop.get(f"{ROUTE}?session=s1&product=816324")
    assert (await answer.json())["reason"] == "PAUSED"


FREE = Campaign(
    id="free",
    moment=Moment.PRODUCT,
    slot="cta",
    template="free_shipping",
    parameters={
        "text": {"de": "Ab {threshold} frei Haus", "en": "Free delivery from {threshold}"},
        "threshold": {"EUR": "50.00", "USD": "60.00"},
    },
)
"""For everybody, in two languages and currencies."""


async def bilingual(serve: Serve) -> Shop:
    """A shop that is German where a page says nothing."""
    site = Site(key="lab", open=True, language="de", currency="EUR")
    return await serve(making.ready(making.tenant().model_copy(update={"site": site}), FREE))


def said(experience: dict[str, Any]) -> str:
    """The text of the call to action, its spaces plain."""
    (text,) = (one["text"] for one in experience["instructions"] if one["op"] == "set_text")
    return str(text).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("&lang=de&curr=EUR", "Ab 50,00 € frei Haus"),
        ("&lang=de-AT&curr=USD", "Ab 60,00 $ frei Haus"),
        ("&lang=en&curr=USD", "Free delivery from $60.00"),
        ("&lang=en", "Free delivery from €50.00"),
        ("&lang=<b>&curr=euro", "Ab 50,00 € frei Haus"),
        ("", "Ab 50,00 € frei Haus"),
        ("&html_lang=en-GB", "Free delivery from €50.00"),
        ("&lang=de&html_lang=en", "Ab 50,00 € frei Haus"),
    ],
)
async def test_each_shopper_reads_their_own_language_and_currency(
    serve: Serve, words: str, text: str
) -> None:  # R90
    shop = await bilingual(serve)
    answer = await shop.get(f"{ROUTE}?session=s1&product=1{words}")
    assert said(await answer.json()) == text
    flushed = await shop.flush(
        f"/v1/signals?site=lab{words}", '{"session_id":"s2","product_id":"1","variant_switches":1}'
    )
    assert said(await flushed.json()) == text


async def test_a_view_that_changes_its_language_keeps_its_decision(serve: Serve) -> None:  # R90
    shop = await bilingual(serve)

    async def asked(words: str) -> Any:
        return await (await shop.get(f"{ROUTE}?session=s1&product=1&view=v{words}")).json()

    german = await asked("&lang=de")
    english, silent = await asked("&lang=en"), await asked("")
    assert said(english) == "Free delivery from €50.00"
    assert {one["decision_id"] for one in (german, english, silent)} == {german["decision_id"]}
    assert said(silent) == said(german)
    unspoken = await asked("&lang=en&curr=GBP")
    assert unspoken["instructions"] == []


async def test_a_flush_that_says_nothing_is_told_what_its_view_was(serve: Serve) -> None:  # R90
    shop = await bilingual(serve)
    words = "session=s1&product=1&view=v&lang=en&curr=USD"
    first = await (await shop.get(f"{ROUTE}?{words}")).json()
    await shop.house.engine.close()  # what is kept of a view is kept behind its answer
    flushed = await shop.flush(
        "/v1/signals?site=lab",
        '{"session_id":"s1","product_id":"1","view":"v","variant_switches":1}',
    )
    again = await flushed.json()
    assert said(again) == said(first) == "Free delivery from $60.00"
    assert again["decision_id"] == first["decision_id"]


async def test_a_documents_own_language_does_not_gainsay_the_platform(
    serve: Serve,
) -> None:  # R90: a storefront's template may say of every page that it is German
    shop = await bilingual(serve)
    first = await shop.get(f"{ROUTE}?session=s1&product=1&view=v&lang=en")
    assert said(await first.json()) == "Free delivery from €50.00"
    await shop.house.engine.close()  # what is kept of a view is kept behind its answer
    flushed = await shop.flush(
        "/v1/signals?site=lab&html_lang=de",
        '{"session_id":"s1","product_id":"1","view":"v","variant_switches":1}',
    )
    assert said(await flushed.json()) == "Free delivery from €50.00"
