"""The stand-in platform over real HTTP: shapes, errors, pages, as facts/sap-occ.md has them."""

import json
from xml.etree import ElementTree as ET

import aiohttp
import pytest

from saccade.domain import JsonObject

PRODUCTS = "/occ/v2/electronics/products"


async def _json(client: aiohttp.ClientSession, path: str, status: int = 200) -> JsonObject:
    async with client.get(path) as response:
        assert response.status == status
        assert response.headers["Content-Type"] == "application/json;charset=UTF-8"
        found: JsonObject = json.loads(await response.read())
        return found


async def test_full_product_has_occs_shape(client: aiohttp.ClientSession) -> None:
    product = await _json(client, f"{PRODUCTS}/816324?fields=FULL")
    assert product["price"].keys() == {"currencyIso", "formattedValue", "priceType", "value"}
    assert product["stock"].keys() == {"isValueRounded", "stockLevel", "stockLevelStatus"}
    assert {"code", "name"} <= product["categories"][0].keys()
    feature = product["classifications"][0]["features"][1]
    assert {"code", "featureUnit", "featureValues", "name"} <= feature.keys()
    assert product["reviews"][0].keys() == {
        "comment",
        "date",
        "headline",
        "id",
        "principal",
        "rating",
    }
    kinds = {(image["imageType"], image["format"]) for image in product["images"]}
    assert {("PRIMARY", "product"), ("PRIMARY", "zoom"), ("GALLERY", "thumbnail")} <= kinds
    assert {
        "averageRating",
        "baseOptions",
        "numberOfReviews",
        "purchasable",
        "url",
    } <= product.keys()


async def test_encoded_fields_are_the_same_fields(client: aiohttp.ClientSession) -> None:
    plain = await _json(client, f"{PRODUCTS}/816324?fields=code,price(FULL)")
    encoded = await _json(client, f"{PRODUCTS}/816324?fields=code%2Cprice%28FULL%29")
    assert plain == encoded
    assert plain.keys() == {"code", "price"}


async def test_products_say_how_long_they_may_be_kept(client: aiohttp.ClientSession) -> None:
    async with (
        client.get(f"{PRODUCTS}/816324") as product,
        client.get(f"{PRODUCTS}/search") as found,
    ):
        assert product.headers["Cache-Control"] == "private, max-age=120"
        assert "no-store" in found.headers["Cache-Control"]


async def test_head_answers_without_a_body(client: aiohttp.ClientSession) -> None:
    async with client.head(f"{PRODUCTS}/816324?fields=FULL") as response:
        assert response.status == 200
        assert int(response.headers["Content-Length"]) > 11_000
        assert await response.read() == b""


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        (f"{PRODUCTS}/999999", 404, "UnknownIdentifierError"),
        (f"{PRODUCTS}/816324?fields=code,nosuch", 400, "ConversionError"),
        ("/occ/v2/nowhere/products/816324", 400, "InvalidResourceError"),
        ("/occ/v2/electronics/nothing", 404, "UnknownResourceError"),
        (f"{PRODUCTS}/search?pageSize=0", 400, "ValidationError"),
        (f"{PRODUCTS}/search?currentPage=-1", 400, "ValidationError"),
        (f"{PRODUCTS}/search?currentPage=two", 400, "ValidationError"),
        (f"{PRODUCTS}/816324/stock", 400, "ValidationError"),
        (f"{PRODUCTS}/816324?lang=tlh", 400, "UnsupportedLanguageError"),
        (f"{PRODUCTS}/816324?curr=XXX", 400, "UnsupportedCurrencyError"),
        ("/occ/v2/electronics/users/current/carts/1", 401, "UnauthorizedError"),
        ("/occ/v2/electronics/users/anonymous/carts/nosuch", 404, "CartError"),
    ],
)
async def test_errors_have_occs_shape(
    client: aiohttp.ClientSession, path: str, status: int, kind: str
) -> None:
    (error,) = (await _json(client, path, status))["errors"]
    assert error["type"] == kind
    assert error["message"]


async def test_a_missing_product_is_named(client: aiohttp.ClientSession) -> None:
    (error,) = (await _json(client, f"{PRODUCTS}/999999", 404))["errors"]
    assert error == {
        "message": "Product with code '999999' not found!",
        "reason": "notFound",
        "subject": "999999",
        "subjectType": "product",
        "type": "UnknownIdentifierError",
    }


async def test_an_unknown_token_is_an_invalid_one(client: aiohttp.ClientSession) -> None:
    headers = {"Authorization": "Bearer stale"}
    async with client.get(f"{PRODUCTS}/816324", headers=headers) as response:
        assert response.status == 401
        assert (await response.json())["errors"][0]["type"] == "InvalidTokenError"


