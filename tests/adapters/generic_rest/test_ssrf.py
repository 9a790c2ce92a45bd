"""SSRF: whatever a merchant, a name server, a platform or a product's id says, nothing forbidden
is reached (security: SSRF through base URLs and mappings).

The corpus is run twice: as it is, and with the control taken away, when it must reach.
"""

import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from adapters.generic_rest import ssrf_corpus as corpus
from adapters.generic_rest.platforms import catalog, platform, says
from adapters.generic_rest.shops import settings
from adapters.generic_rest.test_catalog import ONE
from faults.names import Answering
from saccade.catalog import CatalogError
from saccade.tenants import ConfigurationError
from saccade_gateway.addresses import CheckedResolver
from saccade_gateway.calls import Calls
from saccade_gateway.lookups import OwnThreadResolver
from saccade_gateway.pinned import PinnedTransport
from saccade_generic_rest import paging
from saccade_generic_rest.catalog import RestCatalog
from saccade_generic_rest.settings import RestSettings

PUBLIC = "93.184.216.34"
NEXT_KINDS = {"next": '{ kind = "next", next = "next" }', "link": '{ kind = "link" }'}


OWN = tuple(f"http://{host}{end}" for host in ("127.0.0.1", "{own}") for end in "#?")
"""What follows is no host: the platform of these tests is named."""


class Recording(httpx.AsyncBaseTransport):
    """Goes nowhere: writes down where a connection would have gone."""

    def __init__(self) -> None:
        self.hosts: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.hosts.append(request.url.host)
        body = httpx.ByteStream(b'{"rows":[],"access_token":"t"}')
        return httpx.Response(200, stream=body)


class Names(AbstractResolver):
    """The corpus's name server; other spellings go to this machine's own resolver, which reads
    numbers in every form and asks nobody for them."""

    def __init__(self) -> None:
        self._system = OwnThreadResolver()

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        found = corpus.NAMES.get(host.lower())
        if found is not None:
            return await Answering(found).resolve(host, port)
        if not (host.replace(".", "").replace("x", "").isalnum() and host[:1].isdigit()):
            return await Answering(["127.0.0.1"]).resolve(host, port)
        return await self._system.resolve(host, port)

    async def close(self) -> None:
        """Nothing is kept."""


class Reached(NamedTuple):
    host: str
    addresses: Sequence[str]


def through(settings: RestSettings, inner: Recording, names: AbstractResolver) -> RestCatalog:
    def transport() -> PinnedTransport:
        return PinnedTransport(allow_private=False, inner=inner, resolver=names)

    return RestCatalog(settings, Calls(transport, attempts=1))


async def reached(folder: Path, texts: Sequence[tuple[str, str]]) -> list[Reached]:
    """The hosts a catalog call went to, for each mapping and base URL that is not refused."""
    found: list[Reached] = []
    for text, base in texts:
        inner = Recording()
        try:
            made = settings(folder, text, base, private=False)
            await through(made, inner, Names()).changes(None)
        except (ValueError, ConfigurationError, CatalogError):
            pass
        if inner.hosts:
            found.append(Reached(base + text[:80], inner.hosts))
    return found


def written(hosts: Sequence[str]) -> list[tuple[str, str]]:
    """Every host as the tenant's base, the mapping's and the authorization server's."""
    auth = 'auth = {{ kind = "oauth", token_url = {}, client_id = "c", secret_env = "SHOP" }}\n'
    cases: list[tuple[str, str]] = []
    for host in hosts:
        url = f"https://{host}:8443/base"
        cases.append((ONE, url))
        cases.append((f"base_url = {json.dumps(url)}\n" + ONE, f"https://{PUBLIC}"))
        cases.append((auth.format(json.dumps(url)) + ONE, f"https://{PUBLIC}"))
    return cases


async def test_no_spelling_of_a_host_reaches_inward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP", "s3")
    hosts = (*corpus.HOSTS, *corpus.AUTHORITIES)
    assert len(set(hosts)) >= 130
    cases = written(hosts)
    inward = [one for one in await reached(tmp_path, cases) if set(one.addresses) != {PUBLIC}]
    assert inward == []

    def anywhere(_: str, *, allow_private: bool) -> bool:
        return allow_private or True

    for module in ("pinned", "addresses"):
        monkeypatch.setattr(f"saccade_gateway.{module}.allowed", anywhere)
    without = [one for one in await reached(tmp_path, cases) if set(one.addresses) != {PUBLIC}]
    assert len(without) > 300  # the corpus is alive: of each three most get through


async def test_a_public_host_is_reached(tmp_path: Path) -> None:
    """The check refuses what it should and no more."""
    inner = Recording()
    made = settings(tmp_path, ONE, "https://shop.example", private=False)
    await through(made, inner, Answering([PUBLIC])).changes(None)
    assert inner.hosts == [PUBLIC]


