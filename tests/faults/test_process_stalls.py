"""F22 against a process: an adapter blocks its event loop, and a browser waits no longer for it."""

import asyncio
import signal
import time
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Request

from faults.page import PRODUCT
from faults.report import FaultReport
from faults.serving import Tally, installed_beside, note, served
from faults.wire import call
from server.program import CAMPAIGNS
from tracker.pages import SITE, shop
from tracker.stand import stand_up

pytestmark = pytest.mark.asyncio(loop_scope="session")

STALLING = '''
"""An integrator's adapter with a fault: it sleeps where it may only read."""

import time
from urllib.parse import parse_qs

import msgspec

from saccade_sap_occ import factory as occ


class Rendering:
    def __init__(self, inner):
        self._inner = inner

    def read(self, call):
        for seconds in parse_qs(call.query).get("stall", ()):
            time.sleep(float(seconds))
        return self._inner.read(call)

    def merge(self, body, experience):
        return self._inner.merge(body, experience)


class Stalling:
    name = "stalling"
    identify = occ.identify

    def build(self, tenant):
        adapter = occ.build(tenant)
        return msgspec.structs.replace(
            adapter, name=self.name, rendering=Rendering(adapter.rendering)
        )


factory = Stalling()
'''


def with_stalls(folder: Path) -> dict[str, str]:
    """Settings of a process that finds the adapter."""
    return {"PYTHONPATH": str(installed_beside(folder, "stalling", "stalling", STALLING))}


@pytest.mark.full
async def test_f22_a_watchdog_tells_of_a_blocked_loop(
    tmp_path: Path, fault_report: FaultReport
) -> None:
    async with served(tmp_path, settings=with_stalls(tmp_path), adapter="stalling") as shop:
        await shop.behave("s1")
        tally = Tally()
        await shop.page(tally)
        stalled = asyncio.create_task(call(shop.port, f"{PRODUCT}?stall=1"))
        event = (await shop.program.logged("loop_blocked"))[-1]
        assert not stalled.done()  # told while it is blocked, not when it is over
        assert event["lag_ms"] >= 200
        assert event["frames"].split(" > ")[-1].startswith("stalling.py:")
        tally.judge(await stalled)
        figures = await shop.figures()
        assert figures["saccade_loop_blocked_total"] >= 1
        assert figures["saccade_loop_lag_seconds_sum"] > 0.5
        await shop.shows(tally, b'"served":"model"')  # a stall that is over sheds nothing more
        assert tally.wrong == []
        added = await shop.added_ms(tally)
    fault_report("F22", broken=len(tally.wrong), added_ms=added, runs=tally.asked)


SEEN = """() => [document.querySelector("h1").innerText,
    ...[...document.querySelectorAll("#main > *")].filter((block) => block.offsetParent)
        .map((block) => block.id)]"""


class Question:
    """When a page asked for its experience, and when it got or gave up the answer."""

    def __init__(self, page: Page) -> None:
        self.asked = self.given_up = 0.0
        self.failed = asyncio.Event()
        page.on("request", self._on_request)
        page.on("requestfailed", self._on_failure)

    def _on_request(self, request: Request) -> None:
        if "/v1/experience" in request.url:
            self.asked = time.perf_counter()

    def _on_failure(self, request: Request) -> None:
        if "/v1/experience" in request.url:
            self.given_up = time.perf_counter()
            self.failed.set()


@pytest.mark.full
@pytest.mark.browser
async def test_f22_a_browser_shows_its_page_after_200_ms(
    tmp_path: Path,
    browser: Browser,
    fault_report: FaultReport,
    request: pytest.FixtureRequest,
) -> None:
    async with (
        served(tmp_path, settings=with_stalls(tmp_path), adapter="stalling") as server,
        stand_up() as stand,
    ):
        stand.page = shop(server.url, "data-experience=fetch").replace(SITE, "lab")
        page = await (await browser.new_context()).new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(stand.origin)
        await page.wait_for_function("window.saccade?.session")
        as_made: list[str] = await page.evaluate(SEEN)
        # For every mode, so that what the browser itself measures decides nothing.
        anybody = CAMPAIGNS.replace('modes = ["hesitating"]\n', "")
        (tmp_path / "tenants" / "lab" / "campaigns.toml").write_text(anybody, "utf-8")
        server.program.process.send_signal(signal.SIGHUP)
        await server.program.logged("configuration_reloaded")
        await page.goto(stand.origin)  # while all is well, it is personal
        await page.wait_for_selector("#comparison", state="hidden")

        stalled = asyncio.create_task(call(server.port, f"{PRODUCT}?stall=4"))
        await server.program.logged("loop_blocked")
        question = Question(page)
        await page.goto(stand.origin)
        await asyncio.wait_for(question.failed.wait(), 10)
        assert await page.evaluate(SEEN) == as_made
        assert not stalled.done()  # nothing of this was the server's doing
        assert complaints == []
        waited_ms = (question.given_up - question.asked) * 1_000
        assert waited_ms < 1_500  # the row says 200 ms; a busy machine is given more
        note(request, "F22", {"browser_gave_up_after_ms": round(waited_ms)})
        tally = Tally()
        tally.judge(await stalled)
        await page.context.close()
    assert tally.wrong == []
    fault_report("F22", broken=0, added_ms=waited_ms, runs=1)
