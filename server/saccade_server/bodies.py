"""The bodies of ``/v1``: msgspec structs that refuse what they do not declare.

No field holds a free object, so a name such as ``__proto__`` has nowhere to go.
"""

from operator import attrgetter
from typing import Annotated

import msgspec

from saccade.domain import Basis, Mode, OutcomeKind
from saccade.signals import SIGNAL_NAMES, Signals
from saccade_server.page_events import ContextBody, PageEvents

_END = r"$(?!\n)"
"""The very end: ``$`` alone also stands before a last newline, and JSON Schema knows no ``\\Z``."""

SessionToken = Annotated[
    str, msgspec.Meta(min_length=1, max_length=200, description="The session, or its signed token")
]
ProductId = Annotated[
    str,
    msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{1,128}" + _END, description="The platform's own code"),
]
ViewId = Annotated[
    str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,64}" + _END, description="One page view's id")
]
DecisionId = Annotated[
    str,
    msgspec.Meta(pattern="^[A-Za-z0-9_-]{8,64}" + _END, description="As an experience names it"),
]
SlotId = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,62}" + _END)]
Amount = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9]{1,12}(\.[0-9]{1,4})?" + _END, description='A decimal as text: "129.99"'
    ),
]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}" + _END, description="ISO 4217")]
OrderId = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{1,128}" + _END)]

_measured = attrgetter(*SIGNAL_NAMES)


class SignalsBody(Signals, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whose signals these are, beside any of the fourteen."""

    session_id: SessionToken
    product_id: ProductId | None = None
    view: ViewId | None = None
    decision_id: DecisionId | None = None
    """The decision whose experience the page shows now."""
    events: PageEvents = ()
    context: ContextBody | None = None

    def signals(self) -> Signals:
        """The measurements alone."""
        return Signals(*_measured(self))


Hash = Annotated[
    str, msgspec.Meta(pattern="^[0-9a-f]{64}" + _END, description="SHA-256 as lower-case hex")
]


class IdentifyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who a session's visitor is: one of three, or nobody any more (``logout``).

    Hash an e-mail trimmed and in lower case, a phone as E.164.
    """

    session_id: SessionToken
    customer_id: OrderId | None = None
    email_sha256: Hash | None = None
    phone_sha256: Hash | None = None
    logout: bool = False


class IdentifyAnswer(msgspec.Struct, frozen=True):
    """The token to go on with; ``joined`` is false where consent does not allow it."""

    session_id: str
    joined: bool


class Purposes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of the site's own banner. Only ``personalization`` decides here."""

    personalization: bool
    measurement: bool | None = None
    marketing: bool | None = None


class ShopifyConsent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """As Shopify's Customer Privacy API tells it: to themes, or to pixels (``…Processing…``)."""

    analytics_allowed: bool | None = None
    preferences_allowed: bool | None = None
    analytics_processing_allowed: bool | None = None
    preferences_processing_allowed: bool | None = None
    marketing_allowed: bool | None = None
    sale_of_data_allowed: bool | None = None
    first_party_marketing_allowed: bool | None = None
    third_party_marketing_allowed: bool | None = None


class ConsentBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shopper's answer, in the words of one source. Without a session a yes begins one."""

    session_id: SessionToken | None = None
    purposes: Purposes | None = None
    shopify: ShopifyConsent | None = None
    tcf: Annotated[str, msgspec.Meta(max_length=4_000)] | None = None
    """An IAB TCF v2 string."""


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was kept of an answer. ``session_id`` is there where the answer began a session."""

    given: bool
    basis: Basis
    source: str
    at: float
    session_id: str | None = None


class SessionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A returning visitor's last token, if there is one.

    The tracker names what its page shows in every body, and says "" where it has no token yet.
    """

    session_id: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    decision_id: DecisionId | None = None


class SessionAnswer(msgspec.Struct, frozen=True):
    """The token of a new session."""

    session_id: str


class EventsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Events of a page (R6) and how its shopper came (R7). ``token`` is a signed ``session``."""

    session: SessionToken | None = None
    session_id: SessionToken | None = None
    token: SessionToken | None = None
    site: str | None = None
    """The site key again, where the address names it too."""
    view: ViewId | None = None
    events: PageEvents = ()
    context: ContextBody | None = None


class SignalsAnswer(msgspec.Struct, frozen=True):
    """What the signals amount to."""

    mode_detected: Mode
    confidence: float


class ExposureBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Slots that were really visible, of those this session's decision changed."""

    session_id: SessionToken
    decision_id: DecisionId
    slots: Annotated[tuple[SlotId, ...], msgspec.Meta(min_length=1, max_length=32)]


class OutcomeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What followed; a browser may say ``clicked`` and ``dismissed``, without amount and order."""

    session_id: SessionToken
    kind: OutcomeKind
    decision_id: DecisionId | None = None
    value: Amount | None = None
    currency: Currency | None = None
    order_id: OrderId | None = None
