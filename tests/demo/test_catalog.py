"""The catalog: large enough, the size of a real shop's documents, the same every time."""

from collections import Counter
from xml.etree import ElementTree as ET

import pytest

from saccade.domain import JsonObject
from saccade_demo import catalog
from saccade_demo.catalog import LAPTOP, Catalog, sources
from saccade_demo.drawings import media
from saccade_demo.occ.fields import field_set, pick
from saccade_demo.occ.formats import as_json


def _full(document: JsonObject) -> bytes:
    return as_json(pick(document, field_set("product", "FULL")))


def test_has_at_least_sixty_products_of_several_categories() -> None:
    found = catalog.load()
    assert len(found.products) >= 60
    counts = Counter(p["categories"][0]["code"] for p in found.products.values())
    assert {"laptops", "cameras", "headphones", "phones", "accessories"} <= counts.keys()


def test_every_full_document_has_the_size_of_a_real_one() -> None:
    found = catalog.load()
    sizes = {
        code: len(_full(document)) for code, document in (found.products | found.variants).items()
    }
    assert {code: size for code, size in sizes.items() if not 11_264 <= size <= 16_000} == {}


def test_two_readings_are_the_same_bytes() -> None:
    first, second = Catalog(sources.read()), Catalog(sources.read())
    assert [_full(d) for d in first.products.values()] == [
        _full(d) for d in second.products.values()
    ]


def test_keys_stand_in_alphabetical_order_everywhere() -> None:
    def check(value: object) -> None:
        if isinstance(value, dict):
            keys = list(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - JSON
            assert keys == sorted(keys)  # pyright: ignore[reportUnknownArgumentType] - JSON
            for item in value.values():  # pyright: ignore[reportUnknownVariableType] - JSON
                check(item)  # pyright: ignore[reportUnknownArgumentType] - JSON
        elif isinstance(value, list):
            for item in value:  # pyright: ignore[reportUnknownVariableType] - JSON
                check(item)  # pyright: ignore[reportUnknownArgumentType] - JSON

    for document in catalog.load().products.values():
        check(
            pick(
                document,
                field_set("product", "FULL,productReferences(DEFAULT),variantOptions(FULL)"),
            )
        )


def test_the_laptop_tells_its_story() -> None:
    laptop = catalog.load().products[LAPTOP]
    features = {
        f["name"]: f["featureValues"][0]["value"]
        for g in laptop["classifications"]
        for f in g["features"]
    }
    assert laptop["name"].endswith(" 14")
    assert (
        float(features["Battery capacity"]) / float(features["Battery life, office work"]) < 8
    )  # watts
    assert len(laptop["variantOptions"]) >= 40
    complaints = [
        review
        for review in catalog.load().reviews[LAPTOP]
        if review["rating"] == 2 and "battery" in (review["headline"] + review["comment"]).lower()
    ]
    assert len(complaints) >= 5
    assert {r["principal"]["uid"] == "anonymous" for r in complaints} == {True, False}


def test_every_configuration_differs_and_costs_what_its_parts_cost() -> None:
    options = catalog.load().products[LAPTOP]["variantOptions"]
    values = [tuple(q["value"] for q in o["variantOptionQualifiers"]) for o in options]
    assert len(set(values)) == len(options)
    prices = {v: o["priceData"]["value"] for v, o in zip(values, options, strict=True)}
    base = ("Arden 7, 10 cores", "16 GB", "1 TB", "Graphite")
    assert prices[base] == catalog.load().products[LAPTOP]["price"]["value"]
    assert prices[(base[0], "32 GB", *base[2:])] - prices[base] == 180


def test_recommends_three_configurations_that_are_in_stock() -> None:
    laptop = catalog.load().products[LAPTOP]
    picks = [r for r in laptop["productReferences"] if r["referenceType"] == "SELECT"]
    assert [r["description"] for r in picks] == ["Everyday", "Most chosen", "For heavy work"]
    for reference in picks:
        assert catalog.load().variants[reference["target"]["code"]]["stock"]["stockLevel"] > 0


def test_average_rating_is_the_reviews_own() -> None:
    found = catalog.load()
    for code, product in found.products.items():
        ratings = [review["rating"] for review in found.reviews[code]]
        assert product["numberOfReviews"] == len(ratings)
        assert product["averageRating"] == pytest.approx(sum(ratings) / len(ratings), abs=0.051)


def test_no_review_repeats_another_of_its_product() -> None:
    for code, reviews in catalog.load().reviews.items():
        texts = Counter(review["comment"] for review in reviews)
        assert texts.most_common(1)[0][1] == 1, code


def test_every_picture_a_document_names_is_drawn_and_well_formed() -> None:
    found = catalog.load()
    for product in found.products.values():
        for image in product["images"]:
            drawn = media.draw(found, image["url"].removeprefix("/medias/"))
            assert drawn is not None, image["url"]
            assert ET.fromstring(drawn).tag.endswith("svg")  # noqa: S314 - our own drawing


@pytest.mark.parametrize(
    "name",
    [
        "816324-front-graphite-zoom.png",
        "816324-front-purple-zoom.svg",
        "816324-back-graphite-zoom.svg",
        "816324-front-graphite-huge.svg",
        "999999-front-graphite-zoom.svg",
        "../secrets.svg",
    ],
)
def test_unknown_pictures_are_not_drawn(name: str) -> None:
    assert media.draw(catalog.load(), name) is None
