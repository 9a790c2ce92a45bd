"""The index of products: page by page, and nothing kept that the platform no longer has."""

from collections.abc import Sequence

import pytest

from saccade.catalog import MOST_LOST, CatalogError, CatalogIndex, Walk
from saccade.deliveries import CatalogPage
from saccade.domain import Product


class Shelf:
    """A catalog of fixed pages; the cursor is the next page's number."""

    def __init__(self, *pages: CatalogPage) -> None:
        self.pages = list(pages)
        self.fails_at = -1
        self.asked: list[int] = []

    async def changes(self, cursor: str | None) -> CatalogPage:
        number = int(cursor or 0)
        self.asked.append(number)
        if number == self.fails_at:
            raise CatalogError("not now")
        return self.pages[number]

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        return [one for page in self.pages for one in page.products if one.id in ids]


def page(*ids: str, cursor: str | None = None, removed: tuple[str, ...] = ()) -> CatalogPage:
    return CatalogPage(tuple(Product(name) for name in ids), removed, cursor)


def known(index: CatalogIndex, *ids: str) -> list[str]:
    return [name for name in ids if index.find("lab", name)]


async def test_all_pages_are_followed() -> None:
    index = CatalogIndex()
    walk = await index.sync("lab", Shelf(page("1", "2", cursor="1"), page("3")))
    assert (walk.number, walk.seen, walk.ended) == (2, {"1", "2", "3"}, True)
    assert index.count("lab") == 3
    assert index.find("lab", "3") == Product("3")
    assert index.find("another", "3") is None
    assert index.find("lab", None) is None


async def test_each_page_is_told_once_the_index_has_it() -> None:
    index = CatalogIndex()
    told: list[tuple[int, int | None, int, int]] = []
    walk = Walk()

    async def taken(_: CatalogPage) -> None:
        told.append((walk.number, walk.pages, len(walk.seen), index.count("lab")))

    first = CatalogPage((Product("1"), Product("2")), (), "1", pages=2)
    await index.sync("lab", Shelf(first, page("3")), walk, taken)
    assert told == [(1, 2, 2, 2), (2, 2, 3, 3)]


async def test_a_whole_sync_forgets_what_is_gone() -> None:
    index = CatalogIndex()
    await index.sync("lab", Shelf(page("1", "2")))
    await index.sync("lab", Shelf(page("2", "3")))
    assert known(index, "1", "2", "3") == ["2", "3"]


async def test_what_a_page_says_is_gone_is_gone_at_once() -> None:
    index = CatalogIndex()
    walk = await index.sync("lab", Shelf(page("1", "2", cursor="1"), page("3", removed=("2",))))
    assert walk.seen == {"1", "3"}
    assert known(index, "1", "2", "3") == ["1", "3"]


async def test_a_walk_goes_on_where_it_stopped() -> None:
    index, walk = CatalogIndex(), Walk()
    await index.sync("lab", Shelf(page("0", "1", "4")))
    shelf = Shelf(page("1", cursor="1"), page("2", cursor="2"), page("3"))
    shelf.fails_at = 1
    with pytest.raises(CatalogError):
        await index.sync("lab", shelf, walk)
    assert known(index, "0", "1", "4") == ["0", "1", "4"]  # nothing is gone before the end
    shelf.fails_at = -1
    await index.sync("lab", shelf, walk)
    assert shelf.asked == [0, 1, 1, 2]
    assert known(index, "0", "1", "2", "3", "4") == ["1", "2", "3"]


def lost(number: int) -> CatalogPage:
    return CatalogPage((), (), str(number + 1), lost="not_json")


async def test_nothing_is_known_to_be_gone_where_a_page_was_lost() -> None:
    index = CatalogIndex()
    await index.sync("lab", Shelf(page("1", "2")))
    walk = await index.sync("lab", Shelf(page("3", cursor="1"), lost(1), page("4")))
    assert walk.skipped == {"not_json": 1}
    assert known(index, "1", "2", "3", "4") == ["1", "2", "3", "4"]


