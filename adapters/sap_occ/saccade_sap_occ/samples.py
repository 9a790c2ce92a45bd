"""OCC as a front end and a catalog sync meet it, for `saccade certify sap_occ`."""

import base64
import dataclasses
from urllib.parse import quote

from saccade.deliveries import Fact, Refetch
from saccade.domain import EventKind, Moment, Product
from saccade.tenants import Tenant
from saccade.testing import Answered, Consent, Page, Passing, Samples, Seen, Sent, Shop, event
from saccade_sap_occ.settings import OccCarrier

_SITE = "electronics"

_USER, _VARIABLE = "certified", "CERTIFIED_DESTINATION_SECRET"
_SECRET = "the-kits-own-destination-secret"  # noqa: S105 - made up: no shop has it
_LOGIN = "Basic " + base64.b64encode(f"{_USER}:{_SECRET}".encode()).decode()

_OTHER = "CERTIFIED_OTHER_SECRET"
_UNSIGNED = (
    "Commerce signs no webhook: its destination logs in, which says who sent a body and not that "
    "none of its bytes was changed; the webhook's own connection is TLS"
)

_YES = '[{"templateCode":"PROFILE","templateVersion":1,"consentState":"GIVEN"}]'
_NO = '[{"templateCode":"PROFILE","templateVersion":1,"consentState":"WITHDRAWN"}]'


def samples(tenant: Tenant | None = None) -> Samples:
    """For the tenant's base site and carrier; its other settings change nothing here."""
    site = _SITE if tenant is None else tenant.platform_site
    prefix = f"/occ/v2/{site}"
    proxied = _proxied(site, prefix)
    if tenant is None or tenant.adapter.get("carrier") != OccCarrier.STANDALONE:
        return proxied
    passing = tuple(
        Passing(path=page.path, query=page.query, body=page.body)
        for page in proxied.pages
        if not page.own
    )
    own = tuple(page for page in proxied.pages if page.own)
    return dataclasses.replace(proxied, pages=own, passing=(*passing, *proxied.passing))


def _proxied(site: str, prefix: str) -> Samples:
    return Samples(
        tenant={
            "platform_site": site,
            "adapter": {
                "catalog_page_size": 2,
                "webhook_user": _USER,
                "webhook_secret_env": _VARIABLE,
            },
        },
        other={"adapter": {"webhook_user": _USER, "webhook_secret_env": _OTHER}},
        environment={_VARIABLE: _SECRET, _OTHER: _SECRET[::-1]},
        pages=_pages(prefix),
        passing=(
            Passing(path=f"{prefix}/products/suggestions", query="term=x"),
            Passing(path=f"{prefix}/products/1/references"),
            Passing(path=f"{prefix}/products/1/stock", query="location=x"),
            Passing(path=f"{prefix}/users/anonymous/carts/guid", query="fields=DEFAULT"),
            Passing(method="POST", path=f"{prefix}/users/current/carts"),
            Passing(path="/occ/v2/basesites", query="fields=FULL"),
        ),
        outside=(
            "/",
            "/occ/v2/",
            "/occ/v2/another-site/products/1",
            f"{prefix}/../another-site/products/1",
            "/authorizationserver/oauth/token",
        ),
        hostile=({"sap-commerce-cloud-user-id": "\udce9"},),
        seen=_seen(prefix),
        consent=Consent(
            given={"x-anonymous-consents": quote(_YES)},
            refused={"x-anonymous-consents": quote(_NO)},
            garbled=(
                {"x-anonymous-consents": "%"},
                {"x-anonymous-consents": "%ff%fe"},
                {"x-anonymous-consents": "[" * 100_000},
                {"x-anonymous-consents": "null"},
                {"x-anonymous-consents": quote('[{"templateCode":1}]')},
            ),
        ),
        shop=_shop(prefix, "1249.00", gone=False),
        later=_shop(prefix, "1199.00", gone=True),
        deliveries=_deliveries(),
        exempt={"delivery.forged": _UNSIGNED},
    )


