"""Tables counted, compared, written, over real HTTP against the stand-in: R72, Shopify 17, 18."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from adapters.shopify.standing_in import DAY, StandIn, standing_in
from saccade.catalog import CatalogError
from saccade_demo.shopify.products import gid
from saccade_shopify import offers, orders
from saccade_shopify.bulk import PRODUCTS
from saccade_shopify.graphql import Graphql
from saccade_shopify.offer_records import LEASE_S, OfferRecords
from saccade_shopify.offer_tables import RENEWED_S, OfferTables, Shop, Written

REST_S = 1_800.0
KEY = offers.KEY


class Kept:
    """A shop, and tables of it written by one process or another."""

    def __init__(self, here: StandIn, folder: Path) -> None:
        self.here, self.shop = here, here.shop
        self._url = f"sqlite:///{folder / 'records.db'}"
        self.records: list[OfferRecords] = []
        self.queries: list[str] = []
        """That bulk operations were begun with."""
        begin = here.bulk.begin

        async def begun(query: str = PRODUCTS) -> str:
            self.queries.append(query)
            return await begin(query)

        here.bulk.begin = begun  # type: ignore[method-assign] # overheard, and asked all the same
        products = [one for one in self.shop.products.values() if one.variants[0].available > 0]
        dear = max(products, key=lambda one: one.price)
        low, high = dear.price / 20, dear.price / 2
        self.dear = dear.id
        self.fitting = [one.id for one in products if low <= one.price <= high]

    def process(self) -> OfferTables:
        """Of all that share the records."""
        records = OfferRecords(self._url)
        self.records.append(records)
        return OfferTables(records, DAY, REST_S, sleep=self.here.sleep, clock=self.shop.clock)

    def asked(self, graphql: Graphql | None = None) -> Shop:
        return Shop(self.shop.domain, graphql or self.here.graphql, self.here.bulk)

    async def run(self) -> Written:
        """When it is its turn again, by a process that knows nothing."""
        self.shop.clock.ahead(REST_S + 1)
        written = await self.process().run(self.asked())
        assert written is not None
        return written

    def table(self, product: int) -> dict[str, Any] | None:
        held = self.shop.metafields.get((gid("Product", product), self._space, KEY))
        return None if held is None else json.loads(held["value"])

    def tables(self) -> dict[str, str]:
        return {owner: held["value"] for (owner, _, _), held in self.shop.metafields.items()}

    @property
    def _space(self) -> str:
        return f"app--{self.shop.app.number}"


@pytest_asyncio.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    async with standing_in(tmp_path) as here:
        one = Kept(here, tmp_path)
        yield one
        for records in one.records:
            records.close()


class Hindered(Graphql):
    """A shop's Admin API; something happens before a mutation."""

    def __init__(self, inner: Graphql, before: Callable[[int], None]) -> None:
        self._inner = inner
        self._before = before
        self.sets = 0

    async def ask(self, query: str, variables: Mapping[str, object], kind: type[Any]) -> Any:
        if query == offers.SET:
            self.sets += 1
            self._before(self.sets)
        return await self._inner.ask(query, variables, kind)


async def test_what_was_bought_together_is_written_and_the_second_time_nothing(kept: Kept) -> None:
    one, two = kept.fitting[:2]
    kept.here.sold(*[(kept.dear, one)] * 8, *[(kept.dear, two)] * 20, *[(kept.dear,)] * 10)
    assert (await kept.run()).written == len(kept.tables()) > 0
    made = kept.table(kept.dear)
    assert made is not None
    assert {offer["product"] for offer in made["offers"]} == {str(one), str(two)}
    assert made["offers"][0]["path"] == f"/products/{kept.shop.products[two].handle}" or (
        made["offers"][0]["product"] == str(one)
    )
    before = kept.tables()
    assert (await kept.run()).written == 0
    assert kept.tables() == before


