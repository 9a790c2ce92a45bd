"""Forged, flooded, replayed and bot-made signals: what they amount to at most (R68).

Each attack is driven over a real socket against a whole server; its figure is printed (see them
by ``pytest -s``) and held to a bound.
"""

import asyncio
import sqlite3
import time
from typing import Any

import msgspec

import making
from saccade.campaigns import Caps
from saccade.tenants import Site as SiteTable
from saccade_server.buckets import BURST, RATE_PER_S
from saccade_server.house import BEGINNINGS_PER_S, MOST_BEGINNINGS
from server.shopfront import Serve, Shop

SHOP = {"Origin": "https://shop.example"}
FLOOD = 150


async def statuses(shop: Shop, route: str, bodies: list[dict[str, Any]]) -> list[int]:
    """Of calls sent eight at a time."""
    gate = asyncio.Semaphore(8)

    async def one(body: dict[str, Any]) -> int:
        async with gate:
            return (await shop.post(f"{route}?site=lab", body, headers=SHOP)).status

    return list(await asyncio.gather(*(one(body) for body in bodies)))


def told(attack: str, sent: int, amounts: int, bound: float) -> None:
    """A line of the table, and its check."""
    print(f"R68 {attack:<46} {sent:>5} sent {amounts:>5} count, bound {bound:g}")  # noqa: T201 - the figures are the point
    assert amounts <= bound, attack


def rows(shop: Shop, table: str) -> int:
    with sqlite3.connect(shop.journal_file) as file:
        [count] = file.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - a name of ours
    return int(count)


def closed() -> Any:
    """A site that takes signed tokens from one origin."""
    tenant = making.tenant(open_site=False)
    site = SiteTable(key="lab", origins=("https://shop.example",))
    return making.ready(
        tenant.model_copy(update={"site": site}), making.reassurance(caps=Caps(per_session=1))
    )


async def shown(shop: Shop, token: str) -> dict[str, Any]:
    answer = await shop.get(
        f"/v1/experience?site=lab&session={token}&product=816324&view=v1", headers=SHOP
    )
    experience: dict[str, Any] = await answer.json()
    return experience


async def test_a_flood_of_one_session_is_thinned(serve: Serve) -> None:  # R68
    shop = await serve(closed())
    token = shop.house.sites.all[0].token()
    started = time.monotonic()
    signals = {"session_id": token, "scroll_reversals": 1}
    taken = (await statuses(shop, "/v1/signals", [signals] * FLOOD)).count(200)
    bound = BURST + (time.monotonic() - started) * RATE_PER_S + 1
    told("signals of one session", FLOOD, taken, bound)
    assert taken >= 1


async def test_a_replayed_event_counts_once(serve: Serve) -> None:  # R68
    shop = await serve(closed())
    token = shop.house.sites.all[0].token()
    event = {"id": "e1", "kind": "add_to_cart", "product_id": "816324"}
    body = {"session": token, "events": [event] * 32}
    sent = await statuses(shop, "/v1/events", [body] * 20)
    visitor = token.split(".")[0]
    trail = await shop.house.state.trail("lab", visitor)
    [session] = trail.sessions.values()
    told("one event replayed", 32 * len(sent), sum(session.counts.values()), 1)


async def test_forged_sessions_and_money_amount_to_nothing(serve: Serve) -> None:  # R68
    shop = await serve(closed())
    token = shop.house.sites.all[0].token()
    visitor, session, _ = token.split(".")
    forged = [
        {"session_id": f"{visitor}.{session}.{n:032x}", "scroll_reversals": 1} for n in range(FLOOD)
    ]
    taken = (await statuses(shop, "/v1/signals", forged)).count(200)
    told("signals of forged sessions", FLOOD, taken, 0)
    money = [
        {"session_id": token, "kind": "converted", "value": "9999", "order_id": str(n)}
        for n in range(FLOOD)
    ]
    await statuses(shop, "/v1/outcomes", money)
    await shop.house.journal.find("lab", "none")
    told("conversions said by a page", FLOOD, rows(shop, "outcomes"), 0)
    people = [{"session_id": token, "customer_id": str(n)} for n in range(FLOOD)]
    joined = (await statuses(shop, "/v1/identify", people)).count(200)
    told("customers claimed by a page", FLOOD, joined, 0)


async def test_a_replayed_exposure_uses_a_cap_up_once(
    serve: Serve, laptop: dict[str, Any]
) -> None:  # R68, R16
    shop = await serve(closed())
    site = shop.house.sites.all[0]
    token, honest = site.token(), site.token()
    assert set(await statuses(shop, "/v1/signals", [{**laptop, "session_id": token}])) == {200}
    decision = (await shown(shop, token))["decision_id"]
    seen = {"session_id": token, "decision_id": decision, "slots": ["battery-guarantee"]}
    await statuses(shop, "/v1/exposures", [seen] * FLOOD)
    trail = await shop.house.state.trail("lab", token.split(".")[0])
    told("one exposure replayed, in caps", FLOOD, len(trail.caps), 1)
    theirs = [{**seen, "session_id": honest}] * FLOOD
    taken = (await statuses(shop, "/v1/exposures", theirs)).count(204)
    told("exposures of another's decision", FLOOD, taken, 0)


async def test_bots_change_nothing_for_a_shopper(
    serve: Serve, laptop: dict[str, Any]
) -> None:  # R68
    """As many sessions as an address may begin, each saying the same; a shopper sees what they
    saw before."""
    shop = await serve(closed())
    honest = shop.house.sites.all[0].token()
    await shop.post("/v1/signals?site=lab", {**laptop, "session_id": honest}, headers=SHOP)
    before = await shown(shop, honest)
    started = time.monotonic()
    begun = (await statuses(shop, "/v1/session", [{}] * FLOOD)).count(200)
    bound = MOST_BEGINNINGS + (time.monotonic() - started) * BEGINNINGS_PER_S + 1
    told("sessions begun at one address", FLOOD, begun, bound)
    bots = [
        {"session_id": shop.house.sites.all[0].token(), "scroll_reversals": 99} for _ in range(60)
    ]
    await statuses(shop, "/v1/signals", bots)
    after = await shown(shop, honest)
    changed = sum(before[name] != after[name] for name in before)
    told("fields of a shopper's experience changed", len(bots), changed, 0)
    assert msgspec.json.encode(before) == msgspec.json.encode(after)
