"""What deliveries want of a platform: asked together, and failed apart (F29)."""

import asyncio
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

import making
from saccade.deliveries import CatalogPage
from saccade.domain import Product
from saccade.ports import Adapter
from saccade_webhooks.asking import ASKED_AT_ONCE, MOST_FETCHED, MOST_TOGETHER, Asking
from webhooks import posting


class Shelves:
    """A platform that answers when it is let, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.open = asyncio.Event()
        self.poison: str | None = None
        self.gone: set[str] = set()

    async def changes(self, cursor: str | None) -> CatalogPage:
        raise AssertionError(cursor)

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        self.asked.append(tuple(ids))
        await self.open.wait()
        if self.poison in ids:
            raise RuntimeError(f"{self.poison} cannot be asked for")
        return [Product(one, "a thing") for one in ids if one not in self.gone]


@pytest.fixture
def shelves() -> Shelves:
    return Shelves()


@pytest.fixture
def adapter(shelves: Shelves) -> Adapter:
    return replace(posting.factory.build(making.tenant()), catalog=shelves)


async def under_way(asking: Asking, adapter: Adapter, count: int) -> list[asyncio.Task[set[str]]]:
    """So many deliveries, each of a product of its own, waiting."""

    async def one(number: int) -> set[str]:
        pages = await asking.fetched(adapter, [f"p{number}"])
        found = {product.id for page in pages for product in page.products}
        return found | {f"-{gone}" for page in pages for gone in page.removed}

    tasks = [asyncio.create_task(one(number)) for number in range(count)]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


async def test_an_import_of_stock_is_a_few_questions(adapter: Adapter, shelves: Shelves) -> None:
    tasks = await under_way(Asking(), adapter, 200)
    shelves.open.set()
    for number, found in enumerate(await asyncio.gather(*tasks)):
        assert found == {f"p{number}"}, "and nothing of another's: it may be older by then"
    assert len(shelves.asked) <= ASKED_AT_ONCE + -(-200 // MOST_TOGETHER)
    assert sorted(one for asked in shelves.asked for one in asked) == sorted(
        f"p{number}" for number in range(200)
    ), "each once"
    assert max(map(len, shelves.asked)) <= MOST_TOGETHER


async def test_one_that_comes_alone_waits_for_nobody(adapter: Adapter, shelves: Shelves) -> None:
    tasks = await under_way(Asking(), adapter, 1)
    assert shelves.asked == [("p0",)]
    shelves.open.set()
    assert await tasks[0] == {"p0"}


async def test_what_the_platform_no_longer_has_is_gone(adapter: Adapter, shelves: Shelves) -> None:
    shelves.gone = {"p1"}
    shelves.open.set()
    (page,) = await Asking().fetched(adapter, ["p1", "p2"])
    assert ([one.id for one in page.products], page.removed) == (["p2"], ("p1",))


async def test_what_is_wanted_by_another_name_is_told_to_all(
    adapter: Adapter, shelves: Shelves, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose it is cannot be told, as of Shopify's stock."""
    ask = shelves.get

    async def stocked(_: Shelves, ids: Sequence[str]) -> Sequence[Product]:
        return [Product(f"of-{one.id}", one.name) for one in await ask(ids)]

    monkeypatch.setattr(Shelves, "get", stocked)
    tasks = await under_way(Asking(), adapter, 12)
    shelves.open.set()
    for number, found in enumerate(await asyncio.gather(*tasks)):
        assert f"of-p{number}" in found


async def test_what_one_wants_fails_no_other(adapter: Adapter, shelves: Shelves) -> None:
    """F29: also where it is asked together with them."""
    asking = Asking()
    tasks = await under_way(asking, adapter, 40)
    shelves.poison = "p20"
    shelves.open.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    failed = [number for number, one in enumerate(found) if isinstance(one, RuntimeError)]
    assert failed == [20]
    assert all(f"p{number}" in one for number, one in enumerate(found) if isinstance(one, set))


async def test_who_is_given_up_takes_no_other_along(adapter: Adapter, shelves: Shelves) -> None:
    asking = Asking()
    tasks = await under_way(asking, adapter, 40)
    tasks[ASKED_AT_ONCE].cancel()  # the first of those that are asked together
    await asyncio.sleep(0)
    shelves.open.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [number for number, one in enumerate(found) if isinstance(one, BaseException)] == [
        ASKED_AT_ONCE
    ]
    assert not asking._answers


async def test_a_delivery_of_very_many_is_asked_in_parts(
    adapter: Adapter, shelves: Shelves
) -> None:
    shelves.open.set()
    wanted = [f"p{number}" for number in range(MOST_FETCHED + 1)]
    pages = await Asking().fetched(adapter, wanted)
    assert [len(page.products) for page in pages] == [MOST_FETCHED, 1]
