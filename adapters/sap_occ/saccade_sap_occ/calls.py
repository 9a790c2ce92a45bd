"""Calls to the platform off the page path: bounded in time and size, repeated where that may help.

No redirect is followed and no proxy is read from the environment; the transport checks addresses.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import httpx
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

from saccade.catalog import CatalogError
from saccade_gateway.addresses import ForbiddenAddressError
from saccade_gateway.inflate import inflated

ATTEMPTS = 4
LONGEST_WAIT_S = 30.0
"""Between two attempts. A platform that wants to be left alone for longer ends them."""
LIMIT = 16_777_216
"""Bytes of an answer, inflated; a page of 1,000 products of a catalog has about 400,000."""

_AGAIN = frozenset({429, 500, 502, 503, 504})
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_PATIENCE_S = 120.0
"""For a whole answer: one that trickles is given up."""

Transport = Callable[[], httpx.AsyncBaseTransport]


class Asked(NamedTuple):
    """An answer, read to its end."""

    status: int
    body: bytes


class UnreadableError(CatalogError):
    """An answer came and cannot be read."""

    def __init__(self, reason: str, problem: str) -> None:
        super().__init__(problem)
        self.reason = reason
        """A few words to count by."""


class _AgainError(CatalogError):
    """It may answer later."""


class _TruncatedError(UnreadableError):
    """It may come whole later."""


class PlatformCalls:
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
        self._backoff = wait_random_exponential(max=min(10.0, longest_wait_s))

    async def ask(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
    ) -> Asked:
        """The answer, whatever it says but 429 and 5xx. Raises `CatalogError`."""
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._attempts),
            wait=self._wait,
            retry=retry_if_exception(self._may_pass),
            reraise=True,
        )
        async with httpx.AsyncClient(
            transport=self._transport(), timeout=_TIMEOUT, trust_env=False, follow_redirects=False
        ) as client:
            request = client.build_request(
                method,
                url,
                params=params,
                data=form,
                headers={
                    "Accept": "application/json",
                    "Accept-Encoding": "gzip",
                    **(headers or {}),
                },
            )
            return await retrying(self._once, client, request, auth)

    async def _once(
        self, client: httpx.AsyncClient, request: httpx.Request, auth: httpx.Auth | None
    ) -> Asked:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                response = await client.send(request, auth=auth, stream=True)
                try:
                    if response.status_code in _AGAIN:
                        raise _AgainError(
                            f"the platform answered {response.status_code}",
                            after_s=_asked_for(response.headers.get("Retry-After", "")),
                        )
                    return Asked(response.status_code, await self._body(response))
                finally:
                    await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            if isinstance(error.__cause__, ForbiddenAddressError):
                raise CatalogError(
                    f"{error.__cause__}. Fix: correct upstream.url, or set upstream.allow_private "
                    "where the platform is in a private network"
                ) from error
            raise _AgainError(f"the platform cannot be reached: {type(error).__name__}") from error

    async def _body(self, response: httpx.Response) -> bytes:
        """Raises `UnreadableError`."""
        body = bytearray()
        try:
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > self._limit:
                    raise UnreadableError("too_large", "the platform's answer is too large")
        except (httpx.RemoteProtocolError, httpx.ReadError) as error:
            raise _TruncatedError("truncated", "the platform's answer broke off") from error
        coding = response.headers.get("Content-Encoding", "identity").lower()
        if coding == "identity":
            return bytes(body)
        plain = inflated(bytes(body), self._limit) if coding == "gzip" else None
        if plain is None:
            raise UnreadableError("coding", "the platform's answer cannot be inflated")
        return plain

    def _may_pass(self, error: BaseException) -> bool:
        if isinstance(error, _AgainError):
            return error.after_s <= self._longest_wait_s
        return isinstance(error, _TruncatedError)

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        told = error.after_s if isinstance(error, CatalogError) else 0.0
        return max(told, self._backoff(state))


def _asked_for(value: str) -> float:
    """Seconds of a ``Retry-After`` (RFC 9110 section 10.2.3); 0 for what is none."""
    if value.isascii() and value.isdecimal():
        return float(value[:9])
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # the latter for a zone that no clock has
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
