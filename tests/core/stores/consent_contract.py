"""Consent and erasure: what every state store forgets, and then refuses to learn (R60, R70)."""

from core.stores.session_contract import CLICK, EVERY
from core.stores.shopper import Shopper
from saccade.signals import Signals
from saccade.state import Limit, Profile, State

ONCE = Limit(1)


async def well_known(shopper: Shopper) -> None:
    """A shopper with session, profile, caps and standing decision."""
    await shopper.does(EVERY, "816324")
    await shopper.reserves("d1", ONCE)
    await shopper.sees("d1")
    await shopper.stands("d1")
    state = await shopper.state()
    assert state.session
    assert state.profile
    assert state.caps
    assert state.standing


def refusal(at: float) -> State:
    """All that is left of a visitor who said no."""
    return State(profile=Profile(at, at, sessions=0, consent=False))


class ConsentContract:
    """Adopted by a class with a ``shopper``."""

    async def test_a_refusal_leaves_only_itself(self, shopper: Shopper) -> None:  # R60
        await well_known(shopper)
        await shopper.again("session-2").does(CLICK)
        shopper.clock.pass_s(5)
        await shopper.answers(given=False)
        assert await shopper.state() == refusal(shopper.clock.now)
        assert await shopper.again("session-2").state() == refusal(shopper.clock.now)

    async def test_after_a_refusal_nothing_is_stored(self, shopper: Shopper) -> None:  # R60
        await shopper.answers(given=False)
        said = shopper.clock.now
        shopper.clock.pass_s(5)
        assert await shopper.does(EVERY, "816324") == refusal(said)
        assert not await shopper.reserves("d1", ONCE)
        await shopper.sees("d1")
        await shopper.stands("d1")
        assert await shopper.state() == refusal(said)

    async def test_a_yes_is_kept_with_what_is_known(self, shopper: Shopper) -> None:
        await well_known(shopper)
        before = await shopper.state()
        first = shopper.clock.now
        shopper.clock.pass_s(5)
        await shopper.answers(given=True)
        state = await shopper.state()
        assert state.profile == Profile(first, first + 5, visits=3, sessions=1, consent=True)
        assert (state.session, state.caps, state.standing) == (
            before.session,
            before.caps,
            before.standing,
        )

    async def test_a_yes_before_any_signal_is_no_visit_yet(self, shopper: Shopper) -> None:
        await shopper.answers(given=True)
        now = shopper.clock.now
        assert await shopper.state() == State(profile=Profile(now, now, sessions=0, consent=True))
        state = await shopper.does(Signals(visit_count=4))
        assert state.profile == Profile(now, now, visits=4, sessions=1, consent=True)

    async def test_a_yes_after_a_no_starts_afresh(self, shopper: Shopper) -> None:
        await well_known(shopper)
        await shopper.answers(given=False)
        shopper.clock.pass_s(5)
        await shopper.answers(given=True)
        now = shopper.clock.now
        state = await shopper.does(CLICK)
        assert state.profile == Profile(now, now, visits=1, sessions=1, consent=True)
        assert state.caps == ()

    async def test_an_older_yes_does_not_undo_a_newer_no(self, shopper: Shopper) -> None:
        await shopper.answers(given=False)
        said = shopper.clock.now
        shopper.clock.pass_s(-1)
        await shopper.answers(given=True)
        assert await shopper.state() == refusal(said)
        await shopper.answers(given=False)
        assert await shopper.state() == refusal(said), "nor does an older no make it older"

    async def test_a_no_always_counts(self, shopper: Shopper) -> None:
        await shopper.answers(given=True)
        shopper.clock.pass_s(-1)
        await shopper.answers(given=False)
        shopper.clock.pass_s(2)
        state = await shopper.state()
        assert state.profile
        assert state.profile.consent is False

    async def test_opt_in_keeps_nothing_without_a_yes(self, shopper: Shopper) -> None:  # R60
        assert await shopper.does(EVERY, "816324", opt_in=True) == State()
        assert await shopper.state() == State()
        await shopper.answers(given=True)
        state = await shopper.does(EVERY, "816324", opt_in=True)
        assert state.session
        assert state.session.signals == EVERY
        await shopper.answers(given=False)
        shopper.clock.pass_s(5)
        assert (await shopper.does(CLICK, opt_in=True)).session is None

    async def test_opt_in_leaves_what_was_kept_before_as_it_is(self, shopper: Shopper) -> None:
        before = await shopper.does(Signals(products_viewed=1))
        assert await shopper.does(Signals(products_viewed=9), opt_in=True) == before
        assert await shopper.state() == before

    async def test_erasure_leaves_nothing(self, shopper: Shopper) -> None:  # R70
        await well_known(shopper)
        await shopper.again("session-2").does(CLICK)
        other = Shopper(shopper.store, shopper.clock, shopper.tenant, visitor="visitor-10")
        await well_known(other)
        await shopper.store.forget(shopper.tenant, "visitor-1")
        assert await shopper.state() == State()
        assert await shopper.again("session-2").state() == State()
        assert (await other.state()).session
        await shopper.store.forget(shopper.tenant, "visitor-1")
