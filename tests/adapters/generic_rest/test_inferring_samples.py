"""What is recorded for the certificate: enough of it, nothing made up, nobody's data (R35, R40).

Pages and chaos, which take seconds, are asked about by the command's own test.
"""

import json
from pathlib import Path

import pytest

from adapters.generic_rest.needed import EVIDENCE
from adapters.generic_rest.test_inferring import evidence
from saccade.domain import JsonObject
from saccade.testing import PORT_CHECKS, certify
from saccade.testing.certificate import Certificate
from saccade_gateway.testing import CHECKS
from saccade_generic_rest.inferring import propose
from saccade_generic_rest.inferring_exchanges import Evidence, Exchange, joined, of_samples
from saccade_generic_rest.inferring_openapi import of_openapi
from saccade_generic_rest.inferring_places import placed, steps
from saccade_generic_rest.inferring_samples import Recording, recorded
from saccade_generic_rest.inferring_samples_toml import written as samples_written
from saccade_generic_rest.inferring_toml import written
from saccade_generic_rest.reading import read_mapping
from saccade_server.certifying import subject

FULL = pytest.mark.full
ASKED = ("catalog.", "tenants.catalogs")
QUICK = [*PORT_CHECKS, *(one for one in CHECKS if one.id.startswith(ASKED))]

LARGER = (
    "lamps.json", "ropes.json", "plates.json", "boots.yaml", "toys.yaml", "schrauben.yaml",
    "velo.yaml",
)  # fmt: skip

TENANT = """\
name = "inferred"
platform = "generic_rest"
upstream = { url = "https://platform.example" }
adapter = { mapping = "./mapping.toml" }
"""

CALLS: list[JsonObject] = [
    {"call": "GET /store/v3/products?limit=2", "body": {
        "data": [
            {"id": "g-1", "title": "Spade", "price_cents": 2450, "currency": "EUR",
             "stock_quantity": 4, "categories": [{"slug": "dig"}], "notes": "it's \\ \u007f"},
            {"id": "g-2", "title": "Rake", "price_cents": 1999, "currency": "EUR",
             "stock_quantity": 0, "categories": []},
        ],
        "meta": {"next_cursor": "b2Zm/=", "request_id": "r"},
    }},
    {"call": "GET /store/v3/products/g-1", "body": {"data": {
        "id": "g-1", "title": "Spade", "price_cents": 2450, "currency": "EUR",
        "stock_quantity": 4, "categories": [{"slug": "dig"}]}}},
    {"call": "POST /store/v3/orders", "status": 201, "body": {"data": {
        "number": "N-7", "total_cents": 2950, "currency": "EUR",
        "customer_email": "who@bought.example"}}},
    {"call": "POST /store/v3/carts/c-9/items", "status": 201, "body": {"data": {"id": "c-9"}}},
]  # fmt: skip


def tenant(folder: Path, told: Evidence) -> Recording:
    """A tenant's folder, as the command writes it."""
    (folder / "tenant.toml").write_text(TENANT, "utf-8")
    (folder / "mapping.toml").write_text(written(propose(told)), "utf-8")
    found = recorded(read_mapping(folder / "mapping.toml"), told)
    (folder / "samples.toml").write_text(samples_written(found), "utf-8")
    return found


async def certified(folder: Path) -> Certificate:
    return await certify(subject("generic_rest", folder), QUICK)


def broken(found: Certificate) -> dict[str, str]:
    return {one.id: one.got for one in found.results if one.outcome == "broken"}


@pytest.fixture
def garden(tmp_path: Path) -> Evidence:
    """A document without an example, and calls that were recorded."""
    path = tmp_path / "calls.json"
    path.write_text(json.dumps(CALLS), "utf-8")
    return joined(of_openapi(EVIDENCE / "garden.yaml"), of_samples([path]))


@pytest.mark.parametrize(
    "name",
    [
        "tea.json",
        "honey.json",
        *(pytest.param(name, marks=FULL) for name in LARGER),
    ],
)
async def test_what_was_recorded_certifies_what_was_inferred(name: str, tmp_path: Path) -> None:
    found = tenant(tmp_path, evidence(name))
    certificate = await certified(tmp_path)
    assert certificate.passed, broken(certificate)
    assert found.lacks == []
    assert found.shop is not None
    days = [{(one.id, one.name) for one in day.products} for day in found.shop]
    assert days[0] != days[1]
    assert all(name and code for code, name in days[0] | days[1])


