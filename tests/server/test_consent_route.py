"""``POST /v1/consent`` over a real socket (R60): both bases, three sources, what a no leaves."""

import asyncio
import json
import sqlite3
import time
from typing import Any

import pytest

import making
from core.test_tcf import EVERY, string
from saccade.domain import Basis, Event, EventKind, Exposure, Identity, Moment, Outcome, OutcomeKind
from saccade.joining import By, person
from saccade.outcomes import TrustedEvents
from saccade.state import ViewKey
from server.shopfront import SERVER_KEY, Serve, Shop

ROUTE = "/v1/consent"
YES, NO = {"purposes": {"personalization": True}}, {"purposes": {"personalization": False}}
KEY = {"Authorization": f"Bearer {SERVER_KEY}lab"}


async def answers(shop: Shop, session: str | None, said: dict[str, Any]) -> dict[str, Any]:
    body = said if session is None else {"session_id": session, **said}
    answer = await shop.flush(ROUTE, json.dumps(body))
    assert answer.status == 200, await answer.text()
    receipt: dict[str, Any] = await answer.json()
    return receipt


async def kept(shop: Shop, visitor: str, session: str) -> bool | None:
    (state,) = await shop.house.state.read(
        [ViewKey("lab", Identity(visitor, session), Moment.PRODUCT)]
    )
    return state.profile.consent if state.profile else None


@pytest.mark.parametrize(
    ("said", "given"),
    [
        (YES, True),
        (NO, False),
        ({"shopify": {"analyticsAllowed": True, "preferencesAllowed": True}}, True),
        (
            {
                "shopify": {
                    "analyticsProcessingAllowed": True,
                    "preferencesProcessingAllowed": True,
                    "marketingAllowed": False,
                    "saleOfDataAllowed": False,
                }
            },
            True,
        ),
        ({"shopify": {"analyticsAllowed": True, "preferencesAllowed": False}}, False),
        ({"shopify": {"analyticsAllowed": True}}, False),
        ({"tcf": string()}, True),
        ({"tcf": string(EVERY - {5})}, False),
    ],
)
async def test_each_source_says_yes_or_no(
    shop: Shop, said: dict[str, Any], given: bool
) -> None:  # R60
    receipt = await answers(shop, "s1", said)
    assert receipt.pop("at") == pytest.approx(time.time(), abs=30)
    assert receipt == {"given": given, "basis": "opt_out", "source": next(iter(said))}
    assert await kept(shop, "s1", "s1") is given


@pytest.mark.parametrize("said", [{}, {**YES, "tcf": string()}, {"tcf": "nonsense"}])
async def test_what_says_nothing_is_refused(shop: Shop, said: dict[str, Any]) -> None:
    assert (await shop.post(ROUTE, {"session_id": "s1", **said})).status == 400
    assert await kept(shop, "s1", "s1") is None


async def test_opt_in_knows_nobody_before_a_yes(
    serve: Serve, laptop: dict[str, Any]
) -> None:  # R60
    shop = await serve(making.ready(making.tenant(basis=Basis.OPT_IN)))
    assert (await shop.post("/v1/session", {})).status == 403
    assert "session_id" not in await answers(shop, None, NO)
    receipt = await answers(shop, None, YES)
    token = receipt["session_id"]
    await shop.post("/v1/signals", {**laptop, "session_id": token})
    shown = await shop.get(f"/v1/experience?session={token}&product=816324")
    assert (await shown.json())["reason"] == "RULE"
    assert (await shop.post("/v1/session", {"session_id": token})).status == 200


async def rows(shop: Shop) -> str:
    """Everything the journal holds, as text."""
    with sqlite3.connect(shop.journal_file) as file:
        return "\n".join(
            str(row)
            for table in ("decisions", "exposures", "outcomes")
            for row in file.execute(f"SELECT * FROM {table}")  # noqa: S608 - three names of ours
        )


