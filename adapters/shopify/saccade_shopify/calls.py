"""Calls to Shopify off the page path: bounded in time and size, repeated where that may help.

No redirect is followed and no proxy is read from the environment; the transport checks addresses.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import NamedTuple

import httpx
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from saccade.catalog import CatalogError
from saccade_gateway.addresses import ForbiddenAddressError
from saccade_gateway.inflate import inflated

ATTEMPTS = 5
LONGEST_WAIT_S = 30.0
LIMIT = 16_777_216
"""Bytes of an answer, inflated."""

_AGAIN = frozenset({429, 500, 502, 503, 504})
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_PATIENCE_S = 60.0
"""For a whole answer: one that trickles is given up."""

Transport = Callable[[], httpx.AsyncBaseTransport]


class Asked(NamedTuple):
    """An answer, read to its end."""

    status: int
    body: bytes


class AgainError(CatalogError):
    """It may answer later."""


class Calls:
    """Makes them, each on a connection of its own."""

    def __init__(
        self,
        transport: Transport,
        *,
        attempts: int = ATTEMPTS,
        longest_wait_s: float = LONGEST_WAIT_S,
        limit: int = LIMIT,
    ) -> None:
        self._transport = transport
        self._attempts = attempts
        self._longest_wait_s = longest_wait_s
        self._limit = limit
        self._backoff = wait_random_exponential(multiplier=0.5, max=min(10.0, longest_wait_s))

    async def post(self, url: str, said: object, headers: Mapping[str, str] | None = None) -> Asked:
        """The answer to JSON, whatever it says but 429 and 5xx. Raises `CatalogError`."""
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._attempts),
            wait=self._wait,
            retry=retry_if_exception_type(AgainError),
            reraise=True,
        )
        async with self._client() as client:
            request = client.build_request(
                "POST",
                url,
                json=said,
                headers={
                    "Accept": "application/json",
                    "Accept-Encoding": "gzip",
                    **(headers or {}),
                },
            )
            return await retrying(self._once, client, request)

    @asynccontextmanager
    async def stream(self, url: str, offset: int = 0) -> AsyncGenerator[httpx.Response]:
        """A file from a byte on, uncompressed, for the caller to bound. Raises `CatalogError`.

        A storage that knows no ranges answers 200, and sends it all.
        """
        headers = {"Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        async with self._client() as client:
            try:
                async with client.stream("GET", url, headers=headers) as response:
                    if response.status_code not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
                        raise CatalogError(f"Shopify's file answered {response.status_code}")
                    yield response
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise _unreached(error) from error

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=self._transport(), timeout=_TIMEOUT, trust_env=False, follow_redirects=False
        )

    async def _once(self, client: httpx.AsyncClient, request: httpx.Request) -> Asked:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                response = await client.send(request, stream=True)
                try:
                    if response.status_code in _AGAIN:
                        raise AgainError(
                            f"Shopify answered {response.status_code}",
                            after_s=_asked_for(response.headers.get("Retry-After", "")),
                        )
                    return Asked(response.status_code, await self._body(response))
                finally:
                    await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise _unreached(error) from error

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._limit:
                raise CatalogError("Shopify's answer is too large")
        coding = response.headers.get("Content-Encoding", "identity").lower()
        if coding == "identity":
            return bytes(body)
        plain = inflated(bytes(body), self._limit) if coding == "gzip" else None
        if plain is None:
            raise CatalogError("Shopify's answer cannot be inflated")
        return plain

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        told = error.after_s if isinstance(error, CatalogError) else 0.0
        return min(max(told, self._backoff(state)), self._longest_wait_s)


def _unreached(error: Exception) -> CatalogError:
    if isinstance(error.__cause__, ForbiddenAddressError):
        return CatalogError(
            f"{error.__cause__}. Fix: correct upstream.url, or set upstream.allow_private for a "
            "stand-in on this machine"
        )
    return AgainError(f"Shopify cannot be reached: {type(error).__name__}")


def _asked_for(value: str) -> float:
    """Seconds of a ``Retry-After``, which Shopify writes as ``2.0``."""
    try:
        return min(max(0.0, float(value[:9])), 3_600.0)
    except ValueError:
        return 0.0
