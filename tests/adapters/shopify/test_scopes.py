"""What a token may do, known before Shopify refuses it."""

import pytest

from saccade_shopify import scopes
from saccade_shopify.app import SCOPES
from saccade_shopify.scopes import ScopeError

SHOP = "acme.myshopify.com"


def test_what_the_app_asks_for_is_enough_and_a_right_to_write_is_one_to_read() -> None:
    for wanted in (scopes.CATALOG, scopes.OFFERS, scopes.PIXEL, (scopes.PROXY,)):
        scopes.need(SHOP, wanted, SCOPES)
    scopes.need(SHOP, scopes.OFFERS, scopes.told("write_products, read_orders") or ())
    assert scopes.told("") is None


@pytest.mark.parametrize("missing", [*scopes.OFFERS[1:], *scopes.PIXEL])
def test_each_one_that_is_missing_is_named_with_what_to_do(missing: str) -> None:
    granted = [one for one in SCOPES if one != missing]
    with pytest.raises(ScopeError, match=rf"did not grant {missing}\. Fix: .*shopify\.app\.toml"):
        scopes.need(SHOP, (*scopes.OFFERS, *scopes.PIXEL), granted)
