"""Where the gateway may connect: every address is checked, and the one checked is the one used.

A merchant types the base URL of a platform; it must not reach what only this machine can reach
(SSRF). A name is resolved here and the connector is handed the very addresses that were looked at,
so a second answer of a hostile name server is never asked for.
"""

import ipaddress
import socket
from collections.abc import Iterator

from aiohttp.abc import AbstractResolver, ResolveResult

from saccade_gateway.lookups import OwnThreadResolver

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_CARRIES_IPV4 = tuple(
    ipaddress.IPv6Network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96")
)
"""NAT64 by its known and its local prefix, IPv4-compatible and IPv4-translated addresses: the last
32 bits are an IPv4 address (RFC 6052, 8215, 4291, 2765)."""

_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network) for network in ("fec0::/10", "192.0.0.0/24", "64:ff9b:1::/48")
)
"""Of no public network, whatever the standard library of some Python says (`is_global`)."""

_METADATA = frozenset(
    ipaddress.ip_address(address)
    for address in (
        "169.254.169.254",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
        "fd00:c1::a9fe:a9fe",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
    )
)
"""Where clouds hand credentials to their machines; only the first is link-local."""


class ForbiddenAddressError(OSError):
    """The platform's host stands for an address the gateway may not connect to."""


def allowed(address: str, *, allow_private: bool) -> bool:
    """Whether an address may be connected to.

    Never metadata, link-local, multicast or unspecified ones; others that are not global (private,
    loopback, shared) by the tenant's setting. Addresses inside IPv6 transition forms count as well.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(_allowed(one, allow_private=allow_private) for one in _meant(found))


def _allowed(address: Address, *, allow_private: bool) -> bool:
    if address in _METADATA:
        return False
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    return allow_private or (address.is_global and not any(address in net for net in _NOT_PUBLIC))


def _meant(address: Address) -> Iterator[Address]:
    """The address, or the IPv4 addresses that an IPv6 form of it stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address.sixtofour is not None:
        yield address.sixtofour
    elif address.teredo is not None:
        yield from address.teredo
    else:
        yield address
        if int(address) > 1 and any(address in network for network in _CARRIES_IPV4):
            yield ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)


def is_literal(host: str) -> bool:
    """Whether a host is an address already: such a one is never given to a resolver."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


class CheckedResolver(AbstractResolver):
    """Resolves a name and refuses it whole where one of its addresses is forbidden."""

    def __init__(self, *, allow_private: bool, inner: AbstractResolver | None = None) -> None:
        self._allow_private = allow_private
        self._inner = inner or OwnThreadResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises `ForbiddenAddressError`, or `OSError` as the system's resolver does."""
        found = await self._inner.resolve(host, port, family)
        for result in found:
            if not allowed(result["host"], allow_private=self._allow_private):
                raise ForbiddenAddressError("the platform's host resolves to a forbidden address")
        return found

    async def close(self) -> None:
        """Release the inner resolver."""
        await self._inner.close()
