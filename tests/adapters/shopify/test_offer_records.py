"""Whose turn it is, of all processes, in SQLite and in PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.shopify.databases import postgres
from saccade_shopify.offer_records import LEASE_S, OfferRecords, Orders

SHOP, NOW = "acme.myshopify.com", 1_800_000_000.0


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.full)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'records.db'}"
        return
    with postgres() as server:
        yield f"{server}/postgres"


@pytest.fixture
def two(url: str) -> Iterator[tuple[OfferRecords, OfferRecords]]:
    made = OfferRecords(url), OfferRecords(url)
    yield made
    for one in made:
        one.close()


def test_one_of_two_has_the_turn_until_it_ends_it(two: tuple[OfferRecords, OfferRecords]) -> None:
    mine, theirs = two
    assert mine.take(SHOP, "me", NOW) == Orders()
    assert theirs.take(SHOP, "you", NOW) is None
    assert theirs.take("bolt.myshopify.com", "you", NOW) == Orders()  # each shop for itself
    mine.remember(SHOP, "me", Orders("7", NOW))
    mine.end(SHOP, "me", NOW + 60)
    assert theirs.take(SHOP, "you", NOW + 59) is None
    assert theirs.take(SHOP, "you", NOW + 60) == Orders("7", NOW)


def test_who_dies_keeps_others_out_no_longer_than_the_lease(
    two: tuple[OfferRecords, OfferRecords],
) -> None:
    mine, theirs = two
    mine.take(SHOP, "me", NOW)
    assert mine.extend(SHOP, "me", NOW + 60)
    assert theirs.take(SHOP, "you", NOW + LEASE_S) is None
    assert theirs.take(SHOP, "you", NOW + 60 + LEASE_S) is not None
    assert not mine.extend(SHOP, "me", NOW + 61 + LEASE_S)
    mine.remember(SHOP, "me", Orders("8", NOW))  # too late: another's by now
    mine.end(SHOP, "me", NOW)
    assert theirs.take(SHOP, "third", NOW + 61 + LEASE_S) is None


def test_a_shop_that_left_is_forgotten(two: tuple[OfferRecords, OfferRecords]) -> None:
    mine, theirs = two  # Shopify 15
    mine.drop(SHOP)  # before there is anything
    mine.take(SHOP, "me", NOW)
    mine.remember(SHOP, "me", Orders("7", NOW))
    theirs.drop(SHOP)
    assert not mine.extend(SHOP, "me", NOW)
    assert theirs.take(SHOP, "you", NOW) == Orders()
