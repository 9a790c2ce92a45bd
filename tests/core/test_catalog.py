"""The index of products: page by page, and nothing kept that the platform no longer has."""

from collections.abc import Sequence

from saccade.catalog import CatalogIndex
from saccade.domain import Product
from saccade.ports import CatalogPage


class Shelf:
    """A catalog of fixed pages; the cursor is the next page's number."""

    def __init__(self, *pages: CatalogPage) -> None:
        self.pages = pages

    async def changes(self, cursor: str | None) -> CatalogPage:
        return self.pages[int(cursor or 0)]

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        return [one for page in self.pages for one in page.products if one.id in ids]


def page(*ids: str, cursor: str | None = None, removed: tuple[str, ...] = ()) -> CatalogPage:
    return CatalogPage(tuple(Product(name) for name in ids), removed, cursor)


async def test_all_pages_are_followed() -> None:
    index = CatalogIndex()
    assert await index.sync("lab", Shelf(page("1", "2", cursor="1"), page("3"))) == 3
    assert index.find("lab", "3") == Product("3")
    assert index.find("another", "3") is None
    assert index.find("lab", None) is None


async def test_a_whole_sync_forgets_what_is_gone() -> None:
    index = CatalogIndex()
    await index.sync("lab", Shelf(page("1", "2")))
    await index.sync("lab", Shelf(page("2", "3")))
    assert index.find("lab", "1") is None
    assert index.find("lab", "2") is not None


async def test_changes_after_a_cursor_leave_the_rest() -> None:
    index = CatalogIndex()
    await index.sync("lab", Shelf(page("1", "2")))
    await index.sync("lab", Shelf(page(), page("3", removed=("2",))), cursor="1")
    assert [name for name in ("1", "2", "3") if index.find("lab", name)] == ["1", "3"]