async def test_shoppers_have_their_turn_between_two_tables(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Comparing one takes tens of microseconds, and a shop has as many as products that sell."""
    turns, compared = 0, list[int]()
    differs = offers.differs

    async def shopper() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def noted(standing: str, wanted: str, renewed_by: float) -> bool:
        compared.append(turns)
        return differs(standing, wanted, renewed_by)

    monkeypatch.setattr(offers, "differs", noted)
    one, two, three = kept.fitting[:3]
    kept.here.sold(*[(kept.dear, one)] * 8, *[(two, three)] * 8)
    shopping = asyncio.create_task(shopper())
    await kept.run()
    shopping.cancel()
    assert len(compared) > 1
    assert len(set(compared)) == len(compared)


async def test_a_price_is_written_where_it_is_offered_and_nowhere_else(kept: Kept) -> None:
    one, two, three = kept.fitting[:3]
    kept.here.sold(*[(kept.dear, one)] * 8, *[(two, three)] * 8)
    await kept.run()
    before = kept.tables()
    variant = kept.shop.products[one].variants[0]
    kept.shop.price(one, variant.price - 1)
    await kept.run()
    after = kept.tables()
    assert {owner for owner in after if after[owner] != before[owner]} == {
        gid("Product", kept.dear)
    }


async def test_what_cannot_be_offered_any_more_loses_its_table(kept: Kept) -> None:
    one = kept.fitting[0]
    kept.here.sold(*[(kept.dear, one)] * 8)
    await kept.run()
    for variant in kept.shop.products[one].variants:
        kept.shop.stock(variant.id, 0)
    written = await kept.run()
    assert written.removed == 1
    assert kept.table(kept.dear) is None


@pytest.mark.full
async def test_a_table_is_renewed_before_it_is_over(kept: Kept) -> None:
    kept.here.sold(*[(kept.dear, kept.fitting[0])] * 8)
    count = (await kept.run()).written
    kept.shop.clock.ahead(RENEWED_S - 2 * REST_S)
    assert (await kept.run()).written == 0
    kept.shop.clock.ahead(2 * REST_S)
    assert (await kept.run()).written == count


async def test_a_run_cut_off_is_gone_on_with_and_reads_no_order_twice(kept: Kept) -> None:
    # Shopify 18: more tables than one call takes, and the process dies after the first
    many = list(kept.shop.products)[:30]
    kept.here.sold(*[(kept.dear, one) for one in many if one != kept.dear for _ in range(6)])

    def dies(number: int) -> None:
        if number == 2:
            raise CatalogError("gone")

    hindered = Hindered(kept.here.graphql, dies)
    with pytest.raises(CatalogError, match="gone"):
        await kept.process().run(kept.asked(hindered))
    assert len(kept.tables()) == offers.AT_ONCE
    written = await kept.process().run(kept.asked())  # at once: it is nobody's turn any more
    assert written is not None
    assert written.written == written.tables - offers.AT_ONCE > 0
    assert sum("orders(" in query for query in kept.queries) == 1
    await kept.run()
    kept.shop.clock.ahead(DAY)
    await kept.run()
    assert sum("orders(" in query for query in kept.queries) == 2


async def test_a_product_that_is_gone_takes_no_other_table_with_it(kept: Kept) -> None:
    one, two, three = kept.fitting[:3]
    kept.here.sold(*[(kept.dear, one)] * 8, *[(two, three)] * 8)
    expected = (await kept.run()).written
    kept.shop.metafields.clear()

    def goes(number: int) -> None:
        if number == 1:
            kept.shop.delete(kept.dear)

    kept.shop.clock.ahead(REST_S + 1)
    hindered = Hindered(kept.here.graphql, goes)
    written = await kept.process().run(kept.asked(hindered))
    assert written is not None
    assert written.written == expected - 1
    assert gid("Product", kept.dear) not in kept.tables()
    assert hindered.sets == 2


async def test_a_file_that_breaks_off_is_read_on_and_no_order_counts_twice(kept: Kept) -> None:
    kept.here.sold(*[(kept.dear, kept.fitting[0])] * (offers.FEWEST - 1))
    kept.shop.faults.cut_results_at = 1_000  # three orders later
    assert await kept.run() == Written(0, 0, 0)
    assert kept.shop.faults.cut_results_at is None


async def test_shopify_17_an_empty_bucket_is_waited_for(kept: Kept) -> None:
    kept.here.sold(*[(kept.dear, kept.fitting[0])] * 8)
    kept.shop.faults.throttled = 3
    assert (await kept.run()).written > 0


async def test_one_process_writes_and_rests(kept: Kept) -> None:
    kept.here.sold(*[(kept.dear, kept.fitting[0])] * 8)
    await kept.run()
    assert await kept.process().run(kept.asked()) is None  # just done


async def test_who_lost_the_turn_writes_no_more(kept: Kept) -> None:
    kept.here.sold(*[(kept.dear, kept.fitting[0])] * 8)
    late, quick = kept.process(), kept.process()

    async def hangs(_: float) -> None:
        kept.shop.clock.ahead(LEASE_S + 1)
        kept.records[1].take(kept.shop.domain, quick._owner, kept.shop.clock())

    late._sleep = hangs
    with pytest.raises(CatalogError, match="another process"):
        await late.run(kept.asked())
    assert kept.tables() == {}


async def test_an_operation_that_came_to_nothing_is_told(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.here.sold((kept.dear,))
    monkeypatch.setattr(orders, "_QUERY", "{{ orders {{ edges {{ node {{ noSuchField }} }} }} }}")
    with pytest.raises(CatalogError, match="came to nothing"):
        await kept.process().run(kept.asked())


@pytest.mark.full
async def test_an_operation_of_the_orders_that_is_forgotten_is_begun_anew(kept: Kept) -> None:
    kept.here.sold(*[(kept.dear, kept.fitting[0])] * 8)
    await kept.run()
    records = kept.records[0]
    kept.shop.clock.ahead(REST_S + 1)
    found = records.take(kept.shop.domain, "me", kept.shop.clock())
    assert found is not None
    records.remember(kept.shop.domain, "me", found._replace(operation="999999"))
    records.end(kept.shop.domain, "me", 0.0)
    await kept.run()
    assert sum("orders(" in query for query in kept.queries) == 2


async def test_orders_of_nobody_and_of_long_ago_count_nothing(kept: Kept) -> None:
    one = kept.fitting[0]
    pair = (kept.dear, one)
    for order in kept.here.sold(*[pair] * 8):
        order.is_test = True
    for order in kept.here.sold(*[pair] * 8):
        order.cancelled_at = order.created_at
    kept.here.sold(*[pair] * 8, days_ago=61)
    assert await kept.run() == Written(0, 0, 0)
    kept.here.sold(*[pair] * 8, days_ago=58)
    kept.shop.clock.ahead(DAY)
    assert (await kept.run()).written > 0


async def test_nothing_of_a_person_is_asked_for_or_kept(kept: Kept, tmp_path: Path) -> None:
    kept.here.sold(*[(kept.dear, kept.fitting[0])] * 8)
    await kept.run()
    (asked,) = (query for query in kept.queries if "orders(" in query)
    for never in ("customer", "email", "phone", "ddress", "ttributes", "note", "name"):
        assert never not in asked
    assert str(kept.dear).encode() not in _bytes(tmp_path)  # no line of any order


def _bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("records.db*"))
