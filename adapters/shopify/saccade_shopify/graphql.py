"""The GraphQL Admin API of one shop, within its cost bucket (Shopify 17).

What a query costs is told with its answer, and so is how full the bucket is: a query that would
empty it waits, and one that was refused all the same is asked again when there is enough.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import NamedTuple, TypeVar

import msgspec

from saccade.catalog import CatalogError
from saccade_shopify.calls import Asked, Calls
from saccade_shopify.tokens import ShopTokens

MOST_THROTTLED = 8
"""Refusals in a row after which the shop is left alone."""
LONGEST_WAIT_S, SHORTEST_WAIT_S = 30.0, 0.1

_HEADER = "X-Shopify-Access-Token"
_THROTTLED = "THROTTLED"
_FIXES: Mapping[int, str] = {
    HTTPStatus.PAYMENT_REQUIRED: "the shop is frozen until its owner pays Shopify",
    HTTPStatus.FORBIDDEN: "look in the Dev Dashboard whether the app, or its access, is suspended",
    HTTPStatus.NOT_FOUND: "compare api_version in shopify.toml, and that the shop is still open",
    HTTPStatus.LOCKED: "the shop is locked: its owner must speak to Shopify",
}
_NULL = msgspec.Raw(b"null")
_T = TypeVar("_T")


class Admin(NamedTuple):
    """Where a shop's Admin API is."""

    shop: str
    base: str
    version: str


class _Status(msgspec.Struct, rename="camel"):
    currently_available: float
    restore_rate: float


class _Cost(msgspec.Struct, rename="camel"):
    requested_query_cost: float = 0.0
    throttle_status: _Status | None = None


class _Extensions(msgspec.Struct):
    cost: _Cost | None = None


class _Named(msgspec.Struct):
    code: str = ""


class _Error(msgspec.Struct):
    extensions: _Named = msgspec.field(default_factory=_Named)


class _Answer(msgspec.Struct):
    data: msgspec.Raw = _NULL
    errors: tuple[_Error, ...] | None = None
    extensions: _Extensions = msgspec.field(default_factory=_Extensions)


class GraphqlError(CatalogError):
    """Shopify does not answer the query: its codes say why."""


class Bucket:
    """What is left of a shop's points, as last told."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held, self._rate, self._at = float("inf"), 1.0, clock()

    def told(self, status: _Status) -> None:
        """So many there are now."""
        self._held, self._at = status.currently_available, self._clock()
        self._rate = max(status.restore_rate, 1.0)

    def wait_s(self, cost: float) -> float:
        """Until there are as many."""
        held = self._held + (self._clock() - self._at) * self._rate
        return max(0.0, (cost - held) / self._rate)


class Graphql:
    """Asks one shop, one query at a time: together they would empty the bucket under each other."""

    def __init__(
        self,
        admin: Admin,
        tokens: ShopTokens,
        calls: Calls,
        bucket: Bucket | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._admin = admin
        self._tokens = tokens
        self._calls = calls
        self._bucket = bucket or Bucket()
        self._sleep = sleep
        self._turn = asyncio.Lock()
        self._costs: dict[str, float] = {}

    @property
    def shop(self) -> str:
        """Which is asked."""
        return self._admin.shop

    async def ask(self, query: str, variables: Mapping[str, object], kind: type[_T]) -> _T:
        """``data`` as ``kind``. Raises `CatalogError`."""
        async with self._turn:
            answer = await self._answered({"query": query, "variables": variables}, query)
        if answer.errors or bytes(answer.data) == bytes(_NULL):
            codes = sorted({one.extensions.code or "UNKNOWN" for one in answer.errors or ()})
            raise GraphqlError(f"Shopify does not answer the query ({', '.join(codes) or 'empty'})")
        try:
            return msgspec.json.decode(answer.data, type=kind)
        except (ValueError, RecursionError) as error:
            raise CatalogError(f"Shopify's answer is not as asked ({error})") from None

    async def _answered(self, said: Mapping[str, object], query: str) -> _Answer:
        for _ in range(MOST_THROTTLED):
            await self._rest(self._bucket.wait_s(self._costs.get(query, 0.0)))
            answer = _read(await self._asked(said))
            cost = answer.extensions.cost
            if cost is not None:
                self._costs[query] = cost.requested_query_cost
                if cost.throttle_status is not None:
                    self._bucket.told(cost.throttle_status)
            if not any(one.extensions.code == _THROTTLED for one in answer.errors or ()):
                return answer
            if cost is None or cost.throttle_status is None:
                await self._rest(1.0)
            elif not self._bucket.wait_s(cost.requested_query_cost):
                await self._rest(SHORTEST_WAIT_S)  # it was refused: somebody else is as quick
        raise CatalogError("Shopify keeps this shop's bucket empty", after_s=LONGEST_WAIT_S)

    async def _asked(self, said: Mapping[str, object]) -> Asked:
        """With a token of ours; once more with a fresh one where it is refused."""
        admin, refused = self._admin, None
        url = f"{admin.base}/admin/api/{admin.version}/graphql.json"
        for _ in range(2):
            token = await self._tokens.get(admin.shop, admin.base, refused)
            asked = await self._calls.post(url, said, {_HEADER: token})
            if asked.status != HTTPStatus.UNAUTHORIZED:
                return asked
            refused = token
        raise CatalogError(
            f"{admin.shop} refuses a fresh token (401). Fix: open the app in that shop's admin"
        )

    async def _rest(self, seconds: float) -> None:
        if seconds > 0:
            await self._sleep(min(max(seconds, SHORTEST_WAIT_S), LONGEST_WAIT_S))


def _read(asked: Asked) -> _Answer:
    if asked.status != HTTPStatus.OK:
        fix = f". Fix: {_FIXES[asked.status]}" if asked.status in _FIXES else ""
        raise CatalogError(f"Shopify's Admin API answered {asked.status}{fix}")
    try:
        return msgspec.json.decode(asked.body, type=_Answer)
    except (ValueError, RecursionError):
        raise CatalogError("Shopify's answer is not GraphQL's JSON") from None
