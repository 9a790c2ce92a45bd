"""Orders and carts seen passing, end to end: the stand-in platform, a whole server, its journal."""

import contextlib
import json
import sqlite3
from pathlib import Path
from urllib.parse import quote

import pytest
from structlog.testing import capture_logs

from adapters.sap_occ.served import Served, beside_the_sync, served
from adapters.sap_occ.shopping import USER, shopper
from faults import upstream as up
from faults.upstream import Line, Received
from faults.wire import call
from server.shopfront import until

GIVEN = {
    "x-anonymous-consents": quote(
        json.dumps([{"templateCode": "PROFILE", "consentState": "GIVEN"}])
    )
}
WITHDRAWN = {
    "x-anonymous-consents": quote(
        json.dumps([{"templateCode": "PROFILE", "consentState": "WITHDRAWN"}])
    )
}
AGENT = {"sap-commerce-cloud-user-id": "customer-7"}


async def last_of(house: Served) -> str:
    """The reference of an order placed now, once it is in the journal: events are kept in order,
    so whatever came before it has been kept by then, or never will be."""
    async with shopper(house.url, "the-last") as last:
        _, order = await last.buy()
    before = 0
    while True:
        found = await house.outcomes(before + 1)
        if any(outcome["order_id"] == order["code"] for outcome in found):
            return str(order["code"])
        before = len(found)


async def test_an_accepted_order_is_a_trusted_conversion_of_its_session(
    tmp_path: Path, stand_in: str
) -> None:  # R50
    async with served(tmp_path, stand_in) as house, shopper(house.url) as one:
        _, order = await one.buy()
        (outcome,) = await house.outcomes(1)
    at = outcome.pop("at")
    assert isinstance(at, float)
    assert outcome == {
        "tenant": "lab",
        "session": "shopper-1",
        "visitor": "shopper-1",
        "kind": "converted",
        "decision_id": None,
        "value": str(order["totalPriceWithTax"]["value"]),
        "currency": order["totalPriceWithTax"]["currencyIso"],
        "order_id": order["code"],
        "trusted": True,
    }


async def test_the_answer_is_the_platforms_own(tmp_path: Path, stand_in: str) -> None:  # R38
    async with served(tmp_path, stand_in) as house, shopper(house.url) as one:
        guid = await one.cart()
        assert "saccade" not in await one.add(guid)
        assert "saccade" not in await one.order(guid)


async def test_an_order_seen_twice_counts_once(tmp_path: Path) -> None:  # R50
    async def placed(received: Received, line: Line) -> None:
        code = received.target.rpartition(b"=")[2]
        await up.json(b'{"code":"%b"}' % code, status=b"201 Created")(received, line)

    async with (
        up.ScriptedUpstream(beside_the_sync(placed)) as upstream,
        served(tmp_path, upstream.url) as house,
    ):
        for code in ("1", "1", "2", "1", "the-last"):
            target = f"{USER}/orders?cartId={code}"
            answer = await call(house.port, target, ("x-session-id", "s1"), method="POST")
            assert answer.status == 201
        found = await house.outcomes(3)
        assert [outcome["order_id"] for outcome in found] == ["1", "2", "the-last"]


async def test_a_refused_order_is_none(tmp_path: Path, stand_in: str) -> None:  # R50
    async with served(tmp_path, stand_in) as house, shopper(house.url) as one:
        await one.order(await one.cart(), status=400)  # an empty cart
        last = await last_of(house)
        assert [outcome["order_id"] for outcome in house.rows("outcomes")] == [last]


async def test_an_order_of_nobody_belongs_to_no_session(tmp_path: Path, stand_in: str) -> None:
    async with served(tmp_path, stand_in) as house:
        async with shopper(house.url, None) as nobody:
            await nobody.buy()
        last = await last_of(house)
        assert [outcome["order_id"] for outcome in house.rows("outcomes")] == [last]


CALLERS: dict[str, tuple[dict[str, str], frozenset[str]]] = {
    "said-nothing": ({}, frozenset({"opt_out"})),
    "said-yes": (GIVEN, frozenset({"opt_out", "opt_in"})),
    "said-no": (WITHDRAWN, frozenset()),
    "assisted": (AGENT, frozenset()),
    "assisted-yes": ({**AGENT, **GIVEN}, frozenset()),
}
"""Sessions, what their calls say, and the bases under which they are followed."""


@pytest.mark.parametrize("basis", ["opt_in", "opt_out"])
async def test_an_order_is_kept_where_the_shopper_agrees_and_is_alone(
    tmp_path: Path, stand_in: str, basis: str
) -> None:  # OCC 14, OCC 22, R60, R89
    async with served(tmp_path, stand_in, basis=basis) as house:
        for session, (headers, _) in CALLERS.items():
            async with shopper(house.url, session, headers) as one:
                await one.buy()
        async with shopper(house.url, "the-last", GIVEN) as last:
            await last.buy()
        followed = {session for session, (_, bases) in CALLERS.items() if basis in bases}
        found = await house.outcomes(len(followed) + 1)
        assert {outcome["session"] for outcome in found} == {*followed, "the-last"}
        for session in CALLERS:
            state = await house.known(session)
            assert (state.session is not None) is (session in followed), session


async def test_an_added_entry_is_a_fact_of_the_session(tmp_path: Path, stand_in: str) -> None:
    async with served(tmp_path, stand_in) as house, shopper(house.url) as one:
        await one.add(await one.cart())
        await last_of(house)
        state = await house.known("shopper-1")
    assert state.session is not None
    assert state.session.signals.add_to_cart_clicked is True
    assert state.session.subject == ""


async def test_an_anonymous_carts_guid_is_nowhere(tmp_path: Path, stand_in: str) -> None:
    """OCC 18: an answer cut down to nothing leaves only the cart to name the order by."""
    async with served(tmp_path, stand_in) as house, shopper(house.url) as one:
        guid = await one.cart()
        await one.add(guid)
        assert "code" not in await one.order(guid, fields="status")
        (outcome,) = await house.outcomes(1)
        assert len(outcome["order_id"]) == 32
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    kept = b"".join(path.read_bytes() for path in files)
    assert outcome["order_id"].encode() in kept
    assert guid.encode() not in kept


async def test_a_journal_that_is_away_costs_the_order_page_nothing(
    tmp_path: Path, stand_in: str
) -> None:
    """R27: the order is kept once the journal is back."""
    async with served(tmp_path, stand_in) as house, shopper(house.url) as one:
        await house.settled()
        with contextlib.closing(sqlite3.connect(house.journal)) as another, capture_logs() as told:
            another.execute("BEGIN IMMEDIATE")  # who holds this keeps all others out
            _, order = await one.buy()
            await until(lambda: "orders wait to be journaled" in [log["event"] for log in told])
            assert house.rows("outcomes") == []
        (outcome,) = await house.outcomes(1)
        assert outcome["order_id"] == order["code"]


async def test_carts_read_and_other_posts_tell_nothing(tmp_path: Path, stand_in: str) -> None:
    async with served(tmp_path, stand_in) as house, shopper(house.url) as one:
        guid = await one.cart()
        target = f"{USER}/carts/{guid}"
        assert (await call(house.port, target, ("x-session-id", "shopper-1"))).status == 200
        await last_of(house)
        assert (await house.known("shopper-1")).session is None
