"""F20: a name server that hangs, a certificate that has expired: a page as direct, health red."""

import asyncio
import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from faults import upstream as up
from faults.cases import BODY, HEALTHY, PAGES
from faults.comparing import CONNECTIONS, Seen, judged, shopper, steady
from faults.names import Answering
from faults.page import (
    SHOPPER,
    SteeredEngine,
    gateway_before,
    identities,
    listening,
    page_path,
    with_block,
)
from faults.report import FaultReport
from faults.upstream import ScriptedUpstream
from faults.wire import call
from making import tenant
from saccade.tenants import Upstream
from saccade_gateway import Gateway, Platform, Site, Sites
from saccade_gateway.outages import Outages
from saccade_gateway.pinned import PinnedTransport
from saccade_sap_occ import factory

NAME = "shop.example"
CONNECT_S = 0.4
PAGE = PAGES + HEALTHY


class HangingNames(AbstractResolver):
    """A name server that answers once it is told to."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        await self.go.wait()
        return await Answering(["127.0.0.1"]).resolve(host, port, family)

    async def close(self) -> None:
        """Nothing to release."""


@contextlib.asynccontextmanager
async def two_shops(
    ill: Platform, url: str, outages: Outages
) -> AsyncGenerator[tuple[int, SteeredEngine]]:
    """A gateway with a healthy shop at ``url`` and ``electronics``, whose platform is ``ill``."""
    engine = SteeredEngine()
    sick = tenant(name="sick", url=url)
    well = tenant(name="well", url=url).model_copy(update={"platform_site": "apparel"})
    sites = Sites(
        [
            Site(sick, factory.build(sick), ill),
            Site(well, factory.build(well), Platform(well.upstream)),
        ]
    )
    try:
        async with listening(Gateway(engine, sites, identities, outages=outages)) as port:
            yield port, engine
    finally:
        await sites.close()


def named(port: int, scheme: str = "http") -> Upstream:
    """The platform by its name."""
    return Upstream.model_validate(
        {
            "url": f"{scheme}://{NAME}:{port}",
            "allow_private": True,
            "connect_timeout_s": CONNECT_S,
        }
    )


async def asked(port: int, name: str, expected_ms: float, seen: Seen) -> None:
    """A page of the shop whose platform cannot be reached; ``expected_ms`` is no wait of ours."""
    started = time.perf_counter()
    answer = await call(port, PAGE, SHOPPER)
    took = (time.perf_counter() - started) * 1_000
    seen.page(name, took - expected_ms, None if answer.status == 502 else f"{answer.status}")


async def beside(port: int, direct: int, seen: Seen, turns: int) -> None:
    """Pages of the healthy shop, meanwhile."""
    target = PAGE.replace("electronics", "apparel")
    async with shopper(port) as here, shopper(direct) as there:
        for _ in range(turns):
            _, alone = await there.get(target)
            answer, took = await here.get(target)
            right = answer is not None and answer.body == with_block(BODY)
            seen.page("healthy", took - alone, None if right else "not personalised")


@pytest.mark.parametrize("width", [1, CONNECTIONS // 2], ids=["calm", "load"])
async def test_a_name_server_that_hangs(width: int, fault_report: FaultReport) -> None:
    names, outages = HangingNames(), Outages()
    async with ScriptedUpstream(up.json(BODY)) as upstream:
        ill = Platform(named(upstream.port), resolver=names)
        async with two_shops(ill, upstream.url, outages) as (port, _):

            async def one_round() -> Seen:
                seen = Seen()
                sick = (asked(port, "hangs", CONNECT_S * 1_000, seen) for _ in range(width))
                well = (beside(port, upstream.port, seen, 10) for _ in range(width))
                await asyncio.gather(*sick, *well)
                return seen

            seen = await steady(one_round)
            why = "the platform was not reached in the time set for it"
            assert dict(outages.now) == {"sick": why}
            assert names.asked == 1  # one lookup for all who wait
            names.go.set()
            assert (await call(port, PAGE, SHOPPER)).body == with_block(BODY)
            assert not outages.now
    judged(fault_report, "F20", seen, load=width > 1)


async def test_pages_pass_on_connections_there_are_while_names_hang() -> None:
    class Once(HangingNames):
        """Answers the first time."""

        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            if not self.asked:
                self.go.set()
            found = await super().resolve(host, port, family)
            self.go.clear()
            return found

    names = Once()
    async with (
        ScriptedUpstream(up.json(BODY)) as upstream,
        gateway_before(upstream.port, SteeredEngine(), resolver=names, host=NAME) as port,
    ):
        for _ in range(5):
            assert (await call(port, PAGE, SHOPPER)).body == with_block(BODY)
        assert names.asked == 1


async def test_hanging_names_keep_no_thread_of_the_loops_pool(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go, asked = threading.Event(), threading.Semaphore(0)

    def hangs(*_: object, **__: object) -> list[object]:
        asked.release()
        go.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    shops = 40  # more than the pool has threads on any machine: min(32, cores + 4)
    platforms = [Platform(named(9)) for _ in range(shops)]
    monkeypatch.setattr("socket.getaddrinfo", hangs)
    try:
        async with page_path(up.json(BODY)) as page:
            ends = [asyncio.create_task(platform._connect()) for platform in platforms]
            while asked._value < shops:  # noqa: ASYNC110 - told by threads
                await asyncio.sleep(0.01)
            async with asyncio.timeout(10):
                assert await asyncio.to_thread(lambda: "free") == "free"
                assert (await page.get()).status == 200
            outcomes = await asyncio.gather(*ends, return_exceptions=True)
            assert all(str(one).startswith("the platform was not") for one in outcomes)
    finally:
        go.set()
        for platform in platforms:
            await platform.close()


async def test_calls_off_the_page_path_give_a_hanging_name_up_too() -> None:
    transport = PinnedTransport(allow_private=True, resolver=HangingNames())
    async with httpx.AsyncClient(transport=transport, timeout=0.2) as client:
        with pytest.raises(httpx.ConnectTimeout):
            await client.get(f"https://{NAME}/token")


# --- certificates --------------------------------------------------------------------------------


CONFIGURATION = """\
[ca]
default_ca = own
[own]
new_certs_dir = .
database = index.txt
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""


