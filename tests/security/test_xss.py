"""XSS by instructions: allow-listed operations, text that stays text, names that cannot select.

Server: a campaign can ask for nothing else. Tracker: in Chromium, the built file as it is served,
and once with the control cut out of it.
"""

import asyncio
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.async_api import Page, Route

from saccade.domain import Instruction, Op
from saccade.tenants import ConfigurationError
from saccade_server.settings import Settings
from security import house
from tracker.driving import apply
from tracker.pages import shop
from tracker.stand import TRACKER, Stand

BODY = """<p data-saccade-slot="cta">Buy</p>
<script data-saccade-slot="code">window.ran = 0</script>"""

SCRIPT = "<img src=x onerror='window.hacked = 1'>"

FORBIDDEN: tuple[dict[str, Any], ...] = (
    {"op": "set_html", "slot": "cta", "text": SCRIPT},
    {"op": "innerHTML", "slot": "cta", "text": SCRIPT},
    {"op": "constructor", "slot": "cta", "text": SCRIPT},
    {"op": "__proto__", "slot": "cta", "text": SCRIPT},
    {"op": "set_text", "slot": "cta], main, [x", "text": "x"},
    {"op": "set_text", "slot": "code", "text": "window.hacked = 1"},
    {"op": "set_text", "slot": "cta", "text": {"toString": "x"}},
    {"op": "move", "slot": "cta", "to": "body"},
)

CONTROL, WITHOUT = re.compile(r"\.textContent=(?!=)"), ".innerHTML="
"""The tracker's way to write, and the one that would run what is written."""


async def opened(stand: Stand, page: Page, tracker: str) -> None:
    """The shop's page with this tracker."""

    async def serve(route: Route) -> None:
        await route.fulfill(body=tracker, content_type="text/javascript")

    stand.page = shop(stand.server, body=BODY)
    await page.unroute("**/tracker.js*")
    await page.route("**/tracker.js*", serve)
    await page.goto(stand.origin)


async def hacked(page: Page, told: dict[str, Any]) -> bool:
    """Whether an instruction runs a script on the page."""
    await apply(page, {"decision_id": "d", "mode": "default", "instructions": [told]})
    for _ in range(5):
        if await page.evaluate("window.hacked"):
            return True
        await asyncio.sleep(0.02)
    return False


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_text_stays_text(stand: Stand, page: Page) -> None:
    tracker = TRACKER.read_text("utf-8")
    assert len(CONTROL.findall(tracker)) == 1
    told = {"op": "set_text", "slot": "cta", "text": SCRIPT}
    await opened(stand, page, tracker)
    assert not await hacked(page, told)
    assert SCRIPT in await page.inner_text("p")
    await opened(stand, page, CONTROL.sub(WITHOUT, tracker))
    assert await hacked(page, told)


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_what_is_not_allowed_is_ignored(stand: Stand, page: Page) -> None:
    await opened(stand, page, TRACKER.read_text("utf-8"))
    for number, told in enumerate(FORBIDDEN, 1):
        assert not await hacked(page, told)
        assert await page.evaluate("window.saccade.ignored") == number, told
        assert await page.inner_text("p") == "Buy"


def test_an_instruction_has_one_of_four_operations() -> None:
    assert {op.value for op in Op} == {"move", "show", "hide", "set_text"}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"op": "set_html", "slot": "cta", "text": SCRIPT}, Instruction)
    fields = {"op", "slot", "to", "text", "filter"}
    assert set(Instruction.__struct_fields__) == fields  # no address, no markup, no code


CAMPAIGN = """[[campaign]]
id = "c"
moment = "product"
slot = "battery-guarantee"
template = "%s"
modes = ["hesitating"]
parameters = { topic = "t", cta = "x"%s }
"""


@pytest.mark.parametrize(
    ("template", "more"),
    [("html", ""), ("reassure", ', cta_slot = "cta], body"'), ("reassure", ', reviews_slot = "*"')],
)
async def test_a_campaign_can_ask_for_nothing_else(
    template: str, more: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused when it is read: an unknown template, a slot that is none of the tenant's."""
    tenant, settings = house.shop(9), Settings(data=tmp_path / "data")

    def refused(text: str) -> bool:
        monkeypatch.setattr(house, "CAMPAIGNS", text)
        try:
            house.installed(tmp_path, tenant, settings)
        except ConfigurationError:
            return True
        return False

    assert not refused(CAMPAIGN % ("reassure", ""))
    assert refused(CAMPAIGN % (template, more))
