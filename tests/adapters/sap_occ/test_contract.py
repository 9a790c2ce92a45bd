"""The SAP adapter keeps the contract every adapter keeps (R35), for each page and carrier."""

from dataclasses import replace

import pytest

from adapters.adapter_contract import AdapterContract, Sample
from making import tenant
from saccade.domain import Moment
from saccade.ports import Adapter
from saccade_sap_occ import factory

PREFIX = "/occ/v2/electronics"


SAMPLE = Sample(
    tenant="lab",
    decided=(f"{PREFIX}/products/AB%2F12", "fields=FULL&lang=en&curr=USD"),
    subject="AB/12",
    moment=Moment.PRODUCT,
    passing=(
        ("GET", f"{PREFIX}/products/suggestions", "term=x"),
        ("GET", f"{PREFIX}/products/1/references", ""),
        ("GET", f"{PREFIX}/products/1/stock", "location=x"),
        ("GET", f"{PREFIX}/users/anonymous/carts/guid", "fields=DEFAULT"),
        ("POST", f"{PREFIX}/users/anonymous/orders", "cartId=guid"),
        ("POST", f"{PREFIX}/users/current/carts/1/entries", ""),
        ("GET", "/occ/v2/basesites", "fields=FULL"),
    ),
    outside=(
        "/",
        "/occ/v2/",
        "/occ/v2/apparel/products/1",
        f"{PREFIX}/../apparel/products/1",
        f"{PREFIX}/%2e%2e/apparel",
        f"{PREFIX}/..;a=b/apparel",
        "/authorizationserver/oauth/token",
    ),
    bodies=(
        b'{"code":"AB/12","price":{"value":1249.00}}',
        b'{ "code" : "AB/12" ,\r\n "saccades" : {} }\n',
        b"{}",
        '{"code":"AB/12","name":"Müller’s €"}'.encode(),
    ),
    hostile_headers=(
        {"x-anonymous-consents": "%"},
        {"x-anonymous-consents": "%ff%fe"},
        {"x-anonymous-consents": "[" * 100_000},
        {"x-anonymous-consents": "null"},
        {"x-anonymous-consents": "%5B%7B%22templateCode%22%3A1%7D%5D"},
        {"sap-commerce-cloud-user-id": "\udce9"},
    ),
)


class TestSapOcc(AdapterContract):
    """See `AdapterContract`."""

    @pytest.fixture
    def adapter(self) -> Adapter:
        """For the lab's tenant."""
        return factory.build(tenant())

    @pytest.fixture
    def sample(self) -> Sample:
        """OCC as a front end calls it."""
        return SAMPLE


class TestSearch(TestSapOcc):
    """The same for search pages: one decision for all they list (OCC 19)."""

    @pytest.fixture
    def sample(self) -> Sample:
        """A listing."""
        return replace(
            SAMPLE,
            decided=(f"{PREFIX}/products/search", "query=a:b&pageSize=20&lang=en"),
            subject=None,
            moment=Moment.LISTING,
            bodies=(b'{"products":[{"code":"1"}],"sorts":[]}', b'{"products":[]}'),
        )


class TestOwnRoute(TestSapOcc):
    """The same for our own route, which carries a block whatever the carrier."""

    @pytest.fixture
    def adapter(self) -> Adapter:
        """For a tenant whose OCC answers stay the platform's own."""
        adapter = {"carrier": "standalone_json"}
        return factory.build(tenant().model_copy(update={"adapter": adapter}))

    @pytest.fixture
    def sample(self) -> Sample:
        """OCC's pages pass undecided."""
        product, search = SAMPLE.decided, (f"{PREFIX}/products/search", "query=a:b")
        return replace(
            SAMPLE,
            decided=("/api/product/AB%2F12", "lang=en"),
            passing=(("GET", *product), ("GET", *search), *SAMPLE.passing),
        )
