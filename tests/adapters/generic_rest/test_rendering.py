"""Which calls are decided, what they say of the shopper, and where the experience goes."""

from pathlib import Path

import msgspec
import pytest

from adapters.generic_rest.shops import MAPPING, shop
from saccade.domain import DecisionRequest, Identity, Moment, Op
from saccade.ports import Adapter, Call
from saccade.testing.merging import EXPERIENCE
from saccade_generic_rest import factory

HEADER = 'consent = { header = "X-Consent", given = ["All"] }\n'
COOKIE = 'consent = { cookie = "ok" }\n'


def built(folder: Path, before: str = "", after: str = "") -> Adapter:
    return factory.build(shop(folder, before + MAPPING + after))


def read(
    adapter: Adapter, path: str = "/api/items/1", query: str = "", **headers: str
) -> DecisionRequest | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return adapter.rendering.read(Call("lab", "GET", path, query, named, Identity("v", "s")))


@pytest.mark.parametrize(
    ("before", "headers", "consent"),
    [
        ("", {"x_consent": "all"}, None),
        (HEADER, {}, None),
        (HEADER, {"x_consent": " aLL "}, True),
        (HEADER, {"x_consent": "none"}, False),
        (HEADER, {"x_consent": ""}, False),
        (COOKIE, {"cookie": "a=1; ok=true"}, True),
        (COOKIE, {"cookie": "ok=%74rue"}, True),
        (COOKIE, {"cookie": "notok=true"}, None),
        (COOKIE, {"cookie": "ok=no; a=1"}, False),
    ],
)
def test_consent_as_the_call_carries_it(
    before: str, headers: dict[str, str], consent: bool | None, tmp_path: Path
) -> None:  # R60
    request = read(built(tmp_path, before), **headers)
    assert request is not None
    assert request.consent is consent


def test_language_and_currency_where_the_mapping_names_them(tmp_path: Path) -> None:
    adapter = built(tmp_path, 'language_query = "lang"\ncurrency_query = "cur"\n')
    request = read(adapter, query="x=1&lang=de-AT&cur=EUR")
    assert request is not None
    assert (request.language, request.currency) == ("de-AT", "EUR")
    request = read(adapter, query="lang=%3Cscript%3E&cur=euro")
    assert request is not None
    assert (request.language, request.currency) == (None, None)


def test_a_product_named_by_the_query(tmp_path: Path) -> None:
    page = '\n[[pages]]\ncall = "GET /api/view"\nmoment = "product"\nproduct_query = "sku"\n'
    adapter = built(tmp_path, after=page)
    request = read(adapter, "/api/view", "a=1&sku=AB%2F12")
    assert request is not None
    assert request.subject == "AB/12"
    assert read(adapter, "/api/view", "sku=" + "x" * 129) is None


@pytest.mark.parametrize("path", ["/api/items/%00", "/api/items/" + "x" * 129, "/api/items//"])
def test_what_is_no_products_id_is_not_decided(path: str, tmp_path: Path) -> None:
    assert read(built(tmp_path), path) is None


def test_the_experience_stands_under_the_tenants_key(tmp_path: Path) -> None:  # R38
    tenant = shop(tmp_path)
    other = tenant.model_copy(
        update={"decisioning": tenant.decisioning.model_copy(update={"key": "shop_extra"})}
    )
    merged = factory.build(other).rendering.merge(b'{"a":1.10}', EXPERIENCE)
    assert merged.startswith(b'{"a":1.10,"shop_extra":{')
    assert msgspec.json.decode(merged)["shop_extra"]["decision_id"] == "d-1"


def test_beside_the_pages_every_call_passes_and_every_moment_can_be_told(tmp_path: Path) -> None:
    adapter = built(tmp_path, 'carrier = "standalone_json"\n')
    assert read(adapter) is None
    assert set(adapter.capabilities.operations) == set(Moment)
    inside = built(tmp_path).capabilities
    assert inside.operations == {m: frozenset(Op) for m in (Moment.PRODUCT, Moment.LISTING)}
    assert inside.carriers == {"proxied_json", "standalone_json"}
