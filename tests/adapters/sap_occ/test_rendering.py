"""What the SAP adapter reads from a call, and where it lets it go."""

import json
from urllib.parse import quote

import pytest

from faults.page import BLOCK, EXPERIENCE
from making import tenant
from saccade.domain import DecisionRequest, Identity, Moment
from saccade.ports import Call, Target
from saccade.tenants import ConfigurationError, Decisioning, Tenant
from saccade_sap_occ import factory

PREFIX = "/occ/v2/electronics"
OCCS_OWN_NAMES = ("", " ", "current", "anonymous")
"""For who calls, and for who is not known: no customer an agent acts for."""


def call(path: str, query: str = "", headers: dict[str, str] | None = None) -> Call:
    """An identified shopper's GET."""
    return Call("lab", "GET", path, query, headers or {}, Identity("v", "s"))


def read(one: Call, shop: Tenant | None = None) -> DecisionRequest:
    """Of a call that is decided."""
    request = factory.build(shop or tenant()).rendering.read(one)
    assert request is not None
    return request


def consents(*entries: dict[str, object]) -> dict[str, str]:
    """The header as Spartacus sends it."""
    return {"x-anonymous-consents": quote(json.dumps(entries))}


@pytest.mark.parametrize(
    ("path", "subject"),
    [
        (f"{PREFIX}/products/816324", "816324"),
        (f"{PREFIX}/products/AB%2FCD", "AB/CD"),
        (f"{PREFIX}/products/a%20b", "a b"),
        (f"{PREFIX}/products/816324/", "816324"),  # Spring takes it for the same
        (f"{PREFIX}/products/816324;jsessionid=1.node", "816324"),  # and Tomcat cuts this off
        (f"{PREFIX}/products/AB%3BCD", "AB;CD"),
        ("/api/product/816324", "816324"),
        ("/api/product/AB%2FCD", "AB/CD"),
    ],
)
def test_product_details_are_decided(path: str, subject: str) -> None:
    assert read(call(path)).subject == subject


@pytest.mark.parametrize("route", [f"{PREFIX}/products/", "/api/product/"])
@pytest.mark.parametrize(
    "segment",
    [
        "x" * 129,
        "%41" * 30_000,
        "a%00b",
        "a%0a",
        "%1f",
        "%7F",
        "%C3%28\x1f",
        "a\udcffb",
        "suggestions",
        "expressupdate",
        "se%61rch",
        "search;jsessionid=1",
        "search%3Bx",
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_no_code_is_not_decided(route: str, segment: str) -> None:
    assert factory.build(tenant()).rendering.read(call(route + segment)) is None


def test_a_search_is_a_listing_without_a_subject() -> None:  # OCC 19
    request = read(call(f"{PREFIX}/products/search", "query=x&lang=de"))
    assert (request.moment, request.subject, request.language) == (Moment.LISTING, None, "de")
    assert read(call(f"{PREFIX}/products/search/", "query=816324")).moment is Moment.LISTING
    assert factory.build(tenant()).rendering.read(call("/api/product/search")) is None


@pytest.mark.parametrize("carrier", ["proxied_json", "standalone_json"])
def test_the_carrier_is_a_setting(carrier: str) -> None:
    shop = tenant().model_copy(update={"adapter": {"carrier": carrier}})
    adapter = factory.build(shop)
    assert carrier in adapter.capabilities.carriers
    for path in (f"{PREFIX}/products/1", f"{PREFIX}/products/search"):
        assert (adapter.rendering.read(call(path)) is None) is (carrier == "standalone_json")
    assert read(call("/api/product/1"), shop).subject == "1"
    assert adapter.rendering.merge(b"{}", EXPERIENCE) == b'{"saccade":' + BLOCK + b"}"


@pytest.mark.parametrize("segment", ["search", "suggestions", "expressupdate", "se%61rch"])
def test_resources_beside_products_are_none_of_our_route(segment: str) -> None:
    target = factory.build(tenant()).target
    assert target(call(f"/api/product/{segment}", "query=x")) is None
    path = f"{PREFIX}/products/{segment}"
    assert target(call(path, "query=x")) == Target(path, "query=x")


@pytest.mark.parametrize("route", [f"{PREFIX}/products/", "/api/product/"])
def test_a_code_may_be_as_long_as_ids_are(route: str) -> None:
    assert read(call(route + "%C3%A9" * 128)).subject == "é" * 128
    assert read(call(route + "searching")).subject == "searching"


@pytest.mark.parametrize(
    ("query", "language"),
    [("lang=de&curr=EUR", "de"), ("x=1&lang=pt_BR", "pt_BR"), ("slang=x", None), ("", None)],
)
def test_the_language_is_the_front_ends(query: str, language: str | None) -> None:
    assert read(call(f"{PREFIX}/products/1", query)).language == language


@pytest.mark.parametrize(
    ("query", "currency"),
    [("curr=EUR", "EUR"), ("lang=de&curr=USD&x=1", "USD"), ("curr=eur", None), ("xcurr=EUR", None)],
)
def test_the_currency_is_the_front_ends(query: str, currency: str | None) -> None:  # R90
    assert read(call(f"{PREFIX}/products/1", query)).currency == currency


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        (consents(), None),
        (consents({"templateCode": "OTHER", "consentState": "GIVEN"}), None),
        (consents({"templateCode": "PROFILE", "consentState": None}), None),
        (consents({"templateCode": "PROFILE"}), None),
        (consents({"templateCode": "PROFILE", "consentState": "GIVEN"}), True),
        (
            consents({"templateCode": "PROFILE", "templateVersion": 3, "consentState": "GIVEN"}),
            True,
        ),
        (consents({"templateCode": "PROFILE", "consentState": "WITHDRAWN"}), False),
        (consents({"templateCode": "PROFILE", "consentState": "given"}), False),
        (
            consents(
                {"templateCode": "PROFILE", "templateVersion": 2, "consentState": "GIVEN"},
                {"templateCode": "PROFILE", "templateVersion": 1, "consentState": "WITHDRAWN"},
            ),
            True,
        ),
        (
            consents(
                {"templateCode": "PROFILE", "templateVersion": 1, "consentState": "WITHDRAWN"},
                {"templateCode": "PROFILE", "templateVersion": 2, "consentState": "GIVEN"},
            ),
            True,
        ),
        (
            consents(
                {"templateCode": "PROFILE", "templateVersion": 1, "consentState": "GIVEN"},
                {"templateCode": "PROFILE", "templateVersion": 2, "consentState": "WITHDRAWN"},
            ),
            False,
        ),
        (
            {  # a yes, but for one byte that is no UTF-8
                name: value.replace("templateName", "%ff")
                for name, value in consents(
                    {"templateCode": "PROFILE", "consentState": "GIVEN", "templateName": "x"}
                ).items()
            },
            False,
        ),
        ({"x-anonymous-consents": ""}, False),
        ({"x-anonymous-consents": "%ff"}, False),
        ({"x-anonymous-consents": "{}"}, False),
        ({"x-anonymous-consents": "[1]"}, False),
        ({"x-anonymous-consents": "%5B" * 5_000}, False),
    ],
    ids=range(18),
)
def test_consent_is_decoded_defensively(
    headers: dict[str, str], expected: bool | None
) -> None:  # sap-occ 14
    assert read(call(f"{PREFIX}/products/1", headers=headers)).consent is expected