class Authority:
    """A certificate authority of the test's own; signs certificates for `NAME`, of any age."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("openssl")
        if program is None:
            pytest.skip("openssl is not installed: apt-get install openssl")
        self._program, self._folder = program, folder
        (folder / "index.txt").touch()
        (folder / "authority.cnf").write_text(CONFIGURATION, "ascii")
        own = ("-x509", "-subj", "/CN=own authority", "-days", "30")
        self._run("req", *own, *_key("authority"), "-out", "authority.pem")

    def _run(self, *arguments: str) -> None:
        subprocess.run(  # noqa: S603 - the program found on the path, fixed arguments
            [self._program, *arguments], cwd=self._folder, check=True, capture_output=True
        )

    def trusted(self) -> ssl.SSLContext:
        """As our client verifies, this authority its only one."""
        return ssl.create_default_context(cafile=str(self._folder / "authority.pem"))

    def server(self, *days: int) -> ssl.SSLContext:
        """A server's context, its certificate valid between two days, counted from now."""
        subject = ("-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}")
        self._run("req", "-new", *subject, *_key("server"), "-out", "server.csr")
        since, until = (time.gmtime(time.time() + day * 86_400) for day in days)
        times = ("-startdate", _stamp(since), "-enddate", _stamp(until))
        signer = ("-cert", "authority.pem", "-keyfile", "authority.key")
        files = ("-in", "server.csr", "-out", "server.pem")
        self._run("ca", "-batch", "-notext", "-config", "authority.cnf", *signer, *times, *files)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / "server.pem", self._folder / "server.key")
        return context


def _key(name: str) -> tuple[str, ...]:
    """A new key of its own, in a file of that name."""
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    return (*kind, "-keyout", f"{name}.key")


def _stamp(moment: time.struct_time) -> str:
    return time.strftime("%Y%m%d%H%M%SZ", moment)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """One a test."""
    return Authority(tmp_path)


@pytest.mark.parametrize("width", [1, CONNECTIONS // 2], ids=["calm", "load"])
@pytest.mark.parametrize("days", [(-30, -1), (1, 30)], ids=["expired", "not yet"])
async def test_a_certificate_out_of_its_time(
    days: tuple[int, int], width: int, authority: Authority, fault_report: FaultReport
) -> None:
    outages = Outages()
    async with (
        ScriptedUpstream(up.json(BODY), tls=authority.server(*days)) as expired,
        ScriptedUpstream(up.json(BODY)) as upstream,
    ):
        trusted = authority.trusted()
        with pytest.raises(ssl.SSLCertVerificationError):  # as direct
            await asyncio.open_connection(
                "127.0.0.1", expired.port, ssl=trusted, server_hostname=NAME
            )
        names = Answering(["127.0.0.1"])
        ill = Platform(named(expired.port, "https"), resolver=names, tls=trusted)
        async with two_shops(ill, upstream.url, outages) as (port, _):

            async def one_round() -> Seen:
                seen = Seen()
                sick = (asked(port, "expired", 0.0, seen) for _ in range(width))
                well = (beside(port, upstream.port, seen, 10) for _ in range(width))
                await asyncio.gather(*sick, *well)
                return seen

            seen = await steady(one_round)
        assert dict(outages.now) == {"sick": "the platform's certificate is not accepted"}
        assert expired.received == []
    judged(fault_report, "F20", seen, load=width > 1)


async def test_a_certificate_in_its_time_is_accepted(authority: Authority) -> None:
    async with ScriptedUpstream(up.json(BODY), tls=authority.server(-1, 1)) as upstream:
        platform = Platform(
            named(upstream.port, "https"),
            resolver=Answering(["127.0.0.1"]),
            tls=authority.trusted(),
        )
        async with two_shops(platform, upstream.url, Outages()) as (port, _):
            assert (await call(port, PAGE, SHOPPER)).body == with_block(BODY)
