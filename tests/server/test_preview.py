"""Signed QA previews (R88): what a link forces, on the page path and beside it, and leaves."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from playwright.async_api import Page, async_playwright
from typer.testing import CliRunner

import making
from adapters.sap_occ.served import TENANT, beside_the_sync, served
from conftest import CHROMIUM_SWITCHES
from faults import upstream as up
from faults.upstream import Received, ScriptedUpstream
from faults.wire import call
from saccade.domain import Mode, Preview
from saccade.preview import MOST_S, opened, signed
from saccade.tenants import Phase
from saccade_server.cli import app
from server.shopfront import Serve, Shop

HESITATING = Preview(mode=Mode.HESITATING)
PRODUCT = "/occ/v2/electronics/products/816324"
BODY = b'{"code":"816324","name":"Laptop"}'
CAMPAIGNS = """\
[[campaign]]
id = "draft"
moment = "product"
slot = "promise"
template = "steady"
paused = true
parameters = { text = "60-day guarantee" }
"""


def link(forced: Preview = HESITATING, *, tenant: str = "lab", good_s: float = 60.0) -> str:
    return signed(making.SECRET, tenant, forced, time.time() + good_s)


async def shadow(serve: Serve) -> Shop:
    """A tenant that shows shoppers nothing yet, with half of them held out."""
    return await serve(making.ready(making.tenant(holdout=0.5, phase=Phase.SHADOW)))


async def test_a_link_forces_a_mode_and_leaves_nothing(serve: Serve) -> None:  # R88
    """On every route: no session, no cap, no row, whatever the visitor's arm."""
    shop = await shadow(serve)
    token = link()
    for session in ("s1", "s2", "s3"):
        where = f"session={session}&product=816324&saccade_preview={token}"
        told = await (await shop.get(f"/v1/experience?{where}")).json()
        assert (told["mode"], told["preview"], told["decision_id"]) == ("hesitating", True, None)
        assert {"op": "move", "slot": "battery-guarantee", "to": "top"} in told["instructions"]
        body = {"session_id": session, "product_id": "816324", "scroll_reversals": 9}
        sent = await shop.post("/v1/signals", body, headers={"x-saccade-preview": token})
        assert sent.status == 200
        event = {"session": session, "events": [{"id": "1", "kind": "click"}]}
        assert (await shop.post(f"/v1/events?saccade_preview={token}", event)).status == 204
        assert (await shop.known(session)).session is None
    await shop.house.engine.close()
    assert await shop.house.journal.find("lab", "none") is None  # all that was handed over is there
    assert shop.house.journal.depth == 0
    usual = await (await shop.get("/v1/experience?session=s1&product=816324")).json()
    assert "preview" not in usual
    assert usual["served"] == "default"


async def test_no_other_token_forces_anything(serve: Serve) -> None:  # R88
    shop = await shadow(serve)
    good = link()
    bad = (
        good[:-1] + ("0" if good[-1] != "0" else "1"),
        "x" + good,
        link(good_s=-1),
        link(good_s=MOST_S + 60),
        link(tenant="other"),
        signed(b"another secret", "lab", HESITATING, time.time() + 60),
        "nonsense",
        "%00.%ff",
    )
    for token in bad:
        where = f"session=s1&product=816324&saccade_preview={token}"
        told = await (await shop.get(f"/v1/experience?{where}")).json()
        assert (told["served"], "preview" in told) == ("default", False), token
        for route in ("/v1/preview", "/overlay.js"):
            assert (await shop.get(f"{route}?saccade_preview={token}")).status == 403
    refused = {"route": "/v1/experience", "field_kind": "preview"}
    assert shop.counted("saccade_rejected_total", **refused) == len(bad)
    assert (await shop.get("/overlay.js")).status == 403


def test_a_token_is_opened_as_it_was_signed() -> None:
    forced = Preview(campaign="battery-fear")
    token = signed(b"key", "lab", forced, 1_000.0)
    assert opened(b"key", "lab", token, 999.0) == forced
    assert opened(b"key", "lab", token, 1_000.0) is None
    assert opened(b"key", "bal", token, 999.0) is None


