"""What is proposed for three platforms of three styles: right, or marked as doubtful."""

import tomllib
from pathlib import Path

import pytest

from saccade.tenants import ConfigurationError
from saccade_generic_rest.inferring import NothingFoundError, propose
from saccade_generic_rest.inferring_exchanges import Evidence, Exchange, of_samples
from saccade_generic_rest.inferring_openapi import of_openapi
from saccade_generic_rest.inferring_proposal import Proposal
from saccade_generic_rest.inferring_toml import written
from saccade_generic_rest.reading import checked

HERE = Path(__file__).parent / "evidence"

GARDEN = {
    "paths": "/store/v3/",
    "auth.kind": "header",
    "auth.header": "X-Garden-Key",
    "catalog.list": "/store/v3/products",
    "catalog.items": "data",
    "catalog.item": "/store/v3/products/{id}",
    "catalog.item_root": "data",
    "catalog.pages.kind": "cursor",
    "catalog.pages.param": "cursor",
    "catalog.pages.next": "meta.next_cursor",
    "catalog.pages.size_param": "limit",
    "catalog.fields.id": "id",
    "catalog.fields.name": "title",
    "catalog.fields.price": "price_cents",
    "catalog.price_decimals": "2",
    "catalog.fields.currency": "currency",
    "catalog.fields.in_stock": "stock_quantity",
    "catalog.fields.categories": "categories[].slug",
    "pages.product": "GET /store/v3/products/{product}",
    "pages.listing": "GET /store/v3/products",
    "seen.order.call": "POST /store/v3/orders",
    "seen.order.reference": "data.number",
    "seen.order.value": "data.total_cents",
    "seen.order.value_decimals": "2",
    "seen.order.currency": "data.currency",
    "seen.add.call": "POST /store/v3/carts/{*}/items",
}
BOOKS = {
    "paths": "/api/",
    "auth.kind": "bearer",
    "catalog.list": "/api/catalog/articles",
    "catalog.items": "content",
    "catalog.item": "/api/catalog/articles/{id}",
    "catalog.item_root": "",
    "catalog.pages.kind": "page",
    "catalog.pages.param": "page",
    "catalog.pages.first": "0",
    "catalog.pages.pages": "totalPages",
    "catalog.pages.size_param": "size",
    "catalog.fields.id": "articleNumber",
    "catalog.fields.name": "displayName",
    "catalog.fields.price": "salesPrice.value",
    "catalog.price_decimals": "0",
    "catalog.fields.currency": "salesPrice.currencyCode",
    "catalog.fields.in_stock": "availability.available",
    "catalog.fields.categories": "departments",
    "pages.product": "GET /api/catalog/articles/{product}",
    "pages.listing": "GET /api/catalog/articles",
    "seen.order.call": "POST /api/checkout",
    "seen.order.reference": "orderNumber",
    "seen.order.value": "totals.grandTotal.value",
    "seen.order.value_decimals": "0",
    "seen.order.currency": "totals.grandTotal.currencyCode",
    "seen.add.call": "POST /api/basket/{*}/entries",
}
TEA = {
    "paths": "/wp/store/",
    "auth.kind": "none",
    "catalog.list": "/wp/store/items",
    "catalog.items": "",
    "catalog.item": "/wp/store/items/{id}",
    "catalog.item_root": "",
    "catalog.pages.kind": "link",
    "catalog.pages.size_param": "per_page",
    "catalog.fields.id": "id",
    "catalog.fields.name": "name",
    "catalog.fields.price": "price",
    "catalog.price_decimals": "0",
    "catalog.fields.in_stock": "stock_status == 'instock'",
    "catalog.fields.categories": "categories[].id",
    "pages.product": "GET /wp/store/items/{product}",
    "pages.listing": "GET /wp/store/items",
    "seen.order.call": "POST /wp/store/checkout",
    "seen.order.reference": "order_id",
    "seen.order.value": "totals.total_price",
    "seen.order.value_decimals": "0",
    "seen.order.currency": "totals.currency_code",
    "seen.add.call": "POST /wp/store/cart/add-item",
}


def proposal(name: str) -> Proposal:
    path = HERE / name
    return propose(of_samples([path]) if name == "tea.json" else of_openapi(path))


@pytest.mark.parametrize(
    ("name", "needed"), [("garden.yaml", GARDEN), ("books.json", BOOKS), ("tea.json", TEA)]
)
def test_nine_of_ten_are_right_and_every_wrong_one_is_doubtful(
    name: str, needed: dict[str, str]
) -> None:
    found = proposal(name)
    guesses = {guess.key: guess for guess in found.guesses}
    wrong = {key: guesses.get(key) for key, value in needed.items() if found.value(key) != value}
    assert len(wrong) <= len(needed) * 0.1, wrong
    assert [key for key, guess in wrong.items() if guess is not None and not guess.doubtful] == []
    unasked = {key: guesses[key] for key in guesses if key not in needed}
    assert [key for key, guess in unasked.items() if not guess.doubtful] == []
    doubts = [guess for guess in found.guesses if guess.doubtful]
    assert len(doubts) <= len(guesses) / 4  # it asks only about doubts, and they are few


@pytest.mark.parametrize("name", ["garden.yaml", "books.json", "tea.json"])
def test_what_is_proposed_is_a_mapping_with_its_doubts_marked(name: str) -> None:
    found = proposal(name)
    text = written(found)
    mapping = checked("mapping.toml", tomllib.loads(text))
    assert mapping.catalog.fields.id.text == found.value("catalog.fields.id")
    lines = [line for line in text.splitlines() if "# doubtful" in line]
    doubts = [guess for guess in found.guesses if guess.doubtful and guess.key != "auth.kind"]
    assert len(lines) == len(doubts)  # that there is no authentication is said by no line
    for guess, line in zip(doubts, lines, strict=True):
        assert guess.value in line


def test_nothing_is_made_up_where_no_products_are_listed() -> None:
    brands = Exchange("GET", "/brands", [{"id": 1, "name": "A"}])
    stock = Exchange("POST", "/products", [{"id": 1, "title": "A", "price": 1}])
    for exchanges in ((), (brands,), (stock,), (Exchange("GET", "/products", None),)):
        with pytest.raises(NothingFoundError):
            propose(Evidence(exchanges))


@pytest.mark.parametrize(
    "text",
    ["", "[", "paths: {}", "{}", '{"paths": 1}', "a: &a [*a]", '{"call": "GET x"}', "{:"],
)
def test_what_is_no_evidence_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "evidence"
    path.write_text(text, "utf-8")
    with pytest.raises((ConfigurationError, NothingFoundError)):
        propose(of_openapi(path))
    with pytest.raises((ConfigurationError, NothingFoundError)):
        propose(of_samples([path]))


def test_a_document_that_refers_to_itself_ends(tmp_path: Path) -> None:
    path = tmp_path / "cycle.yaml"
    path.write_text(
        """
paths:
  /products:
    get:
      responses:
        "200": {content: {application/json: {schema: {type: array, items: {$ref: "#/x"}}}}}
x: {type: object, properties: {id: {type: string}, title: {type: string}, price: {type: number},
    parent: {$ref: "#/x"}, same: {$ref: "#/same"}}}
same: {$ref: "#/same"}
""",
        "utf-8",
    )
    assert propose(of_openapi(path)).value("catalog.fields.id") == "id"
