"""Exposures, outcomes, and the decision they belong to, over a real socket (R44, R50, R62)."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from aiohttp import ClientResponse

import making
from conftest import unused_port
from saccade import identity
from saccade.campaigns import Caps
from saccade.domain import Basis, Exposure
from saccade.stores import open_state
from server.shopfront import SERVER_KEY, Serve, Shop, until

KEY = {"Authorization": f"Bearer {SERVER_KEY}{making.TENANT}"}


async def decided(shop: Shop, laptop: dict[str, Any], view: str = "v1") -> str:
    """The laptop shopper's decision."""
    await shop.post("/v1/signals", laptop)
    query = f"?session={laptop['session_id']}&product=816324&view={view}"
    answer = await shop.get("/v1/experience" + query)
    experience = await answer.json()
    assert experience["served"] == "rule"
    return str(experience["decision_id"])


def seen(decision_id: str) -> dict[str, Any]:
    return {"session_id": "s1", "decision_id": decision_id, "slots": ["cta"]}


async def test_exposure_and_outcome_stand_beside_their_decision(
    shop: Shop, laptop: dict[str, Any]
) -> None:  # R44
    decision_id = await decided(shop, laptop)
    assert (await shop.post("/v1/exposures", seen(decision_id))).status == 204
    assert (await shop.post("/v1/outcomes", clicked(decision_id))).status == 204
    record = await shop.house.journal.find(making.TENANT, decision_id)
    assert record is not None
    assert [one["slots"] for one in record["exposures"]] == [["cta"]]
    assert [(one["kind"], one["trusted"]) for one in record["outcomes"]] == [("clicked", False)]


async def test_what_another_worker_decided_just_now_is_waited_for(
    shop: Shop, laptop: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:  # R44
    decision_id = await decided(shop, laptop)
    find, asked = shop.house.journal.find, 0

    async def find_later(tenant: str, name: str) -> Any:
        nonlocal asked
        asked += 1
        return await find(tenant, name) if asked > 1 else None

    monkeypatch.setattr(shop.house.journal, "find", find_later)
    assert (await shop.post("/v1/exposures", seen(decision_id))).status == 204
    assert asked == 2


async def test_an_exposure_makes_the_cap_count(serve: Serve, laptop: dict[str, Any]) -> None:
    capped = making.reassurance(caps=Caps(per_session=1))
    shop = await serve(making.ready(None, capped))  # R44
    decision_id = await decided(shop, laptop)
    assert [entry.committed for entry in (await shop.known("s1")).caps] == [False]
    await shop.post("/v1/exposures", seen(decision_id))
    assert [entry.committed for entry in (await shop.known("s1")).caps] == [True]


async def test_the_last_beacon_of_a_page_is_taken_though_the_page_is_gone(
    serve: Serve, laptop: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:  # R3
    shop = await serve(making.ready(None, making.reassurance(caps=Caps(per_session=1))))
    body = json.dumps(seen(await decided(shop, laptop)))
    entered, gone = asyncio.Event(), asyncio.Event()
    exposed = shop.house.journal.exposed

    async def slowly(exposure: Exposure) -> None:
        entered.set()
        await gone.wait()
        await exposed(exposure)

    monkeypatch.setattr(shop.house.journal, "exposed", slowly)
    _, writer = await asyncio.open_connection("127.0.0.1", shop.client.port)
    head = "POST /v1/exposures HTTP/1.1\r\nHost: lab\r\nContent-Type: text/plain\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    await entered.wait()
    handlers = asyncio.all_tasks()
    writer.close()
    await writer.wait_closed()
    await until(lambda: any(task.done() for task in handlers))  # aiohttp gave the call up
    gone.set()
    await until(lambda: not shop.house.under_way)
    assert [entry.committed for entry in (await shop.known("s1")).caps] == [True]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slots": []}, "slots"),
        ({"decision_id": "x"}, "decision_id"),
        ({"session_id": "a b"}, "session_id"),
        ({"price": 1}, "price"),
    ],
)
async def test_a_bad_exposure_names_its_field(
    shop: Shop, changes: dict[str, Any], field: str
) -> None:
    answer = await shop.post("/v1/exposures", {**seen("12345678"), **changes})
    assert (answer.status, await complaint(answer)) == (400, field)


async def complaint(answer: ClientResponse) -> str:
    """The one field a problem document names."""
    (error,) = (await answer.json(content_type="application/problem+json"))["errors"]
    return str(error["field"])


def clicked(decision_id: str) -> dict[str, Any]:
    return {"session_id": "s1", "decision_id": decision_id, "kind": "clicked"}


