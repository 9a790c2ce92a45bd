"""The mapping file: what a REST platform's calls and documents mean, as data.

Paths and JMESPath only; unknown keys are refused, and an error names file, key and fix.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AnyHttpUrl, Field, field_validator, model_validator

from saccade.domain import EventKind, Moment
from saccade.strict import Strict
from saccade_generic_rest.authentication import Auth, HeaderName, NoAuth
from saccade_generic_rest.minor_units import Decimals
from saccade_generic_rest.paths import CurrencyPath, Path
from saccade_generic_rest.templates import CallText, PlainPath, ProductPath, path_names
from saccade_generic_rest.topics import EventsTable, SeenCall, TopicKind

ParameterName = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9_.~\[\]-]{1,64}$", description="a parameter's name, such as page"),
]


class Carrier(StrEnum):
    """How experiences travel to this shop's pages."""

    PROXIED = "proxied_json"
    """Inside the platform's answers, which then no cache may keep."""
    STANDALONE = "standalone_json"
    """Beside them: the page reads ``/v1/experience``, answers stay the platform's own."""


# --- the catalog ----------------------------------------------------------------------------


class Fields(Strict):
    """Where a product's facts stand in a document."""

    name: Path | None = None
    categories: Path | None = None
    """A list of their ids, or one."""
    price: Path | None = None
    """A number, or a decimal as text."""
    currency: CurrencyPath | None = None
    """ISO 4217; a shop with one currency writes it as ``"'EUR'"``."""
    in_stock: Path | None = None
    """Truth, or how many there are; compare for anything else: ``"stock == 'yes'"``."""


class ProductFields(Fields):
    """Of a document that also says whose they are."""

    id: Path


class OnePage(Strict):
    """The list is whole at once."""

    kind: Literal["none"] = "none"


class Sized(Strict):
    """A page's size can be asked for."""

    size_param: ParameterName | None = None
    size: int = Field(default=100, ge=1, le=1_000)


class ByPage(Sized):
    """Pages are numbered."""

    kind: Literal["page"]
    param: ParameterName = "page"
    first: int = Field(default=1, ge=0, le=1)
    pages: Path | None = None
    """How many there are. Absent, an empty page is behind the last."""


class ByOffset(Sized):
    """Pages begin at a product's number."""

    kind: Literal["offset"]
    param: ParameterName = "offset"
    total: Path | None = None
    """How many products there are. Absent, an empty page is behind the last."""


class ByCursor(Sized):
    """Each page names the next, by a word that is sent back as ``param``."""

    kind: Literal["cursor"]
    param: ParameterName = "cursor"
    next: Path


class ByNext(Sized):
    """Each page holds the next one's URL, on this platform."""

    kind: Literal["next"]
    next: Path


class ByLink(Sized):
    """Each answer has a ``Link`` header with ``rel="next"`` (RFC 8288), on this platform."""

    kind: Literal["link"]


Pages = Annotated[
    OnePage | ByPage | ByOffset | ByCursor | ByNext | ByLink, Field(discriminator="kind")
]


class Part(Strict):
    """One more document about each product: its price, say, or its availability."""

    path: ProductPath
    fields: Fields


class CatalogTable(Strict):
    """How products are read."""

    list: PlainPath
    query: dict[ParameterName, str] = Field(default_factory=dict)
    """Sent with every call of the list, such as ``{ status = "published" }``."""
    items: Path | None = None
    """The list in the answer; absent, the answer is the list."""
    pages: Pages = OnePage()
    item: ProductPath
    item_root: Path | None = None
    """The product in its own answer; absent, the answer is the product."""
    fields: ProductFields
    price_decimals: Decimals = 0
    parts: tuple[Part, ...] = Field(default=(), max_length=4)


class PageCall(Strict):
    """A shopper's call whose answer is a page's."""

    call: CallText
    moment: Moment
    product_query: ParameterName | None = None
    """The query parameter that names the product, where the path does not."""

    @field_validator("call")
    @classmethod
    def _reads(cls, call: str) -> str:
        if not call.startswith("GET "):
            raise ValueError("decide calls that read: begin with GET")
        return call


class ConsentTable(Strict):
    """Where a call carries the shopper's answer."""

    header: HeaderName | None = None
    cookie: ParameterName | None = None
    given: tuple[str, ...] = Field(default=("1", "true", "yes", "granted"), min_length=1)
    """What a yes looks like; anything else that stands there is a no."""

    @model_validator(mode="after")
    def _one_place(self) -> "ConsentTable":
        if (self.header is None) == (self.cookie is None):
            raise ValueError("name a header or a cookie, one of them")
        return self


class Mapping(Strict):
    """``mapping.toml``."""

    paths: tuple[str, ...] = Field(min_length=1, max_length=16)
    """The platform's paths that are served, each with a slash at both ends."""
    base_url: AnyHttpUrl | None = None
    """Where the catalog is, if not at the tenant's ``upstream.url``."""
    carrier: Carrier = Carrier.PROXIED
    auth: Auth = NoAuth()
    catalog: CatalogTable
    pages: tuple[PageCall, ...] = ()
    language_query: ParameterName | None = None
    currency_query: ParameterName | None = None
    consent: ConsentTable | None = None
    seen: tuple[SeenCall, ...] = ()
    events: EventsTable | None = None

    @field_validator("paths")
    @classmethod
    def _folders(cls, paths: tuple[str, ...]) -> tuple[str, ...]:
        for path in paths:
            _plain_folder(path)
        return paths

    @model_validator(mode="after")
    def _within(self) -> "Mapping":
        for call in [page.call for page in self.pages] + [seen.call for seen in self.seen]:
            path = call.partition(" ")[2]
            if not path.startswith(self.paths):
                raise ValueError(f"add the beginning of {path} to paths: no call goes there")
        return self

    @model_validator(mode="after")
    def _count_once(self) -> "Mapping":
        """An order that is both seen passing and told by a webhook."""
        seen = [one for one in self.seen if one.kind is EventKind.ORDER_PLACED]
        topics = self.events.topics.values() if self.events else ()
        told = [one for one in topics if one.kind is TopicKind.ORDER_PLACED]
        if seen and told and any(one.reference is None for one in (*seen, *told)):
            raise ValueError(
                "add reference to every order_placed, in seen and in events.topics: by its own id "
                "an order that is told by both counts once"
            )
        return self


def _plain_folder(path: str) -> None:
    if not path.endswith("/") or path_names(path):
        raise ValueError("write each path with a slash at both ends, such as /api/")
