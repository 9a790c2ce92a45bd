"""Forged ``X-Forwarded-*`` and ``Host``: stripped and set, unless a proxy of our own says them."""

from ipaddress import ip_network

import pytest

from faults import upstream as up
from faults.page import PRODUCT, page_path
from faults.upstream import Received
from faults.wire import exchange, request
from saccade_gateway.arrival import TrustedHops
from security.controls import Attack, letting_through, proves

EVIL = b"evil.example"
FORGED = (
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Prefix",
    "x-forwarded-port",
    "X-Real-IP",
    "Forwarded",
)


def attack(*headers: tuple[str, str], host: str = "shop.example", trusted: str = "") -> Attack:
    """Whether the platform reads the attacker's word in any header."""

    async def run() -> bool:
        hops = TrustedHops((ip_network(trusted),)) if trusted else None
        async with page_path(up.json(b"{}"), hops=hops) as page:
            await exchange(page.port, request(PRODUCT, *headers, host=host))
            return any(_told(received) for received in page.upstream.received)

    return run


def _told(received: Received) -> bool:
    return any(EVIL in value for _, value in received.headers)


BELIEVED = letting_through(b"x-forwarded-", b"forwarded", b"x-real-ip")
"""What a gateway passes on that believes everybody."""


@pytest.mark.parametrize("name", FORGED)
async def test_a_stranger_says_who_forwarded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await proves(
        monkeypatch,
        attack((name, EVIL.decode())),
        ("saccade_gateway.arrival.upstream", BELIEVED),
    )


async def test_a_stranger_says_it_where_others_are_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    def everybody(_: TrustedHops, __: str) -> bool:
        return True

    await proves(
        monkeypatch,
        attack(("X-Forwarded-Host", EVIL.decode()), trusted="192.0.2.0/24"),
        ("saccade_gateway.arrival.TrustedHops._trusts", everybody),
    )


async def test_the_platform_hears_its_own_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shopper's is told beside it, as what it is."""

    async def run() -> bool:
        async with page_path(up.json(b"{}")) as page:
            await exchange(page.port, request(PRODUCT, host=EVIL.decode()))
            return EVIL in page.upstream.last.values(b"host")

    await proves(monkeypatch, run, ("saccade_gateway.arrival.upstream", letting_through(b"host")))


@pytest.mark.parametrize("host", ["shop.example/evil.example", "a@evil.example", "evil.example\tb"])
async def test_a_host_that_names_none(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Anything:
        def match(self, _: str) -> bool:
            return True

    await proves(monkeypatch, attack(host=host), ("saccade_gateway.arrival._HOST", Anything()))


@pytest.mark.parametrize(
    "host", ["shop.example", "shop.example:8443", "[::1]:80", "127.0.0.1", "a_b.c"]
)
async def test_honest_hosts_are_served(host: str) -> None:
    async with page_path(up.json(b"{}")) as page:
        assert (await exchange(page.port, request(PRODUCT, host=host))).status == 200
        assert page.upstream.last.values(b"x-forwarded-host") == [host.encode()]