@pytest.mark.parametrize(("route", "told"), [("exposures", seen), ("outcomes", clicked)])
async def test_nobody_speaks_of_a_decision_made_for_somebody_else_or_for_nobody(
    serve: Serve, laptop: dict[str, Any], route: str, told: Callable[[str], dict[str, Any]]
) -> None:  # R44, R50
    capped = making.reassurance(caps=Caps(per_session=1))
    shop = await serve(making.ready(None, capped))
    decision_id = await decided(shop, laptop)
    forgeries: list[dict[str, Any]] = [
        told("1" * 32),
        {**told(decision_id), "session_id": "s2"},
        {**told(decision_id), "session_id": "s1.s3"},  # of the visitor, and of another visit
        {**told(decision_id), "session_id": "s4.s1"},
    ]
    for body in forgeries:
        refused = await shop.post(f"/v1/{route}", body)
        assert (refused.status, await complaint(refused)) == (400, "decision_id"), body
        assert (await refused.json(content_type=None))["detail"].startswith("decision_id is no")
    assert shop.counted(
        "saccade_rejected_total", route=f"/v1/{route}", field_kind="not_found"
    ) == len(forgeries)
    assert await rows(shop, route) == 0
    assert [entry.committed for entry in (await shop.known("s1")).caps] == [False]


async def test_a_decision_of_another_tenant_is_nobodys_here(
    serve: Serve, laptop: dict[str, Any]
) -> None:
    shop = await serve(
        making.ready(making.tenant(name="one")), making.ready(making.tenant(name="two"))
    )
    await shop.post("/v1/signals?site=one", laptop)
    answer = await shop.get("/v1/experience?site=one&session=s1&product=816324")
    decision_id = (await answer.json())["decision_id"]
    refused = await shop.post("/v1/exposures?site=two", seen(decision_id))
    assert (refused.status, await complaint(refused)) == (400, "decision_id")
    assert (await shop.post("/v1/exposures?site=one", seen(decision_id))).status == 204
    assert await rows(shop, "exposures") == 1


@pytest.mark.parametrize("slot", ["configurations", "nowhere"])
async def test_only_slots_the_decision_changed_were_seen_and_each_once(
    shop: Shop, laptop: dict[str, Any], slot: str
) -> None:  # R44
    decision_id = await decided(shop, laptop)
    refused = await shop.post("/v1/exposures", {**seen(decision_id), "slots": ["cta", slot]})
    assert (refused.status, await complaint(refused)) == (400, "slots")
    assert await rows(shop, "exposures") == 0
    twice = {**seen(decision_id), "slots": ["cta", "battery-guarantee", "cta"]}
    assert (await shop.post("/v1/exposures", twice)).status == 204
    record = await shop.house.journal.find(making.TENANT, decision_id)
    assert record is not None
    assert [one["slots"] for one in record["exposures"]] == [["cta", "battery-guarantee"]]


@pytest.mark.parametrize(
    ("field", "value"), [("value", "129.99"), ("currency", "EUR"), ("order_id", "o-1")]
)
async def test_a_browser_names_no_amount_and_no_order(
    shop: Shop, laptop: dict[str, Any], field: str, value: str
) -> None:  # R50
    body = {**clicked(await decided(shop, laptop)), field: value}
    refused = await shop.post("/v1/outcomes", body)
    assert (refused.status, await complaint(refused)) == (403, field)
    assert (
        shop.counted("saccade_rejected_total", route="/v1/outcomes", field_kind="permission") == 1
    )
    assert await rows(shop, "outcomes") == 0
    assert (await shop.post("/v1/outcomes", body, headers=KEY)).status == 204


async def test_an_outcome_may_belong_to_no_decision(shop: Shop) -> None:
    assert (await shop.post("/v1/outcomes", {"session_id": "s1", "kind": "clicked"})).status == 204
    assert await rows(shop, "outcomes") == 1


@pytest.mark.parametrize("kind", ["converted", "returned", "ignored", "bounced"])
async def test_a_browser_may_not_say_what_is_worth_money(shop: Shop, kind: str) -> None:
    body = {"session_id": "s1", "kind": kind, "value": "129.99", "currency": "EUR"}
    for headers in ({}, {"Authorization": "Bearer guess"}, {"Authorization": "Basic eDp5"}):
        refused = await shop.post("/v1/outcomes", body, headers=headers)
        assert refused.status == 403
        document = await refused.json(content_type=None)
        assert document["errors"][0]["field"] == "kind"
        assert "server key" in document["errors"][0]["problem"]


