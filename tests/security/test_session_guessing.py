"""Session guessing: 128 random bits, signed unless the site is open, never the raw profile."""

import random
import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

import making
from saccade import identity
from saccade.domain import Identity, JsonObject
from saccade_server.sites import Site
from security.controls import proves
from security.house import served
from server.shopfront import LAPTOP

ISSUED = re.compile(r"[0-9a-f]{32}\.[0-9a-f]{32}\.[0-9a-f]{32}")


async def test_the_next_session_is_not_told_by_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """An attacker who knows the clock to a second, and so each seed of an ordinary generator."""
    started = 1_700_000_000

    async def run() -> bool:
        issued = {identity.issue(b"secret") for _ in range(2_000)}
        assert len(issued) == 2_000
        assert all(ISSUED.fullmatch(token) for token in issued)
        guesses = {
            f"{random.Random(seed).getrandbits(128):032x}" for seed in range(started, started + 60)
        }
        return any(token.split(".")[0] in guesses for token in issued)

    weak = random.Random(started + 30)

    def token_hex(size: int) -> str:
        return f"{weak.getrandbits(8 * size):0{2 * size}x}"

    await proves(monkeypatch, run, ("saccade.identity.secrets.token_hex", token_hex))


def unsigned(token: str, secret: bytes | None, *, open_site: bool) -> Identity | None:
    """`identity.parse` that asks for no signature."""
    del secret, open_site
    visitor, _, rest = token.partition(".")
    return Identity(visitor, rest.partition(".")[0] or visitor)


@pytest.mark.parametrize(
    "forged", ["victim", "victim.session", f"{'a' * 32}.{'b' * 32}.{'c' * 32}"]
)
async def test_a_closed_site_takes_its_own_tokens_only(
    forged: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = making.tenant(open_site=False)

    async with (
        served(tmp_path, shop) as server,
        ClientSession(f"http://127.0.0.1:{server.port}") as client,
    ):

        async def run() -> bool:
            body = {**LAPTOP, "session_id": forged}
            async with client.post("/v1/signals?site=lab", json=body) as answer:
                return answer.status == 200

        await proves(monkeypatch, run, ("saccade.identity.parse", unsigned))


async def decided(client: ClientSession, token: str) -> str:
    """The id of a decision for a session."""
    async with client.post("/v1/signals?site=lab", json={**LAPTOP, "session_id": token}) as answer:
        assert answer.status == 200
    path = f"/v1/experience?site=lab&session={token}&product=816324"
    async with client.get(path) as answer:
        told: dict[str, Any] = await answer.json()
        return str(told["decision_id"])


async def test_a_closed_sites_decisions_need_its_server_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        served(tmp_path, making.tenant(open_site=False)) as server,
        ClientSession(f"http://127.0.0.1:{server.port}") as client,
    ):

        async def run() -> bool:
            secret = server.house.sites.named("lab").runtime.secret
            id_ = await decided(client, identity.issue(secret))
            async with client.get(f"/v1/decisions/{id_}?site=lab") as answer:
                assert answer.status in {200, 403}
                return answer.status == 200

        def holds(_: Site, __: object) -> bool:
            return True

        await proves(monkeypatch, run, ("saccade_server.sites.Site.holds_key", holds))


async def test_who_it_was_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        served(tmp_path, making.tenant()) as server,
        ClientSession(f"http://127.0.0.1:{server.port}") as client,
    ):

        async def run() -> bool:
            id_ = await decided(client, "victim-4d1e.visit-9a2b")
            async with client.get(f"/v1/decisions/{id_}") as answer:
                assert answer.status == 200
                text = await answer.text()
                return "victim-4d1e" in text or "visit-9a2b" in text

        def whole(record: JsonObject) -> JsonObject:
            return record

        await proves(monkeypatch, run, ("saccade_server.routes.decisions.nameless", whole))