async def known_at_two_devices(shop: Shop, laptop: dict[str, Any]) -> None:
    """Anna, shown something that she then bought, and somebody else."""
    for device in ("phone.aa11", "laptop.bb22"):
        await shop.post("/v1/signals", {**laptop, "session_id": device})
        await shop.get(f"/v1/experience?session={device}&product=816324")
        body = {"session_id": device, "customer_id": "anna"}
        assert (await shop.post("/v1/identify", body, headers=KEY)).status == 200
    shown = await (await shop.get("/v1/experience?session=laptop.bb22&product=816324")).json()
    followed = {"session_id": "laptop.bb22", "decision_id": shown["decision_id"]}
    seen = await shop.post("/v1/exposures", {**followed, "slots": ["battery-guarantee"]})
    assert seen.status == 204
    await shop.post(
        "/v1/outcomes", {**followed, "kind": "converted", "order_id": "order-77"}, headers=KEY
    )
    await shop.post("/v1/signals", {**laptop, "session_id": "other.cc33"})
    await shop.get("/v1/experience?session=other.cc33&product=816324")
    await shop.house.engine.close()


async def test_withdrawn_it_is_purged_within_a_second(
    shop: Shop, laptop: dict[str, Any]
) -> None:  # R60
    """State, links, and under every name; the journal's rows stay, of nobody and of no arm."""
    await known_at_two_devices(shop, laptop)
    started = time.perf_counter()
    assert not (await answers(shop, "laptop.bb22", NO))["given"]
    assert time.perf_counter() - started < 1.0
    told = await rows(shop)
    for name in ("phone", "laptop", "aa11", "bb22", "order-77"):
        assert name not in told, name
    assert told.count("other") >= 2
    with sqlite3.connect(shop.journal_file) as file:
        arms = file.execute("SELECT visitor, arm, record FROM decisions").fetchall()
    assert {arm for visitor, arm, _ in arms if not visitor} == {"none"}
    assert {'"arm":"none"' in record for visitor, _, record in arms if not visitor} == {True}
    for visitor, session in (("phone", "aa11"), ("laptop", "bb22"), ("phone", "bb22")):
        assert await kept(shop, visitor, session) is False
        trail = await shop.house.state.trail("lab", visitor)
        assert not trail.sessions
        assert trail.profile
        assert (trail.profile.people, trail.profile.aliases) == ((), ())
    name, state = person(making.SECRET, By.CUSTOMER, "anna"), shop.house.state
    assert await state.claim("lab", name, "probe", time.time()) == "probe"
    await state.unlink("lab", [name])
    new = await shop.post(
        "/v1/identify", {"session_id": "new.d1", "customer_id": "anna"}, headers=KEY
    )
    assert (await new.json())["session_id"] == "new.d1", "the person is linked to nobody"
    again = await shop.get("/v1/experience?session=laptop.bb22&product=816324")
    assert (await again.json())["reason"] == "NO_CONSENT"


async def test_what_was_on_its_way_is_met_by_the_second_sweep(shop: Shop) -> None:  # R60
    """A row written just after the purge, as by another worker that had read consent before."""
    who = Identity("phone", "aa11")
    await answers(shop, "phone.aa11", NO)
    journal = shop.house.journal
    await journal.exposed(Exposure("lab", who.session, who.visitor, "d1", ("cta",), time.time()))
    late = Outcome(
        "lab", who.session, who.visitor, OutcomeKind.CONVERTED, time.time(), trusted=True
    )
    await journal.followed(late)
    assert "phone" in await rows(shop)
    async with asyncio.timeout(10):
        while "phone" in await rows(shop):  # noqa: ASYNC110 - only the file tells
            await asyncio.sleep(0.05)


async def test_a_queued_order_of_who_withdrew_is_not_kept(shop: Shop) -> None:  # R60
    """Consent is asked again at sending."""
    house = shop.house
    events = TrustedEvents(house.engine.tenants, house.state, house.journal)
    order = Event("lab", EventKind.ORDER_PLACED, time.time(), "phone", "aa11", trusted=True)
    events.take([order])
    await answers(shop, "phone.aa11", NO)
    events.take([order])
    await events.close()
    await house.consents.close()
    assert "phone" not in await rows(shop)


async def test_the_device_of_two_people_forgets_one(shop: Shop) -> None:  # R45, R60
    for session, customer in (("tablet.t1", "anna"), ("phone.b1", "ben"), ("tablet.t1", "ben")):
        await shop.post("/v1/signals", {"session_id": session, "scroll_reversals": 2})
        body = {"session_id": session, "customer_id": customer}
        assert (await shop.post("/v1/identify", body, headers=KEY)).status == 200
    await answers(shop, "tablet.t1", NO)
    assert await kept(shop, "phone", "b1") is False
    anna = await shop.house.state.trail("lab", "tablet")
    assert anna.profile
    assert anna.profile.consent is None
    assert anna.profile.people
