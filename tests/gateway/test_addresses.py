"""SSRF: where the gateway may connect, and that the address checked is the one connected."""

import pytest

from faults.names import Answering
from faults.page import PRODUCT, SteeredEngine, gateway_before
from faults.upstream import ScriptedUpstream, json
from faults.wire import call
from making import tenant
from saccade.tenants import Upstream
from saccade_gateway.addresses import (
    CheckedResolver,
    ForbiddenAddressError,
    allowed,
    is_literal,
)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert allowed(address, allow_private=False)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "100.64.0.1",
        "::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "64:ff9b:1::808:808",
        "::127.0.0.1",
        "::10.0.0.1",
        "::ffff:0:7f00:1",
        "fec0::1",
        "192.0.0.8",
    ],
)
def test_private_addresses_need_the_setting(address: str) -> None:
    assert not allowed(address, allow_private=False)
    assert allowed(address, allow_private=True)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.1.1",
        "fe80::1",
        "fe80::1%eth0",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::23",
        "fd20:ce::254",
        "fd00:c1::a9fe:a9fe",
        "::169.254.169.254",
        "64:ff9b:1::a9fe:a9fe",
        "::ffff:0:169.254.169.254",
        "0.0.0.0",  # noqa: S104 - an address that must be refused, not one to bind
        "::",
        "224.0.0.1",
        "ff02::1",
        "no address",
        "",
    ],
)
def test_some_are_never_allowed(address: str) -> None:
    assert not allowed(address, allow_private=False)
    assert not allowed(address, allow_private=True)


def test_literals_are_known() -> None:
    assert is_literal("127.0.0.1")
    assert is_literal("[::1]")
    assert not is_literal("shop.example")


async def test_a_name_is_refused_whole_for_one_forbidden_address() -> None:
    resolver = CheckedResolver(allow_private=False, inner=Answering(["8.8.8.8", "10.0.0.1"]))
    with pytest.raises(ForbiddenAddressError):
        await resolver.resolve("shop.example", 443)


async def test_a_rebinding_name_server_is_not_asked_twice() -> None:
    # First answer harmless, every later one not: the connection must go to the first.
    names = Answering(["127.0.0.1"], ["169.254.169.254"])
    async with (
        ScriptedUpstream(json(b'{"code":"1"}')) as upstream,
        gateway_before(upstream.port, SteeredEngine(), resolver=names, host="shop.example") as port,
    ):
        answer = await call(port, PRODUCT)
    assert (answer.status, answer.body, names.asked) == (200, b'{"code":"1"}', 1)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_a_private_platform_without_the_setting_is_never_called(host: str) -> None:
    async with ScriptedUpstream(json(b'{"code":"1"}')) as upstream:
        shop = tenant().model_copy(
            update={"upstream": Upstream.model_validate({"url": f"https://{host}:{upstream.port}"})}
        )
        async with gateway_before(upstream.port, SteeredEngine(), shop=shop) as port:
            answer = await call(port, PRODUCT)
        assert answer.status == 502
        assert upstream.connections == 0
