"""A shopper's call as it arrives: checked for its form, identity found, our own marks taken off."""

import re
from collections.abc import Sequence
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp import web
from aiohttp.http import HttpVersion10, HttpVersion11

from saccade import identity
from saccade.domain import Identity
from saccade.ports import Call
from saccade_gateway import preflight
from saccade_gateway.headers import RawHeaders, chain, named_by_connection, upstream
from saccade_gateway.hooks import IdentityReader
from saccade_gateway.outages import Breakages
from saccade_gateway.problems import RefusedError
from saccade_gateway.query import site_key, without_ours
from saccade_gateway.sites import Site, Sites
from saccade_gateway.upload import Body

Network = IPv4Network | IPv6Network

_REFUSED = frozenset({"CONNECT", "TRACE"})
"""Methods that speak to the proxy itself; TRACE would also show a shopper's cookies to scripts."""

_UNFIT = re.compile(r"[\x00-\x20\x7f#]")
_HOST = re.compile(r"(?:\[[\w.:~-]+\]|[\w.~!$&'()*+,;=%-]*)(?::[0-9]*)?\Z", re.ASCII)
"""RFC 9110, 7.2: host and port, no user. The platform is told it as X-Forwarded-Host."""

_LONGEST_LENGTH = 18
"""Digits that fit into 63 bits: others overflow at more, and Python reads none of 5,000."""


def check_version(request: web.Request) -> None:
    """Raises `RefusedError` for a message of a version whose framing is not ours to read.

    aiohttp's parser takes HTTP/0.9 and 2.0, and chunks in HTTP/1.0, which knows none: a proxy
    before us sees another end of such a message than we would (RFC 9112, 6.1).
    """
    if request.version == HttpVersion11:
        return
    if request.version != HttpVersion10:
        raise RefusedError(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "HTTP/1.1 is spoken here")
    if "Transfer-Encoding" in request.headers:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "HTTP/1.0 knows no Transfer-Encoding")


class TrustedHops:
    """The proxies before us whose word on earlier hops is kept (``X-Forwarded-*``)."""

    def __init__(self, networks: tuple[Network, ...] = ()) -> None:
        self._networks = networks
        self.trusts = lru_cache(maxsize=1_024)(self._trusts)

    def _trusts(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped  # as a socket that serves both families names IPv4 peers
        return any(address in network for network in self._networks)


class Arrival:
    """One call, read once. Raises `RefusedError` for a form that is not served."""

    __slots__ = ("_query", "headers", "key", "method", "path", "request")

    def __init__(self, request: web.Request) -> None:
        check_version(request)
        if request.method in _REFUSED:
            raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "this method is not served here")
        target = request.raw_path
        if not target.startswith("/") or _UNFIT.search(target):
            raise RefusedError(
                HTTPStatus.BAD_REQUEST, "the request target is not a path on this server"
            )
        if not _HOST.match(request.headers.get("Host", "")):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the Host header names no host")
        self.request = request
        self.method = request.method
        self.headers: RawHeaders = request.raw_headers
        self.path, _, self._query = target.partition("?")
        self.key = site_key(self._query)

    def call(self, site: Site, read: IdentityReader, sites: Sites, breakages: Breakages) -> Call:
        """As the adapter of ``site`` sees it."""
        known = self.request.headers
        return Call(
            tenant=site.tenant.name,
            method=self.method,
            path=self.path,
            query=without_ours(self._query, sites.keyed),
            headers=known,
            identity=self._identity(site, read, breakages),
            view=identity.find_view(known, self._query),
        )

    @property
    def preview(self) -> str | None:
        """What may be a preview's token."""
        return identity.find_preview(self.request.headers, self._query)

    def _identity(self, site: Site, read: IdentityReader, breakages: Breakages) -> Identity | None:
        known = self.request.headers
        token = identity.find(known, self._query, ";".join(known.getall("Cookie", ())))
        if token is None:
            return None
        try:
            return read(token, site.tenant)
        except Exception as error:  # noqa: BLE001 - R27: who cannot be told is nobody
            breakages.broke("the identity reader", error)
            return None

    def lines(self, hops: TrustedHops) -> list[bytes]:
        """The header lines for the platform."""
        request = self.request
        peer = request.remote or "unknown"
        trusted = hops.trusts(peer)
        lines = upstream(self.headers, named_by_connection(request.headers), trusted=trusted)
        lines += chain(self.headers, peer=peer, scheme=request.scheme, trusted=trusted)
        return preflight.without_ours(lines) if self.ours_asked_for else lines

    @property
    def ours_asked_for(self) -> Sequence[bytes]:
        """The headers of ours that the call, a CORS preflight, asks to send."""
        return preflight.asked_for(self.method, self.request.headers)

    def body(self) -> Body | None:
        """The body to be streamed upstream. Raises `RefusedError` for a coding but chunked, or
        a length that is none."""
        coded = self.request.headers.get("Transfer-Encoding")
        if coded is not None:
            if coded.lower() != "chunked":
                raise RefusedError(
                    HTTPStatus.NOT_IMPLEMENTED, "only the chunked coding is spoken here"
                )
            return Body(self.request.content, None)
        length = self.request.headers.get("Content-Length")
        if length is None:
            return None
        length = length.lstrip("0") or "0"
        if len(length) > _LONGEST_LENGTH:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the Content-Length is of no body")
        return Body(self.request.content, int(length))

    def raw_target(self, path: str, query: str) -> bytes | None:
        """A target as bytes; ``None`` where an adapter made one that is no request target."""
        target = f"{path}?{query}" if query else path
        if not query and path == self.path and self.request.raw_path == f"{path}?":
            target += "?"
        if _UNFIT.search(target) or not target.startswith("/"):
            return None
        return target.encode("utf-8", "surrogateescape")