def _deliveries() -> tuple[Sent, ...]:
    """A product's change, an order, and an object of neither shape."""
    product = b'{"integrationKey":"1","code":"AB/12","catalogVersion":{"version":"Online"}}'
    order = (
        b'{"integrationKey":"2","code":"00001000","totalPrice":1299.50,'
        b'"currency":{"isocode":"USD"}}'
    )
    placed = event(EventKind.ORDER_PLACED, value="1299.50", currency="USD", reference="00001000")
    return (
        _sent(product, Refetch(("AB/12",))),
        _sent(order, placed),
        _sent(b'{"integrationKey":"3","code":"other"}'),
    )


def _sent(body: bytes, *says: Fact) -> Sent:
    return Sent(headers={"authorization": _LOGIN}, body=body, says=says, signed=("authorization",))


def _pages(prefix: str) -> tuple[Page, ...]:
    product = '{"code":"AB/12","name":"Müller’s €","price":{"value":1249.00}}'.encode()
    return (
        Page(
            path=f"{prefix}/products/AB%2F12",
            query="fields=FULL&lang=en&curr=USD",
            moment=Moment.PRODUCT,
            subject="AB/12",
            body=product,
        ),
        Page(
            path=f"{prefix}/products/search",
            query="query=a:b&pageSize=20&lang=en",
            moment=Moment.LISTING,
            body=b'{ "products" : [{"code":"1"}] ,\r\n "sorts" : [] }\n',
        ),
        Page(
            path="/api/product/AB%2F12",
            query="lang=en",
            moment=Moment.PRODUCT,
            subject="AB/12",
            body=product,
            own=True,
        ),
    )


def _seen(prefix: str) -> tuple[Seen, ...]:
    order = (
        b'{"code":"00001000","totalPrice":{"value":1249.00,"currencyIso":"USD"},'
        b'"totalPriceWithTax":{"value":1299.50,"currencyIso":"USD"}}'
    )
    entry = b'{"quantityAdded":1,"entry":{"product":{"code":"AB/12"}}}'
    return (
        Seen(
            path=f"{prefix}/users/current/orders",
            query="cartId=00002000",
            body=order,
            says=(
                event(
                    EventKind.ORDER_PLACED, value="1299.50", currency="USD", reference="00001000"
                ),
            ),
        ),
        Seen(
            path=f"{prefix}/users/current/carts/00002000/entries",
            status=200,
            body=entry,
            says=(
                event(
                    EventKind.ADD_TO_CART,
                    product="AB/12",
                    reference="23099978f830a0f274e3cc160d3b3df8",
                ),
            ),
        ),
    )


def _shop(prefix: str, price: str, *, gone: bool) -> Shop:
    """Two pages of search, and each product by itself; the last is ``gone`` and another new."""
    camera = (
        f'{{"code":"AB/12","name":"Camera","price":{{"value":{price},"currencyIso":"USD"}},'
        '"stock":{"stockLevelStatus":"inStock"},"categories":[{"code":"cameras"}]}'
    )
    bag = '{"code":"34","name":"Bag","stock":{"stockLevelStatus":"outOfStock"}}'
    last = '{"code":"57","name":"Strap"}' if gone else '{"code":"56","name":"Lens"}'
    products = (
        Product("AB/12", "Camera", ("cameras",), price, "USD", in_stock=True),
        Product("34", "Bag", in_stock=False),
        Product("57", "Strap") if gone else Product("56", "Lens"),
    )
    pages = (f"[{camera},{bag}]", f"[{last}]")
    search = tuple(
        Answered(
            path=f"{prefix}/products/search",
            query=f"currentPage={number}",
            body=f'{{"products":{found},"pagination":{{"totalPages":2}}}}'.encode(),
        )
        for number, found in enumerate(pages)
    )
    single = tuple(
        Answered(path=f"{prefix}/products/{quote(one.id, safe='')}", body=body.encode())
        for one, body in zip(products, (camera, bag, last), strict=True)
    )
    return Shop(answers=(*search, *single), products=products)
