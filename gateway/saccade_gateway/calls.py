"""Calls to a platform off the page path: bounded in time, size and number, and repeated where that
may help.

No redirect is followed and no proxy is read from the environment; the transport checks addresses
(`saccade_gateway.pinned`). An answer is counted while it comes and unfolds, before anything of it
is parsed.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
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
"""Bytes of an answer, folded and unfolded; a page of 1,000 products has about 400,000."""
PATIENCE_S = 120.0
"""For a whole answer: one that trickles is given up."""

_AGAIN = frozenset({429, 500, 502, 503, 504})
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_LONGEST_BACKOFF_S = 10.0
_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]*)?")
_MOST_DIGITS, _LONGEST_DATE = 9, 64

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


class _TruncatedError(UnreadableError):
    """It may come whole later."""


class Calls:
    """Makes them. ``platform`` is what errors call it."""

    def __init__(
        self,
        transport: Transport,
        *,
        platform: str = "the platform",
        attempts: int = ATTEMPTS,
        longest_wait_s: float = LONGEST_WAIT_S,
        limit: int = LIMIT,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._transport = transport
        self._platform = platform
        self._retrying = _retrying(attempts, longest_wait_s)
        self._limit = limit
        self._patience_s = patience_s

    @asynccontextmanager
    async def session(self) -> AsyncGenerator["Session"]:
        """For a few calls that follow each other and share connections."""
        client = httpx.AsyncClient(
            transport=self._transport(), timeout=_TIMEOUT, trust_env=False, follow_redirects=False
        )
        async with client:
            yield Session(
                client, self._platform, self._retrying.copy(), self._limit, self._patience_s
            )

    async def ask(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
        whom: str | None = None,
    ) -> Asked:
        """One call, on a connection of its own. See `Session.ask`."""
        async with self.session() as session:
            return await session.ask(
                method, url, params=params, form=form, headers=headers, auth=auth, whom=whom
            )


class Session:
    """A client for a few calls."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        platform: str,
        retrying: AsyncRetrying,
        limit: int,
        patience_s: float,
    ) -> None:
        self._client = client
        self._platform = platform
        self._retrying = retrying
        self._limit = limit
        self._patience_s = patience_s

    async def ask(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
        whom: str | None = None,
    ) -> Asked:
        """The answer, whatever it says but 429 and 5xx. Raises `CatalogError`.

        ``params`` come behind those the URL has. A body is a ``form`` or ``json``, or there is
        none. ``whom`` is asked, if not the platform itself.
        """
        whom = whom or self._platform
        told = {"Accept": "application/json", "Accept-Encoding": "gzip", **(headers or {})}
        try:
            request = self._client.build_request(
                method,
                httpx.URL(url).copy_merge_params(params) if params else url,
                data=form,
                json=json,
                headers=told,
            )
        except httpx.InvalidURL as error:
            raise _uncallable(whom) from error
        return await self._retrying.copy()(self._once, whom, request, auth)

    @asynccontextmanager
    async def stream(
        self, url: str, headers: Mapping[str, str] | None = None
    ) -> AsyncGenerator[httpx.Response]:
        """The answer to one GET as it comes, for the caller to bound. Raises `CatalogError`, of
        what the caller reads of it as well."""
        try:
            async with self._client.stream("GET", url, headers=headers) as response:
                yield response
        except httpx.InvalidURL as error:
            raise _uncallable(self._platform) from error
        except httpx.HTTPError as error:
            raise _unreached(self._platform, error) from error

    async def _once(self, whom: str, request: httpx.Request, auth: httpx.Auth | None) -> Asked:
        try:
            async with asyncio.timeout(self._patience_s):
                response = await self._client.send(request, auth=auth, stream=True)
                try:
                    return await self._read(whom, response)
                finally:
                    await response.aclose()
        except (httpx.HTTPError, TimeoutError) as error:
            raise _unreached(whom, error) from error

    async def _read(self, whom: str, response: httpx.Response) -> Asked:
        if response.status_code in _AGAIN:
            raise AgainError(
                f"{whom} answered {response.status_code}",
                after_s=_seconds(response.headers.get("Retry-After", "")),
            )
        link = ", ".join(response.headers.get_list("Link"))
        return Asked(response.status_code, await self._body(whom, response), link)

    async def _body(self, whom: str, response: httpx.Response) -> bytes:
        """Raises `UnreadableError`."""
        body = bytearray()
        try:
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > self._limit:
                    raise UnreadableError("too_large", f"{whom}'s answer is too large")
        except (httpx.RemoteProtocolError, httpx.ReadError) as error:
            raise _TruncatedError("truncated", f"{whom}'s answer broke off") from error
        coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if coding == "identity":
            return bytes(body)
        plain = inflated(bytes(body), self._limit) if coding == "gzip" else None
        if plain is None:
            raise UnreadableError("coding", f"{whom}'s answer cannot be inflated")
        return plain


def _uncallable(whom: str) -> CatalogError:
    return CatalogError(
        f"{whom} cannot be called: the URL is none. Fix: correct what it is made of"
    )


def _unreached(whom: str, error: Exception) -> CatalogError:
    if isinstance(error.__cause__, ForbiddenAddressError):
        return CatalogError(
            f"{error.__cause__}. Fix: correct the URL, or set upstream.allow_private where the "
            "platform is in a private network"
        )
    return AgainError(f"{whom} cannot be reached: {type(error).__name__}")


def _retrying(attempts: int, longest_wait_s: float) -> AsyncRetrying:
    backoff = wait_random_exponential(max=min(_LONGEST_BACKOFF_S, longest_wait_s))

    def may_pass(error: BaseException) -> bool:
        if isinstance(error, AgainError):
            return error.after_s <= longest_wait_s
        return isinstance(error, _TruncatedError)

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        told = error.after_s if isinstance(error, CatalogError) else 0.0
        return max(told, backoff(state))

    return AsyncRetrying(
        stop=stop_after_attempt(attempts),
        wait=wait,
        retry=retry_if_exception(may_pass),
        reraise=True,
    )


def _seconds(value: str) -> float:
    """Of a ``Retry-After`` (RFC 9110 section 10.2.3), with decimals as some write them; 0 for
    what is none."""
    if _SECONDS.fullmatch(value):
        return float(value[:_MOST_DIGITS])
    try:
        until = parsedate_to_datetime(value[:_LONGEST_DATE])
    except (ValueError, OverflowError):  # the latter for a zone that no clock has
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
