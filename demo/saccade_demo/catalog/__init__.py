"""The lab's catalog: products, configurations and reviews, the same bytes on every machine."""

from functools import cache
from itertools import islice

from saccade.domain import JsonObject
from saccade_demo.catalog import documents, reviews, sources
from saccade_demo.catalog.configurations import VARIANT_TYPE, configurations, recommended
from saccade_demo.catalog.sources import CategorySource, LaptopSource, Sources

LAPTOP = "816324"
"""The laptop of the demo's story."""

LAPTOP_REVIEWS_LISTED = 8
"""The laptop has many more; a product document lists the newest, ``/reviews`` gives all."""

FEWEST_REVIEWS = 11
"""So many make a FULL document as large as a real shop's, 11 to 16 KB."""

__all__ = ["LAPTOP", "Catalog", "load"]


class Catalog:
    """Every product as a complete OCC document, by code; nothing changes after it is made."""

    def __init__(self, read: Sources) -> None:
        self.categories = {category.code: category for category in read.categories}
        self.sources = {p.code: p for category in read.categories for p in category.products}
        self.products: dict[str, JsonObject] = {}
        for number, category in enumerate(read.categories):
            self._stock(category, number, read)
        self.reviews = {code: found["reviews"] for code, found in self.products.items()}
        for category in read.categories:
            self._refer(category, read.laptop)
        self.variants = self._configure(read.laptop)

    def find(self, code: str) -> JsonObject | None:
        """A product or a configuration of one."""
        return self.products.get(code) or self.variants.get(code)

    def drawing(self, code: str) -> str:
        """What a product looks like. Raises `KeyError` for an unknown code."""
        category = self.products[code]["categories"][0]["code"]
        return self.sources[code].drawing or self.categories[category].drawing

    def _stock(self, category: CategorySource, number: int, read: Sources) -> None:
        """Make the documents of a category, reviews included."""
        prices = sorted(product.price for product in category.products)
        for product in category.products:
            rank = prices.index(product.price) / max(1, len(prices) - 1)
            found = documents.document(product, category, rank, number)
            if product.code == read.laptop.code:
                documents.rated(found, reviews.written(product.code, read.laptop.review))
            else:
                endless = reviews.composed(product.code, category, read.sentences)
                count = FEWEST_REVIEWS + int(product.code) % 4
                documents.rated(found, list(islice(endless, count)))
            self.products[product.code] = found

    def _refer(self, category: CategorySource, laptop: LaptopSource) -> None:
        """Similar products are the neighbours by price in the category."""
        for product in category.products:
            family = sorted(category.products, key=lambda p: (abs(p.price - product.price), p.code))
            similar = tuple(p.code for p in family if p.code != product.code)[:3]
            accessories: tuple[str, ...] = ()
            if product.code == laptop.code:
                similar, accessories = laptop.similar, laptop.accessories
            self.products[product.code]["productReferences"] = [
                {"preselected": False, "referenceType": kind, "target": self.products[code]}
                for kind, codes in (("SIMILAR", similar), ("ACCESSORIES", accessories))
                for code in codes
            ]

    def _configure(self, laptop: LaptopSource) -> dict[str, JsonObject]:
        """Give the laptop its configurations; answers them as products, by code."""
        base = self.products[laptop.code]
        base["reviews"] = base["reviews"][:LAPTOP_REVIEWS_LISTED]
        options = configurations(laptop, self.sources[laptop.code])
        variants = {option["code"]: self._variant(base, option) for option in options}
        base["productReferences"] += recommended(laptop, options)
        base["variantOptions"] = options
        base["variantType"] = VARIANT_TYPE
        return variants

    def _variant(self, base: JsonObject, option: JsonObject) -> JsonObject:
        """A configuration as a product of its own: the base's facts, its own price and stock."""
        return {
            **base,
            "baseOptions": [{"selected": option, "variantType": VARIANT_TYPE}],
            "baseProduct": base["code"],
            "code": option["code"],
            "price": option["priceData"],
            "stock": option["stock"],
            "url": option["url"],
        }


@cache
def load() -> Catalog:
    """The catalog from the package's own files, read once a process."""
    return Catalog(sources.read())
