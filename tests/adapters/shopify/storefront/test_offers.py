"""The tables of offers: what is in them, and that the extension reads them (R20, R72)."""

import json
import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.shopify.storefront.node import called
from saccade.domain import Product
from saccade_shopify import offers
from saccade_shopify.offers import FEWEST, MOST, Listed, Together

NOW = 1_800_000_000.0

codes = st.integers(1, 20).map(str)
histories = st.lists(st.lists(codes, max_size=6), max_size=80)


def together(orders: Sequence[Sequence[str]]) -> Together:
    counted = Together()
    for order in orders:
        counted.add(order)
    return counted


def listed(
    code: str,
    price: str | None = "20.00",
    *,
    in_stock: bool | None = True,
    handle: str = "",
    currency: str | None = "EUR",
    name: str = "A thing",
) -> Listed:
    product = Product(code, name, price=price, currency=currency, in_stock=in_stock)
    return Listed(product, handle or f"p{code}")


CATALOG = {str(code): listed(str(code), f"{code}.50") for code in range(1, 21)}


@given(histories)
def test_a_table_offers_what_was_bought_beside_it_the_best_first(
    orders: list[list[str]],
) -> None:
    counted = together(orders)
    for bought in CATALOG:
        made = offers.offers(bought, counted, CATALOG)
        beside = [set(order) for order in orders if bought in order]
        for offer in made:
            assert offer.product != bought
            both = sum(offer.product in order for order in beside)
            assert both >= FEWEST
            # the lower end of an interval lies below the share itself
            assert 0 < offer.value <= both / len(beside) * float(offer.price)
        assert [one.value for one in made] == sorted((one.value for one in made), reverse=True)
        assert len(made) <= MOST


@given(histories, st.randoms(use_true_random=False))
def test_in_whatever_order_orders_come_the_tables_are_the_same(
    orders: list[list[str]], chance: random.Random
) -> None:
    mixed = [chance.sample(order, len(order)) for order in chance.sample(orders, len(orders))]
    first, second = together(orders), together(mixed)
    assert list(offers.tables(first, CATALOG, NOW)) == list(offers.tables(second, CATALOG, NOW))


def test_the_share_is_wilsons_lower_bound() -> None:
    """Checked against the interval's own equation: |p - share| = z * sqrt(p (1 - p) / n)."""
    for both, alone in ((5, 0), (5, 5), (50, 950), (400, 100)):
        counted = together([["1", "2"]] * both + [["1"]] * alone)
        bound, of = counted.share("1", "2"), both + alone
        spread = 1.959964 * math.sqrt(bound * (1 - bound) / of)
        assert both / of - bound == pytest.approx(spread, abs=1e-9)


def test_more_orders_of_the_same_share_are_worth_more() -> None:
    few = together([["1", "2"]] * 5 + [["1"]] * 5)
    many = together([["1", "2"]] * 50 + [["1"]] * 50)
    assert 0 < few.share("1", "2") < many.share("1", "2") < 0.5


def test_one_order_counts_once_and_a_resellers_not_at_all() -> None:
    counted = together([["1", "1", "2"]] * (FEWEST - 1))
    assert counted.share("1", "2") == 0
    counted.add(["1", "2", "2"])
    assert counted.share("1", "2") > 0
    before = counted.share("1", "2")
    counted.add([str(code) for code in range(offers.WIDEST_ORDER + 1)])
    assert counted.share("1", "2") == before


@pytest.mark.parametrize(
    "other",
    [
        listed("2", in_stock=False),
        listed("2", in_stock=None),
        listed("2", None),
        listed("2", "0.00"),
        listed("2", "NaN"),
        listed("2", "a lot"),
        listed("2", currency=None),
        listed("2", handle="../admin"),
        listed("2", name=""),
    ],
)
def test_what_cannot_be_bought_now_at_a_known_price_is_not_offered(other: Listed) -> None:
    counted = together([["1", "2"]] * 50)
    assert offers.offers("1", counted, {"2": listed("2")})
    assert offers.offers("1", counted, {"2": other}) == ()
    assert offers.offers("1", counted, {}) == ()


def test_the_extension_picks_what_is_written_and_r20_holds_in_it() -> None:
    counted = together([["1", "2", "3"]] * 60 + [["1", "2"]] * 30 + [["1"]] * 10)
    catalog = {
        "1": listed("1", "300.00"),
        "2": listed("2", "10.00"),
        "3": listed("3", "40.00", name='Hülle "L" <b>'),
    }
    written = {code: made for code, made in offers.tables(counted, catalog, NOW + 60) if made}

    def order(*lines: tuple[str, float]) -> list[object]:
        bought = [{"product": p, "amount": amount, "currency": "EUR"} for p, amount in lines]
        return [bought, {"pairs": list(written.items())}, NOW]

    large, small, both, over = called(
        "saccade-thank-you/src/picking.ts",
        "pick",
        [
            order(("1", 300.0)),
            order(("1", 90.0)),
            order(("1", 300.0), ("3", 40.0)),
            [*order(("1", 300.0))[:2], NOW + 60],
        ],
    )
    assert (large["product"], large["title"], large["path"]) == (
        "3",
        'Hülle "L" <b>',
        "/products/p3",
    )
    assert small["product"] == "3"
    assert both is None  # the case is bought, the add-on of 10 is too small for it
    assert over is None


def test_metafields_are_set_twenty_five_at_a_time() -> None:
    made = [(str(code), "{}") for code in range(1, 61)]
    calls = list(offers.inputs(made))
    assert [len(call["metafields"]) for call in calls] == [25, 25, 10]
    assert calls[0]["metafields"][0] == {
        "ownerId": "gid://shopify/Product/1",
        "namespace": "$app",
        "key": "saccade_offers",
        "type": "json",
        "value": "{}",
    }
    assert list(offers.inputs([])) == []


def test_a_table_says_when_it_is_over() -> None:
    counted = together([["1", "2"]] * 50)
    made = offers.offers("1", counted, CATALOG)
    assert json.loads(offers.table(made, NOW))["until"] == NOW


def test_what_sells_with_everything_is_not_kept_with_everything() -> None:
    """And what stands beside it often is found all the same."""
    counted, chance = Together(), random.Random(1)
    for number in range(6_000):
        order = ["hub", f"once-{number}", f"twice-{number}"]
        counted.add([*order, "often"] if chance.random() < 0.05 else order)
    assert len(counted._with["hub"]) <= offers.MOST_BESIDE
    assert counted._with["hub"]["hub"] == 6_000
    assert 0.03 < counted.share("hub", "often") <= 0.05
    assert list(counted.beside("hub")) == ["often"]
