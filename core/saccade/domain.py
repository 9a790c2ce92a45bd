"""The words of the house as types: frozen, slotted, free of any platform.

Times are seconds since the epoch (UTC) unless a name ends in ``_ms``. Identifiers are opaque
strings; nothing in the core parses a product code, a visitor or a session id.
"""

from enum import StrEnum
from typing import Any

import msgspec

JsonObject = dict[str, Any]  # Any: a record as stored or sent; its schema stands at the edge

SESSION_LIFE_S = 3_600.0
"""A session ends after an hour without activity (R43)."""

DO_NOTHING = "do_nothing"
"""The action every decision may choose (R14)."""


class Mode(StrEnum):
    """The cognitive mode a shopper is in (R9). The order is the model's class order."""

    ANALYTICAL = "analytical"
    OVERWHELMED = "overwhelmed"
    HESITATING = "hesitating"
    DEFAULT = "default"


MODES: tuple[Mode, ...] = tuple(Mode)


class Moment(StrEnum):
    """Where in the journey a decision is asked."""

    HOME = "home"
    LISTING = "listing"
    PRODUCT = "product"
    CART = "cart"
    CHECKOUT = "checkout"
    CONFIRMATION = "confirmation"
    MESSAGE = "message"


class Op(StrEnum):
    """The allow-listed operations of an instruction (R8)."""

    MOVE = "move"
    SHOW = "show"
    HIDE = "hide"
    SET_TEXT = "set_text"


class Reason(StrEnum):
    """Why the policy did or did not act."""

    MODEL = "MODEL"
    RULE = "RULE"
    LOW_CONFIDENCE = "LOW_CONFIDENCE"
    NO_CONSENT = "NO_CONSENT"
    HOLDOUT = "HOLDOUT"
    SHADOW = "SHADOW"
    CAPPED = "CAPPED"
    SUPPRESSED = "SUPPRESSED"
    ASSISTED = "ASSISTED"
    BOT = "BOT"
    PAUSED = "PAUSED"
    TIMEOUT = "TIMEOUT"
    ERROR = "ERROR"


class Served(StrEnum):
    """What the page got."""

    MODEL = "model"
    RULE = "rule"
    DEFAULT = "default"


class Arm(StrEnum):
    """A visitor's side of the holdout (R54); ``NONE`` where there is no consent."""

    TREATMENT = "treatment"
    CONTROL = "control"
    NONE = "none"


class Basis(StrEnum):
    """A tenant's legal basis for personalising (R60)."""

    OPT_IN = "opt_in"
    OPT_OUT = "opt_out"


class EventKind(StrEnum):
    """Commerce and content facts (R6) the core understands."""

    PRODUCT_VIEWED = "product_viewed"
    CART_CHANGED = "cart_changed"
    ORDER_PLACED = "order_placed"
    REFUND = "refund"
    CLICK = "click"
    SEARCH = "search"
    VIDEO_WATCHED = "video_watched"
    ADD_TO_CART = "add_to_cart"
    COUPON_SEARCH = "coupon_search"
    CHECKOUT_DWELL = "checkout_dwell"


class OutcomeKind(StrEnum):
    """What followed an exposure (R50)."""

    CLICKED = "clicked"
    CONVERTED = "converted"
    IGNORED = "ignored"
    DISMISSED = "dismissed"
    BOUNCED = "bounced"
    RETURNED = "returned"


class Frozen(msgspec.Struct, frozen=True, gc=False):
    """Base of every value that travels through the core.

    Frozen values form no cycles, so the garbage collector need not walk what a shop's visitors
    amount to.
    """


class Identity(Frozen, frozen=True):
    """A visitor over time and one visit of theirs. A bare session is its own visitor."""

    visitor: str
    session: str


class Product(Frozen, frozen=True):
    """What the core needs of a catalog item; absent facts are ``None``, never a guess."""

    id: str
    name: str = ""
    categories: tuple[str, ...] = ()
    price: str | None = None
    """Decimal as text, in ``currency``."""
    currency: str | None = None
    in_stock: bool | None = None