async def test_what_was_decided_is_told_with_words_and_times(serve: Serve) -> None:  # R88
    shop = await shadow(serve)
    forced = Preview(campaign="battery-fear")
    answer = await shop.get(f"/v1/preview?product=816324&saccade_preview={link(forced)}")
    told = await answer.json()
    assert told["forced"] == {"mode": None, "campaign": "battery-fear"}
    assert (told["chosen"], told["experience"]["mode"]) == ("battery-fear", "hesitating")
    assert told["because"]
    assert set(told["timings_ms"]) >= {"ingest", "selection"}
    assert answer.headers["Cache-Control"] == "private, no-store"


async def test_the_page_path_honours_it_and_the_platform_never_sees_it(
    tmp_path: Path,
) -> None:  # R88
    """A campaign that is paused, so that nobody else is shown it."""
    seen: list[bytes] = []

    async def platform(received: Received, line: up.Line) -> None:
        seen.append(received.target + b"|" + repr(received).encode())
        await up.json(BODY)(received, line)

    async with (
        ScriptedUpstream(beside_the_sync(platform)) as upstream,
        served(tmp_path, f"http://127.0.0.1:{upstream.port}", campaigns=CAMPAIGNS) as shop,
    ):
        site = shop.house.sites.all[0]
        until = time.time() + 60
        token = signed(site.runtime.secret, "lab", Preview(campaign="draft"), until)
        who = ("x-session-id", "s1")
        for target, headers in (
            (f"{PRODUCT}?saccade_preview={token}&fields=FULL", (who,)),
            (PRODUCT, (who, ("x-saccade-preview", token))),
        ):
            page = msgspec.json.decode((await shop.decided(target, *headers)).body)["saccade"]
            assert page["preview"] is True
            assert page["instructions"][0]["text"] == "60-day guarantee"
        await shop.settled()
        assert shop.decisions() == []
        figures = shop.house.metrics.exposition().decode()
        counted = [line for line in figures.splitlines() if line.startswith("saccade_decisions_t")]
        shown = [line for line in counted if 'reason="MODEL"' in line or 'reason="RULE"' in line]
        assert all(line.endswith(" 0.0") for line in shown), "a preview is in no figure"
        forged = await call(shop.port, f"{PRODUCT}?saccade_preview={token}x", who)
        assert msgspec.json.decode(forged.body)["saccade"]["instructions"] == []
        assert b"preview" not in b"".join(seen)
        await shop.settled()
        assert len(shop.decisions()) == 1, "the forged one is a decision like any other"


def test_the_command_prints_a_link(tmp_path: Path) -> None:  # R88
    own = tmp_path / "lab"
    own.mkdir()
    text = TENANT.format(platform="http://127.0.0.1:9", basis="opt_out", carrier="proxied_json")
    (own / "tenant.toml").write_text(text, "utf-8")
    (own / "campaigns.toml").write_text(CAMPAIGNS, "utf-8")
    secret = {"SACCADE_SECRET": "a secret of the tests' own, to be known"}
    options = ["--url", "https://shop.example/p?id=1", "--config", str(tmp_path)]

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["preview", "lab", *words, *options], env=secret)
        return result.exit_code, result.stdout.strip()

    code, told = run("--mode", "hesitating", "--minutes", "5")
    assert code == 0
    query = parse_qs(urlsplit(told).query)
    assert query["id"] == ["1"]
    assert len(query["saccade_preview"]) == 1
    assert run("--campaign", "draft")[0] == 0
    for words in (
        (),
        ("--mode", "angry"),
        ("--campaign", "none"),
        ("--mode", "default", "--minutes", "99999"),
    ):
        assert run(*words)[0] != 0, words


PAGE = """<!doctype html><html lang="en"><title>Shop</title><main><h1>Laptop</h1></main>
<script type="module" src="{overlay}" data-product="816324"></script></html>"""


