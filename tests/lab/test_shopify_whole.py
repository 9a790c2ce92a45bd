"""Install, webhook, decision, outcome, uninstall: one shop and the server, over real HTTP."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession, CookieJar

pytest.importorskip("liquid", reason="python-liquid is not installed: pip install 'saccade[lab]'")

from lab.shopify_house import YES, Browser, ShopifyLab, running
from lab.waiting import until
from saccade_demo.shopify.scene import NAME

SPEAKER = 7_000_000_650_404


@pytest_asyncio.fixture
async def shop(tmp_path: Path) -> AsyncIterator[ShopifyLab]:
    async with running(tmp_path) as one:
        yield one


async def test_install_webhook_decision_outcome(shop: ShopifyLab) -> None:
    # R39; Shopify 16, 18
    scene = shop.scene
    await shop.install()
    assert shop.known(SPEAKER).price == "379.00"
    scene.shop.price(SPEAKER, Decimal("299.00"))
    await until(lambda: shop.known(SPEAKER).price == "299.00")

    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        browser = Browser(shop, client)
        session = (await browser.tell("/v1/consent", YES))["session_id"]
        about = {"session_id": session, "product_id": str(SPEAKER)}
        told = {
            "visit_count": 3,
            "review_dwell_ms": 48_000,
            "spec_hover_ms": 14_200,
            "scroll_reversals": 6,
            "compare_tool_opened": True,
            "checkout_clicked": False,
            "session_duration_ms": 92_000,
            "scroll_speed_px_sec": 180,
        }
        await browser.tell("/v1/signals", about | told)
        experience = await browser.ask("/v1/experience", session=session, product=str(SPEAKER))
        assert experience["mode"] == "hesitating"
        decision = experience["decision_id"]
        assert [one["slot"] for one in experience["instructions"]] == ["reassurance"] * 2
        exposed = {"session_id": session, "decision_id": decision, "slots": ["reassurance"]}
        await browser.tell("/v1/exposures", exposed)

        shop.clock.ahead_s += 30  # Shopify tells times to the second
        variant = scene.shop.products[SPEAKER].variants[0].id
        await browser.shop("/cart/add.js", {"id": variant})
        await browser.shop("/cart/update.js", {"attributes": {"saccade_session": session}})
        await browser.shop("/checkout")
        outcome = await shop.outcome()  # orders/create and orders/paid are one purchase
        record = await shop.journaled(decision)
        assert [one["slots"] for one in record["exposures"]] == [["reassurance"]]
        who = record["request"]["identity"]
        assert (outcome["visitor"], outcome["session"]) == (who["visitor"], who["session"])
        (order,) = scene.storefront.till.orders
        assert (outcome["kind"], outcome["trusted"]) == ("converted", True)
        assert (outcome["order_id"], outcome["value"]) == (str(order), "299.00")


async def test_uninstalled_nothing_goes_on_and_redacted_nothing_is_left(
    shop: ShopifyLab, tmp_path: Path
) -> None:  # Shopify 14, 15
    await shop.install()
    assert (tmp_path / "tenants" / NAME / "tenant.toml").exists()
    shop.scene.shop.uninstall()
    await until(lambda: shop.count == 0)
    shop.scene.shop.redact()
    await until(lambda: not (tmp_path / "tenants" / NAME).exists())
    await until(lambda: not shop.is_served)
    await shop.install()
    assert shop.known(SPEAKER).name == "Sola Room Wood"