@pytest.mark.parametrize("second", ["127.0.0.1", "169.254.169.254", "::1"])
async def test_a_name_that_changes_between_check_and_call(
    second: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the address that was looked at is the one connected to."""
    inner, names = Recording(), Answering([PUBLIC], [second])
    made = settings(tmp_path, ONE, "https://shop.example", private=False)
    await through(made, inner, names).changes(None)
    assert inner.hosts == [PUBLIC]
    assert names.asked == 1

    checked = CheckedResolver.resolve

    async def asks_again(
        self: CheckedResolver, host: str, port: int = 0, family: int = 0
    ) -> list[ResolveResult]:
        await checked(self, host, port)
        return await self._inner.resolve(host, port, socket.AddressFamily(family))

    monkeypatch.setattr(CheckedResolver, "resolve", asks_again)
    inner, names = Recording(), Answering([PUBLIC], [second])
    await through(made, inner, names).changes(None)
    assert inner.hosts == [second]


async def reaching_next(kind: str, url: str, folder: Path) -> tuple[int, list[str]]:
    """Connections to an internal service, and what a platform was asked that names ``url`` next.

    Private addresses are allowed here: only the mapping's own check stands.
    """

    def page(request: web.Request) -> web.Response:
        own = f"127.0.0.1:{request.url.port}"
        told = url.replace("{internal}", port).replace("{own}", own)
        if kind == "next":
            return says({"rows": [{"id": "a"}], "next": told})
        response = says({"rows": [{"id": "a"}]})
        if not set(told) & set("\r\n\x00"):
            response.headers["Link"] = f'<{told}>; rel="next"'
        return response

    async with platform(lambda _: says({"rows": []})) as internal:
        port = internal.url.rpartition(":")[2]
        async with platform(page) as shop:
            found = catalog(folder, ONE + f"pages = {NEXT_KINDS[kind]}\n", shop.url)
            try:
                first = await found.changes(None)
                if first.cursor is not None:
                    await found.changes(first.cursor)
            except CatalogError:
                pass
            return len(internal.asked), shop.asked


@pytest.mark.parametrize("kind", NEXT_KINDS)
async def test_no_next_page_leads_away(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(set(corpus.NEXT)) >= 120
    for url in corpus.NEXT:
        internal, asked = await reaching_next(kind, url, tmp_path)
        assert internal == 0, url
        if url.startswith("http://") and not url.startswith(OWN):
            assert len(asked) == 1, url  # another host is refused, not only read as a path
        assert all(target.startswith("/api/items") for target in asked), (url, asked)
        assert not any(".." in target or "%2e" in target.lower() for target in asked), (url, asked)

    def followed(_: paging.Paging, url: str) -> str:
        return url

    monkeypatch.setattr(paging.Paging, "_on_platform", followed)
    astray = [
        await reaching_next(kind, url, tmp_path) for url in ("/admin", "@127.0.0.1:{internal}/")
    ]
    assert "/admin" in astray[0][1]
    assert astray[1][0] > 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int, tmp_path: Path) -> None:
    async with platform(lambda _: says({"rows": []})) as internal:
        where = f"{internal.url}/latest/meta-data"

        def answer(_: web.Request) -> web.Response:
            return web.Response(status=status, headers={"Location": where})

        async with platform(answer) as shop:
            found = catalog(tmp_path, ONE, shop.url)
            for call in (found.changes(None), found.get(["1"])):
                with pytest.raises(CatalogError, match=str(status)):
                    await call
        assert internal.asked == []


async def test_a_products_id_stays_one_segment(tmp_path: Path) -> None:
    text = ONE + '[[catalog.parts]]\npath = "/api/items/{id}/price"\nfields = { price = "p" }\n'
    told = [name for name in corpus.IDS if name.isprintable()]

    def answer(request: web.Request) -> web.Response:
        rows = [{"id": name} for name in told]
        return says({"rows": rows} if request.path == "/api/items" else {"id": "x", "p": "1"})

    async with platform(answer) as shop:
        found = catalog(tmp_path, text, shop.url)
        await found.changes(None)
        await found.get(corpus.IDS)
        for target in shop.asked[1:]:
            parts = target.split("/")
            assert parts[:3] == ["", "api", "items"], target
            assert len(parts) in {4, 5}, target
            assert parts[3] not in {"", ".", ".."}, target
            assert "?" not in target, target
        assert len(shop.asked) > 2 * len(told)


async def test_the_environments_proxy_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with platform(lambda _: says({"rows": []})) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with platform(lambda _: says({"rows": []})) as shop:
            await catalog(tmp_path, ONE, shop.url).changes(None)
            assert len(shop.asked) == 1
        assert proxy.asked == []


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    cases = {*corpus.HOSTS, *corpus.AUTHORITIES, *corpus.NEXT, *corpus.IDS}
    assert len(cases) >= 150
