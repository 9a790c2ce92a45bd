"""A real shop we did not write, by a mapping alone: Django Oscar with django-oscar-api (R40).

Installed once, by the first test, and kept beside pytest's own cache. Its catalog takes 600 calls.
"""

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

MAPPING = Path(__file__).parents[3] / "adapters" / "generic_rest" / "examples" / "oscar.toml"
pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]

SHOPPER = {"x-session-id": "visitor-1.session-1"}
ADDRESS = {
    "first_name": "A", "last_name": "B", "line1": "1 Long Street", "line4": "Town",
    "postcode": "7777KK",
}  # fmt: skip


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


async def test_a_real_shop_by_its_mapping_alone(
    oscar: str, tmp_path: Path
) -> None:  # R40, R38, R50
    async with served(tmp_path, oscar, MAPPING.read_text("utf-8"), sync_s=300) as server:
        knows_the_goods(server)
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
    said = {name: outcome[name] for name in ("order_id", "currency", "visitor", "session")}
    assert said == {
        "order_id": placed.json()["number"],
        "currency": "EUR",
        "visitor": "visitor-1",
        "session": "session-1",
    }
    assert Decimal(outcome["value"]) == Decimal("7.00")
    assert outcome["trusted"] is True


async def test_its_mapping_is_inferred_from_a_few_calls(
    oscar: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # R40
    """What a person would record in a browser, and no person's answer to any doubt."""
    began = time.perf_counter()
    recorded = tmp_path / "recorded.json"
    recorded.write_bytes(msgspec.json.encode(await recording(oscar)))
    config = tmp_path / "config"
    arguments = ["adapter", "infer", "oscar", "--sample", str(recorded), "--url", oscar, "--yes"]
    ran = CliRunner(env={"SACCADE_CONFIG": str(config)}).invoke(app, arguments)
    assert ran.exit_code == 0, ran.output
    seconds = time.perf_counter() - began
    inferred = read_mapping(config / "oscar" / "mapping.toml")
    ours = read_mapping(MAPPING)
    told = {
        "list": inferred.catalog.list == ours.catalog.list,
        "items": inferred.catalog.items == ours.catalog.items,
        "item": inferred.catalog.item == ours.catalog.item,
        "pages": inferred.catalog.pages == ours.catalog.pages.model_copy(update={"size": 100}),
        "fields": inferred.catalog.fields == ours.catalog.fields,
        "paths": inferred.paths == ours.paths,
        "decided": inferred.pages == ours.pages,
        "seen": {one.call for one in inferred.seen} == {one.call for one in ours.seen},
        "parts": {one.path for one in inferred.catalog.parts}
        <= {one.path for one in ours.catalog.parts},
        "priced": any(one.fields.price for one in inferred.catalog.parts),
    }
    with capsys.disabled():
        print(f"\nOscar: {seconds:.1f} s from the first call to the mapping, {told}")  # noqa: T201 - a figure asked for
    assert all(told.values()), (told, (config / "oscar" / "mapping.toml").read_text("utf-8"))


async def recording(url: str) -> list[dict[str, object]]:
    """A product looked at and bought, as a browser's tools would note it."""
    calls: list[dict[str, object]] = []

    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as browser:

        async def note(method: str, path: str, body: object = None) -> Any:
            answer = await browser.request(method, path, json=body)
            assert answer.status_code < 300, answer.text
            calls.append({"call": f"{method} {path}", "body": answer.json()})
            return answer.json()

        for path in ("/?limit=20", "/200/", "/200/price/", "/200/availability/"):
            await note("GET", f"/api/products{path}")
        basket = (await note("GET", "/api/basket/"))["url"]
        chosen = {"url": f"{url}/api/products/3/", "quantity": 1}
        await note("POST", "/api/basket/add-product/", chosen)
        where = {**ADDRESS, "country": f"{url}/api/countries/NL/"}
        order = {"basket": basket, "guest_email": "guest@shop.example", "shipping_address": where}
        await note("POST", "/api/checkout/", order)
    return calls
