"""Calls to the platform off the page path: to checked addresses, bounded in time, size and number.

No redirect is followed and no proxy is read from the environment. An answer is counted while it
comes and unfolds, before anything of it is parsed.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
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
from saccade_gateway.pinned import PinnedTransport

ATTEMPTS = 4
LONGEST_WAIT_S = 30.0
"""Between two attempts. A platform that wants to be left alone for longer ends them."""
LIMIT = 16_777_216
"""Bytes of an answer, folded and unfolded."""

_AGAIN = frozenset({429, 500, 502, 503, 504})
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_PATIENCE_S = 120.0
"""For a whole answer: one that trickles is given up."""
_MOST_DIGITS = 9

Transport = Callable[[], httpx.AsyncBaseTransport]


class Asked(NamedTuple):
    """An answer, read to its end."""

    status: int
    body: bytes
    link: str = ""
    """Its ``Link`` headers, joined."""


class UnreadableError(CatalogError):
    """An answer came and cannot be read."""

    def __init__(self, reason: str, problem: str) -> None:
        super().__init__(problem)
        self.reason = reason
        """A few words to count by."""


class AgainError(CatalogError):
    """It may answer later."""


class Calls:
    """Makes them; those of one `session` share connections."""

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

    @asynccontextmanager
    async def session(self) -> AsyncGenerator["Session"]:
        """For a few calls that follow each other."""
        client = httpx.AsyncClient(
            transport=self._transport(), timeout=_TIMEOUT, trust_env=False, follow_redirects=False
        )
        async with client:
            yield Session(client, self._retrying(), self._limit)

    def _retrying(self) -> AsyncRetrying:
        return AsyncRetrying(
            stop=stop_after_attempt(self._attempts),
            wait=self._wait,
            retry=retry_if_exception(self._may_pass),
            reraise=True,
        )

    def _may_pass(self, error: BaseException) -> bool:
        return isinstance(error, AgainError) and error.after_s <= self._longest_wait_s

    def _wait(self, state: RetryCallState) -> float:
        return max(_told(state), self._backoff(state))


class Session:
    """A client for a few calls."""

    def __init__(self, client: httpx.AsyncClient, retrying: AsyncRetrying, limit: int) -> None:
        self._client = client
        self._retrying = retrying
        self._limit = limit

    async def ask(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Asked:
        """The answer to a GET, or a POST of ``form``, whatever it says but 429 and 5xx.

        Raises `CatalogError`.
        """
        try:
            request = self._client.build_request(
                "GET" if form is None else "POST",
                httpx.URL(url).copy_merge_params(params) if params else url,
                data=form,
                headers={
                    "Accept": "application/json",
                    "Accept-Encoding": "gzip",
                    **(headers or {}),
                },
            )
        except httpx.InvalidURL as error:
            raise CatalogError("the URL to be called is none. Fix: correct the mapping") from error
        return await self._retrying.copy()(self._once, request)

    async def _once(self, request: httpx.Request) -> Asked:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                response = await self._client.send(request, stream=True)
                try:
                    return await self._read(response)
                finally:
                    await response.aclose()
        except (httpx.HTTPError, TimeoutError) as error:
            if isinstance(error.__cause__, ForbiddenAddressError):
                raise CatalogError(
                    f"{error.__cause__}. Fix: correct the URL, or set upstream.allow_private "
                    "where the platform is in a private network"
                ) from error
            raise AgainError(f"the platform cannot be reached: {type(error).__name__}") from error

    async def _read(self, response: httpx.Response) -> Asked:
        if response.status_code in _AGAIN:
            raise AgainError(
                f"the platform answered {response.status_code}",
                after_s=_seconds(response.headers.get("Retry-After", "")),
            )
        link = ", ".join(response.headers.get_list("Link"))
        return Asked(response.status_code, await self._body(response), link)

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._limit:
                raise UnreadableError("too_large", "the platform's answer is too large")
        coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if coding == "identity":
            return bytes(body)
        plain = inflated(bytes(body), self._limit) if coding == "gzip" else None
        if plain is None:
            raise UnreadableError("coding", "the platform's answer cannot be inflated")
        return plain


def pinned(*, allow_private: bool) -> Transport:
    """Connections to the very addresses that were checked."""
    trusted = _trusted()

    def transport() -> PinnedTransport:
        inner = httpx.AsyncHTTPTransport(verify=trusted, trust_env=False)
        return PinnedTransport(allow_private=allow_private, inner=inner)

    return transport


@cache
def _trusted() -> ssl.SSLContext:
    """The system's certificates, as the page path trusts them; read before a loop serves pages."""
    return ssl.create_default_context()


def _told(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return error.after_s if isinstance(error, CatalogError) else 0.0


def _seconds(value: str) -> float:
    """Of a ``Retry-After``; its form as a date is rare and taken for nothing said."""
    return float(value[:_MOST_DIGITS]) if value.isascii() and value.isdecimal() else 0.0
