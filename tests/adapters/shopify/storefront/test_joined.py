"""Embed, cart, page after the purchase and pixel before the real server: one session, one decision.

The site takes signed tokens only, asks first (opt_in) and is held to its origin, as a shop's is.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

import making
from adapters.shopify.storefront.listening import served
from adapters.shopify.storefront.stand import Shop
from adapters.shopify.storefront.waiting import until
from adapters.shopify.storefront.worker import hears, started
from saccade import treatment
from saccade.actions import runtime
from saccade.campaigns import Campaign, versioned
from saccade.domain import Arm, Basis, Identity, JsonObject, Moment
from saccade.state import ViewKey
from saccade.stores.memory import MemoryState
from saccade.tenants import Decisioning, Phase, Site, Slot
from saccade_server.app import application
from saccade_server.house import House
from saccade_server.house import Phase as Serving
from saccade_server.script import read_tracker
from server.shopfront import house_of
from tracker.pages import SITE

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

YES = "{analytics: true, preferences: true}"
HOLDOUT = 0.5

AFTER = Campaign(
    id="after",
    moment=Moment.CONFIRMATION,
    slot="thank-you",
    template="banner",
    parameters={"text": "Für danach"},
)


@dataclass
class Ours:
    """The server, and how a test looks into it."""

    house: House
    secret: bytes

    def visitor(self, arm: Arm) -> str:
        """Somebody of that side of the holdout."""
        names = (f"{number:032x}" for number in range(1, 1_000))
        return next(one for one in names if treatment.arm(self.secret, one, HOLDOUT) is arm)

    async def kept(self, token: str) -> Any:
        """The profile of a token's visitor."""
        visitor, session = token.split(".")[:2]
        key = ViewKey(making.TENANT, Identity(visitor, session), Moment.PRODUCT)
        (state,) = await self.house.state.read([key])
        return state.profile

    async def record(self, decision: str) -> JsonObject:
        """A decision's, with what followed."""
        found = await self.house.journal.find(making.TENANT, decision)
        assert found is not None
        return found


@pytest_asyncio.fixture(loop_scope="session")
async def ours(shop: Shop, tmp_path: Path) -> AsyncIterator[Ours]:
    """Our server in the stand-in's place."""
    tenant = making.tenant(basis=Basis.OPT_IN).model_copy(
        update={
            "site": Site(key=SITE, open=False, origins=(shop.origin,)),
            "decisioning": Decisioning(phase=Phase.LIVE, holdout=HOLDOUT),
            "slots": {"thank-you": Slot(moment=Moment.CONFIRMATION)},
        }
    )
    ready = runtime(tenant, versioned((AFTER,)), making.SECRET)
    house = house_of({tenant.name: ready}, tmp_path / "journal.db", MemoryState())
    async with served(application(house, read_tracker())) as shop.server.server:
        house.phase = Serving.READY
        yield Ours(house, ready.secret)
    await house.engine.close()
    await house.consents.close()
    await house.journal.close()
    await house.state.close()


async def arrived(shop: Shop, ours: Ours, page: Page, arm: Arm) -> str:
    """Somebody of an arm, who has said yes on an earlier page; their token."""
    token = ours.house.sites.named(SITE).token(ours.visitor(arm))
    visitor, session = token.split(".")[:2]
    await ours.house.consents.given(making.TENANT, Identity(visitor, session))
    await page.context.add_cookies(
        [{"name": "saccade_session", "value": token, "url": shop.origin}]
    )
    return token


async def test_a_first_yes_begins_a_session_that_the_server_keeps(
    shop: Shop, ours: Ours, page: Page
) -> None:
    shop.consent, shop.items = YES, 1
    await page.goto(shop.origin)
    await until(lambda: shop.attributes.get("saccade_arm"))
    token = shop.attributes["saccade_session"]
    assert len(token.split(".")) == 3  # visitor, session, signature
    assert (await ours.kept(token)).consent is True
    await page.evaluate("answer(false)")
    await until(lambda: shop.attributes["saccade_session"] == "")
    await page.wait_for_timeout(600)  # the second sweep
    assert (await ours.kept(token)).consent is False


async def test_a_decision_made_on_the_storefront_is_exposed_after_the_purchase(
    shop: Shop, ours: Ours, page: Page
) -> None:
    shop.consent, shop.items = YES, 1
    token = await arrived(shop, ours, page, Arm.TREATMENT)
    await page.goto(shop.origin)
    await until(lambda: shop.attributes.get("saccade_offer"))
    assert shop.attributes["saccade_session"] == token
    assert shop.attributes["saccade_arm"] == "treatment"
    assert "Für danach" not in shop.attributes.values()  # anybody could write words there
    decision = shop.attributes["saccade_offer"]

    await started(shop, page)
    told = {"customData": {"session": token, "decision": decision}}
    async with page.expect_response("**/v1/exposures?*") as answer:
        await hears(page, "saccade:offer_shown", told)
    assert (await answer.value).status == 204
    async with page.expect_response("**/v1/outcomes?*") as answer:
        await hears(page, "saccade:offer_clicked", told)
    assert (await answer.value).status == 204
    record = await ours.record(decision)
    assert [one["slots"] for one in record["exposures"]] == [["thank-you"]]
    assert [one["kind"] for one in record["outcomes"]] == ["clicked"]


async def test_the_control_is_carried_and_cannot_be_exposed(
    shop: Shop, ours: Ours, page: Page
) -> None:
    shop.consent, shop.items = YES, 1
    token = await arrived(shop, ours, page, Arm.CONTROL)
    async with page.expect_response("**/v1/experience?*moment=confirmation*") as answer:
        await page.goto(shop.origin)
    decided = await (await answer.value).json()
    await until(lambda: shop.attributes.get("saccade_arm"))
    assert shop.attributes == {"saccade_session": token, "saccade_arm": "control"}
    assert (await ours.record(decided["decision_id"]))["chosen"] == "after"

    # a shopper writes another arm on the cart: they see the offer, the journal hears of nothing
    await started(shop, page)
    forged = {"customData": {"session": token, "decision": decided["decision_id"]}}
    async with page.expect_response("**/v1/exposures?*") as answer:
        await hears(page, "saccade:offer_shown", forged)
    assert (await answer.value).status == 400
    why = {"route": "/v1/exposures", "field_kind": "unknown_field"}
    counted = ours.house.metrics.registry.get_sample_value("saccade_rejected_total", why)
    assert counted == 1  # the slot is none of the decision's
    assert (await ours.record(decided["decision_id"]))["exposures"] == []
