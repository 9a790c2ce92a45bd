"""Events of a page (R6) and how its shopper came (R7), as ``/v1/events`` and ``/v1/signals`` take
them: a schema by kind, and what the core keeps of each.

No text a shopper typed is kept: a search counts, its words do not.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from saccade.domain import EventKind
from saccade.signals import Signals
from saccade.state import NOTHING_HEARD, Context, Heard, Told

MOST_EVENTS = 32
"""In one body."""

_END = r"$(?!\n)"
_DESKTOP, _TABLET, _MOBILE = "desktop", "tablet", "mobile"
_TABLETS = re.compile(r"ipad|tablet|android(?!.*mobile)", re.IGNORECASE)
_PHONES = re.compile(r"mobi|iphone", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9.-]{1,253}\Z")
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")

EventId = Annotated[
    str, msgspec.Meta(pattern="^[A-Za-z0-9_.:-]{1,64}" + _END, description="Told again, kept once")
]
AtMs = Annotated[int, msgspec.Meta(ge=0, le=4_102_444_800_000, description="Epoch milliseconds")]
Subject = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{1,128}" + _END)]
Number = Annotated[float, msgspec.Meta(ge=0.0, le=1e9)]
Milliseconds = Annotated[float, msgspec.Meta(ge=0.0, le=86_400_000.0)]
Words = Annotated[str, msgspec.Meta(max_length=256)]
Source = Annotated[str, msgspec.Meta(max_length=200)]


class _Event(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"
):
    id: EventId
    at_ms: AtMs | None = None


class ProductViewed(_Event, frozen=True, tag="product_viewed"):
    """A product's page was opened."""

    product_id: Subject


class CartChanged(_Event, frozen=True, tag="cart_changed"):
    """``value`` is the number of items in it now."""

    product_id: Subject | None = None
    value: Number | None = None


class Click(_Event, frozen=True, tag="click"):
    """On something the tenant named."""

    product_id: Subject | None = None
    value: Number | None = None


class Search(_Event, frozen=True, tag="search"):
    """``value`` is the number of results."""

    query: Words
    value: Number | None = None


class VideoWatched(_Event, frozen=True, tag="video_watched"):
    """``value`` is for how long, in milliseconds."""

    value: Milliseconds
    product_id: Subject | None = None


class AddToCart(_Event, frozen=True, tag="add_to_cart"):
    """``value`` is the quantity."""

    product_id: Subject
    value: Number | None = None


class CouponSearch(_Event, frozen=True, tag="coupon_search"):
    """A coupon was looked for, or tried: ``query`` is what was typed."""

    query: Words | None = None
    value: Number | None = None


class CheckoutDwell(_Event, frozen=True, tag="checkout_dwell"):
    """``value`` is for how long, in milliseconds."""

    value: Milliseconds


PageEvent = (
    ProductViewed
    | CartChanged
    | Click
    | Search
    | VideoWatched
    | AddToCart
    | CouponSearch
    | CheckoutDwell
)
"""Orders and refunds are not among them: a page's word makes no money."""

PageEvents = Annotated[tuple[PageEvent, ...], msgspec.Meta(max_length=MOST_EVENTS)]


class ContextBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the shopper came, as the landing page tells it."""

    utm_source: Source | None = None
    utm_medium: Source | None = None
    utm_campaign: Source | None = None
    utm_term: Source | None = None
    utm_content: Source | None = None
    referrer: Annotated[str, msgspec.Meta(max_length=2_000)] | None = None
    device: Annotated[str, msgspec.Meta(pattern="^(desktop|tablet|mobile)" + _END)] | None = None
    hour: Annotated[int, msgspec.Meta(ge=0, le=23)] | None = None
    weekday: Annotated[int, msgspec.Meta(ge=0, le=6)] | None = None
    tz: Annotated[int, msgspec.Meta(ge=-1_000, le=1_000)] | None = None
    language: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9-]{2,35}" + _END)] | None = None


def heard(
    events: Sequence[PageEvent], said: ContextBody | None, query: Mapping[str, str], agent: str
) -> Heard:
    """What the core keeps of it. The tracker may tell the context in the address too.

    ``agent`` is the User-Agent, for a context that names no device.
    """
    if not events and said is None and not query:
        return NOTHING_HEARD  # as nearly always
    marks = tuple(
        Told(_mark(event.id), EventKind(str(event.__struct_config__.tag))) for event in events
    )
    return Heard(marks, _context(said or _from_query(query), agent))


def also(signals: Signals, events: Sequence[PageEvent]) -> Signals:
    """The signals with what the events amount to among them."""
    if signals.add_to_cart_clicked is None and any(isinstance(one, AddToCart) for one in events):
        return msgspec.structs.replace(signals, add_to_cart_clicked=True)
    return signals


def _mark(event_id: str) -> str:
    return hashlib.blake2b(event_id.encode(), digest_size=5).hexdigest()


def _from_query(query: Mapping[str, str]) -> ContextBody | None:
    """As far as it can be read: a shopper's link is no reason to refuse what they did."""
    said: dict[str, str | int] = {
        name: query[name] for name in (*_UTM, "referrer") if query.get(name)
    }
    if re.fullmatch(r"-?\d{1,3}", query.get("tz", "")):
        said["tz"] = int(query["tz"])
    try:
        return msgspec.convert(said, ContextBody) if said else None
    except msgspec.ValidationError:
        return None


def _context(said: ContextBody | None, agent: str) -> Context | None:
    if said is None:
        return None
    return Context(
        **{name: _impersonal(getattr(said, name)) for name in _UTM},
        referrer=_host(said.referrer),
        device=said.device or _device(agent),
        hour=said.hour,
        weekday=said.weekday,
        tz=said.tz,
        language=said.language,
    )


def _impersonal(value: str | None) -> str | None:
    """Newsletters put addresses into links."""
    return value if value and "@" not in value and "%40" not in value else None


def _host(referrer: str | None) -> str | None:
    """Of an address, or of what is a host already."""
    if not referrer:
        return None
    try:
        host = urlsplit(referrer if "//" in referrer else f"//{referrer}").hostname or ""
    except ValueError:
        return None
    return host if _HOST.match(host) else None


def _device(agent: str) -> str | None:
    if not agent:
        return None
    if _TABLETS.search(agent):
        return _TABLET
    return _MOBILE if _PHONES.search(agent) else _DESKTOP
