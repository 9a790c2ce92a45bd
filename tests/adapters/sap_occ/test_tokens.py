"""R37, OCC 16, OCC 17: our own token, by client credentials and by no other grant."""

import ast
import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import respx
from pydantic import SecretStr

import saccade_sap_occ
from gateway.playing import asked, playing
from making import tenant
from saccade.catalog import CatalogError
from saccade.tenants import ConfigurationError, Tenant
from saccade_gateway.calls import Calls
from saccade_sap_occ.catalog import OccCatalog
from saccade_sap_occ.settings import OAuthClient, read_client, read_settings
from saccade_sap_occ.tokens import Tokens
from server.shopfront import until

SECRET = "s3cr3t-of-the-client"  # noqa: S105 - the test's own
URL = "http://127.0.0.1:9/authorizationserver/oauth/token"
SEARCH = "http://127.0.0.1:9/occ/v2/electronics/products/search"


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Granting:
    """An authorization server: each token another, given after a moment."""

    def __init__(self, platform: respx.Router, life_s: int = 3_600) -> None:
        self.life_s = life_s
        self.answers: list[httpx.Response] = []
        self.count = 0
        self.route = platform.post(URL).mock(side_effect=self._grant)

    async def _grant(self, _: httpx.Request) -> httpx.Response:
        self.count += 1
        number = self.count
        await asyncio.sleep(0.01)
        if self.answers:
            return self.answers.pop(0)
        granted = {"access_token": f"t{number}", "token_type": "bearer", "expires_in": self.life_s}
        return httpx.Response(200, json=granted)


def oauth(*, basic: bool = False, secret: Callable[[], SecretStr] | None = None) -> OAuthClient:
    return OAuthClient("saccade", URL, secret or (lambda: SecretStr(SECRET)), basic, "look there")


def tokens(platform: respx.Router, clock: Clock | None = None, **options: Any) -> Tokens:
    calls = Calls(playing(platform), attempts=2, longest_wait_s=0.0)
    return Tokens(oauth(**options), calls, clock or Clock())


async def test_fifty_callers_are_one_fetch() -> None:  # R37
    platform = respx.Router()
    server = Granting(platform)
    ours = tokens(platform)
    assert {await one for one in asyncio.as_completed([ours.get() for _ in range(50)])} == {
        "Bearer t1"
    }
    assert server.count == 1


async def test_it_is_fetched_anew_once_before_it_ends() -> None:  # R37
    platform, clock = respx.Router(), Clock()
    server = Granting(platform, life_s=3_600)
    ours = tokens(platform, clock)
    await ours.get()
    clock.now += 3_539
    assert {await ours.get() for _ in range(50)} == {"Bearer t1"}
    assert server.count == 1
    clock.now += 2  # within the last minute: the old one serves while the new one is fetched
    assert set(await asyncio.gather(*(ours.get() for _ in range(50)))) == {"Bearer t1"}
    await until(lambda: ours.ready() == "Bearer t2")
    assert set(await asyncio.gather(*(ours.get() for _ in range(50)))) == {"Bearer t2"}
    assert server.count == 2


async def test_a_caller_who_leaves_takes_nobody_along() -> None:
    platform = respx.Router()
    server = Granting(platform)
    ours = tokens(platform)
    first, second = asyncio.create_task(ours.get()), asyncio.create_task(ours.get())
    await asyncio.sleep(0)
    first.cancel()
    assert await second == "Bearer t1"
    assert server.count == 1


async def test_a_page_takes_what_is_ready_and_never_waits() -> None:  # OCC 16
    platform, clock = respx.Router(), Clock()
    server = Granting(platform)
    ours = tokens(platform, clock)
    assert [ours.ready() for _ in range(50)] == [None] * 50
    await until(lambda: ours.ready() is not None)
    assert ours.ready() == "Bearer t1"
    clock.now += 3_596  # its last seconds are too short for a call to arrive
    assert ours.ready() is None
    await until(lambda: ours.ready() == "Bearer t2")
    assert server.count == 2


async def test_a_server_that_fails_is_not_asked_by_every_page() -> None:
    platform, clock = respx.Router(), Clock()
    server = Granting(platform)
    server.answers = [httpx.Response(400, json={"error": "invalid_client"}) for _ in range(9)]
    ours = tokens(platform, clock)
    for expected in (1, 2, 3):
        for _ in range(20):
            assert ours.ready() is None
            await asyncio.sleep(0.001)
        await until(lambda: ours._flight is not None and ours._flight.done())
        assert server.count == expected
        clock.now += 2.0**expected


