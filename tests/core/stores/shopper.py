"""A shopper as the contract suites know one: a store, a clock, and what they do to it."""

import itertools
from collections.abc import Sequence

import msgspec

from saccade.domain import (
    Experience,
    Identity,
    Instruction,
    Mode,
    Moment,
    Op,
    Reason,
    Served,
)
from saccade.ports import StatePort
from saccade.signals import Signals
from saccade.state import (
    Heard,
    Limit,
    Reservation,
    SignalBatch,
    Standing,
    State,
    ViewKey,
)

_NUMBERS = itertools.count()


def own_tenant() -> str:
    """A tenant nobody else uses in the session's Redis."""
    return f"lab-{next(_NUMBERS)}"


class Clock:
    """The stores' clock, moved by hand, in seconds since the epoch."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.125

    def __call__(self) -> float:
        return self.now

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class Shopper:
    """One visitor in one session, and the store they are known in."""

    def __init__(
        self,
        store: StatePort,
        clock: Clock,
        tenant: str,
        *,
        visitor: str = "visitor-1",
        session: str = "session-1",
    ) -> None:
        self.store, self.clock, self.tenant = store, clock, tenant
        self.identity = Identity(visitor, session)

    def at(self, store: StatePort) -> "Shopper":
        """The same one, met by another worker."""
        return self._again(store, self.identity.session)

    def again(self, session: str) -> "Shopper":
        """The same visitor in another session."""
        return self._again(self.store, session)

    def _again(self, store: StatePort, session: str) -> "Shopper":
        visitor = self.identity.visitor
        return Shopper(store, self.clock, self.tenant, visitor=visitor, session=session)

    def view(self, subject: str = "", view: str = "", moment: Moment = Moment.PRODUCT) -> ViewKey:
        """A view of theirs."""
        return ViewKey(self.tenant, self.identity, moment, subject, view)

    def batch(self, signals: Signals, subject: str = "", *, opt_in: bool = False) -> SignalBatch:
        """Signals of theirs, measured now."""
        return SignalBatch(self.view(), subject, signals, self.clock.now, opt_in=opt_in)

    async def does(self, signals: Signals, subject: str = "", *, opt_in: bool = False) -> State:
        """Signals taken in now, and the state after them."""
        [state] = await self.store.record([self.batch(signals, subject, opt_in=opt_in)])
        return state

    async def tells(self, heard: Heard, signals: Signals | None = None) -> State:
        """Beside signals, what happened and how they came."""
        batch = self.batch(signals or Signals())
        [state] = await self.store.record([msgspec.structs.replace(batch, heard=heard)])
        return state

    async def state(self, view: ViewKey | None = None) -> State:
        """The state read now."""
        [state] = await self.store.read([view or self.view()])
        return state

    def wish(self, decision: str, limits: Sequence[Limit], campaign: str = "fear") -> Reservation:
        """A reservation, asked for now."""
        return Reservation(
            self.tenant, self.identity, campaign, decision, tuple(limits), self.clock.now
        )

    async def reserves(self, decision: str, *limits: Limit, campaign: str = "fear") -> bool:
        """Whether the cap was granted."""
        [granted] = await self.store.reserve([self.wish(decision, limits, campaign)])
        return granted

    async def sees(self, decision: str) -> None:
        """An exposure."""
        await self.store.commit(self.tenant, self.identity, decision, self.clock.now)

    async def answers(self, given: bool) -> None:
        """To the question of consent."""
        await self.store.consent(self.tenant, self.identity, given, self.clock.now)

    def standing(self, decision: str, sequence: int = 0) -> Standing:
        """A decision made now, with every field filled."""
        return Standing(
            decision,
            "816324",
            self.clock.now,
            sequence,
            Mode.HESITATING,
            "fear, do_nothing",
            True,
            "fear",
            Experience(
                decision,
                Mode.HESITATING,
                0.84,
                Reason.MODEL,
                Served.MODEL,
                (
                    Instruction(Op.MOVE, "battery-guarantee", to="top"),
                    Instruction(
                        Op.SHOW,
                        "reviews",
                        filter={"topic": "battery", "verified": True, "limit": 5},
                    ),
                    Instruction(Op.SET_TEXT, "cta", text="Add to cart — 30-day guarantee"),
                    Instruction(Op.HIDE, "comparison"),
                ),
            ),
        )

    async def stands(self, decision: str, view: ViewKey | None = None) -> Standing:
        """A view's decision, kept."""
        standing = self.standing(decision)
        await self.store.stand([(view or self.view(), standing)])
        return standing
