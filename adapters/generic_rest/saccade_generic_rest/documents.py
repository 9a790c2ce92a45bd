"""Facts read out of a platform's documents: each by its type, else unknown, never a guess.

What stands where a fact should and is none is told by a reason, so that a hostile or broken catalog
is counted and not merely survived.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Literal, NamedTuple, TypeVar

from saccade.domain import Product
from saccade_generic_rest.mapping import Fields, ProductFields
from saccade_generic_rest.minor_units import decimals_of
from saccade_generic_rest.paths import Json, JsonPath, rows
from saccade_generic_rest.templates import is_id

LONGEST_NAME = 1_000
MOST_CATEGORIES = 100

_AMOUNT = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,10})?")
_COUNT = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,10})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_DIGITS = 25
_NO = frozenset({"", "false", "no", "0"})
_YES = frozenset({"true", "yes", "1"})
_MILLISECONDS_FROM = Decimal(10**11)

T = TypeVar("T")


class NoFactError(ValueError):
    """A value that is not what should stand there; its text is a reason to count by."""


class Read(NamedTuple):
    """A product, where it is one, and why its facts or itself could not be read."""

    product: Product | None
    problems: tuple[str, ...] = ()


def product(
    fields: ProductFields,
    document: Json,
    decimals: int | Literal["iso4217"],
    parts: Sequence[tuple[Fields, Json]] = (),
) -> Read:
    """A product by its own document and the others about it, whose facts count before its own."""
    try:
        code = identifier(fields.id.of(document))
    except NoFactError as error:
        return Read(None, (f"id_{error}",))
    if code is None:
        return Read(None, ("id_missing",))
    facts = _Facts(fields, document, parts)
    unit = facts.read("currency", currency)
    price = facts.read("price", lambda value: amount(value, decimals, unit))
    found = Product(
        id=code,
        name=facts.read("name", _name) or "",
        categories=facts.read("categories", _categories) or (),
        price=price,
        currency=unit,
        in_stock=facts.read("in_stock", truth),
    )
    return Read(found, tuple(facts.problems))


class _Facts:
    """Each fact from the first document that says it."""

    def __init__(
        self, fields: Fields, document: Json, parts: Sequence[tuple[Fields, Json]]
    ) -> None:
        self._said = (*parts, (fields, document))
        self.problems: list[str] = []

    def read(self, name: str, make: Callable[[Json], T]) -> T | None:
        for fields, document in self._said:
            path: JsonPath | None = getattr(fields, name)
            value = None if path is None else path.of(document)
            if value is None:
                continue
            try:
                return make(value)
            except NoFactError as error:
                self.problems.append(f"{name}_{error}")
        return None


def identifier(value: Json) -> str | None:
    """An id as text; platforms write numbers as well. Raises `NoFactError`."""
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**_MOST_DIGITS else ""
    if not isinstance(value, str):
        raise NoFactError("of_wrong_type")
    if not is_id(value):
        raise NoFactError("unusable")
    return value


def amount(value: Json, decimals: int | Literal["iso4217"] = 0, currency: str | None = None) -> str:
    """A decimal as text, in the currency's own unit. Raises `NoFactError`."""
    places = decimals_of(decimals, currency)
    if places is None:
        raise NoFactError("without_currency")
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        raise NoFactError("of_wrong_type")
    if isinstance(value, str) and not _AMOUNT.fullmatch(value.strip()):
        raise NoFactError("no_amount")
    if isinstance(value, int) and abs(value) >= 10**_MOST_DIGITS:
        raise NoFactError("no_amount")
    try:
        found = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        raise NoFactError("no_amount") from None
    if found < 0 or (found and not -_MOST_DIGITS < found.adjusted() < _MOST_DIGITS):
        raise NoFactError("no_amount")
    if len(found.as_tuple().digits) > 2 * _MOST_DIGITS:
        raise NoFactError("no_amount")
    return format(found.scaleb(-places), "f")


def currency(value: Json) -> str:
    """An ISO 4217 code. Raises `NoFactError`."""
    if not isinstance(value, str):
        raise NoFactError("of_wrong_type")
    if not _CURRENCY.fullmatch(value.upper()):
        raise NoFactError("no_code")
    return value.upper()


def truth(value: Json) -> bool:
    """Yes or no; of a number whether there is any. Raises `NoFactError`."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, Decimal)):
        return value > 0
    said = value.strip().lower() if isinstance(value, str) else None
    if said in _YES or said in _NO:
        return said in _YES
    if said is not None and _COUNT.fullmatch(said):
        return Decimal(said) > 0
    raise NoFactError("of_wrong_type")


def moment(value: Json) -> float:
    """Seconds since the epoch, of RFC 3339 or a number. Raises `NoFactError`."""
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        if not 0 <= value < 10**14:
            raise NoFactError("no_time")
        return float(value / 1_000 if value > _MILLISECONDS_FROM else value)
    if not isinstance(value, str):
        raise NoFactError("of_wrong_type")
    try:
        told = datetime.fromisoformat(value)
    except ValueError:
        raise NoFactError("no_time") from None
    seconds = (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
    if seconds < 0:
        raise NoFactError("no_time")
    return seconds


def _name(value: Json) -> str:
    if not isinstance(value, str):
        raise NoFactError("of_wrong_type")
    if len(value) > LONGEST_NAME:
        raise NoFactError("too_long")
    if _SURROGATE.search(value):
        raise NoFactError("unusable")
    return value


def _categories(value: Json) -> tuple[str, ...]:
    """Those that have an id; a single one needs no list."""
    found = rows(value)
    listed = [value] if found is None else found
    if len(listed) > MOST_CATEGORIES:
        raise NoFactError("too_many")
    return tuple(code for one in listed if (code := identifier(one)) is not None)
