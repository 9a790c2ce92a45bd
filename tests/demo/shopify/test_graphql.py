"""The stand-in's GraphQL: documents are parsed, not recognised; unknown fields are errors."""

import json
from dataclasses import replace
from typing import Any

import pytest

from saccade.domain import JsonObject
from saccade_demo.shopify import Shop, history, nodes
from saccade_demo.shopify.endpoint import AdminApi
from saccade_demo.shopify.graphql import GraphqlError, read
from saccade_demo.shopify.graphql.reading import Field
from saccade_demo.shopify.products import gid

SCOPE = "read_products,write_products,read_orders,write_pixels,read_customer_events"
PIXEL = """mutation { webPixelCreate(webPixel: {settings: "%s"}) {
  webPixel { id } userErrors { code } } }"""
LAPTOP = "gid://shopify/Product/7000000816324"


class Caller:
    """Calls with a token of its own."""

    def __init__(self, shop: Shop, scope: str = SCOPE) -> None:
        self.shop = shop
        self._api = AdminApi(shop, lambda: "http://127.0.0.1:1")
        pair = shop.credentials.acquired("client", scope, expiring=True)
        self._token = pair["access_token"]

    def __call__(self, query: str, **variables: object) -> JsonObject:
        body = json.dumps({"query": query, "variables": variables}).encode()
        status, document = self._api.answer(body, self._token)
        assert status == 200
        return document


@pytest.fixture
def ask(shop: Shop) -> Caller:
    return Caller(shop)


def test_fields_are_answered_by_alias_in_the_order_asked(ask: Caller) -> None:
    told = ask(
        """query Named($id: ID!, $with: Boolean = true) {
          laptop: product(id: $id) { name: title ...Facts missing: vendor @skip(if: $with) }
        }
        fragment Facts on Product { id, status # a comment
          priceRangeV2 { minVariantPrice { amount currencyCode } } }""",
        id=LAPTOP,
    )
    assert list(told["data"]["laptop"]) == ["name", "id", "status", "priceRangeV2"]
    assert told["data"]["laptop"]["name"] == "Kestrel Aero 14"
    assert told["data"]["laptop"]["priceRangeV2"]["minVariantPrice"]["currencyCode"] == "USD"


def test_all_products_come_page_by_page_each_once(ask: Caller) -> None:
    query = """query($after: String) { products(first: 25, after: $after, sortKey: ID) {
      nodes { id } pageInfo { hasNextPage endCursor } } }"""
    found: list[str] = []
    after: str | None = None
    pages = 0
    while True:
        page = ask(query, after=after)["data"]["products"]
        found += [node["id"] for node in page["nodes"]]
        pages += 1
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert (pages, len(found), len(set(found))) == (3, 69, 69)


def test_a_search_text_filters_and_an_unknown_term_is_noticed(ask: Caller, shop: Shop) -> None:
    query = "query($q: String) { products(first: 250, query: $q) { edges { cursor node { id } } } }"
    shop.clock.ahead(60)
    shop.publish(7_000_000_816_324, "DRAFT")
    since = "updated_at:>'2026-06-01T00:00:00Z'"
    edges = ask(query, q=since)["data"]["products"]["edges"]
    assert [edge["node"]["id"] for edge in edges] == [LAPTOP]
    assert len(ask(query, q="status:active")["data"]["products"]["edges"]) == 68
    assert ask(query, q=f"{since} AND status:active")["data"]["products"]["edges"] == []
    assert "color:red" in ask(query, q="color:red")["errors"][0]["message"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ product(id: 1) { colour } }", "undefinedField"),
        ("{ product(id: 1) { ... on Product { colour } } }", "undefinedField"),
        ("{ products { nodes { id } } }", "BAD_REQUEST"),
        ("{ products(first: 251) { nodes { id } } }", "BAD_REQUEST"),
        ("{ products(first: 1, colour: 2) { nodes { id } } }", "argumentNotAccepted"),
        ("{ shop }", "selectionMismatch"),
        ("{ shop { id { x } } }", "selectionMismatch"),
        ("query($id: ID!) { product(id: $id) { id } }", "INVALID_VARIABLE"),
        ("{ product(id: $id) { id } }", "variableNotDefined"),
        ("{ products(first: 250) { nodes { variants(first: 100) { nodes { id } } } } }",
         "MAX_COST_EXCEEDED"),
    ],
)  # fmt: skip
def test_what_the_platform_refuses_is_an_error_at_200(ask: Caller, query: str, code: str) -> None:
    assert ask(query)["errors"][0]["extensions"]["code"] == code