async def test_a_platform_that_shows_nothing_has_not_sold_everything() -> None:
    index = CatalogIndex()
    await index.sync("lab", Shelf(page("1")))
    await index.sync("lab", Shelf(page()))
    assert index.count("lab") == 1


async def test_a_page_that_comes_again_is_no_news_of_what_is_gone() -> None:
    index = CatalogIndex()
    await index.sync("lab", Shelf(page("1", "2", "3")))
    again = Shelf(page("1", "2", cursor="1"), page("2", "1", cursor="2"), page("2", "4"))
    walk = await index.sync("lab", again)
    assert walk.skipped == {"repeated": 1}
    assert known(index, "1", "2", "3", "4") == ["1", "2", "3", "4"]


async def test_a_platform_that_turns_no_page_is_not_asked_for_ever() -> None:
    index = CatalogIndex()
    await index.sync("lab", Shelf(page("1", "2")))
    shelf = Shelf(page("1", cursor="0"))
    with pytest.raises(CatalogError, match="repeated"):
        await index.sync("lab", shelf)
    assert len(shelf.asked) == MOST_LOST + 2
    assert known(index, "1", "2") == ["1", "2"]


async def test_page_after_page_lost_is_a_fault_and_not_a_catalog() -> None:
    index, walk = CatalogIndex(), Walk()
    pages = [page("0", cursor="1"), *(lost(number) for number in range(1, MOST_LOST + 2)), page()]
    shelf = Shelf(*pages)
    with pytest.raises(CatalogError, match="not_json"):
        await index.sync("lab", shelf, walk)
    assert walk.cursor == str(MOST_LOST + 1)
    shelf.pages[MOST_LOST + 1] = page("9", cursor=str(MOST_LOST + 2))
    await index.sync("lab", shelf, walk)
    assert known(index, "0", "9") == ["0", "9"]


# --- what is told meanwhile ---------------------------------------------------------------------


class Telling(Shelf):
    """A shelf during whose walk the platform tells of changes: before which page which."""

    def __init__(self, index: CatalogIndex, *pages: CatalogPage) -> None:
        super().__init__(*pages)
        self.index = index
        self.told: dict[int, tuple[tuple[Product, ...], tuple[str, ...]]] = {}

    async def changes(self, cursor: str | None) -> CatalogPage:
        self.index.tell("lab", *self.told.get(int(cursor or 0), ((), ())))
        return await super().changes(cursor)


OLD, NEW = Product("1", price="9.00"), Product("1", price="7.00")


def snapshot(*products: Product, cursor: str | None = None) -> CatalogPage:
    return CatalogPage(products, cursor=cursor, snapshot=True)


async def test_a_snapshot_takes_nothing_back_that_was_told_since() -> None:
    """A price told while it was made, a product that is gone since, and one that is new."""
    index = CatalogIndex()
    shelf = Telling(index, snapshot(cursor="1"), snapshot(OLD, Product("2"), Product("3")))
    shelf.told[1] = ((NEW, Product("4")), ("2",))
    await index.sync("lab", shelf)
    assert index.find("lab", "1") == NEW
    assert known(index, "2", "3", "4") == ["3", "4"]


async def test_what_was_told_before_a_snapshot_is_compared_with_it() -> None:
    """Of a delivery that never came only the snapshot tells, and a walk may rest before it."""
    index = CatalogIndex()
    shelf = Telling(index, snapshot(cursor="1"), snapshot(OLD))
    shelf.told[0] = ((NEW,), ())
    await index.sync("lab", shelf)
    assert index.find("lab", "1") == OLD
    await index.sync("lab", Shelf(snapshot(cursor="1"), snapshot(NEW)))
    assert index.find("lab", "1") == NEW, "and the next walk knows nothing of this one's"


async def test_a_page_of_now_is_newer_than_what_was_told() -> None:
    index = CatalogIndex()
    shelf = Telling(index, page("9", cursor="1"), CatalogPage((OLD,)))
    shelf.told[1] = ((NEW, Product("4")), ())
    await index.sync("lab", shelf)
    assert index.find("lab", "1") == OLD
    assert known(index, "4") == ["4"], "told after the page it would stand on"