async def test_a_document_and_recorded_calls_go_together(garden: Evidence, tmp_path: Path) -> None:
    found = tenant(tmp_path, garden)
    certificate = await certified(tmp_path)
    assert certificate.passed, broken(certificate)
    assert found.lacks == []
    (order,) = [one for one in found.seen if one.call == "POST /store/v3/orders"]
    assert (order.says[0].reference, order.says[0].value) == ("N-7", "29.50")
    assert "GET /store/v3/brands" in found.passing  # of the document alone


@pytest.mark.parametrize(
    ("call", "changed"),
    [
        ("POST /store/v3/orders", {"status": 409}),
        ("POST /store/v3/orders", {"body": {"data": {"total_cents": 2950, "currency": "EUR"}}}),
    ],
)
def test_an_order_that_was_refused_or_tells_no_number_is_none(
    call: str, changed: JsonObject, tmp_path: Path
) -> None:
    path = tmp_path / "calls.json"
    calls: list[JsonObject] = [one | changed if one["call"] == call else one for one in CALLS]
    path.write_text(json.dumps(calls), "utf-8")
    found = tenant(tmp_path, joined(of_openapi(EVIDENCE / "garden.yaml"), of_samples([path])))
    assert found.seen == []
    assert any(call in one for one in found.lacks)


def test_no_secret_and_no_cart_is_kept(tmp_path: Path) -> None:
    """What a query authenticates with, and the number that opens a cart."""
    path = tmp_path / "calls.json"
    calls: list[JsonObject] = [
        *CALLS,
        {"call": "GET /store/v3/brands?consumer_key=ck_9&page=1", "body": {"data": []}},
    ]
    path.write_text(json.dumps(calls), "utf-8")
    found = tenant(tmp_path, joined(of_openapi(EVIDENCE / "garden.yaml"), of_samples([path])))
    text = (tmp_path / "samples.toml").read_text("utf-8")
    assert "GET /store/v3/brands?page=1" in found.passing
    assert "ck_9" not in text
    assert "c-9" not in text
    assert "POST /store/v3/carts/example-1/items" in text


async def test_what_only_looks_like_a_products_call_is_none(tmp_path: Path) -> None:
    """``/products/count`` is asked as a product is; and a browser shows calls decoded."""
    path = tmp_path / "calls.json"
    more: list[JsonObject] = [
        {"call": "GET /store/v3/products/count", "body": {"data": {"count": 2}}},
        {"call": "GET /store/v3/brands?q=Böhm & Co", "body": {"data": []}},
    ]
    path.write_text(json.dumps([*more, *CALLS]), "utf-8")
    found = tenant(tmp_path, joined(of_openapi(EVIDENCE / "garden.yaml"), of_samples([path])))
    assert [one.subject for one in found.pages] == ["g-1", None]
    assert "GET /store/v3/brands?q=B%C3%B6hm%20&%20Co" in found.passing
    assert (await certified(tmp_path)).passed


def test_a_product_whose_price_only_a_schema_tells_is_no_evidence(tmp_path: Path) -> None:
    """Though the list's example has its id, and its own call was recorded."""
    document = (EVIDENCE / "garden.yaml").read_text("utf-8")
    path, calls = tmp_path / "garden.yaml", tmp_path / "calls.json"
    path.write_text(document.replace("id: {type: string}", "id: {type: string, example: g-1}"))
    calls.write_text(json.dumps(CALLS[1:]), "utf-8")
    found = tenant(tmp_path, joined(of_openapi(path), of_samples([calls])))
    assert found.shop is None
    assert any("with products in its answer" in one for one in found.lacks)


def test_a_carts_number_is_not_kept_where_it_is_read(garden: Evidence, tmp_path: Path) -> None:
    tenant(tmp_path, garden)
    path = tmp_path / "mapping.toml"
    with path.open("a", encoding="utf-8") as end:
        end.write('reference = "data.id"\n')  # of the last table: what is put into a cart
    text = samples_written(recorded(read_mapping(path), garden))
    assert "c-9" not in text
    assert '"id":"example-1"' in text


def test_of_an_order_nothing_is_kept_but_its_facts(garden: Evidence, tmp_path: Path) -> None:
    found = tenant(tmp_path, garden)
    assert found.seen[0].body == {"data": {"number": "N-7", "total_cents": 2950, "currency": "EUR"}}
    assert "bought" not in (tmp_path / "samples.toml").read_text("utf-8")