async def test_a_short_life_is_not_asked_for_again_and_again() -> None:
    platform, clock = respx.Router(), Clock()
    server = Granting(platform, life_s=3)  # as a server that gives the old token till it ends
    ours = tokens(platform, clock)
    assert await ours.get() == "Bearer t1"
    assert [ours.ready() for _ in range(20)] == [None] * 20
    await asyncio.sleep(0.03)
    assert server.count == 1
    assert await ours.get() == "Bearer t2"  # whoever waits gets one


@pytest.mark.parametrize("basic", [False, True])
async def test_the_grant_is_client_credentials(basic: bool) -> None:  # OCC 17
    platform = respx.Router()
    server = Granting(platform)
    await tokens(platform, basic=basic).get()
    (request,) = asked(server.route)
    form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
    if basic:
        assert form == {"grant_type": "client_credentials"}
        assert request.headers["authorization"].startswith("Basic ")
    else:
        assert form == {
            "grant_type": "client_credentials",
            "client_id": "saccade",
            "client_secret": SECRET,
        }
        assert "authorization" not in request.headers
    assert request.url == URL  # nothing of it in the URL, which servers log


def test_no_other_grant_is_anywhere() -> None:  # OCC 17
    package = Path(saccade_sap_occ.__file__).parent
    grants = {
        node.value
        for file in package.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and node.value in {"client_credentials", "password", "refresh_token", "implicit"}
    }
    assert grants == {"client_credentials"}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (httpx.Response(401, json={"error": "invalid_client"}), r"\(invalid_client\)\. Fix: look"),
        (httpx.Response(400, json={"error": "<b>" + SECRET}), r"refuses the client\. Fix: look"),
        (httpx.Response(403, text="no"), "refuses the client"),
        (httpx.Response(404), r"404\. Fix: correct adapter\.token_url"),
        (httpx.Response(302, headers={"Location": "http://169.254.169.254/"}), "302"),
        (httpx.Response(200, text="<html>"), "no token"),
        (httpx.Response(200, json={"access_token": "a b"}), "no bearer token"),
        (httpx.Response(200, json={"access_token": "a\r\nX: y"}), "no bearer token"),
        (httpx.Response(200, json={"access_token": "a", "token_type": "mac"}), "no bearer token"),
        (httpx.Response(503), "503"),
    ],
    ids=range(10),
)
async def test_what_is_no_token_is_said_with_its_fix(answer: httpx.Response, told: str) -> None:
    platform = respx.Router()
    server = Granting(platform)
    server.answers = [answer, answer]
    with pytest.raises(CatalogError, match=told) as caught:
        await tokens(platform).get()
    assert SECRET not in str(caught.value)
    assert server.count == (2 if answer.status_code == 503 else 1)


async def test_nothing_of_it_is_logged_or_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    platform = respx.Router()
    server = Granting(platform)
    ours = tokens(platform)
    await ours.get()
    ours.refused("Bearer t1")
    server.answers = [httpx.Response(401, json={"error": "invalid_client"})]
    with pytest.raises(CatalogError):
        await ours.get()
    shown = caplog.text + repr(ours._token) + repr(ours._client) + repr(vars(ours))
    assert SECRET not in shown
    assert "t1" not in shown
    assert "no token for the platform" in caplog.text


def with_catalog(platform: respx.Router) -> OccCatalog:
    calls = Calls(playing(platform), attempts=1, longest_wait_s=0.0)
    return OccCatalog(read_settings(tenant()), calls, Tokens(oauth(), calls, Clock()))


async def test_a_401_is_asked_again_once_with_a_fresh_token() -> None:  # OCC 16
    platform = respx.Router()
    server = Granting(platform)
    route = platform.get(SEARCH)
    route.side_effect = [httpx.Response(401), httpx.Response(200, json={"products": []})]
    await with_catalog(platform).changes(None)
    assert [one.headers["authorization"] for one in asked(route)] == ["Bearer t1", "Bearer t2"]
    assert server.count == 2


async def test_a_second_401_is_an_error_that_names_the_fix() -> None:  # OCC 16
    platform = respx.Router()
    server = Granting(platform)
    route = platform.get(SEARCH).respond(401)
    with pytest.raises(CatalogError, match=r"refuses a fresh token.*Fix: correct adapter\.client"):
        await with_catalog(platform).changes(None)
    assert (route.call_count, server.count) == (2, 2)


