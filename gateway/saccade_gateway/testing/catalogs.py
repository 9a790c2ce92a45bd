"""The catalog, over real sockets: walked to its end, followed through a change, never mixed."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator, Sequence

from saccade.catalog import CatalogError, CatalogIndex
from saccade.deliveries import CatalogPage
from saccade.domain import Product
from saccade.ports import CatalogPort
from saccade.testing.checks import (
    BrokenError,
    Check,
    NothingToCheckError,
    asking,
    check,
    described,
    same,
    shown,
)
from saccade.testing.merging import NO_OBJECT
from saccade.testing.samples import Shop
from saccade.testing.subject import Subject
from saccade_gateway.testing import upstream as up
from saccade_gateway.testing.platform import platform, selling
from saccade_gateway.testing.upstream import ScriptedUpstream

MOST_PAGES = 1_000
"""Of a sample's catalog: one that takes more turns in circles."""

PATIENCE_S = 30.0


@check(
    "catalog.walked",
    "R35",
    "follow the platform's pagination to its end; give prices as text, unknown facts as None",
    needs=["shop"],
)
async def walked(subject: Subject) -> None:
    """From nothing, changes() gives every product, each as the core is to know it."""
    shop = _shop(subject)
    async with _catalog(subject, shop) as (catalog, _):
        same("changes(None) to the end", _by_id(shop), await _walked(catalog, CatalogIndex()))


@check(
    "catalog.followed",
    "R35",
    "give products as they are now; leave out, or name in removed, those that are gone",
    needs=["shop", "later"],
    after=["catalog.walked"],
)
async def followed(subject: Subject) -> None:
    """A day later what is new is known, what changed has changed, and what is gone is gone."""
    shop, later = _shop(subject), subject.samples.later
    if later is None or later.products == shop.products:
        raise NothingToCheckError("later")
    async with _catalog(subject, shop) as (catalog, upstream):
        index = CatalogIndex()
        await _walked(catalog, index)
        upstream.script = selling(later)
        found = await _walked(catalog, index)
    same("changes(None) a day later", _by_id(later), found)
    gone = sorted(set(_by_id(shop)) - set(found))
    same("products gone", sorted(set(_by_id(shop)) - set(_by_id(later))), gone)


@check(
    "catalog.fetched",
    "R35",
    "ask for each id by itself; leave out of get() what the platform does not know",
    needs=["shop"],
)
async def fetched(subject: Subject) -> None:
    """get() gives the products there are, and no error for an id that is unknown."""
    shop, unknown = _shop(subject), subject.samples.unknown
    async with _catalog(subject, shop) as (catalog, _):
        for ids in ([shop.products[0].id], [unknown], [unknown, shop.products[-1].id], []):
            request = f"get({ids})"
            expected = {one: _by_id(shop)[one] for one in ids if one != unknown}
            with asking(request):
                async with asyncio.timeout(PATIENCE_S):
                    found = await catalog.get(ids)
            same(request, expected, {product.id: product for product in found})


@check(
    "catalog.garbled",
    "F12",
    "raise CatalogError where the catalog's answer cannot be read",
    needs=["shop"],
    after=["catalog.walked"],
)
async def garbled(subject: Subject) -> None:
    """A catalog nobody can read raises CatalogError: nothing is made of it, nothing forgotten."""
    shop = _shop(subject)
    async with _catalog(subject, shop) as (catalog, upstream):
        for body in _garbage(shop):
            upstream.script = up.json(body)
            request = f"changes(None) answered {shown(repr(body[:60]))}"
            page = await _attempted(request, catalog)
            same(f"{request}: products", [], [product.id for product in page.products])
            if page.lost is None:
                raise BrokenError(request, "CatalogError, or a page that is lost", "an empty page")
    async with _catalog(subject, shop) as (catalog, upstream):
        index = CatalogIndex()
        await _walked(catalog, index)
        upstream.script = up.in_turn(selling(shop), up.json(b"<html></html>"))
        with contextlib.suppress(CatalogError):
            await index.sync("certified", _Bounded(catalog))
    known = {product.id for product in _known(index, set(_by_id(shop)))}
    same("products known after a walk that broke off", sorted(_by_id(shop)), sorted(known))


@check(
    "tenants.catalogs",
    "R36",
    "take the base URL from the tenant the adapter is built for",
    needs=["shop"],
    after=["catalog.walked"],
)
async def apart(subject: Subject) -> None:
    """Two tenants' catalogs each ask their own platform, and no other."""
    shop = _shop(subject)
    async with platform(selling(shop)) as mine, platform(selling(shop)) as theirs:
        first = subject.adapter(mine.url)
        subject.adapter(theirs.url, other=True)
        await _walked(first.catalog, CatalogIndex())
        same("calls to the other tenant's platform", [], [one.target for one in theirs.received])
        if not mine.received:
            raise BrokenError("changes(None)", "a call to the tenant's own platform", "none")


CATALOGS: tuple[Check, ...] = (walked, followed, fetched, garbled, apart)


def _shop(subject: Subject) -> Shop:
    shop = subject.samples.shop
    if shop is None or not shop.products:
        raise NothingToCheckError("shop.products")
    return shop


def _garbage(shop: Shop) -> Iterator[bytes]:
    """Where a platform's list is an array, an empty one says only that there is nothing more."""
    arrays = any(one.body.lstrip().startswith(b"[") for one in shop.answers)
    return (body for body in NO_OBJECT if not (arrays and body == b"[]"))


def _by_id(shop: Shop) -> dict[str, Product]:
    return {product.id: product for product in shop.products}


@contextlib.asynccontextmanager
async def _catalog(
    subject: Subject, shop: Shop
) -> AsyncGenerator[tuple[CatalogPort, ScriptedUpstream]]:
    async with platform(selling(shop)) as upstream:
        yield subject.adapter(upstream.url).catalog, upstream


async def _walked(catalog: CatalogPort, index: CatalogIndex) -> dict[str, Product]:
    """What the core knows after a whole walk, with all that is skipped or turns in circles told."""
    with asking("changes(None) to the end"):
        async with asyncio.timeout(PATIENCE_S):
            walk = await index.sync("certified", _Bounded(catalog))
    if walk.skipped:
        raise BrokenError("changes(None) to the end", "nothing skipped", dict(walk.skipped))
    return {product.id: product for product in _known(index, walk.seen)}


def _known(index: CatalogIndex, ids: set[str]) -> Iterator[Product]:
    for one in sorted(ids):
        product = index.find("certified", one)
        if product is not None:
            yield product


class _Bounded:
    """A catalog that may not turn in circles."""

    def __init__(self, catalog: CatalogPort) -> None:
        self._catalog = catalog
        self._pages = 0

    async def changes(self, cursor: str | None) -> CatalogPage:
        """One page more."""
        self._pages += 1
        if self._pages > MOST_PAGES:
            raise BrokenError("changes(cursor)", "an end", f"page after page, {self._pages} so far")
        return await self._catalog.changes(cursor)

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        """As it is."""
        return await self._catalog.get(ids)


async def _attempted(request: str, catalog: CatalogPort) -> CatalogPage:
    """A page, an empty one where it was refused in order."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await catalog.changes(None)
    except CatalogError:
        return CatalogPage((), lost="refused")
    except Exception as error:
        raise BrokenError(request, "CatalogError", described(error)) from error
