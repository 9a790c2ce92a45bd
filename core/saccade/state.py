"""What a decision reads in one round trip, and what is written back.

Everything of a visitor lives under keys tagged by tenant and visitor, so a decision reads one slot
of a Redis Cluster. `ports.StatePort` says how these values are read and written.
"""

from collections.abc import Mapping, Sequence

import msgspec

from saccade.domain import (
    SESSION_LIFE_S,
    Arm,
    EventKind,
    Experience,
    Frozen,
    Identity,
    Mode,
    Moment,
)
from saccade.signals import Signals, is_activity

PROFILE_LIFE_S = 180 * 86_400.0
"""A visitor unseen for half a year is forgotten (R61)."""

RESERVATION_LIFE_S = 60.0
"""A cap reserved by a decision is freed after this time unless an exposure commits it (R44)."""

CAP_MEMORY_S = 30 * 86_400.0
"""The longest window a cap may span; older entries are dropped."""

MAX_CAPS = 256
"""Cap entries kept of a visitor."""

MAX_ENTRIES = 128
"""Sessions and standing decisions kept of a visitor, together."""

MAX_TOLD = 64
"""Events a session knows again."""

MAX_COUNT = 1_000
"""Of one kind in one session: what a flood of events amounts to at most (R68)."""

MOST_HOPS = 4
"""From a visitor to one they were joined to, that was itself joined; chains grow no longer than
people have devices that never come back (R45)."""


class ViewKey(Frozen, frozen=True):
    """Names one view's decision. ``view`` is empty where the page names none."""

    tenant: str
    identity: Identity
    moment: Moment
    subject: str = ""
    view: str = ""


class Context(Frozen, frozen=True, omit_defaults=True):
    """Where a visit came from, and with what (R7). The landing's word stands, field by field."""

    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    referrer: str | None = None
    """A host: the rest of an address may tell who came."""
    device: str | None = None
    hour: int | None = None
    """The shopper's own, 0 to 23."""
    weekday: int | None = None
    """0 is Monday."""
    tz: int | None = None
    """Minutes that the shopper's clock is behind UTC, as browsers tell it."""
    language: str | None = None


class Told(Frozen, frozen=True):
    """An event of the page, as far as a visit keeps it. ``mark`` is a short hash of its id."""

    mark: str
    kind: EventKind


class Heard(Frozen, frozen=True):
    """What a page tells beside its signals."""

    events: tuple[Told, ...] = ()
    context: Context | None = None

    def __bool__(self) -> bool:
        """Whether it is anything at all."""
        return bool(self.events) or self.context is not None


NOTHING_HEARD = Heard()


class Session(Frozen, frozen=True):
    """One visit. ``subject`` is the product the last batch was about."""

    started: float
    seen: float
    subject: str = ""
    signals: Signals = Signals()
    context: Context = Context()
    counts: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    """Events of the page by kind (R6), each counted once."""
    told: tuple[str, ...] = ()
    """Marks of the latest events, oldest first: one told again is not counted again."""
    joined: str | None = None
    """The visitor this visit goes on under: the page has not taken their token up yet."""


class Profile(Frozen, frozen=True):
    """What is known of a visitor over days."""

    first_seen: float
    last_seen: float
    visits: int = 1
    """Visits counted by the server; seeded by the client's count for an unknown visitor."""
    sessions: int = 1
    """Sessions this server saw itself: above 1 the client's visit count no longer serves."""
    consent: bool | None = None
    arm: Arm | None = None
    """Set only where stitching keeps the older arm; otherwise the hash of the visitor decides."""
    people: tuple[str, ...] = ()
    """Who this is known to be: ``kind:hash``, one of a kind (R45)."""
    aliases: tuple[str, ...] = ()
    """What goes on under this one: visitors, and single visits as ``visitor.session``."""
    joined: str | None = None
    """The visitor this one goes on under; then nothing else is kept of it."""
    mixed: bool = False
    """Known in both arms before it was known to be one: left out of the analysis."""


class CapEntry(Frozen, frozen=True, array_like=True):
    """A campaign shown, or about to be shown, to this visitor.

    Stored as an array: every reservation reads and writes all of them.
    """

    decision_id: str
    campaign: str
    session: str
    at: float
    committed: bool = False


class Standing(Frozen, frozen=True):
    """The decision a view already has: why it would be made anew, and what to repeat."""

    decision_id: str
    subject: str
    at: float
    sequence: int
    """Grows by one with each new decision of the view."""
    mode: Mode
    among: str
    """Digest of the ids it was chosen among."""
    gate_open: bool
    chosen: str
    experience: Experience
    language: str | None = None
    currency: str | None = None
    """Both as the page said them (R90)."""


class State(Frozen, frozen=True):
    """The answer to one read. Unknown visitors have ``None`` everywhere and no caps."""

    session: Session | None = None
    profile: Profile | None = None
    caps: tuple[CapEntry, ...] = ()
    """Those that count at the time of the reading."""
    standing: Standing | None = None


class Trail(Frozen, frozen=True):
    """Everything kept of a visitor. ``mark`` changes with profile and caps."""

    mark: bytes
    profile: Profile | None = None
    caps: tuple[CapEntry, ...] = ()
    sessions: dict[str, Session] = msgspec.field(default_factory=dict[str, Session])
    standings: tuple[tuple[ViewKey, Standing], ...] = ()


class SignalBatch(Frozen, frozen=True):
    """Signals to fold into a session; ``view_key`` names whose state is answered."""

    view_key: ViewKey
    subject: str
    signals: Signals
    at: float
    opt_in: bool = False
    """Drop the batch unless the profile holds a yes. Otherwise it is dropped on a no only."""
    heard: Heard = NOTHING_HEARD

    @property
    def active(self) -> bool:
        """Whether it says more than that time passed (R43)."""
        return bool(self.heard) or is_activity(self.signals)


class Limit(Frozen, frozen=True):
    """At most ``most`` entries of a campaign within ``window_s``; 0 means within the session."""

    most: int
    window_s: float = 0.0


class Reservation(Frozen, frozen=True):
    """Asks for a campaign's cap. Repeating one with the same decision id changes nothing."""

    tenant: str
    identity: Identity
    campaign: str
    decision_id: str
    limits: tuple[Limit, ...]
    at: float


def shown(caps: Sequence[CapEntry], *, except_decision: str) -> Mapping[str, list[CapEntry]]:
    """The entries of each campaign.

    ``except_decision`` is left out: a view's own decision does not stand in its own way.
    """
    by_campaign: dict[str, list[CapEntry]] = {}
    for entry in caps:
        if entry.decision_id != except_decision:
            by_campaign.setdefault(entry.campaign, []).append(entry)
    return by_campaign


def within_limits(
    entries: Sequence[CapEntry], session: str, limits: tuple[Limit, ...], now: float
) -> bool:
    """True where one more showing would break no limit (R16); ``entries`` are a campaign's."""
    for limit in limits:
        counted = sum(
            entry.session == session if limit.window_s == 0 else now - entry.at < limit.window_s
            for entry in entries
        )
        if counted >= limit.most:
            return False
    return True


__all__ = [
    "CAP_MEMORY_S",
    "PROFILE_LIFE_S",
    "RESERVATION_LIFE_S",
    "SESSION_LIFE_S",
    "CapEntry",
    "Context",
    "Heard",
    "Limit",
    "Profile",
    "Reservation",
    "Session",
    "SignalBatch",
    "Standing",
    "State",
    "Told",
    "Trail",
    "ViewKey",
    "shown",
    "within_limits",
]
