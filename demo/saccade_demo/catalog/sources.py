"""The catalog as it is written down: TOML files beside this one, read into typed values."""

import tomllib
from importlib import resources
from typing import Any

import msgspec


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of everything read: a misspelt key is an error, not an empty page."""


class FeatureSource(Source, frozen=True):
    """A feature every product of a category has; ``values`` run from entry level to top."""

    group: str
    key: str
    name: str
    values: tuple[str, ...]
    unit: str = ""


class CategorySource(Source, frozen=True):
    """A category with what it says of its products."""

    code: str
    name: str
    drawing: str
    topics: tuple[str, ...]
    """What its reviewers write about: keys of `SentenceSource.topics`."""
    story: tuple[str, ...]
    features: tuple[FeatureSource, ...]
    products: tuple["ProductSource", ...] = ()
    """From ``products/CODE.toml``."""


class ProductSource(Source, frozen=True):
    """One product, in the file of its category.

    ``features`` replaces, by key, what its price rank would say; ``drawing`` the category's.
    """

    code: str
    name: str
    manufacturer: str
    price: float
    stock: int
    colour: str
    summary: str
    drawing: str = ""
    features: dict[str, str] = {}


class TopicSource(Source, frozen=True):
    """Praise and complaint about one topic."""

    good: tuple[str, ...]
    bad: tuple[str, ...]


class HeadlineSource(Source, frozen=True):
    """Headlines by mood."""

    good: tuple[str, ...]
    mixed: tuple[str, ...]
    bad: tuple[str, ...]


class SentenceSource(Source, frozen=True):
    """What reviews are composed of."""

    reviewers: tuple[str, ...]
    headlines: HeadlineSource
    topics: dict[str, TopicSource]


class ChoiceValue(Source, frozen=True):
    """One value of a configuration, and what it adds to the price."""

    value: str
    short: str
    surcharge: float


class Choice(Source, frozen=True):
    """A question a configuration answers: processor, memory, storage, colour."""

    qualifier: str
    name: str
    values: tuple[ChoiceValue, ...]


class Recommended(Source, frozen=True):
    """A configuration the shop recommends, by its values in the order of the choices."""

    label: str
    values: tuple[str, ...]


class WrittenReview(Source, frozen=True):
    """A review written for the demo's story."""

    rating: int
    by: str
    verified: bool
    headline: str
    comment: str


class LaptopSource(Source, frozen=True):
    """The laptop of the story."""

    code: str
    similar: tuple[str, ...]
    accessories: tuple[str, ...]
    choice: tuple[Choice, ...]
    recommended: tuple[Recommended, ...]
    review: tuple[WrittenReview, ...]


class Sources(msgspec.Struct, frozen=True):
    """All files together."""

    categories: tuple[CategorySource, ...]
    sentences: SentenceSource
    laptop: LaptopSource


def read() -> Sources:
    """Read the package's own files. Raises `msgspec.ValidationError` naming a wrong key."""
    categories = msgspec.convert(_toml("categories")["category"], tuple[CategorySource, ...])
    return Sources(
        tuple(
            msgspec.structs.replace(category, products=_products(category.code))
            for category in categories
        ),
        msgspec.convert(_toml("sentences"), SentenceSource),
        msgspec.convert(_toml("laptop"), LaptopSource),
    )


def _products(category: str) -> tuple[ProductSource, ...]:
    return msgspec.convert(_toml("products", category)["product"], tuple[ProductSource, ...])


def _toml(*name: str) -> dict[str, Any]:  # Any: the shape is checked by the conversion above
    *folders, stem = name
    data = resources.files("saccade_demo.catalog").joinpath("data", *folders, f"{stem}.toml")
    return tomllib.loads(data.read_text("utf-8"))
