"""Trusted events kept: what they become, what is refused, and what stores on a bad day cost."""

import asyncio
from collections.abc import Sequence

import msgspec
import pytest

import making
from saccade import outcomes
from saccade.actions import TenantRuntime
from saccade.assisted import Assisted
from saccade.breaker import StateUnavailable
from saccade.domain import (
    Basis,
    Decision,
    Event,
    EventKind,
    Exposure,
    Identity,
    JsonObject,
    Moment,
    Outcome,
    OutcomeKind,
)
from saccade.outcomes import TrustedEvents
from saccade.signals import Signals
from saccade.state import SignalBatch, State, ViewKey
from saccade.stores.journal import JournalUnavailable
from saccade.stores.memory import MemoryState

WHO = Identity("v1", "s1")

ORDER = Event(
    tenant=making.TENANT,
    kind=EventKind.ORDER_PLACED,
    at=1_000.0,
    visitor="v1",
    session="s1",
    value="1249.90",
    currency="EUR",
    reference="00001",
    trusted=True,
)
ADDED = msgspec.structs.replace(ORDER, kind=EventKind.ADD_TO_CART, reference="cart")

Journaled = list[Outcome]


class Journal:
    """A `JournalPort` that remembers outcomes; the first ``refusals`` of them it does not take."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.followed_by: Journaled = []
        self.refused, self.took = asyncio.Event(), asyncio.Event()

    async def followed(self, outcome: Outcome) -> None:
        if outcome.order_id == "unwritable":
            raise ValueError("no table holds it")
        if self.refusals:
            self.refusals -= 1
            self.refused.set()
            raise JournalUnavailable("away")
        self.followed_by.append(outcome)
        self.took.set()

    def decided(self, decision: Decision) -> None:
        raise AssertionError(decision)

    async def exposed(self, exposure: Exposure) -> None:
        raise AssertionError(exposure)

    async def find(self, tenant: str, decision_id: str) -> JsonObject | None:
        raise AssertionError((tenant, decision_id))

    async def close(self) -> None:
        """Nothing to close."""


class AwayState(MemoryState):
    """A state store that fails the first ``failures`` reads, and every record."""

    def __init__(self, failures: int) -> None:
        super().__init__(clock=lambda: 1_000.0)
        self.failures = failures

    async def read(self, keys: Sequence[ViewKey]) -> Sequence[State]:
        if self.failures:
            self.failures -= 1
            raise StateUnavailable("away")
        return await super().read(keys)

    async def record(self, batches: object) -> Sequence[State]:
        raise StateUnavailable("away")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(outcomes, "LONGEST_PAUSE_S", 0.002)


def runtimes(basis: Basis = Basis.OPT_OUT) -> dict[str, TenantRuntime]:
    """The lab's tenant."""
    return {making.TENANT: making.ready(making.tenant(basis=basis))}


def memory() -> MemoryState:
    """At the time of the events."""
    return MemoryState(clock=lambda: 1_000.0)


async def kept(
    *events: Event,
    state: MemoryState | None = None,
    journal: Journal | None = None,
    basis: Basis = Basis.OPT_OUT,
    assisted: Assisted | None = None,
) -> Journaled:
    """What of ``events`` ends up in the journal."""
    journal = journal or Journal()
    trusted = TrustedEvents(runtimes(basis), state or memory(), journal, assisted)
    trusted.take(events)
    await trusted.close()
    return journal.followed_by


async def signals_of(state: MemoryState) -> bool | None:
    """Whether the session is known to have put something into its cart."""
    (found,) = await state.read([ViewKey(making.TENANT, WHO, Moment.PRODUCT)])
    return found.session.signals.add_to_cart_clicked if found.session else None


async def test_an_order_is_a_conversion() -> None:  # R50
    assert await kept(ORDER) == [
        Outcome(
            tenant=making.TENANT,
            session="s1",
            visitor="v1",
            kind=OutcomeKind.CONVERTED,
            at=1_000.0,
            value="1249.90",
            currency="EUR",
            order_id="00001",
            trusted=True,
        )
    ]


async def test_an_added_entry_is_a_signal_of_the_session() -> None:
    state = memory()
    assert await kept(ADDED, state=state) == []
    assert await signals_of(state) is True


@pytest.mark.parametrize(
    "change",
    [
        {"trusted": False},
        {"visitor": None},
        {"session": None},
        {"tenant": "another"},
        {"kind": EventKind.CART_CHANGED},
        {"kind": EventKind.REFUND},
    ],
    ids=str,
)
async def test_what_is_no_trusted_order_of_somebody_is_not_kept(change: dict[str, object]) -> None:
    state = memory()
    for event in (ORDER, ADDED):
        assert await kept(msgspec.structs.replace(event, **change), state=state) == []
    assert await signals_of(state) is None


