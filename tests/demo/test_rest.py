"""``saccade demo rest``: a shop that a mapping alone connects, tried as its welcome says (R40)."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer

from conftest import unused_port
from saccade.testing import certify, recorded
from saccade_demo import catalog, rest
from saccade_gateway.testing import CHECKS
from saccade_server.certifying import subject
from server.program import Program
from server.shopfront import until

SHOPPER = {"x-session-id": "anna"}
ARTICLE = "/shop/v2/articles/816324"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[Program, str]]:
    port = unused_port()
    arguments = ("demo", "rest", "--no-browser", "--port", str(port))
    program = Program(tmp_path, *arguments, settings={"SACCADE_DATA": str(tmp_path / "data")})
    yield program, f"http://127.0.0.1:{port}"
    program.kill()


def outcomes(journal: Path) -> list[dict[str, object]]:
    with contextlib.closing(sqlite3.connect(journal)) as opened:
        if not opened.execute("SELECT 1 FROM sqlite_master WHERE name = 'outcomes'").fetchall():
            return []  # made with the first record
        found = opened.execute("SELECT record FROM outcomes").fetchall()
    return [msgspec.json.decode(text) for (text,) in found]


async def test_the_demo_merges_a_page_and_an_order_becomes_an_outcome(
    demo: tuple[Program, str], tmp_path: Path
) -> None:  # R40, R50
    program, url = demo
    await program.ready(url)
    async with httpx.AsyncClient(base_url=url, headers=SHOPPER, trust_env=False) as shopper:
        page: dict[str, Any] = {}
        for _ in range(100):  # on a machine short of time one is not decided
            page = (await shopper.get(ARTICLE)).json()
            assert page["article"]["article_id"] == "816324"
            if page.get("saccade", {}).get("instructions"):
                break
        assert page["saccade"]["instructions"][0]["slot"] == "promise"
        basket = (await shopper.post("/shop/v2/baskets")).json()["basket"]["basket_id"]
        line = {"article_id": "816324", "quantity": 2}
        added = await shopper.post(f"/shop/v2/baskets/{basket}/lines", json=line)
        assert added.status_code == 201
        placed = await shopper.post("/shop/v2/orders", json={"basket_id": basket})
        assert placed.status_code == 201
        order = placed.json()["order"]
        await until(lambda: bool(outcomes(tmp_path / "data" / "saccade.db")), 30)
    (outcome,) = outcomes(tmp_path / "data" / "saccade.db")
    assert (outcome["kind"], outcome["order_id"]) == ("converted", order["order_no"])
    assert outcome["value"] == f"{order['total']['gross_cents'] / 100:.2f}"


def test_its_samples_are_of_the_shop_as_it_is() -> None:
    """`saccade certify` asks with them: an answer that was changed is to be recorded anew."""
    folder = rest.TENANTS / "rest"
    shop = recorded(folder / "samples.toml").shop
    assert shop is not None
    read = asyncio.run(articles([one.path for one in shop.answers if not one.query]))
    for one in shop.answers:
        told = msgspec.json.decode(one.body)
        if "article" in told:
            assert read[one.path] == told
        for article in told.get("articles", ()):
            assert article in read["/shop/v2/articles"]["articles"]


async def articles(paths: Sequence[str]) -> dict[str, Any]:
    async with TestClient(TestServer(rest.application(catalog.load()))) as client:
        return {path: await (await client.get(path)).json() for path in paths}


@pytest.mark.full
async def test_its_tenant_is_certified() -> None:  # R35, R40
    found = await certify(subject("generic_rest", rest.TENANTS / "rest"), CHECKS)
    assert found.passed, [one for one in found.results if one.outcome == "broken"]
    exempt = {one.id.partition(".")[0] for one in found.results if one.outcome == "exempt"}
    assert exempt == {"consent", "delivery", "tenants"}  # it has neither consent nor webhooks


async def test_the_shop_refuses_what_it_cannot_serve() -> None:
    app = rest.application(catalog.load())
    async with TestClient(TestServer(app)) as client:
        for path in ("/shop/v2/articles/none", "/shop/v2/baskets/none/lines"):
            method = "GET" if "articles" in path else "POST"
            assert (await client.request(method, path, data=b"{}")).status == 404
        assert (await client.post("/shop/v2/orders", data=b"{")).status == 400
        assert (await client.post("/shop/v2/orders", json={"basket_id": "x"})).status == 400
        listed = await (await client.get("/shop/v2/articles?cursor=%FF")).json()
        assert len(listed["articles"]) == 20
