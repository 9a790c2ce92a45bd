"""What the process keeps of visitors: bounded, in the order of their last writes."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from saccade.state import MAX_ENTRIES, Profile, Session, Standing
from saccade.stores import visits

Visitor = tuple[str, str]
"""Tenant and visitor id, or person."""

View = tuple[str, str, str, str]
"""Session, moment, subject, view."""


class Written:
    """Something that ends some time after its last write."""

    __slots__ = ("written",)

    def __init__(self) -> None:
        self.written = float("-inf")


class Kept(Written):
    """What outlives the session."""

    __slots__ = ("caps", "profile")

    def __init__(self) -> None:
        super().__init__()
        self.profile: Profile | None = None
        self.caps: visits.Caps = ()


class Link(Written):
    """Who a person is known as."""

    __slots__ = ("visitor",)

    def __init__(self) -> None:
        super().__init__()
        self.visitor = ""


class Visit(Written):
    """What does not."""

    __slots__ = ("sessions", "standings")

    def __init__(self) -> None:
        super().__init__()
        self.sessions: dict[str, Session] = {}
        self.standings: dict[View, Standing] = {}

    @property
    def full(self) -> bool:
        """Whether one more needs room to be made."""
        return len(self.sessions) + len(self.standings) >= MAX_ENTRIES

    def make_room(self, now: float) -> None:
        """Drop what has ended.

        Where that leaves no room for one more, the oldest standing decisions go, then the oldest
        sessions.
        """
        live = {name: s for name, s in self.sessions.items() if visits.session_at(s, now)}
        self.sessions = live
        self.standings = {
            view: standing
            for view, standing in self.standings.items()
            if visits.standing_at(standing, live.get(view[0]), now)
        }
        while self.full:
            if self.standings:
                del self.standings[min(self.standings, key=lambda view: self.standings[view].at)]
            else:
                del self.sessions[min(self.sessions, key=lambda name: self.sessions[name].seen)]


W = TypeVar("W", bound=Written)


class Table(Generic[W]):
    """One entry a visitor, in the order of their last writes; the longest unwritten goes first."""

    __slots__ = ("_entries", "_life_s", "_make", "_most", "drop", "get")

    def __init__(self, make: Callable[[], W], life_s: float, most: int) -> None:
        self._entries: OrderedDict[Visitor, W] = OrderedDict()
        self._make = make
        self._life_s = life_s
        self._most = most
        self.get = self._entries.get

    def write(self, visitor: Visitor, at: float) -> W:
        """The visitor's entry, to be changed; made where there is none."""
        entry = self._entries.get(visitor)
        if entry is None:
            entry = self._entries[visitor] = self._make()
        else:
            self._entries.move_to_end(visitor)
        entry.written = max(entry.written, at)
        self._lapse(at)
        return entry

    def forget(self, visitor: Visitor) -> None:
        """Drop the visitor's entry, if any."""
        self._entries.pop(visitor, None)

    def forget_tenant(self, tenant: str) -> None:
        """Drop the entries of all of a tenant's visitors."""
        for visitor in [one for one in self._entries if one[0] == tenant]:
            del self._entries[visitor]

    def __len__(self) -> int:
        return len(self._entries)

    def _lapse(self, now: float) -> None:
        """One write adds one entry at most; dropping up to two keeps ahead of it."""
        for _ in range(2):
            visitor, oldest = next(iter(self._entries.items()))
            if now - oldest.written < self._life_s and len(self._entries) <= self._most:
                break
            del self._entries[visitor]
