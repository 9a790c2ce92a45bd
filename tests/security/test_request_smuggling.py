"""Request smuggling: absolute form refused, hop-by-hop dropped, framing written anew."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from faults import upstream as up
from faults.page import page_path
from faults.smuggling import Recorder, say
from faults.smuggling_corpus import CHUNKED, FORMS, FRAMING, POST
from faults.wire import call
from security.controls import Attack, letting_through, proves
from security.house import served, shop

CASE = b"/occ/v2/electronics/a", b"/occ/v2/electronics/hidden"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Judge = Callable[[Recorder], bool]


def sent(template: bytes) -> bytes:
    """A case of the corpus with targets in it."""
    return template.replace(b"@T@", CASE[0]).replace(b"@S@", CASE[1])


def attack(folder: Path, template: bytes, succeeded: Judge) -> Attack:
    """Send it to the whole server; the platform behind it says what it saw."""

    async def run() -> bool:
        async with Recorder() as platform, served(folder, shop(platform.port)) as server:
            await say(server.port, sent(template), patience_s=1.0, quiet_s=0.15)
            return succeeded(platform)

    return run


def hidden_seen(platform: Recorder) -> bool:
    """Whether what was hidden behind the first request was taken for one."""
    return any(message.target == CASE[1] for message in platform.seen)


def own_seen(platform: Recorder) -> bool:
    """Whether the request itself arrived."""
    return any(message.target == CASE[0] for message in platform.seen)


def passes(_: web.Request) -> None:
    """The check that is not there."""


async def test_chunks_in_http_1_0(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await proves(
        monkeypatch,
        attack(tmp_path, FRAMING["TE for HTTP/1.0, kept alive"], hidden_seen),
        ("saccade_gateway.arrival.check_version", passes),
        ("saccade_server.malformed.check_version", passes),
    )


@pytest.mark.parametrize("form", ["HTTP/0.9", "HTTP/2.0"])
async def test_versions_that_are_not_ours(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await proves(
        monkeypatch,
        attack(tmp_path, FORMS[form], own_seen),
        ("saccade_gateway.arrival.check_version", passes),
        ("saccade_server.malformed.check_version", passes),
    )


async def test_what_follows_a_tunnel_is_no_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @web.middleware
    async def open_door(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await handler(request)

    await proves(
        monkeypatch,
        attack(tmp_path, FORMS["a tunnel"], hidden_seen),
        ("saccade_server.app.in_form", open_door),
    )


async def test_the_absolute_form_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the check its path would be served, as most frameworks serve it."""

    def path_alone(request: web.Request) -> str:
        return str(request.rel_url)

    await proves(
        monkeypatch,
        attack(tmp_path, FORMS["absolute form of another"], own_seen),
        ("aiohttp.web.BaseRequest.raw_path", property(path_alone)),
    )


async def test_framing_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passed on beside our own, the platform is told twice where the body ends."""
    await proves(
        monkeypatch,
        attack(
            tmp_path,
            POST + CHUNKED + b"\r\n3\r\nabc\r\n0\r\n\r\n",
            lambda one: bool(one.unreadable),
        ),
        ("saccade_gateway.arrival.upstream", letting_through(b"transfer-encoding")),
    )


ONE_HOP = {
    "Connection": "close, X-Token",
    "Keep-Alive": "timeout=900",
    "Proxy-Authenticate": "Basic",
    "Proxy-Authorization": "Basic c2hvcHBlcg==",
    "Proxy-Connection": "close",
    "TE": "gzip",
    "Trailer": "Content-Length",
    "Upgrade": "h2c",
    "HTTP2-Settings": "AAMAAABkAAQAAP__",
    "X-Token": "named by Connection",
}


@pytest.mark.parametrize("name", ONE_HOP)
async def test_what_is_of_one_hop_stays_there(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ``Connection: close`` passed on would end connections that others wait for."""

    async def run() -> bool:
        async with page_path(up.json(b"{}")) as page:
            assert (await call(page.port, CASE[0].decode(), *ONE_HOP.items())).status == 200
            return bool(page.upstream.last.values(name.lower().encode()))

    passed = letting_through(name.lower().encode())
    await proves(monkeypatch, run, ("saccade_gateway.arrival.upstream", passed))
