"""The same address check for calls off the page path, which httpx makes."""

import asyncio
import ssl
from collections.abc import Callable
from functools import cache

import httpx
from aiohttp.abc import AbstractResolver

from saccade_gateway.addresses import CheckedResolver, ForbiddenAddressError, allowed, is_literal


class PinnedTransport(httpx.AsyncBaseTransport):
    """Connects to the very address that was checked; TLS and Host still speak of the name."""

    def __init__(
        self,
        *,
        allow_private: bool,
        inner: httpx.AsyncBaseTransport | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._inner = inner or httpx.AsyncHTTPTransport(trust_env=False)
        self._resolver = CheckedResolver(allow_private=allow_private, inner=resolver)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises `httpx.ConnectError` for a host that is not found or not allowed.

        The time to connect holds for the name as well: `httpx.ConnectTimeout` (F20).
        """
        host = request.url.host
        address = await self._address(request, host)
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return await self._inner.handle_async_request(pinned)

    async def aclose(self) -> None:
        """Close connections and resolver."""
        await self._inner.aclose()
        await self._resolver.close()

    async def _address(self, request: httpx.Request, host: str) -> str:
        try:
            if not is_literal(host):
                async with asyncio.timeout(request.extensions.get("timeout", {}).get("connect")):
                    found = await self._resolver.resolve(host, request.url.port or 0)
                return found[0]["host"]
            if not allowed(host, allow_private=self._allow_private):
                raise ForbiddenAddressError("the platform's host is a forbidden address")
        except TimeoutError as error:
            raise httpx.ConnectTimeout("the name was not found in time", request=request) from error
        except OSError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        return host


def pinned(*, allow_private: bool) -> Callable[[], PinnedTransport]:
    """Makes transports that trust the system's certificates, as the page path does."""
    trusted = _trusted()

    def transport() -> PinnedTransport:
        inner = httpx.AsyncHTTPTransport(verify=trusted, trust_env=False)
        return PinnedTransport(allow_private=allow_private, inner=inner)

    return transport


@cache
def _trusted() -> ssl.SSLContext:
    """Read once, before a loop serves pages: it takes tens of milliseconds. So does httpx's first
    transport, which imports its engine."""
    trusted = ssl.create_default_context()
    httpx.AsyncHTTPTransport(verify=trusted, trust_env=False)
    return trusted