@pytest.mark.parametrize("name", ["garden.yaml", pytest.param("books.json", marks=FULL)])
async def test_a_schema_without_examples_is_no_evidence(name: str, tmp_path: Path) -> None:
    found = tenant(tmp_path, evidence(name))
    assert (found.pages, found.seen, found.shop) == ([], [], None)
    assert any("with products in its answer" in one for one in found.lacks)
    assert not (await certified(tmp_path)).passed


@pytest.mark.parametrize(
    ("left_out", "family", "lack"),
    [
        ("POST /store/v3/orders", "observe", "POST /store/v3/orders, and its answer"),
        ("GET /store/v3/products/g-1", "catalog", "of a product that is in the list too"),
        pytest.param(
            "GET /store/v3/products?limit=2", "catalog", "with products in its answer", marks=FULL
        ),
    ],
)
async def test_what_cannot_be_answered_is_broken_and_said(
    left_out: str, family: str, lack: str, tmp_path: Path
) -> None:
    path = tmp_path / "calls.json"
    path.write_text(json.dumps([one for one in CALLS if one["call"] != left_out]), "utf-8")
    told = joined(of_openapi(EVIDENCE / "garden.yaml"), of_samples([path]))
    found = tenant(tmp_path, told)
    assert any(lack in one for one in found.lacks), found.lacks
    certificate = await certified(tmp_path)
    assert not certificate.passed
    assert any(name.startswith(f"{family}.") for name in broken(certificate))


@pytest.mark.parametrize(
    ("right", "wrong", "check"),
    [
        ('name = "title"', 'name = "currency"', "catalog.walked"),
        pytest.param('item_root = "data"', 'item_root = "meta"', "catalog.fetched", marks=FULL),
        pytest.param(
            'next = "meta.next_cursor"', 'next = "meta.following"', "catalog.followed", marks=FULL
        ),
        ('reference = "data.number"', 'reference = "data.id"', "observe.told"),
        pytest.param(
            "/store/v3/products/{product}",
            "/store/v3/product/{product}",
            "call.decided",
            marks=FULL,
        ),
    ],
)
async def test_a_mapping_that_reads_something_else_is_no_longer_certified(
    right: str, wrong: str, check: str, garden: Evidence, tmp_path: Path
) -> None:
    tenant(tmp_path, garden)
    path = tmp_path / "mapping.toml"
    text = path.read_text("utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong), "utf-8")
    assert check in broken(await certified(tmp_path))


def test_a_place_is_found_and_filled() -> None:
    assert steps('a."b-c"[0].d') == ("a", "b-c", 0, "d")
    assert steps("a || b") is None
    assert placed({"a": 1, "b": [{"c": 2}, 3]}, "b[0].c", 4) == {"a": 1, "b": [{"c": 4}, 3]}
    assert placed({}, "a.b[1]", 4) == {"a": {"b": [{}, 4]}}
    assert placed({"a": 1}, "'EUR'", 4) == {"a": 1}


def test_a_segment_that_names_one_thing_stands_for_any(tmp_path: Path) -> None:
    calls: dict[str, tuple[str, object]] = {
        "GET /v2/77/items": (
            "/v2/77/items",
            [{"id": "a-1"}, {"shop": 77}],
        ),  # a shop, in every path
        "GET /v2/77/items/a-1": ("/v2/77/items/{id}", {}),
        "GET /v2/77/items/b/": ("/v2/77/items/{id}/", {"id": "b", "text": ""}),
        "GET /v2/77/top-10": ("/v2/77/top-10", []),
        "POST /v2/77/carts/c9/lines": ("/v2/77/carts/{id}/lines", {}),
        "POST /v2/77/v1/add-item": ("/v2/77/v1/add-item", {}),
    }
    path = tmp_path / "calls.json"
    told = [{"call": call, "body": body} for call, (_, body) in calls.items()]
    path.write_text(json.dumps(told), "utf-8")
    found = of_samples([path]).exchanges
    assert [one.path for one in found] == [template for template, _ in calls.values()]


def test_a_call_that_was_recorded_twice_is_kept_twice() -> None:
    described = Evidence([Exchange("GET", "/a/{code}", {"id": 0}, {"page": None})], "https://a.b")
    seen = [Exchange("GET", f"/a/{one}", {"id": one}, target=f"/a/{one}?x=1") for one in (7, 8)]
    both = joined(described, Evidence(seen))
    assert both.url == "https://a.b"
    assert [(one.path, one.target) for one in both.exchanges] == [
        ("/a/{code}", "/a/7?x=1"),
        ("/a/{code}", "/a/8?x=1"),
    ]
