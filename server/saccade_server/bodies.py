"""The bodies of ``/v1``: msgspec structs that refuse what they do not declare.

No field holds a free object, so a name such as ``__proto__`` has nowhere to go.
"""

from operator import attrgetter
from typing import Annotated

import msgspec

from saccade.domain import Mode, OutcomeKind
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
