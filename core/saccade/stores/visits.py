"""What signals, showings and answers do to a visitor: the rules of every state store (R43, R44).

Pure functions. ``state.lua`` says the same for Redis, and ``tests/core/stores`` holds both equal.
Something that lives ``n`` seconds is gone exactly ``n`` seconds after.
"""

from collections import Counter

from msgspec.structs import replace

from saccade.signals import merged
from saccade.state import (
    CAP_MEMORY_S,
    MAX_CAPS,
    MAX_COUNT,
    MAX_TOLD,
    PROFILE_LIFE_S,
    RESERVATION_LIFE_S,
    SESSION_LIFE_S,
    CapEntry,
    Context,
    Profile,
    Reservation,
    Session,
    SignalBatch,
    Standing,
    Told,
    within_limits,
)

Caps = tuple[CapEntry, ...]


def session_at(session: Session | None, now: float) -> Session | None:
    """The session while it lives, by activity alone (R43)."""
    return session if session is not None and now - session.seen < SESSION_LIFE_S else None


def profile_at(profile: Profile | None, now: float) -> Profile | None:
    """The profile while it lives (R61)."""
    return profile if profile is not None and now - profile.last_seen < PROFILE_LIFE_S else None


def standing_at(standing: Standing | None, session: Session | None, now: float) -> Standing | None:
    """The standing decision while it lives: as long as a session, and on while its own goes on.

    Its own is the live ``session`` it fell into, or that began within its life: a page is decided
    before its first signals come.
    """
    if standing is None:
        return None
    until = now if session is None else session.started
    return standing if until - standing.at < SESSION_LIFE_S else None


def caps_at(caps: Caps, now: float) -> Caps:
    """The entries that count: committed within the memory, or reserved and not yet lapsed."""
    if not caps:
        return caps
    reserved, committed = now - RESERVATION_LIFE_S, now - CAP_MEMORY_S
    live = [e for e in caps if e.at > (committed if e.committed else reserved)]
    return caps if len(live) == len(caps) else tuple(live)


def accepts(profile: Profile | None, *, opt_in: bool = False) -> bool:
    """Whether anything may be kept of this visitor (R60), under this name (R45)."""
    if profile is not None and profile.joined is not None:
        return False
    answer = profile.consent if profile is not None else None
    return answer is True or (answer is None and not opt_in)


def folded(session: Session | None, batch: SignalBatch) -> Session:
    """The live ``session``, or a new one, after ``batch``; an empty subject leaves the known."""
    if session is None:
        session = Session(batch.at, batch.at, batch.subject)
    same = batch.subject in {"", session.subject}
    heard = batch.heard
    counts, told = _heard(session, heard.events)
    return Session(
        session.started,
        max(session.seen, batch.at) if batch.active else session.seen,
        batch.subject or session.subject,
        merged(session.signals, batch.signals, same_subject=same),
        _landed(session.context, heard.context) if heard.context else session.context,
        counts,
        told,
    )


def touched(session: Session, batch: SignalBatch) -> Session:
    """A visit that goes on under another visitor is kept alive here, and nothing is put to it."""
    return replace(session, seen=max(session.seen, batch.at)) if batch.active else session


def _heard(session: Session, events: tuple[Told, ...]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Counts and marks after ``events``: each counts once, however often it is told."""
    if not events:
        return session.counts, session.told
    counts, told = dict(session.counts), list(session.told)
    for event in events:
        if event.mark not in told:
            told.append(event.mark)
            counts[event.kind.value] = min(counts.get(event.kind.value, 0) + 1, MAX_COUNT)
    return counts, tuple(told[-MAX_TOLD:])


def _landed(known: Context, said: Context) -> Context:
    """What was said first stands: a page opened later in the visit knows nothing of the landing."""
    names = Context.__struct_fields__
    firsts = (getattr(known, name) for name in names)
    values = zip(firsts, (getattr(said, name) for name in names), strict=True)
    return Context(*(now if first is None else first for first, now in values))


def counted(profile: Profile | None, batch: SignalBatch, *, new: bool) -> Profile:
    """The live ``profile`` after ``batch``; ``new`` where it began a session, which is a visit.

    The server's count wins. The client's serves while the server knows of one session only.
    """
    at, claimed = batch.at, batch.signals.visit_count
    known = profile or Profile(at, at, sessions=0)
    visits, sessions = known.visits, known.sessions
    if new and sessions > 0:
        visits, sessions = visits + 1, sessions + 1
    elif sessions == 0:
        visits, sessions = 1 if claimed is None else claimed, 1
    elif sessions == 1 and claimed is not None:
        visits = claimed
    seen = max(known.last_seen, at) if batch.active else known.last_seen
    return replace(known, last_seen=seen, visits=visits, sessions=sessions)


def reserved(caps: Caps, asked: Reservation) -> Caps | None:
    """The live ``caps`` with the reservation in them, or ``None`` where a limit refuses it."""
    if any(e.decision_id == asked.decision_id and e.campaign == asked.campaign for e in caps):
        return caps
    session = asked.identity.session
    entries = [entry for entry in caps if entry.campaign == asked.campaign]
    if not within_limits(entries, session, asked.limits, asked.at):
        return None
    return _bounded((*caps, CapEntry(asked.decision_id, asked.campaign, session, asked.at)))


def committed(caps: Caps, decision_id: str, at: float) -> Caps:
    """The live ``caps`` after an exposure, which counts from its first time."""
    return tuple(
        replace(entry, committed=True, at=at)
        if entry.decision_id == decision_id and not entry.committed
        else entry
        for entry in caps
    )


def answered(profile: Profile | None, given: bool, at: float) -> Profile:
    """The live ``profile`` after a visitor's answer: of a refusal nothing but itself is kept.

    An older yes does not undo a newer no.
    """
    refused = profile if profile is not None and profile.consent is False else None
    if not given:
        at = max(at, refused.last_seen) if refused else at
        return Profile(at, at, sessions=0, consent=False)
    if refused is not None and at < refused.last_seen:
        return refused
    known = Profile(at, at, sessions=0) if profile is None or refused else profile
    return replace(known, last_seen=max(known.last_seen, at), consent=True)


def _bounded(caps: Caps) -> Caps:
    """Where there are too many, drop the oldest of the campaign that has most.

    So a cap is never exceeded for want of room, but by a campaign that fills the room alone.
    """
    if len(caps) <= MAX_CAPS:
        return caps
    most, _ = Counter(entry.campaign for entry in caps).most_common(1)[0]
    oldest = min((entry for entry in caps if entry.campaign == most), key=lambda entry: entry.at)
    return tuple(entry for entry in caps if entry is not oldest)
