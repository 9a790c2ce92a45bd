"""Products as OCC documents: everything the platform knows, before ``fields`` picks from it."""

from itertools import groupby
from random import Random

from saccade.domain import JsonObject
from saccade_demo.catalog.pricing import price, stock
from saccade_demo.catalog.sources import CategorySource, FeatureSource, ProductSource

UNITS = {
    "GHz": ("gigahertz", "frequency"),
    "Hz": ("hertz", "frequency"),
    "GB": ("gigabytes", "data"),
    "in": ("inches", "length"),
    "mm": ("millimetres", "length"),
    "cm": ("centimetres", "length"),
    "m": ("metres", "length"),
    "nit": ("nits", "luminance"),
    "Wh": ("watt hours", "energy"),
    "mAh": ("milliamp hours", "charge"),
    "W": ("watts", "power"),
    "h": ("hours", "time"),
    "min": ("minutes", "time"),
    "d": ("days", "time"),
    "a": ("years", "time"),
    "dB": ("decibels", "loudness"),
    "kg": ("kilograms", "mass"),
    "g": ("grams", "mass"),
    "MP": ("megapixels", "resolution"),
    "EV": ("stops", "exposure"),
    "fps": ("frames a second", "frequency"),
    "shots": ("shots", "count"),
    "Ω": ("ohms", "resistance"),
    "bit": ("bits", "data"),
    "%": ("percent", "share"),
}
"""Symbol to the unit's name and OCC unit type."""

VIEWS = ("front", "angle", "detail")
LAPTOP_VIEWS = ("front", "keys", "side", "battery")
_FORMATS = ("zoom", "product", "thumbnail", "cartIcon")
_GALLERY_FORMATS = ("zoom", "thumbnail")
_CLASS_CODES = 600


def document(
    product: ProductSource, category: CategorySource, rank: float, number: int
) -> JsonObject:
    """A product without reviews, variants and references, keys in alphabetical order.

    ``rank`` is its place by price in its category from 0 (entry) to 1 (top); ``number`` is the
    category's place in the catalog.
    """
    return {
        "availableForPickup": product.stock > 0,
        "averageRating": 0.0,
        "baseOptions": [],
        "categories": [
            {
                "code": category.code,
                "name": category.name,
                "url": f"/Open-Catalogue/{category.name}/c/{category.code}",
            },
            {
                "code": f"brand-{product.manufacturer.lower()}",
                "name": product.manufacturer,
                "url": f"/Brands/{product.manufacturer}/c/brand-{product.manufacturer.lower()}",
            },
        ],
        "classifications": _classifications(product, category, rank, number),
        "code": product.code,
        "configurable": False,
        "description": " ".join((product.summary, *category.story)),
        "images": images(product.code, product.colour, product.name, category.code),
        "manufacturer": product.manufacturer,
        "name": product.name,
        "numberOfReviews": 0,
        "potentialPromotions": [],
        "price": price(product.price),
        "priceRange": {},
        "productReferences": [],
        "purchasable": True,
        "reviews": [],
        "stock": stock(product.stock),
        "summary": product.summary,
        "url": f"/Open-Catalogue/{category.name}/{product.name.replace(' ', '-')}/p/{product.code}",
        "variantOptions": [],
    }


def images(code: str, colour: str, name: str, category: str) -> list[JsonObject]:
    """The primary picture in four formats, the gallery in two."""
    views = LAPTOP_VIEWS if category == "laptops" else VIEWS
    primary = [
        {
            "altText": name,
            "format": size,
            "imageType": "PRIMARY",
            "url": f"/medias/{code}-{views[0]}-{colour}-{size}.svg",
        }
        for size in _FORMATS
    ]
    gallery = [
        {
            "altText": f"{name}, {view}",
            "format": size,
            "galleryIndex": index,
            "imageType": "GALLERY",
            "url": f"/medias/{code}-{view}-{colour}-{size}.svg",
        }
        for index, view in enumerate(views)
        for size in _GALLERY_FORMATS
    ]
    return [*primary, *gallery]


def rated(product: JsonObject, reviews: list[JsonObject]) -> None:
    """Put reviews, their number and their average into a document."""
    product["averageRating"] = round(sum(r["rating"] for r in reviews) / len(reviews), 1)
    product["numberOfReviews"] = len(reviews)
    product["reviews"] = reviews


def _classifications(
    product: ProductSource, category: CategorySource, rank: float, number: int
) -> list[JsonObject]:
    draw = Random(f"features:{product.code}")  # noqa: S311 - data of a demo, no secret
    found: list[JsonObject] = []
    groups = groupby(category.features, key=lambda feature: feature.group)
    for index, (group, features) in enumerate(groups):
        code = str(_CLASS_CODES + 10 * number + index)
        listed = [_feature(code, feature, product, rank, draw) for feature in features]
        found.append({"code": code, "features": listed, "name": group})
    return found


def _feature(
    code: str, feature: FeatureSource, product: ProductSource, rank: float, draw: Random
) -> JsonObject:
    place = rank * (len(feature.values) - 1) + draw.uniform(-0.35, 0.35)
    index = min(max(round(place), 0), len(feature.values) - 1)
    value = product.features.get(feature.key, feature.values[index])
    found: JsonObject = {
        "code": f"ElectronicsClassification/1.0/{code}.{feature.key}",
        "comparable": True,
        "featureValues": [{"value": value}],
        "name": feature.name,
        "range": False,
    }
    if feature.unit:
        name, kind = UNITS[feature.unit]
        found["featureUnit"] = {"name": name, "symbol": feature.unit, "unitType": kind}
    return dict(sorted(found.items()))