class Event(Frozen, frozen=True):
    """A commerce fact. ``trusted`` is true for verified webhooks and 2xx answers seen passing."""

    tenant: str
    kind: EventKind
    at: float
    visitor: str | None = None
    session: str | None = None
    product: str | None = None
    value: str | None = None
    currency: str | None = None
    reference: str | None = None
    """The platform's own id of the order, cart or refund; hashed where it is a credential."""
    trusted: bool = False
    consent: bool | None = None
    """The shopper's answer as the call that told this carries it; ``None``: it says nothing."""


class Instruction(Frozen, frozen=True, omit_defaults=True):
    """One allow-listed operation on a slot.

    ``to`` is ``top`` or ``bottom`` (move); ``text`` is plain text (set_text); ``filter`` selects
    the slot's items by their data attributes and may carry ``limit`` (show).
    """

    op: Op
    slot: str
    to: str | None = None
    text: str | None = None
    filter: dict[str, str | bool | int] | None = None


class Experience(Frozen, frozen=True):
    """A decision as data a page can apply: the value of the page's ``saccade`` key."""

    decision_id: str | None
    mode: Mode
    confidence: float
    reason: Reason
    served: Served
    instructions: tuple[Instruction, ...] = ()
    preview: bool | msgspec.UnsetType = msgspec.UNSET
    """True where a preview forced it; else it is not said."""


class Preview(Frozen, frozen=True):
    """What a signed link forces on the page (R88)."""

    mode: Mode | None = None
    campaign: str | None = None


class Intent(Frozen, frozen=True):
    """The most probable mode, its probability, and all four in the order of `MODES`."""

    mode: Mode
    confidence: float
    probabilities: tuple[float, ...]
    by: Reason
    """``MODEL`` or ``RULE``: which of the two read the features."""


class DecisionRequest(Frozen, frozen=True):
    """What is to be decided, for whom, on which page view."""

    tenant: str
    identity: Identity
    moment: Moment
    subject: str | None = None
    """The product or page the view is about."""
    view: str | None = None
    """One page view's id; ``None`` lets the engine tell views apart by subject and 30 s."""
    consent: bool | None = None
    """Consent as this very call carries it; ``None`` where it says nothing."""
    assisted: bool = False
    """An agent acts for the shopper (R89)."""
    language: str | None = None
    """The page's, as a tag such as ``de-AT``; ``None`` where it says none."""
    currency: str | None = None
    """The page's, by ISO 4217."""
    html_language: str | None = None
    """What the page's document says of itself; it counts where nothing else names a language."""
    preview: Preview | None = None


class Versions(Frozen, frozen=True):
    """Everything a decision depended on, by version (R63)."""

    features: str
    model: str
    policy: str
    campaigns: str


class Decision(Frozen, frozen=True):
    """The choice, with propensities, reason, what was served, versions and timings."""

    id: str
    request: DecisionRequest
    at: float
    intent: Intent
    features: tuple[float, ...]
    """In the order of the FeatureSet named in ``versions``; NaN is missing."""
    eligible: tuple[str, ...]
    propensities: tuple[float, ...]
    """One for each of ``eligible``, exact, known before the draw (R15)."""
    chosen: str
    """What the policy chose: the would-be action of a control visitor."""
    arm: Arm
    experience: Experience
    versions: Versions
    timings_ms: dict[str, float]
    sequence: int = 0
    """How many decisions the view had before this one."""
    gate_open: bool = False
    """Whether confidence let a mode act (R11)."""
    refused: bool = False
    """True where the cap of what was chosen denied it, in either arm."""
    repeat: bool = False
    """True where the view already had this decision: nothing new was journaled."""
    mixed: bool = False
    """The visitor was known in both arms, by two names: no analysis counts them (R54)."""


class Exposure(Frozen, frozen=True):
    """The slot was really visible."""

    tenant: str
    session: str
    visitor: str
    decision_id: str
    slots: tuple[str, ...]
    at: float


class Outcome(Frozen, frozen=True):
    """What followed. ``trusted`` as for events: only trusted conversions count."""

    tenant: str
    session: str
    visitor: str
    kind: OutcomeKind
    at: float
    decision_id: str | None = None
    value: str | None = None
    currency: str | None = None
    order_id: str | None = None
    trusted: bool = False
