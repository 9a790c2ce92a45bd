"""What is done in shops aside: tried again, each shop for itself, given up when it is to end."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from saccade.catalog import CatalogError
from saccade.deliveries import CatalogPage
from saccade.domain import Product
from saccade_shopify.scopes import ScopeError
from saccade_shopify.upkeep import FIRST_RETRY_S, LAST_RETRY_S, Followed, Upkeep

ACME, BOLT = "acme.myshopify.com", "bolt.myshopify.com"


class Duties:
    """One duty, whose outcome a test sets by shop."""

    def __init__(self) -> None:
        self.fails: dict[str, list[Exception]] = {}
        self.done: Counter[str] = Counter()
        self.tries: Counter[str] = Counter()
        self.slept: list[float] = []
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.upkeep = Upkeep({"one": self._do}, self._wait)

    async def _do(self, shop: str) -> None:
        self.tries[shop] += 1
        await self.may_go_on.wait()
        if self.fails.get(shop):
            raise self.fails[shop].pop(0)
        self.done[shop] += 1

    async def _wait(self, woken: asyncio.Event, seconds: float) -> None:
        assert not woken.is_set()
        self.slept.append(seconds)
        await asyncio.sleep(0)


@pytest_asyncio.fixture
async def duties() -> AsyncIterator[Duties]:
    made = Duties()
    yield made
    await made.upkeep.close()


async def settled() -> None:
    for _ in range(40):
        await asyncio.sleep(0)


async def test_what_fails_is_tried_again_later_and_later(duties: Duties) -> None:
    duties.fails[ACME] = [CatalogError("busy"), KeyError("ours"), CatalogError("busy")]
    duties.upkeep.wake(ACME)
    await settled()
    assert duties.done[ACME] == 1
    assert duties.slept == [FIRST_RETRY_S, 2 * FIRST_RETRY_S, 4 * FIRST_RETRY_S]
    duties.slept.clear()
    duties.fails[ACME] = [CatalogError("busy")] * 12
    duties.upkeep.wake(ACME)
    await settled()
    assert duties.slept[-1] == LAST_RETRY_S


async def test_one_shops_failure_is_no_others(duties: Duties) -> None:
    duties.fails[ACME] = [RuntimeError("a fault of ours")] * 5
    duties.upkeep.wake(ACME)
    duties.upkeep.wake(BOLT)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (duties.done[ACME], duties.done[BOLT]) == (0, 1)


async def test_what_the_shop_did_not_grant_waits_for_the_next_time(duties: Duties) -> None:
    duties.fails[ACME] = [ScopeError(ACME, ("read_orders",))]
    with capture_logs() as told:
        duties.upkeep.wake(ACME)
        await settled()
    (said,) = told
    assert (said["tenant"], said["part"], said["error"]) == (
        "acme",
        "one",
        str(ScopeError(ACME, ("read_orders",))),
    )
    assert (duties.tries[ACME], duties.slept) == (1, [])
    duties.upkeep.wake(ACME)  # the app was opened in the shop's admin
    await settled()
    assert duties.done[ACME] == 1


async def test_what_waits_to_be_tried_again_is_tried_when_it_is_woken() -> None:
    """The app was opened in the shop's admin: nobody waits for an hour then."""
    made = Duties()
    upkeep = Upkeep({"one": made._do})
    made.fails[ACME] = [CatalogError("no extension")]
    upkeep.wake(ACME)
    await settled()
    assert (made.tries[ACME], made.done[ACME]) == (1, 0)
    upkeep.wake(ACME)
    await settled()
    assert (made.tries[ACME], made.done[ACME]) == (2, 1)
    await upkeep.close()


async def test_what_the_shop_grants_while_it_is_tried_is_heard(duties: Duties) -> None:
    """The app was opened in the shop's admin between the look at what it grants and the answer."""
    duties.fails[ACME] = [ScopeError(ACME, ("read_orders",))]
    duties.may_go_on.clear()
    duties.upkeep.wake(ACME)
    await settled()
    duties.upkeep.wake(ACME)
    duties.may_go_on.set()
    await settled()
    assert (duties.tries[ACME], duties.done[ACME]) == (2, 1)


async def test_a_wake_just_after_the_end_is_no_wake_lost(duties: Duties) -> None:
    """Before the loop has told that the task is over."""
    ended = asyncio.Event()
    begin = duties._do

    async def last(shop: str) -> None:
        await begin(shop)
        ended.set()

    async def waker() -> None:
        await ended.wait()
        duties.upkeep.wake(ACME)

    duties.upkeep = Upkeep({"one": last})
    waking = asyncio.create_task(waker())
    await asyncio.sleep(0)
    duties.upkeep.wake(ACME)
    await waking
    await settled()
    assert duties.done[ACME] == 2


async def test_who_is_cancelled_while_a_shop_is_forgotten_hears_of_it() -> None:
    """A duty may take its time to end: it writes down that it was given up."""
    may_end = asyncio.Event()

    async def lingering(_: str) -> None:
        try:
            await asyncio.sleep(3_600)
        finally:
            await may_end.wait()

    upkeep = Upkeep({"one": lingering})
    upkeep.wake(ACME)
    await settled()
    forgetting = asyncio.create_task(upkeep.forget(ACME))
    await settled()
    forgetting.cancel()
    may_end.set()
    await asyncio.wait((forgetting,))
    assert forgetting.cancelled()
    await upkeep.close()


async def test_it_is_not_done_twice_at_once(duties: Duties) -> None:
    duties.may_go_on.clear()
    for _ in range(3):
        duties.upkeep.wake(ACME)
        await settled()
    assert duties.tries[ACME] == 1
    duties.may_go_on.set()
    await settled()
    duties.upkeep.wake(ACME)
    await settled()
    assert duties.done[ACME] == 2


async def test_a_shop_that_left_is_left_alone_and_others_are_not(duties: Duties) -> None:
    # Shopify 15
    duties.may_go_on.clear()
    duties.upkeep.wake(ACME)
    duties.upkeep.wake(BOLT)
    await settled()
    await duties.upkeep.forget(ACME)
    duties.may_go_on.set()
    await settled()
    assert (duties.done[ACME], duties.done[BOLT]) == (0, 1)


class Pages:
    """A catalog of two pages."""

    async def changes(self, cursor: str | None) -> CatalogPage:
        return CatalogPage((), cursor="more" if cursor is None else None)

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        return [Product(one, "A thing") for one in ids]

    async def look(self) -> None:
        raise CatalogError("looked at")


async def test_the_end_of_a_walk_is_told() -> None:
    ended: list[str] = []
    followed = Followed(Pages(), lambda: ended.append("ended"))
    page = await followed.changes(None)
    assert (page.cursor, ended) == ("more", [])
    await followed.changes(page.cursor)
    assert ended == ["ended"]
    assert [one.id for one in await followed.get(["1"])] == ["1"]
    with pytest.raises(CatalogError, match="looked at"):
        await followed.look()
