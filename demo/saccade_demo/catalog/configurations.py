"""The laptop's configurations as OCC variants: every combination of its choices."""

from itertools import product as combinations
from random import Random

from saccade.domain import JsonObject
from saccade_demo.catalog.pricing import price, stock
from saccade_demo.catalog.sources import ChoiceValue, LaptopSource, ProductSource

VARIANT_TYPE = "LaptopConfiguration"


def configurations(laptop: LaptopSource, product: ProductSource) -> list[JsonObject]:
    """All variant options, coded ``816324-01`` onwards in the order of the choices."""
    draw = Random(f"stock:{product.code}")  # noqa: S311 - stock of a demo, no secret
    found: list[JsonObject] = []
    for number, values in enumerate(combinations(*(choice.values for choice in laptop.choice)), 1):
        code = f"{product.code}-{number:02d}"
        found.append(
            {
                "code": code,
                "priceData": price(product.price + sum(value.surcharge for value in values)),
                "stock": stock(draw.choice((0, 3, 8, 14, 22, 40, 64))),
                "url": f"/p/{code}",
                "variantOptionQualifiers": _qualifiers(laptop, product.code, values),
            }
        )
    return found


def recommended(laptop: LaptopSource, options: list[JsonObject]) -> list[JsonObject]:
    """The recommended configurations as product references of type ``SELECT``, preselected."""
    by_values = {
        tuple(q["value"] for q in option["variantOptionQualifiers"]): option for option in options
    }
    return [
        {
            "description": pick.label,
            "preselected": True,
            "referenceType": "SELECT",
            "target": {"code": by_values[pick.values]["code"]},
        }
        for pick in laptop.recommended
    ]


def _qualifiers(
    laptop: LaptopSource, code: str, values: tuple[ChoiceValue, ...]
) -> list[JsonObject]:
    return [
        {
            **({"image": _image(code, value.value)} if choice.qualifier == "colour" else {}),
            "name": choice.name,
            "qualifier": choice.qualifier,
            "value": value.value,
        }
        for choice, value in zip(laptop.choice, values, strict=True)
    ]


def _image(code: str, colour: str) -> JsonObject:
    return {"format": "product", "url": f"/medias/{code}-front-{colour.lower()}-product.svg"}