@pytest.mark.parametrize("said", [None, False, True])
@pytest.mark.parametrize("before", [None, False, True])
@pytest.mark.parametrize("basis", list(Basis))
async def test_a_no_anywhere_is_a_no(basis: Basis, before: bool | None, said: bool | None) -> None:
    """R60: by the tenant's basis, what is kept of the visitor and what the call itself says."""
    state = memory()
    if before is not None:
        await state.consent(making.TENANT, WHO, before, 999.0)
    events = [msgspec.structs.replace(event, consent=said) for event in (ORDER, ADDED)]
    found = await kept(*events, state=state, basis=basis)
    agreed = False not in (before, said) and (basis is Basis.OPT_OUT or True in (before, said))
    assert bool(found) is agreed


async def test_an_order_waits_for_its_stores_and_keeps_its_place() -> None:
    orders = [msgspec.structs.replace(ORDER, reference=str(number)) for number in range(4)]
    journal = Journal(refusals=3)
    found = await kept(*orders, journal=journal, state=AwayState(failures=2))
    assert sorted(outcome.order_id or "" for outcome in found) == ["0", "1", "2", "3"]
    assert journal.refusals == 0


async def test_a_signal_is_tried_once_and_holds_nothing_up() -> None:
    assert len(await kept(ADDED, ORDER, ADDED, state=AwayState(failures=0))) == 1


async def test_what_no_record_can_hold_is_given_up_and_the_rest_is_kept() -> None:
    journal = Journal()
    trusted = TrustedEvents(runtimes(), memory(), journal)
    trusted.take([msgspec.structs.replace(ORDER, reference="unwritable"), ORDER])
    await trusted.close()
    assert [outcome.order_id for outcome in journal.followed_by] == ["00001"]
    assert trusted.dropped == 1


async def test_no_more_wait_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "MOST", 3)
    journal = Journal()
    trusted = TrustedEvents(runtimes(), memory(), journal)
    trusted.take([ORDER] * 5)
    assert trusted.dropped == 2
    await trusted.close()
    assert len(journal.followed_by) == 3


async def test_closing_gives_up_what_the_stores_do_not_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outcomes, "CLOSING_S", 0.05)
    journal = Journal(refusals=1_000_000)
    trusted = TrustedEvents(runtimes(), memory(), journal)
    trusted.take([ORDER])
    await journal.refused.wait()
    await trusted.close()
    assert trusted.dropped == 1
    assert journal.followed_by == []


async def test_a_tenant_that_went_meanwhile_takes_its_events_along() -> None:
    tenants, journal, state = runtimes(), Journal(), memory()
    trusted = TrustedEvents(tenants, state, journal)
    trusted.take([ORDER, ADDED])
    tenants.clear()
    await trusted.close()
    assert journal.followed_by == []
    assert await signals_of(state) is None


async def test_taking_goes_on_after_a_rest() -> None:
    journal = Journal()
    trusted = TrustedEvents(runtimes(), memory(), journal)
    for _ in range(2):
        trusted.take([ORDER])
        await journal.took.wait()
        journal.took.clear()
    await trusted.close()
    assert len(journal.followed_by) == 2


async def test_what_an_agent_does_in_a_session_is_not_the_shoppers() -> None:  # R89
    """The call that places the order need not say that an agent makes it: another one did."""
    state, assisted = memory(), Assisted()
    assisted.told(making.request(session="s1", assisted=True))
    alone = msgspec.structs.replace(ORDER, session="s2", reference="00002")
    (outcome,) = await kept(ADDED, ORDER, alone, state=state, assisted=assisted)
    assert outcome.order_id == "00002"
    assert [
        found.session for found in await state.read([ViewKey(making.TENANT, WHO, Moment.PRODUCT)])
    ] == [None]


async def test_a_visit_that_goes_on_knows_of_its_order_once() -> None:  # R18
    """Created and paid are one; a visit that is over is not begun by what it bought."""
    state, journal = memory(), Journal()
    kept = TrustedEvents(runtimes(), state, journal)
    key = ViewKey(making.TENANT, WHO, Moment.CONFIRMATION)
    await kept.keep([ORDER])
    assert (await state.read([key]))[0].session is None
    await state.record([SignalBatch(key, "", Signals(scroll_reversals=1), 990.0)])
    await kept.keep([ORDER, ORDER])
    await kept.keep([msgspec.structs.replace(ORDER, at=1_001.0)])
    (found,) = await state.read([key])
    assert found.session
    assert found.session.counts == {"order_placed": 1}
    assert found.profile
    assert found.profile.visits == 1
    assert "00001" not in str(found.session.told)
    await kept.close()
