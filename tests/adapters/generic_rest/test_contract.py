"""The mapping adapter keeps the contract every adapter keeps (R35), for two shops of two styles."""

from pathlib import Path

import pytest
from adapters.adapter_contract import AdapterContract, Sample

from adapters.generic_rest.shops import MAPPING, shop
from saccade.domain import Moment
from saccade.ports import Adapter
from saccade_generic_rest import factory

HOSTILE = (
    {"cookie": "ok=%ff%fe; ok", "x-consent": "\udce9"},
    {"cookie": "ok=" + "a" * 100_000},
    {"x-consent": "\x00"},
)

PRODUCT = Sample(
    tenant="lab",
    decided=("/api/items/AB%2F12", "lang=de-AT&cur=EUR"),
    subject="AB/12",
    moment=Moment.PRODUCT,
    passing=(
        ("GET", "/api/items/1/reviews", ""),
        ("GET", "/api/me", "a=b"),
        ("POST", "/api/orders", ""),
        ("POST", "/api/carts/c-1/lines/AB%2F12", ""),
        ("DELETE", "/api/items/1", ""),
    ),
    outside=(
        "/",
        "/api",
        "/apix/items",
        "/admin/",
        "/api/../admin/",
        "/api/%2e%2e/admin",
        "/api/..;a=b/admin",
        "/api/%252e%252e/admin",
        "/api/..%5cadmin",
    ),
    bodies=(
        b'{"data":{"sku":"AB/12","price":{"amount":1249.00}}}',
        b'{ "data" : null ,\r\n "saccades" : {} }\n',
        b"{}",
        '{"title":"Müller’s €"}'.encode(),
    ),
    hostile_headers=HOSTILE,
)

LISTING = Sample(
    tenant="lab",
    decided=("/api/items/", "after=x"),
    subject=None,
    moment=Moment.LISTING,
    passing=PRODUCT.passing,
    outside=PRODUCT.outside,
    bodies=(b'{"data":{"items":[],"next":null}}',),
    hostile_headers=HOSTILE,
)

WITH_MORE = (
    'language_query = "lang"\ncurrency_query = "cur"\nconsent = { header = "X-Consent" }\n'
    + MAPPING
)


class TestGenericRest(AdapterContract):
    """See `AdapterContract`."""

    @pytest.fixture
    def adapter(self, tmp_path: Path) -> Adapter:
        return factory.build(shop(tmp_path, WITH_MORE))

    @pytest.fixture(params=[PRODUCT, LISTING], ids=["product", "listing"])
    def sample(self, request: pytest.FixtureRequest) -> Sample:
        found: Sample = request.param
        return found