@pytest.mark.parametrize("text", ["{", "{ a ( }", "query { }", '{ a(b: "x) }', "{ a } }", "!"])
def test_what_is_no_document_is_a_syntax_error(text: str) -> None:
    with pytest.raises(GraphqlError, match="syntax error"):
        read(text)


def test_a_nesting_without_end_is_refused() -> None:
    with pytest.raises(GraphqlError, match="nested deeper"):
        read("{ a " * 5_000)
    with pytest.raises(GraphqlError, match="nested deeper"):
        read("{ a(b: " + "[" * 5_000)


def test_values_of_every_kind_are_read() -> None:
    (field,) = read(
        '{ f(a: -1, b: 2.5e3, c: "q\\"\\u00e9", d: [A, true, null], e: {k: $v}, '
        'g: """\n  x\n   y\n""") }'
    ).selections
    assert isinstance(field, Field)
    told = dict[str, Any](field.arguments)
    assert (told["a"], told["b"], told["c"], told["d"]) == (-1, 2500.0, 'q"é', ["A", True, None])
    assert (told["e"]["k"].name, told["g"]) == ("v", "x\n y")


def test_points_are_spent_by_what_came_and_a_dry_bucket_throttles_at_200(
    ask: Caller, shop: Shop
) -> None:  # Shopify 17
    query = '{ products(first: 100, query: "status:draft") { nodes { id } } }'
    cost = ask(query)["extensions"]["cost"]
    assert cost["requestedQueryCost"] == 102
    assert cost["actualQueryCost"] == 2  # none is a draft
    assert cost["throttleStatus"] == {
        "maximumAvailable": 2_000.0,
        "currentlyAvailable": 1_998,
        "restoreRate": 100.0,
    }
    shop.bucket.drain(50)
    refused = ask(query)
    assert refused["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "data" not in refused
    status = refused["extensions"]["cost"]["throttleStatus"]
    shop.clock.ahead(0.01 + (102 - status["currentlyAvailable"]) / status["restoreRate"])
    assert "errors" not in ask(query)
    shop.faults.throttled = 1
    assert "errors" in ask(query)
    shop.clock.ahead(10)
    assert "errors" not in ask(query)


def test_a_page_costs_what_was_reckoned_when_it_is_full(ask: Caller) -> None:
    query = "{ products(first: 5) { edges { node { id variants(first: 1) { nodes { id } } } } } }"
    cost = ask(query)["extensions"]["cost"]
    assert cost["requestedQueryCost"] == cost["actualQueryCost"] == 2 + 5 * (1 + 2 + 1)


def test_metafields_are_set_all_or_none_in_the_apps_own_namespace(ask: Caller, shop: Shop) -> None:
    change = """mutation($set: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $set) {
      metafields { key namespace value } userErrors { field message } } }"""
    good = {"ownerId": LAPTOP, "namespace": "$app:saccade", "key": "offers", "type": "json"}
    told = ask(change, set=[good | {"value": "{}"}])["data"]["metafieldsSet"]
    space = f"app--{shop.app.number}--saccade"
    assert told["metafields"] == [{"key": "offers", "namespace": space, "value": "{}"}]
    read_back = (
        '{ product(id: "%s") { metafield(namespace: "$app:saccade", key: "offers") { value } } }'
    )
    assert ask(read_back % LAPTOP)["data"]["product"]["metafield"] == {"value": "{}"}

    both = [good | {"value": "[1]"}, good | {"key": "other", "value": "{"}]
    told = ask(change, set=both)["data"]["metafieldsSet"]
    assert told["metafields"] is None
    assert told["userErrors"][0]["field"] == ["metafields", "1", "value"]
    assert ask(read_back % LAPTOP)["data"]["product"]["metafield"] == {"value": "{}"}
    too_many = ask(change, set=[good | {"value": "{}"}] * 26)["data"]["metafieldsSet"]
    assert "limit of 25" in too_many["userErrors"][0]["message"]
    shop.uninstall()
    assert shop.metafields == {}  # nothing of the app is left behind


def test_a_bulk_query_gives_every_object_a_line_behind_its_parent(ask: Caller) -> None:
    run = """mutation($q: String!) { bulkOperationRunQuery(query: $q) {
      bulkOperation { id status } userErrors { message code } } }"""
    query = "{ products { edges { node { id title variants { edges { node { id sku } } } } } } }"
    begun = ask(run, q=query)["data"]["bulkOperationRunQuery"]
    assert begun["userErrors"] == []
    assert begun["bulkOperation"]["status"] == "RUNNING"
    asked = '{ node(id: "%s") { ... on BulkOperation { status url objectCount } } }'
    ask.shop.clock.ahead(1)
    done = ask(asked % begun["bulkOperation"]["id"])["data"]["node"]
    assert done["status"] == "COMPLETED"
    number = int(done["url"].rpartition("/")[2].removesuffix(".jsonl"))
    result = ask._api.bulk.result(number)
    assert result is not None
    lines = [json.loads(line) for line in result.splitlines()]
    assert len(lines) == int(done["objectCount"]) == 69 + 68 + 48
    assert sum("__parentId" not in line for line in lines) == 69
    parent = None
    for line in lines:
        if "__parentId" in line:
            assert line["__parentId"] == parent
        else:
            parent = line["id"]
    ask.shop.clock.ahead(7 * 86_400)
    assert ask._api.bulk.result(number) is None


def test_a_sixth_bulk_query_must_wait(ask: Caller) -> None:
    run = """mutation { bulkOperationRunQuery(query: "{ products { nodes { id } } }") {
      bulkOperation { id } userErrors { code } } }"""
    told = [ask(run)["data"]["bulkOperationRunQuery"] for _ in range(6)]
    assert [one["bulkOperation"] is None for one in told] == [False] * 5 + [True]
    assert told[5]["userErrors"] == [{"code": "OPERATION_IN_PROGRESS"}]


DENIED = [
    ("read_products", "{ orders(first: 1) { nodes { id } } }", "read_orders"),
    ("read_products,write_pixels", PIXEL % "{}", "read_customer_events"),
    (
        "read_products",
        "mutation { metafieldsSet(metafields: []) { userErrors { code } } }",
        "write_products",
    ),
]


@pytest.mark.parametrize(("scope", "query", "missing"), DENIED)
def test_a_field_whose_scope_was_not_granted_is_denied(
    shop: Shop, scope: str, query: str, missing: str
) -> None:
    (error,) = Caller(shop, scope)(query)["errors"]
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert missing in error["message"]
    run = """mutation($q: String!) { bulkOperationRunQuery(query: $q) {
      bulkOperation { id } userErrors { message } } }"""
    if not query.startswith("mutation"):
        told = Caller(shop, scope)(run, q=query)["data"]["bulkOperationRunQuery"]
        assert missing in told["userErrors"][0]["message"]


def test_orders_of_sixty_days_are_shown_and_searched_by_their_day(shop: Shop) -> None:
    ask = Caller(shop)
    history.past(shop, 5)
    (newest, *_, oldest) = sorted(shop.orders.values(), key=lambda one: -one.created_at)
    oldest.created_at = shop.clock() - 61 * 86_400
    day = nodes.iso(newest.created_at)[:10]
    query = (
        "{ orders(first: 9%s) { nodes { id lineItems(first: 5) { nodes { product { id } } } } } }"
    )
    shown = ask(query % "")["data"]["orders"]["nodes"]
    assert len(shown) == 4
    assert gid("Order", oldest.id) not in {one["id"] for one in shown}
    searched = ask(query % f', query: "created_at:>={day}"')["data"]["orders"]["nodes"]
    (found,) = (one for one in searched if one["id"] == gid("Order", newest.id))
    bought = [line["product"]["id"] for line in found["lineItems"]["nodes"]]
    assert bought == [gid("Product", product.id) for product, _, _ in newest.lines]


def test_one_pixel_of_an_app_with_the_settings_it_declares(shop: Shop) -> None:
    ask = Caller(shop)
    shop.app = replace(shop.app, pixel=("server", "site"))
    (error,) = ask("{ webPixel { id } }")["errors"]
    assert error["extensions"]["code"] == "RESOURCE_NOT_FOUND"
    for said, code in (("{", "INVALID_CONFIGURATION_JSON"), ("{}", "INVALID_SETTINGS")):
        told = ask(PIXEL % json.dumps(said)[1:-1])["data"]["webPixelCreate"]
        assert told["userErrors"][0]["code"] == code
    good = json.dumps(json.dumps({"server": "s", "site": "k"}))[1:-1]
    assert ask(PIXEL % good)["data"]["webPixelCreate"]["userErrors"] == []
    assert ask("{ webPixel { settings } }")["data"]["webPixel"] is not None
    assert ask(PIXEL % good)["data"]["webPixelCreate"]["userErrors"][0]["code"] == "TAKEN"
    update = """mutation { webPixelUpdate(id: "gid://shopify/WebPixel/9",
      webPixel: {settings: "{}"}) { userErrors { code } } }"""
    assert ask(update)["data"]["webPixelUpdate"]["userErrors"][0]["code"] == "NOT_FOUND"
    shop.app = replace(shop.app, pixel=None)
    shop.pixel = None
    assert ask(PIXEL % good)["data"]["webPixelCreate"]["userErrors"][0]["code"] == "NO_EXTENSION"