async def test_refusals_of_one_token_by_many_are_one_fetch() -> None:  # R37
    platform = respx.Router()
    server = Granting(platform)

    def judge(request: httpx.Request) -> httpx.Response:
        good = request.headers["authorization"] != "Bearer t1"
        return httpx.Response(200 if good else 401, json={"products": []})

    platform.get(SEARCH).mock(side_effect=judge)
    shop = with_catalog(platform)
    await asyncio.gather(*(shop.changes(None) for _ in range(50)))
    assert server.count == 2


# --- settings ---------------------------------------------------------------------------------


ENVIRONMENT = {"client_id": "saccade", "client_secret_env": "OCC_SECRET"}


def configured(adapter: dict[str, str], *, private: bool = True) -> Tenant:
    shop = tenant()
    upstream = shop.upstream.model_copy(update={"allow_private": private})
    return shop.model_copy(update={"adapter": adapter, "upstream": upstream})


def read(shop: Tenant) -> OAuthClient | None:
    return read_client(shop, read_settings(shop))


def test_without_a_client_nothing_is_read() -> None:
    assert read(configured({})) is None


def test_the_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCC_SECRET", SECRET)
    client = read(configured(ENVIRONMENT))
    assert client is not None
    assert (client.id, client.url, client.basic) == ("saccade", URL, False)
    assert client.secret().get_secret_value() == SECRET
    assert "OCC_SECRET" in client.fix
    assert SECRET not in repr(client)


def test_or_from_a_file_that_may_change(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n", "utf-8")
    client = read(
        configured(
            {
                "client_id": "saccade",
                "client_secret_file": str(file),
                "client_auth": "basic",
                "token_url": "http://127.0.0.1:8/token",
            }
        )
    )
    assert client is not None
    assert (client.url, client.basic) == ("http://127.0.0.1:8/token", True)
    assert client.secret().get_secret_value() == SECRET
    file.write_text("another", "utf-8")
    assert client.secret().get_secret_value() == "another"
    file.unlink()
    with pytest.raises(CatalogError, match="cannot be read"):
        client.secret()


@pytest.mark.parametrize(
    ("adapter", "key", "told"),
    [
        ({"client_id": "a", "client_secret": SECRET}, "client_secret", "does not belong"),
        ({"client_id": "a", "client_secret_env": "s3cr3t-of-the"}, "client_secret_env", "no vari"),
        ({"client_id": "a", "client_secret_env": "NOT_SET_AT_ALL"}, "client_secret_env", "not set"),
        ({"client_id": "a", "client_secret_env": "SACCADE_OCC"}, "client_secret_env", "setting"),
        ({"client_id": "a"}, "client_id", "no secret, or two"),
        ({"client_id": "a", "client_secret_env": "A", "client_secret_file": "/b"}, "client_id", ""),
        ({"client_secret_env": "A"}, "client_id", "missing"),
        ({"client_id": "a", "client_secret_file": "b"}, "client_secret_file", "no absolute"),
        ({"client_id": "a", "client_secret_file": "/no/such"}, "client_secret_file", "cannot be"),
        ({"client_id": "a", "client_secret_file": "/dev/null"}, "client_secret_file", "holds no"),
        ({"client_id": "a", "client_auth": "password"}, "client_auth", "not valid"),
        ({"client_id": "a b", "client_secret_env": "A"}, "client_id", "not valid"),
    ],
    ids=range(12),
)
def test_what_cannot_be_used_is_said_without_the_secret(
    adapter: dict[str, str], key: str, told: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(configured(adapter))
    assert caught.value.key == f"adapter.{key}"
    assert told in caught.value.problem
    assert "s3cr3t" not in str(caught.value)


def test_a_secret_does_not_go_out_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCC_SECRET", SECRET)
    with pytest.raises(ConfigurationError, match="in clear"):
        read(configured(ENVIRONMENT, private=False))
    elsewhere = {**ENVIRONMENT, "token_url": "https://shop.example/token"}
    assert read(configured(elsewhere, private=False)) is not None


async def test_a_token_server_that_says_when_is_left_alone_until_then() -> None:
    platform = respx.Router()
    platform.post(URL).respond(503, headers={"Retry-After": "60"})
    with pytest.raises(CatalogError, match=r"^the authorization server answered 503") as caught:
        await tokens(platform).get()
    assert caught.value.after_s == 60
    assert "Fix: correct adapter.token_url" in str(caught.value)
