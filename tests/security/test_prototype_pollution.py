"""Prototype pollution: names a program's objects trip over are refused, and none is ever sent."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession
from pydantic import ValidationError

import making
from saccade.tenants import Decisioning
from saccade_server.bodies import SignalsBody
from security.controls import proves
from security.house import served

NAMES = ("__proto__", "constructor", "prototype")


class Lax(SignalsBody, frozen=True, forbid_unknown_fields=False, kw_only=True):
    """A body that takes whatever it does not know."""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("escaped", [False, True])
async def test_a_body_with_such_a_name_is_refused_by_name(
    name: str, escaped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "".join(f"\\u{ord(one):04x}" for one in name) if escaped else name
    body = '{"session_id":"s1","visit_count":3,"KEY":{"isAdmin":true}}'.replace("KEY", key)

    async with (
        served(tmp_path, making.tenant()) as server,
        ClientSession(f"http://127.0.0.1:{server.port}") as client,
    ):

        async def run() -> bool:
            text = {"Content-Type": "text/plain"}
            async with client.post("/v1/signals", data=body, headers=text) as answer:
                if answer.status == 204:
                    return True
                told: dict[str, Any] = json.loads(await answer.text())
            assert told["type"].endswith("forbidden_name")
            assert [error["field"] for error in told["errors"]] == [name]
            return False

        decoder = msgspec.json.Decoder(Lax)
        await proves(monkeypatch, run, ("saccade_server.routes.signals._DECODER", decoder))


@pytest.mark.parametrize("name", ["__proto__", "constructor", "prototype"])
async def test_our_key_in_the_platforms_json_has_no_such_name(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A front end that copies our block by its name would copy it into every object."""

    async def run() -> bool:
        try:
            Decisioning.model_validate({"key": name})
        except ValidationError:
            return False
        return True

    await proves(monkeypatch, run, ("saccade.tenants.POLLUTING", frozenset[str]()))
