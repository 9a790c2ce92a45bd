"""The core's index of a tenant's products, read synchronously in a decision."""

from collections.abc import Iterable

from saccade.domain import Product
from saccade.ports import CatalogPort


class CatalogIndex:
    """Products by tenant and id."""

    def __init__(self) -> None:
        self._products: dict[str, dict[str, Product]] = {}

    def find(self, tenant: str, product: str | None) -> Product | None:
        """The product, or ``None`` where the index does not know it."""
        return self._products.get(tenant, {}).get(product) if product else None

    def apply(self, tenant: str, products: Iterable[Product], removed: Iterable[str] = ()) -> None:
        """Take in one page of changes."""
        known = self._products.setdefault(tenant, {})
        known.update((product.id, product) for product in products)
        for product_id in removed:
            known.pop(product_id, None)

    async def sync(self, tenant: str, catalog: CatalogPort, cursor: str | None = None) -> int:
        """Follow the catalog's changes from ``cursor`` to the end; the number of products seen.

        From nothing (``None``) it sees them all: what is not among them is gone.
        """
        whole = cursor is None
        seen: set[str] = set()
        while True:
            page = await catalog.changes(cursor)
            self.apply(tenant, page.products, page.removed)
            seen.update(product.id for product in page.products)
            cursor = page.cursor
            if cursor is None:
                break
        if whole:
            known = self._products.get(tenant, {})
            self._products[tenant] = {name: known[name] for name in known if name in seen}
        return len(seen)