@asynccontextmanager
async def storefront(shop: Shop, chromium: str) -> AsyncGenerator[tuple[Page, list[str]]]:
    """A page of the strictest policy with the overlay's tag, and what its console says."""
    origin = f"http://127.0.0.1:{shop.client.port}"
    policy = f"default-src 'none'; script-src {origin}; connect-src {origin}"
    headers = {"Content-Security-Policy": policy, "Content-Type": "text/html"}
    html = PAGE.format(overlay=f"{origin}/overlay.js?saccade_preview={link()}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=list(CHROMIUM_SWITCHES)
        )
        page = await browser.new_page()
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        await page.route(f"{origin}/page", lambda route: route.fulfill(body=html, headers=headers))
        await page.goto(f"{origin}/page")
        yield page, problems
        await browser.close()


@pytest.mark.browser
async def test_the_overlay_shows_it_under_a_strict_policy(
    serve: Serve, chromium: str
) -> None:  # R88
    """In Chromium: text alone, reached and closed by the keyboard, readable (contrast >= 4.5)."""
    async with storefront(await shadow(serve), chromium) as (page, problems):
        panel = page.get_by_role("region", name="Saccade preview")
        await panel.get_by_text("chosen battery-fear").wait_for()
        text = await panel.inner_text()
        for told in ("Forced: mode hesitating", "Why", " ms", "move battery-guarantee"):
            assert told in text
        assert await panel.evaluate(CONTRAST) >= 4.5
        size = await panel.get_by_role("button", name="Close").bounding_box()
        assert size
        assert min(size["width"], size["height"]) >= 44
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        focused = "document.querySelector('saccade-preview').shadowRoot.activeElement.textContent"
        assert await page.evaluate(focused) == "Close"
        await page.keyboard.press("Escape")
        assert await page.locator("saccade-preview").count() == 0
        assert problems == []


@pytest.mark.browser
async def test_axe_finds_nothing_wrong_with_the_overlay(serve: Serve, chromium: str) -> None:  # R88
    """Every rule of axe-core over the page, the overlay's shadow included; and it would find."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm ci --prefix tracker")
    async with storefront(await shadow(serve), chromium) as (page, problems):
        panel = page.get_by_role("region", name="Saccade preview")
        await panel.get_by_text("chosen battery-fear").wait_for()
        await page.evaluate(AXE.read_text("utf-8"))
        found = await page.evaluate(AXE_RUN)
        assert found["violations"] == []
        assert {"color-contrast", "button-name"} <= set(found["passed"]), (
            "the overlay was looked at"
        )
        await panel.get_by_role("button").evaluate("button => (button.textContent = '')")
        broken = await page.evaluate(AXE_RUN)
        assert ["button-name", "saccade-preview >> button"] in broken["violations"]
        assert problems == []


AXE = Path(__file__).parents[2] / "tracker" / "node_modules" / "axe-core" / "axe.min.js"

AXE_RUN = """async () => {
  const { violations, passes } = await axe.run();
  const places = ({ id, nodes }) => nodes.map(({ target }) => [id, target.flat().join(" >> ")]);
  const inOverlay = ({ nodes }) =>
    nodes.some(({ target }) => `${target}`.includes("saccade-preview"));
  return {
    violations: violations.flatMap(places),
    passed: passes.filter(inOverlay).map(({ id }) => id),
  };
}"""
"""Rules and places: elements of a shadow stand after their host."""

CONTRAST = """(element) => {
  const light = (text) => {
    const parts = text.match(/[0-9.]+/g).slice(0, 3).map((part) => part / 255);
    const [r, g, b] = parts.map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const style = getComputedStyle(element);
  const [one, other] = [light(style.color), light(style.backgroundColor)].sort((a, b) => b - a);
  return (one + 0.05) / (other + 0.05);
}"""
"""WCAG 2.2, 1.4.3."""
