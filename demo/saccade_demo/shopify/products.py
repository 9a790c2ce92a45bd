"""The lab's catalog as a Shopify shop has it: products, variants, inventory, collections."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from saccade_demo.catalog import Catalog

CURRENCY = "USD"
LOCATION = 61_000_000_001
MADE_AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC).timestamp()
"""Of every product, until somebody changes it."""

_PRODUCT_IDS, _VARIANT_IDS, _ITEM_IDS = 7_000_000_000_000, 41_000_000_000_000, 51_000_000_000_000
_COLLECTION_IDS = 440_000_000_000
_VARIANTS_APART = 100

DEFAULT_TITLE = "Default Title"
"""Of the one variant of a product without options."""


def gid(kind: str, number: int) -> str:
    """A global id, such as ``gid://shopify/Product/7000000816324``."""
    return f"gid://shopify/{kind}/{number}"


def iso(at: float) -> str:
    """As Shopify writes a time, to the second and in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def money(amount: Decimal) -> str:
    """As Shopify sends money: text with two digits."""
    return f"{amount:.2f}"


@dataclass(slots=True)
class Variant:
    """Something that can be bought, with the stock of its one location."""

    id: int
    item: int
    """Its inventory item."""
    title: str
    sku: str
    options: Mapping[str, str]
    price: Decimal
    available: int
    updated_at: float = MADE_AT


@dataclass(frozen=True, slots=True)
class Collection:
    """A category of the lab."""

    id: int
    handle: str
    title: str


@dataclass(slots=True)
class Product:
    """A product; changes are made by `Shop`, which tells its subscribers."""

    id: int
    handle: str
    title: str
    vendor: str
    kind: str
    tags: tuple[str, ...]
    html: str
    pictures: tuple[str, ...]
    collections: tuple[Collection, ...]
    variants: list[Variant]
    status: str = "ACTIVE"
    created_at: float = MADE_AT
    updated_at: float = MADE_AT
    details: tuple[tuple[str, str], ...] = ()
    """Names and values of what a shopper compares."""
    options: tuple[str, ...] = field(default=("Title",))

    @property
    def price(self) -> Decimal:
        """Of its cheapest variant."""
        return min(variant.price for variant in self.variants)


def stocked(catalog: Catalog) -> dict[int, Product]:
    """Every product of the lab by its id here, in the order of ids."""
    found = (_product(catalog, code) for code in catalog.products)
    return {product.id: product for product in sorted(found, key=lambda product: product.id)}


def _product(catalog: Catalog, code: str) -> Product:
    document = catalog.products[code]
    category = catalog.categories[document["categories"][0]["code"]]
    number = list(catalog.categories).index(category.code)
    variants = _variants(code, document)
    return Product(
        id=_PRODUCT_IDS + int(code),
        handle=document["name"].lower().replace(" ", "-"),
        title=document["name"],
        vendor=document["manufacturer"],
        kind=category.name,
        tags=tuple(sorted((category.code, *category.topics))),
        html=f"<p>{document['description']}</p>",
        pictures=tuple(
            image["url"]
            for image in document["images"]
            if (image["imageType"], image["format"]) == ("GALLERY", "zoom")
        ),
        collections=(Collection(_COLLECTION_IDS + number, category.code, category.name),),
        variants=variants,
        details=tuple(
            (feature["name"], _valued(feature))
            for group in document["classifications"]
            for feature in group["features"]
        ),
        options=tuple(variants[0].options),
    )


def _valued(feature: Mapping[str, Any]) -> str:
    unit = feature.get("featureUnit", {}).get("symbol", "")
    return f"{feature['featureValues'][0]['value']} {unit}".strip()


def _variants(code: str, document: Mapping[str, Any]) -> list[Variant]:
    base = int(code) * _VARIANTS_APART
    options = document["variantOptions"]
    if not options:
        price = Decimal(str(document["price"]["value"]))
        level = document["stock"]["stockLevel"]
        chosen = {"Title": DEFAULT_TITLE}
        return [
            Variant(
                _VARIANT_IDS + base, _ITEM_IDS + base, DEFAULT_TITLE, code, chosen, price, level
            )
        ]
    found: list[Variant] = []
    for number, option in enumerate(options, 1):
        values = {q["name"]: q["value"] for q in option["variantOptionQualifiers"]}
        found.append(
            Variant(
                id=_VARIANT_IDS + base + number,
                item=_ITEM_IDS + base + number,
                title=" / ".join(values.values()),
                sku=option["code"],
                options=values,
                price=Decimal(str(option["priceData"]["value"])),
                available=option["stock"]["stockLevel"],
            )
        )
    return found