def test_the_consent_template_is_a_setting() -> None:
    shop = tenant().model_copy(update={"adapter": {"consent_template": "MARKETING"}})
    header = consents({"templateCode": "MARKETING", "consentState": "GIVEN"})
    assert read(call(f"{PREFIX}/products/1", headers=header), shop).consent is True


def test_an_agent_at_work_is_told() -> None:  # sap-occ 22, R89
    agent = {"sap-commerce-cloud-user-id": "customer-7"}
    assert read(call(f"{PREFIX}/products/1", headers=agent)).assisted
    for nobody in ({}, *({"sap-commerce-cloud-user-id": name} for name in OCCS_OWN_NAMES)):
        assert not read(call(f"{PREFIX}/products/1", headers=nobody)).assisted


@pytest.mark.parametrize(
    ("path", "query", "target"),
    [
        (f"{PREFIX}/x", "fields=a,saccade&b=%2f", Target(f"{PREFIX}/x", "fields=a&b=%2f")),
        (
            "/api/product/AB%2F1",
            "",
            Target(f"{PREFIX}/products/AB%2F1", "fields=FULL", own=True),
        ),
        (
            "/api/product/1",
            "lang=de",
            Target(f"{PREFIX}/products/1", "fields=FULL&lang=de", own=True),
        ),
        (
            "/api/product/1",
            "lang=de&fields=code",
            Target(f"{PREFIX}/products/1", "lang=de&fields=code", own=True),
        ),
        (
            "/api/product/1",
            "fields=saccade",
            Target(f"{PREFIX}/products/1", "fields=FULL", own=True),
        ),
    ],
)
def test_targets(path: str, query: str, target: Target) -> None:
    assert factory.build(tenant()).target(call(path, query)) == target


def test_the_key_is_a_setting() -> None:
    shop = tenant().model_copy(update={"decisioning": Decisioning(key="next_best")})
    adapter = factory.build(shop)
    assert adapter.target(call(f"{PREFIX}/x", "fields=next_best,a")) == Target(
        f"{PREFIX}/x", "fields=a"
    )
    assert adapter.target(call(f"{PREFIX}/x", "fields=saccade,a")) == Target(
        f"{PREFIX}/x", "fields=saccade,a"
    )


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"platform_site": ""}, "platform_site"),
        ({"platform_site": "a/b"}, "platform_site"),
        ({"adapter": {"consent_templates": "x"}}, "adapter.consent_templates"),
        ({"adapter": {"carrier": "precomputed"}}, "adapter.carrier"),
        ({"adapter": {"catalog_page_size": 0}}, "adapter.catalog_page_size"),
    ],
)
def test_bad_settings_name_key_and_fix(change: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        factory.build(tenant().model_copy(update=change))
    assert caught.value.key == key
    assert caught.value.fix
    assert caught.value.file == "lab/tenant.toml"
