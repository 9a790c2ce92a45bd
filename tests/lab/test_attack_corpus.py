"""The renderer against a corpus of hostile experiences, on shops nobody made for it (R8).

On the page of a strict policy, and on one without a policy, where nothing else would stop a script.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, Request, Route

from lab import attacks
from lab.house import Lab
from lab.shopper import Shopper
from saccade.domain import Moment
from tracker.stand import TRACKER

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BEFORE = """
window.hits = 0;
window.refused = 0;
window.hit = () => hits++;
addEventListener("securitypolicyviolation", () => refused++);
"""

ATTACK = """async (corpus) => {
  const html = () => document.documentElement.outerHTML;
  const elements = () => [...document.querySelectorAll("*")];
  const active = () => elements().flatMap((one) => [...one.attributes]
    .filter(({ name }) => /^on|^(href|src|srcdoc|action|formaction|data)$/.test(name))
    .map(({ name, value }) => name + "=" + value));
  const prototypes = () => [Object, Array, Function, String, Element].map(({ prototype }) =>
    Reflect.ownKeys(prototype).map(String).join()).join(";");
  const { port1, port2 } = new MessageChannel();
  const turn = () => new Promise((done) => (port1.onmessage = done, port2.postMessage(0)));
  const made = html(), intrinsic = prototypes();
  const known = new Set(elements()), allowed = new Set(active());
  const wrong = [];
  let written = 0;
  for (const [text, mayWrite] of corpus) {
    saccade.apply(JSON.parse(text), { now: true });
    const isWritten = html() !== made;
    written += isWritten;
    const checks = {
      "a place that is no slot": isWritten && !mayWrite,
      "a new element": elements().some((one) => !known.has(one)),
      "an address or a handler": active().some((one) => !allowed.has(one)),
      "a prototype": "polluted" in {} || prototypes() !== intrinsic,
    };
    await turn(); // what was to run has its own
    checks["a script"] = hits > 0;
    saccade.revert();
    checks["not taken back"] = html() !== made;
    for (const what in checks) if (checks[what]) wrong.push(`${what}: ${text.slice(0, 300)}`);
    if (wrong.length > 9) break;
  }
  await new Promise((done) => setTimeout(done, 300));
  return { wrong, hits, refused, written };
}"""
"""What went wrong, scripts run, what the page's policy refused, and experiences that changed it."""


async def opened(context: BrowserContext, lab: Lab, shop: str) -> tuple[Page, list[str]]:
    """A shop's page whose server says nothing more, and what leaves the page for elsewhere."""

    async def silent(route: Route) -> None:
        await route.fulfill(status=204, headers={"Access-Control-Allow-Origin": "*"})

    left: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith((lab.url, lab.shops[shop].url)):
            left.append(request.url)

    page = await context.new_page()
    await page.add_init_script(BEFORE)
    await page.route("**/v1/**", silent)
    page.on("request", asked)
    page.on("dialog", lambda dialog: left.append(f"dialog {dialog.message}"))
    page.on("pageerror", lambda error: left.append(f"error {error}"))
    await page.goto(lab.shops[shop].url)
    return page, left


async def slots_of(page: Page, lab: Lab, shop: str) -> list[str]:
    """Those an instruction can name on this page."""
    places = lab.shops[shop].tenant.slots.items()
    found = {name: place.selector for name, place in places if place.moment is Moment.PRODUCT}
    here = "selector => !!document.querySelector(selector)"
    return [
        name
        for name, selector in found.items()
        if await page.evaluate(here, selector or f"[data-saccade-slot={name}]")
    ]


def corpus(slots: Sequence[str], *families: str) -> list[tuple[str, bool]]:
    """As JSON, so that names such as ``__proto__`` survive, and whether it may change the page."""
    chosen = [attacks.FAMILIES[name] for name in families] or attacks.FAMILIES.values()
    payloads = [payload for family in chosen for payload in family]
    strings = [each for each in payloads if isinstance(each, str) and each not in slots]
    return [
        *((json.dumps(one), True) for each in payloads for one in attacks.experiences(each, slots)),
        *((json.dumps(attacks.misplaced(each)), False) for each in strings),
        *((json.dumps(attacks.coerced(each)), False) for each in slots),
    ]


@pytest.mark.parametrize("shop", ["foreign", pytest.param("dawn", marks=pytest.mark.full)])
async def test_no_payload_runs_and_the_page_is_whole(
    lab: Lab, shopper: Shopper, shop: str
) -> None:  # R8
    page, left = await opened(shopper.context, lab, shop)
    slots = await slots_of(page, lab, shop)
    told = corpus(slots)
    payloads = sum(len(family) for family in attacks.FAMILIES.values())
    count = sum(len(attacks.instructions(None, slots)) for _ in range(payloads))
    assert payloads >= 200
    found: dict[str, Any] = await page.evaluate(ATTACK, told)
    print(  # noqa: T201 - the figures asked for
        f"{shop}: {payloads} payloads of {len(attacks.FAMILIES)} families in {count:,} instructions"
        f" and {len(told)} experiences: {found['hits']} scripts run, {len(found['wrong'])} pages"
        f" not as they were made"
    )
    assert found["wrong"] == []
    assert (found["hits"], found["refused"]) == (0, 0)
    assert found["written"] > payloads  # they were not refused as a whole
    assert left == []


async def test_the_same_payloads_run_where_the_control_is_cut_out(
    lab: Lab, shopper: Shopper
) -> None:  # R8
    """Written as markup, in the shop without a policy: so the corpus is alive."""
    built = TRACKER.read_text("utf-8")
    cut, times = re.subn(r"\.textContent=(?!=)", ".innerHTML=", built)
    assert times == 1

    async def serve(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, body=(await answer.text()).replace(built, cut))

    await shopper.context.route("**/tracker.js*", serve)
    page, _ = await opened(shopper.context, lab, "dawn")
    slots = await slots_of(page, lab, "dawn")
    for family in ("handler", "style"):
        found: dict[str, Any] = await page.evaluate(ATTACK, corpus(slots, family))
        assert found["hits"] > 0, family