async def test_a_server_may_and_its_word_is_trusted(shop: Shop, laptop: dict[str, Any]) -> None:
    decision_id = await decided(shop, laptop)
    body = {
        "session_id": "s1",
        "decision_id": decision_id,
        "kind": "converted",
        "value": "129.99",
        "currency": "EUR",
        "order_id": "o-1",
    }
    assert (await shop.post("/v1/outcomes", body, headers=KEY)).status == 204
    record = await shop.house.journal.find(making.TENANT, decision_id)
    assert record is not None
    (outcome,) = record["outcomes"]
    assert outcome["trusted"] is True
    assert (outcome["value"], outcome["order_id"]) == ("129.99", "o-1")
    anonymous = await (await shop.get(f"/v1/decisions/{decision_id}")).json()
    assert [one["kind"] for one in anonymous["outcomes"]] == ["converted"]
    assert "o-1" not in json.dumps(anonymous)  # R62: why, not who
    told = await (await shop.get(f"/v1/decisions/{decision_id}", headers=KEY)).json()
    assert told["outcomes"][0]["order_id"] == "o-1"


async def test_without_consent_nothing_is_journaled(serve: Serve) -> None:  # R60
    shop = await serve(making.ready(making.tenant(basis=Basis.OPT_IN)))
    assert (await shop.post("/v1/exposures", seen("1" * 32))).status == 204
    assert (await shop.post("/v1/outcomes", clicked("1" * 32))).status == 204
    assert await rows(shop, "exposures") == 0
    assert await rows(shop, "outcomes") == 0


async def rows(shop: Shop, table: str) -> int:
    """How many rows the journal's file holds."""
    await shop.house.journal.find("", "")
    with closing(sqlite3.connect(shop.journal_file)) as connection:
        found = connection.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - a table of ours
        return int(found.fetchone()[0])


async def test_an_exposure_that_cannot_be_checked_is_not_acknowledged(serve: Serve) -> None:
    shop = await serve(state=open_state(f"redis://127.0.0.1:{unused_port()}/0"))
    assert (await shop.post("/v1/exposures", seen("1" * 32))).status == 503


async def test_a_decision_says_why_and_not_who(shop: Shop, laptop: dict[str, Any]) -> None:
    session = "5" * 32
    decision_id = await decided(shop, {**laptop, "session_id": session})  # R62
    answer = await shop.get(f"/v1/decisions/{decision_id}")
    assert answer.status == 200
    told = await answer.json()
    assert told["because"] == ["battery-fear was chosen"]
    assert told["id"] == decision_id
    assert session not in await answer.text()
    trusted = await shop.get(f"/v1/decisions/{decision_id}", headers=KEY)
    assert (await trusted.json())["request"]["identity"]["session"] == session


async def test_a_decision_of_another_tenant_is_not_found(
    serve: Serve, laptop: dict[str, Any]
) -> None:
    shop = await serve(
        making.ready(making.tenant(name="one")), making.ready(making.tenant(name="two"))
    )
    await shop.post("/v1/signals?site=one", laptop)
    answer = await shop.get("/v1/experience?site=one&session=s1&product=816324")
    decision_id = (await answer.json())["decision_id"]
    assert (await shop.get(f"/v1/decisions/{decision_id}?site=one")).status == 200
    for headers in ({}, {"Authorization": f"Bearer {SERVER_KEY}one"}):
        other = await shop.get(f"/v1/decisions/{decision_id}?site=two", headers=headers)
        assert other.status == 404


async def test_a_site_that_is_not_open_shows_decisions_to_its_servers_only(
    serve: Serve, laptop: dict[str, Any]
) -> None:
    shop = await serve(making.ready(making.tenant(open_site=False)))
    token = identity.issue(making.SECRET)
    await shop.post(f"/v1/signals?site={making.TENANT}", {**laptop, "session_id": token})
    asked = f"/v1/experience?site={making.TENANT}&session={token}&product=816324"
    decision_id = (await (await shop.get(asked)).json())["decision_id"]
    address = f"/v1/decisions/{decision_id}?site={making.TENANT}"
    refused = await shop.get(address)
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (403, "Bearer")
    assert (await shop.get(address, headers=KEY)).status == 200


@pytest.mark.parametrize("decision_id", ["1" * 32, "nothing-of-the-kind"])
async def test_an_unknown_decision_is_not_found(shop: Shop, decision_id: str) -> None:
    answer = await shop.get(f"/v1/decisions/{decision_id}")
    assert answer.status == 404
    assert answer.content_type == "application/problem+json"
