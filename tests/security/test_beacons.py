"""Beacon forgery and floods: whose page, how much, how often, about whose decision."""

import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

import making
from saccade.tenants import Site as SiteTable
from saccade_server.house import House
from saccade_server.sites import Site
from security.controls import proves
from security.house import Served, served
from server.shopfront import LAPTOP

EVIL = {"Origin": "https://evil.example"}
OWN = {"Origin": "https://shop.example"}


@contextlib.asynccontextmanager
async def serving(
    folder: Path, site: SiteTable | None = None
) -> AsyncGenerator[tuple[Served, ClientSession]]:
    """A server with one shop, and a client."""
    shop = making.tenant().model_copy(update={"site": site} if site else {})
    async with (
        served(folder, shop) as server,
        ClientSession(f"http://127.0.0.1:{server.port}") as client,
    ):
        yield server, client


def beacon(session: str = "s1", **more: Any) -> dict[str, Any]:
    """The laptop shopper's signals."""
    return {**LAPTOP, "session_id": session, **more}


async def test_only_pages_of_the_site_may_send(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = SiteTable(key="lab", open=True, origins=(OWN["Origin"],))

    async with serving(tmp_path, site) as (_, client):

        async def run() -> bool:
            async with client.post("/v1/signals?site=lab", json=beacon(), headers=OWN) as honest:
                assert honest.status == 200
            async with client.post("/v1/signals?site=lab", json=beacon(), headers=EVIL) as answer:
                return answer.status == 200

        def anybody(_: Site, __: str) -> bool:
            return True

        await proves(monkeypatch, run, ("saccade_server.sites.Site.admits", anybody))


async def test_another_page_may_not_read_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = SiteTable(key="lab", open=True, origins=(OWN["Origin"],))

    path = "/v1/experience?site=lab&session=s1&product=816324"

    def anybody(_: Site, __: str) -> bool:
        return True

    async with serving(tmp_path, site) as (_, client):

        async def run() -> bool:
            async with client.get(path, headers=EVIL) as answer:
                allowed = answer.headers.get("Access-Control-Allow-Origin")
                return allowed in {"*", EVIL["Origin"]} and "decision_id" in await answer.text()

        await proves(monkeypatch, run, ("saccade_server.sites.Site.admits", anybody))


async def test_no_cookie_speaks_for_a_beacon(tmp_path: Path) -> None:
    """The body names the session; a cookie another page makes a browser send does not, and no
    answer says that cookies may be read across origins."""
    async with serving(tmp_path) as (_, client):
        nameless = {key: value for key, value in LAPTOP.items() if key != "session_id"}
        cookie = {"Cookie": "saccade_session=s1", **EVIL}
        async with client.post("/v1/signals", json=nameless, headers=cookie) as answer:
            assert answer.status == 400
            assert "Access-Control-Allow-Credentials" not in answer.headers
            assert "Set-Cookie" not in answer.headers
        async with client.options("/v1/signals", headers=cookie) as answer:
            assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_a_body_is_four_kilobytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(tmp_path) as (_, client):

        async def run() -> bool:
            body = b'{"session_id":"s1","visit_count":3}' + b" " * 1_000_000
            async with client.post(
                "/v1/signals", data=body, headers={"Content-Type": "text/plain"}
            ) as answer:
                return answer.status == 204

        async def uncapped(request: Any, *_: Any) -> bytes:
            return bytes(await request.read())

        await proves(monkeypatch, run, ("saccade_server.reading.read_raw", uncapped))


async def test_a_session_sends_five_at_once_and_one_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path) as (_, client):

        async def run() -> bool:
            taken = 0
            for _turn in range(30):
                async with client.post("/v1/signals", json=beacon()) as answer:
                    assert answer.status in {200, 429}
                    taken += answer.status == 200
                    assert answer.status == 200 or int(answer.headers["Retry-After"]) >= 1
            return taken == 30

        def endless(*_: object) -> float:
            return 0.0

        await proves(monkeypatch, run, ("saccade_server.buckets.Buckets.take", endless))


async def nobodys(house: House, site: Site, _: object, decision_id: str) -> dict[str, Any]:
    """`admission.decision_for` that does not ask whose it is."""
    record = await house.journal.find(site.name, decision_id)
    assert record is not None
    return record


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/v1/exposures", {"slots": ["battery-guarantee"]}),
        ("/v1/outcomes", {"kind": "clicked"}),
    ],
)
async def test_what_followed_a_decision_is_said_by_its_own_visitor(
    path: str, more: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bob says something of the decision made for Alice."""
    async with serving(tmp_path) as (_, client):
        async with client.post("/v1/signals", json=beacon("alice")) as answer:
            assert answer.status == 200
        async with client.get("/v1/experience?session=alice&product=816324") as answer:
            decision_id = (await answer.json())["decision_id"]
            assert decision_id

        async def run() -> bool:
            told = {"session_id": "bob", "decision_id": decision_id, **more}
            async with client.post(path, json=told) as answer:
                return answer.status == 204

        place = f"saccade_server.routes.{path.rpartition('/')[2]}.decision_for"
        await proves(monkeypatch, run, (place, nobodys))


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "converted"},
        {"kind": "returned"},
        {"kind": "clicked", "value": "1", "currency": "EUR"},
    ],
)
async def test_a_browser_says_nothing_of_money(
    told: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path) as (_, client):

        async def run() -> bool:
            async with client.post("/v1/outcomes", json={"session_id": "s1", **told}) as answer:
                return answer.status == 204

        def unasked(_: object) -> None:
            """`outcomes._held_to_browsers_words`, gone."""

        place = "saccade_server.routes.outcomes._held_to_browsers_words"
        await proves(monkeypatch, run, (place, unasked))
