"""Caps: reserved by a decision, committed by an exposure, released on expiry (R16, R44)."""

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.stores.shopper import Shopper, own_tenant
from saccade.ports import StatePort
from saccade.state import CAP_MEMORY_S, CapEntry, Limit

ONCE = Limit(1)
TWICE_A_DAY = Limit(2, 86_400.0)

plans = st.lists(
    st.one_of(
        st.tuples(st.just("reserve"), st.integers(1, 12)),
        st.tuples(st.just("see"), st.integers(0, 60)),
        st.tuples(st.just("wait"), st.sampled_from([1, 30, 59, 60, 3_600])),
    ),
    max_size=12,
)


class CapsContract:
    """Adopted by a class with a ``shopper`` and a ``second`` (another worker's store)."""

    async def test_a_reservation_is_kept_as_it_was_asked(self, shopper: Shopper) -> None:
        assert await shopper.reserves("d1", ONCE)
        entry = CapEntry("d1", "fear", "session-1", shopper.clock.now)
        assert (await shopper.state()).caps == (entry,)

    async def test_a_cap_refuses_the_next(self, shopper: Shopper) -> None:  # R16
        assert await shopper.reserves("d1", ONCE)
        assert not await shopper.reserves("d2", ONCE)
        assert await shopper.reserves("d2", ONCE, campaign="another")
        assert await shopper.reserves("d3"), "no limit, no refusal"
        assert len((await shopper.state()).caps) == 3

    async def test_repeating_a_decision_changes_nothing(self, shopper: Shopper) -> None:
        assert await shopper.reserves("d1", ONCE)
        before = await shopper.state()
        shopper.clock.pass_s(10)
        assert await shopper.reserves("d1", ONCE)
        assert await shopper.state() == before
        await shopper.sees("d1")
        before = await shopper.state()
        assert await shopper.reserves("d1", ONCE), "its own showing does not stand in its way"
        assert await shopper.state() == before

    async def test_a_reservation_is_released_after_a_minute(self, shopper: Shopper) -> None:  # R44
        assert await shopper.reserves("d1", ONCE)
        shopper.clock.pass_s(59.5)
        assert not await shopper.reserves("d2", ONCE)
        shopper.clock.pass_s(0.5)
        assert (await shopper.state()).caps == ()
        assert await shopper.reserves("d3", ONCE)

    async def test_what_is_released_can_no_longer_be_committed(self, shopper: Shopper) -> None:
        await shopper.reserves("d1", ONCE)
        shopper.clock.pass_s(60)
        await shopper.sees("d1")
        assert (await shopper.state()).caps == ()

    async def test_an_exposure_makes_it_count_from_then(self, shopper: Shopper) -> None:  # R44
        await shopper.reserves("d1", TWICE_A_DAY)
        shopper.clock.pass_s(20)
        await shopper.sees("d1")
        seen = CapEntry("d1", "fear", "session-1", shopper.clock.now, committed=True)
        shopper.clock.pass_s(500)
        await shopper.sees("d1")
        assert (await shopper.state()).caps == (seen,), "a second exposure moves nothing"

    async def test_unknown_decisions_are_ignored(self, shopper: Shopper) -> None:
        await shopper.sees("never-made")
        assert (await shopper.state()).caps == ()
        await shopper.reserves("d1", ONCE)
        before = await shopper.state()
        await shopper.sees("never-made")
        assert await shopper.state() == before

    async def test_a_window_slides(self, shopper: Shopper) -> None:  # R16
        for decision in ("d1", "d2"):
            assert await shopper.reserves(decision, TWICE_A_DAY)
            await shopper.sees(decision)
            shopper.clock.pass_s(3_600)
        other = shopper.again("tomorrow")
        assert not await other.reserves("d3", TWICE_A_DAY), "a window spans sessions"
        shopper.clock.pass_s(86_400 - 7_200 - 0.5)
        assert not await other.reserves("d3", TWICE_A_DAY)
        shopper.clock.pass_s(0.5)
        assert await other.reserves("d3", TWICE_A_DAY)

    async def test_a_limit_without_a_window_is_the_sessions(self, shopper: Shopper) -> None:  # R16
        await shopper.reserves("d1", ONCE)
        await shopper.sees("d1")
        assert not await shopper.reserves("d2", ONCE)
        assert await shopper.again("session-2").reserves("d3", ONCE)

    async def test_every_limit_must_hold(self, shopper: Shopper) -> None:
        assert await shopper.reserves("d1", ONCE, TWICE_A_DAY)
        await shopper.sees("d1")
        assert await shopper.again("session-2").reserves("d2", ONCE, TWICE_A_DAY)
        await shopper.again("session-2").sees("d2")
        assert not await shopper.again("session-3").reserves("d3", ONCE, TWICE_A_DAY)

    async def test_showings_are_forgotten_after_a_month(self, shopper: Shopper) -> None:
        await shopper.reserves("d1", Limit(1, CAP_MEMORY_S))
        await shopper.sees("d1")
        shopper.clock.pass_s(CAP_MEMORY_S - 0.5)
        assert len((await shopper.state()).caps) == 1
        shopper.clock.pass_s(0.5)
        assert (await shopper.state()).caps == ()

    async def test_a_batch_is_granted_in_order(self, shopper: Shopper) -> None:
        wishes = [shopper.wish(f"d{n}", (Limit(2),)) for n in range(4)]
        assert list(await shopper.store.reserve(wishes)) == [True, True, False, False]

    async def test_their_number_is_bounded(self, shopper: Shopper) -> None:
        """What fills the room makes room: a small campaign's cap holds against a flood."""
        await shopper.reserves("small", ONCE, campaign="small")
        await shopper.sees("small")
        for n in range(300):
            shopper.clock.pass_s(0.01)
            assert await shopper.reserves(f"d{n}", Limit(1_000))
            await shopper.sees(f"d{n}")
        caps = (await shopper.state()).caps
        assert [entry.decision_id for entry in caps] == [
            "small",
            *(f"d{n}" for n in range(45, 300)),
        ]
        assert not await shopper.reserves("again", ONCE, campaign="small")

    async def test_workers_grant_no_more_than_the_cap(
        self, shopper: Shopper, second: StatePort
    ) -> None:  # R16
        workers = (shopper, shopper.at(second))
        wishes = [workers[n % 2].reserves(f"d{n}", Limit(3)) for n in range(120)]
        assert sum(await asyncio.gather(*wishes)) == 3
        assert len((await shopper.state()).caps) == 3

    @settings(
        max_examples=30,
        deadline=None,
        derandomize=True,
        # each example has a tenant of its own, so the stores may be shared by them
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.differing_executors,
        ],
    )
    @given(plan=plans, most=st.integers(1, 3))
    async def test_never_above_a_cap(
        self, shopper: Shopper, second: StatePort, plan: list[tuple[str, int]], most: int
    ) -> None:  # R16: reservations at once by two workers, exposures and pauses between them
        one = Shopper(shopper.store, shopper.clock, own_tenant())
        workers = (one, one.at(second))
        made = 0
        for what, amount in plan:
            if what == "wait":
                shopper.clock.pass_s(amount)
            elif what == "see":
                await workers[amount % 2].sees(f"d{amount}")
            else:
                names = [f"d{made + n}" for n in range(amount)]
                made += amount
                before = len((await one.state()).caps)
                wishes = [workers[n % 2].reserves(d, Limit(most)) for n, d in enumerate(names)]
                granted = sum(await asyncio.gather(*wishes))
                assert granted == min(amount, most - before)
            assert len((await one.state()).caps) <= most
