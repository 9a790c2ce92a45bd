"""The shop's products."""

from collections.abc import Sequence

from saccade.catalog import CatalogError
from saccade.deliveries import CatalogPage
from saccade.domain import Product


class WithoutToken:
    """Of a shop no token is kept for: webhooks are its only source."""

    async def changes(self, cursor: str | None) -> CatalogPage:
        """Raises `CatalogError`."""
        del cursor
        raise _missing()

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        """Raises `CatalogError`."""
        del ids
        raise _missing()


def _missing() -> CatalogError:
    return CatalogError("no token is kept for this shop. Fix: install the app in it")
