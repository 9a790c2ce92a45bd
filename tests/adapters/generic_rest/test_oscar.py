"""A real shop we did not write, by a mapping inferred of its calls: Django Oscar (R40).

Django Oscar with django-oscar-api, installed once, by the first test, and kept beside pytest's own
cache. Its catalog takes 600 calls.
"""

import asyncio
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from typer.testing import CliRunner

from adapters.generic_rest.oscar import shop
from adapters.generic_rest.served import Served, served
from saccade_generic_rest.reading import read_mapping
from saccade_server.cli import app
from server.shopfront import until

EXAMPLE = Path(__file__).parents[3] / "adapters" / "generic_rest" / "examples" / "oscar.toml"
pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]

SHOPPER = {"x-session-id": "visitor-1.session-1"}
ADDRESS = {
    "first_name": "A", "last_name": "B", "line1": "1 Long Street", "line4": "Town",
    "postcode": "7777KK",
}  # fmt: skip
LOOKED_AT = ("200", "199", "198")


def kept(config: pytest.Config) -> Path:
    """Where Oscar is kept between runs: beside pytest's own cache, which git passes over."""
    assert config.cache is not None
    return config.cache.mkdir(shop.name())


def test_oscar_can_be_made_ready(pytestconfig: pytest.Config) -> None:
    folder = kept(pytestconfig)
    if shop.is_ready(folder):
        return
    try:
        shop.prepare(folder)
    except shop.NotInstalledError as error:
        pytest.skip(f"Django Oscar cannot be installed here: {error}")
    assert shop.is_ready(folder)


@pytest.fixture
def oscar(pytestconfig: pytest.Config, tmp_path: Path) -> Iterator[str]:
    """Its base URL, a shop of the test's own."""
    folder = kept(pytestconfig)
    if not shop.is_ready(folder):
        pytest.skip("Django Oscar is not installed: dev.py test --full -k oscar")
    with shop.running(folder, tmp_path) as url:
        yield url


async def test_a_real_shop_without_a_person(
    oscar: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # R40, R38, R50
    """A few calls, the command, a certificate: then the shop is served by what was inferred."""
    recorded = tmp_path / "recorded.json"
    recorded.write_bytes(msgspec.json.encode(await recording(oscar)))
    config = tmp_path / "config"
    arguments = ["adapter", "infer", "oscar", "--sample", str(recorded), "--url", oscar, "--yes"]
    began = time.perf_counter()
    # On a thread: the certificate makes a loop of its own.
    ran = await asyncio.to_thread(
        CliRunner(env={"SACCADE_CONFIG": str(config)}).invoke, app, arguments
    )
    seconds = time.perf_counter() - began
    assert ran.exit_code == 0, ran.output
    assert "generic_rest: certified" in ran.output
    mapping = (config / "oscar" / "mapping.toml").read_text("utf-8")
    lines = len(mapping.splitlines())
    with capsys.disabled():
        print(f"\nOscar: {seconds:.1f} s from infer --yes to the certificate, {lines} lines")  # noqa: T201 - a figure asked for
    assert lines <= 40
    assert read_mapping(config / "oscar" / "mapping.toml") == read_mapping(EXAMPLE)
    samples = (config / "oscar" / "samples.toml").read_text("utf-8")
    for said in (ADDRESS["line1"], ADDRESS["postcode"], "guest@"):
        assert said not in samples  # who bought is nobody's sample
    async with served(tmp_path, oscar, mapping, sync_s=300) as server:
        knows_the_goods(server)
        await sells(server, oscar)


def knows_the_goods(server: Served) -> None:
    """200 products in pages; prices, availability and categories from documents of their own."""
    catalog = server.house.engine.catalog
    assert catalog.count("rest") == 200
    third, tenth = catalog.find("rest", "3"), catalog.find("rest", "10")
    assert third is not None
    assert tenth is not None
    assert (third.name, third.categories) == ("Tool 3", ("Saws",))
    assert (Decimal(third.price or 0), third.currency) == (Decimal("3.50"), "EUR")
    assert (third.in_stock, tenth.in_stock) == (True, False)


async def sells(server: Served, oscar: str) -> None:
    """A page with an experience in it, an order of the same visit, and the outcome it becomes."""
    gateway = f"http://127.0.0.1:{server.port}"
    async with httpx.AsyncClient(base_url=gateway, trust_env=False, timeout=30) as shopper:
        # A product's page: Oscar's own bytes with the experience spliced in.
        plain = await shopper.get(f"{oscar}/api/products/3/")
        page = await shopper.get("/api/products/3/", headers=SHOPPER)
        assert page.status_code == 200
        block = page.json()["saccade"]
        assert block["instructions"][0]["slot"] == "promise"
        assert page.content.startswith(plain.content[:-1])
        assert page.headers["cache-control"] == "private, no-store"

        # An order: basket, product, checkout, all through the gateway.
        basket = (await shopper.get("/api/basket/", headers=SHOPPER)).json()["url"]
        chosen = {"url": f"{oscar}/api/products/3/", "quantity": 2}
        added = await shopper.post("/api/basket/add-product/", json=chosen, headers=SHOPPER)
        assert added.status_code == 200, added.text
        order = {
            "basket": basket,
            "guest_email": "guest@shop.example",
            "shipping_address": {**ADDRESS, "country": f"{oscar}/api/countries/NL/"},
        }
        placed = await shopper.post("/api/checkout/", json=order, headers=SHOPPER)
        assert placed.status_code == 200, placed.text

    await until(lambda: any(row["kind"] == "converted" for row in server.rows("outcomes")))
    (outcome,) = [row for row in server.rows("outcomes") if row["kind"] == "converted"]
    assert (outcome["order_id"], outcome["currency"]) == (placed.json()["number"], "EUR")
    assert Decimal(outcome["value"]) == Decimal("7.00")
    assert outcome["trusted"] is True
    # As every order seen passing, SAP's too, it names no decision: a visit may have been shown
    # several. It is joined to all of them by the shopper, whose exposure is beside it.
    assert outcome["decision_id"] is None
    followed = {"tenant": "rest", "visitor": "visitor-1", "session": "session-1"}
    shown = [row for row in server.rows("exposures") if followed.items() <= row.items()]
    assert [row["decision_id"] for row in shown] == [block["decision_id"]]
    assert followed.items() <= outcome.items()
    assert shown[0]["at"] < outcome["at"]


async def recording(url: str) -> list[dict[str, object]]:
    """Products looked at, one bought, as a browser's tools would note it."""
    calls: list[dict[str, object]] = []

    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as browser:

        async def note(method: str, path: str, body: object = None) -> Any:
            answer = await browser.request(method, path, json=body)
            assert answer.status_code < 300, answer.text
            calls.append({"call": f"{method} {path}", "body": answer.json()})
            return answer.json()

        await note("GET", "/api/products/?limit=20")
        for code in LOOKED_AT:
            for path in ("", "price/", "availability/"):
                await note("GET", f"/api/products/{code}/{path}")
        basket = (await note("GET", "/api/basket/"))["url"]
        chosen = {"url": f"{url}/api/products/3/", "quantity": 1}
        await note("POST", "/api/basket/add-product/", chosen)
        where = {**ADDRESS, "country": f"{url}/api/countries/NL/"}
        order = {"basket": basket, "guest_email": "guest@shop.example", "shipping_address": where}
        await note("POST", "/api/checkout/", order)
    return calls