async def test_xml_by_accept(client: aiohttp.ClientSession) -> None:
    headers = {"Accept": "application/xml"}
    async with client.get(f"{PRODUCTS}/999999", headers=headers) as response:
        assert response.content_type == "application/xml"
        root = ET.fromstring(await response.text())  # noqa: S314 - our own document
        assert root.findtext("error/type") == "UnknownIdentifierError"
    async with client.get(f"{PRODUCTS}/816324?fields=FULL", headers=headers) as response:
        root = ET.fromstring(await response.text())  # noqa: S314 - our own document
        assert root.findtext("categories/category/code") == "laptops"


async def test_a_wrong_method_is_an_occ_error(client: aiohttp.ClientSession) -> None:
    async with client.delete(f"{PRODUCTS}/816324") as response:
        assert response.status == 405
        assert "GET" in response.headers["Allow"]
        assert (await response.json())["errors"][0]["message"].startswith("Request method 'DELETE'")


async def test_pages_of_a_search_cover_everything_once(client: aiohttp.ClientSession) -> None:
    first = await _json(client, f"{PRODUCTS}/search?pageSize=20&fields=products(code),pagination")
    pages = first["pagination"]["totalPages"]
    codes: list[str] = []
    for page in range(pages):
        path = f"{PRODUCTS}/search?pageSize=20&currentPage={page}&fields=products(code),pagination"
        found = await _json(client, path)
        assert found["pagination"]["currentPage"] == page
        codes += [product["code"] for product in found["products"]]
    assert pages == 4
    assert len(codes) == len(set(codes)) == first["pagination"]["totalResults"]
    beyond = await _json(client, f"{PRODUCTS}/search?pageSize=20&currentPage={pages}")
    assert beyond["products"] == []


async def test_search_by_word_category_and_order(client: aiohttp.ClientSession) -> None:
    found = await _json(client, f"{PRODUCTS}/search?query=kestrel:price-asc:category:laptops")
    prices = [product["price"]["value"] for product in found["products"]]
    assert len(prices) == 4
    assert prices == sorted(prices)
    assert [sort["code"] for sort in found["sorts"] if sort["selected"]] == ["price-asc"]
    assert found["breadcrumbs"][0]["facetValueName"] == "Laptops"
    assert (await _json(client, f"{PRODUCTS}/search?query=zzz"))["pagination"]["totalPages"] == 0


async def test_a_facet_counts_what_its_own_query_finds(client: aiohttp.ClientSession) -> None:
    everything = await _json(client, f"{PRODUCTS}/search?pageSize=1")
    for facet in everything["facets"]:
        for value in facet["values"]:
            query = value["query"]["query"]["value"]
            found = await _json(client, f"{PRODUCTS}/search?pageSize=1&query={query}")
            assert found["pagination"]["totalResults"] == value["count"], query


async def test_suggestions_complete_a_word(client: aiohttp.ClientSession) -> None:
    found = await _json(client, f"{PRODUCTS}/suggestions?term=lap&max=3")
    assert found == {"suggestions": [{"value": "laptops"}]}


async def test_references_reviews_and_stock(client: aiohttp.ClientSession) -> None:
    path = (
        f"{PRODUCTS}/816324/references?referenceType=SIMILAR&fields=references(target(code,name))"
    )
    found = (await _json(client, path))["references"]
    assert [reference["target"]["code"] for reference in found] == ["816325", "816331", "816341"]
    reviews = (await _json(client, f"{PRODUCTS}/816324/reviews?fields=FULL"))["reviews"]
    assert len(reviews) == (await _json(client, f"{PRODUCTS}/816324"))["numberOfReviews"]
    few = (await _json(client, f"{PRODUCTS}/816324/reviews?maxCount=2"))["reviews"]
    assert [review["id"] for review in few] == [review["id"] for review in reviews[:2]]
    stores = await _json(client, f"{PRODUCTS}/816324/stock?location=harbour")
    assert stores["stores"][0]["stockInfo"]["stockLevelStatus"] == "inStock"


async def test_a_configuration_is_a_product_of_its_own(client: aiohttp.ClientSession) -> None:
    variant = await _json(client, f"{PRODUCTS}/816324-48?fields=FULL")
    assert (variant["code"], variant["baseProduct"]) == ("816324-48", "816324")
    assert variant["price"]["value"] == 1809.0
    assert variant["baseOptions"][0]["selected"]["code"] == "816324-48"


async def test_base_sites_and_consent_templates(client: aiohttp.ClientSession) -> None:
    sites = await _json(client, "/occ/v2/basesites")
    assert [site["uid"] for site in sites["baseSites"]] == ["electronics"]
    templates = await _json(client, "/occ/v2/electronics/users/anonymous/consenttemplates")
    assert templates["consentTemplates"][0].keys() >= {"id", "name", "version"}


async def test_pictures_are_served(client: aiohttp.ClientSession) -> None:
    product = await _json(client, f"{PRODUCTS}/816324?fields=images")
    async with client.get(product["images"][0]["url"]) as response:
        assert response.content_type == "image/svg+xml"
    async with client.get("/medias/nothing.svg") as response:
        assert response.status == 404
