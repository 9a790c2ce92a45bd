"""The checklist of a middleware before OCC, what is kept of shoppers: points 14, 18 and 22.

Through a whole server; what orders and carts leave is in `test_orders`, which cites them as well.
"""

import asyncio
import json
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from aiohttp import ClientSession

from adapters.sap_occ.served import beside_the_sync, served
from adapters.sap_occ.shopping import USER
from faults import upstream as up
from faults.page import PRODUCT, SHOPPER, page_path
from faults.upstream import ScriptedUpstream
from faults.wire import call

BODY = b'{"code":"816324","price":{"value":1249.00}}'
AGENT = ("sap-commerce-cloud-user-id", "customer-7")
TEXT = {"Content-Type": "text/plain;charset=UTF-8"}
SEARCH = "/occ/v2/electronics/products/search?query=x"


def consents(state: str | None, template: str = "PROFILE") -> str:
    """As Spartacus encodes them."""
    said = [{"templateCode": template, "templateVersion": 0, "consentState": state}]
    return quote(json.dumps(said))


CONSENTS: tuple[tuple[str | None, bool, bool], ...] = (
    (None, False, True),
    (consents("GIVEN"), True, True),
    (consents("WITHDRAWN"), False, False),
    (consents(None), False, True),
    (consents("GIVEN", "ANOTHER"), False, True),
    ("%", False, False),
    ("%ff%fe", False, False),
    ("[", False, False),
    ("{}", False, False),
    ("null", False, False),
    ("%5B%7B%22templateCode%22%3A7%7D%5D", False, False),
    ("%5B" * 9_000, False, False),
    (consents("GIVEN") + "garbage", False, False),
)
"""A header, and whether it permits a decision under opt-in and under opt-out."""


@pytest.mark.parametrize("basis", ["opt_in", "opt_out"])
async def test_occ_14_consent_is_decoded_defensively(tmp_path: Path, basis: str) -> None:
    """What cannot be read is a no (R60), and never a broken page."""
    agreeing: list[str] = []
    async with (
        ScriptedUpstream(beside_the_sync(up.json(BODY))) as upstream,
        served(tmp_path, upstream.url, basis=basis) as house,
    ):
        for number, (header, opt_in, opt_out) in enumerate(CONSENTS):
            session = ("x-session-id", f"shopper-{number}")
            headers = () if header is None else (("X-Anonymous-Consents", header),)
            through = await house.decided(PRODUCT, session, *headers)
            block = msgspec.json.decode(through.body)["saccade"]
            agreed = opt_in if basis == "opt_in" else opt_out
            assert (block["reason"] != "NO_CONSENT") is agreed, header
            assert bool(block["decision_id"]) is bool(block["instructions"]) is agreed
            agreeing += [session[1]] * agreed
        await house.settled()
        told = [row["request"]["identity"]["session"] for row in house.decisions()]
        assert sorted(told) == sorted(agreeing)


async def test_occ_18_an_anonymous_carts_guid_is_told_as_a_hash() -> None:
    guid = "4c1f5d2e-2c5f-4d1c-9d5f-0a8c6e7b9f10"
    changed = up.json(b'{"quantityAdded":1,"entry":{"product":{"code":"816324"}}}')
    async with page_path(changed) as page:
        for method, path in (
            ("POST", "/entries"),
            ("PATCH", "/entries/0"),
            ("DELETE", "/entries/0"),
        ):
            target = f"{USER}/carts/{guid}{path}"
            await call(page.port, target, SHOPPER, method=method)
            assert page.upstream.last.target == target.encode()
        await call(page.port, f"{USER}/orders?cartId={guid}&fields=x", SHOPPER, method="POST")
        kinds = [event.kind for event in page.events]
        assert kinds == ["add_to_cart", "cart_changed", "cart_changed", "order_placed"]
        (reference,) = {event.reference for event in page.events}  # they can be told to be one cart
        assert reference
        assert guid not in str(page.events)
        assert guid.replace("-", "") not in str(page.events)


async def test_occ_22_an_assisted_session_is_out_of_learning(tmp_path: Path) -> None:
    """R89: an agent's calls get the default with its reason, and leave no record of any kind."""
    async with (
        ScriptedUpstream(beside_the_sync(up.json(BODY))) as upstream,
        served(tmp_path, upstream.url) as house,
    ):
        for target in (PRODUCT, SEARCH, "/api/product/816324"):
            through = await house.decided(target, SHOPPER, AGENT)
            block = msgspec.json.decode(through.body)["saccade"]
            assert (block["reason"], block["served"]) == ("ASSISTED", "default")
            assert (block["decision_id"], block["instructions"]) == (None, [])
        # Spartacus says so with products and searches, and not with carts and orders.
        for headers in ((SHOPPER, AGENT), (SHOPPER,)):
            for path in ("/carts/1/entries", "/orders?cartId=1"):
                await call(house.port, USER + path, *headers, method="POST")
        # The agent's browser runs our tracker: its calls say nothing of the agent.
        signals = {"session_id": "shopper-1", "product_id": "816324", "products_viewed": 9}
        async with ClientSession() as client:
            for form in (
                {"json": signals},
                {"data": msgspec.json.encode(signals), "headers": TEXT},
            ):
                await accepted(client, f"{house.url}/v1/signals", form)
        beside = "/v1/experience?session=shopper-1&product=816324"
        read = msgspec.json.decode((await house.decided(beside)).body)
        assert (read["reason"], read["decision_id"]) == ("ASSISTED", None)

        alone = await house.decided(PRODUCT, ("x-session-id", "shopper-2"))
        decision_id = msgspec.json.decode(alone.body)["saccade"]["decision_id"]
        await house.settled()
        assert [row["id"] for row in house.rows("decisions")] == [decision_id]
        assert house.rows("outcomes") == house.rows("exposures") == []
        state = await house.known("shopper-1")
        assert (state.session, state.profile, state.caps) == (None, None, ())


async def accepted(client: ClientSession, url: str, form: dict[str, Any]) -> None:
    """Send signals; a server short of time says 503, and is sent them again, as by trackers."""
    for _ in range(100):
        async with client.post(url, **form) as answer:
            if answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
                assert answer.status in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}
                return
        await asyncio.sleep(0.05)
    raise AssertionError("signals were never taken")
