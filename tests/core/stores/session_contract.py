"""Sessions, visits and signals: what every state store does alike (R43)."""

import asyncio

import pytest

from core.stores.shopper import Shopper
from saccade.ports import StatePort
from saccade.signals import SIGNAL_NAMES, Signals
from saccade.state import PROFILE_LIFE_S, SESSION_LIFE_S, Profile, Session, State

DAY_S = 86_400.0
CLICK = Signals(exit_intent_count=1)
IDLE = Signals(session_duration_ms=90_000)
EVERY = Signals(
    spec_hover_ms=14_200,
    scroll_reversals=6,
    compare_tool_opened=True,
    visit_count=3,
    review_dwell_ms=48_000,
    negative_review_dwell_ms=0,
    checkout_clicked=False,
    add_to_cart_clicked=True,
    session_duration_ms=92_000,
    scroll_speed_px_sec=180.25,
    max_scroll_depth_pct=100.0,
    variant_switches=2,
    products_viewed=9,
    exit_intent_count=1,
)


class SessionContract:
    """Adopted by a class with a ``shopper`` and a ``second`` (another worker's store)."""

    async def test_nothing_is_known_of_a_stranger(self, shopper: Shopper) -> None:
        assert await shopper.state() == State()

    async def test_every_signal_is_kept_as_it_was_measured(self, shopper: Shopper) -> None:
        now = shopper.clock.now
        state = await shopper.does(EVERY, "816324")
        assert state == State(
            Session(now, now, "816324", EVERY), Profile(now, now, visits=3, sessions=1)
        )
        assert await shopper.state() == state
        assert state.session
        for name in SIGNAL_NAMES:
            kept = getattr(state.session.signals, name)
            assert type(kept) is type(getattr(EVERY, name)), name

    @pytest.mark.parametrize(("after", "lives"), [(SESSION_LIFE_S - 0.5, True), (3_600.0, False)])
    async def test_a_session_lives_an_hour(  # R43
        self, shopper: Shopper, after: float, lives: bool
    ) -> None:
        await shopper.does(CLICK)
        shopper.clock.pass_s(after)
        state = await shopper.state()
        assert (state.session is not None) is lives
        assert state.profile, "which outlives the session"

    async def test_activity_extends_a_session(self, shopper: Shopper) -> None:  # R43
        started = shopper.clock.now
        for _ in range(5):
            await shopper.does(CLICK)
            shopper.clock.pass_s(3_000)
        state = await shopper.state()
        assert state.session == Session(started, started + 12_000, "", CLICK)
        assert state.profile == Profile(started, started + 12_000)

    async def test_an_idle_open_page_does_not(self, shopper: Shopper) -> None:  # R43
        await shopper.does(CLICK)
        shopper.clock.pass_s(3_599)
        state = await shopper.does(IDLE)
        assert state.session
        assert state.session.signals == Signals(exit_intent_count=1, session_duration_ms=90_000)
        shopper.clock.pass_s(1)
        state = await shopper.does(IDLE)
        assert state.session is None
        assert state.profile
        assert state.profile.visits == 1

    async def test_an_idle_page_starts_nothing(self, shopper: Shopper) -> None:
        assert await shopper.does(IDLE) == State()
        assert await shopper.does(Signals()) == State()
        assert await shopper.state() == State()

    async def test_a_late_batch_does_not_move_a_session_back(self, shopper: Shopper) -> None:
        await shopper.does(CLICK)
        seen = shopper.clock.now
        shopper.clock.pass_s(-30)
        state = await shopper.does(Signals(variant_switches=1))
        assert state.session
        assert state.session.seen == seen
        assert state.session.signals.variant_switches == 1
        assert state.profile
        assert state.profile.last_seen == seen

    async def test_a_profile_lives_half_a_year(self, shopper: Shopper) -> None:  # R61
        await shopper.does(Signals(visit_count=4))
        shopper.clock.pass_s(PROFILE_LIFE_S - 1)
        assert (await shopper.state()).profile
        shopper.clock.pass_s(1)
        assert await shopper.state() == State()
        state = await shopper.again("session-2").does(CLICK)
        assert state.profile == Profile(shopper.clock.now, shopper.clock.now, visits=1, sessions=1)

    # --- visits ---------------------------------------------------------------------------

    async def test_the_third_visit_in_six_days_counts_three(self, shopper: Shopper) -> None:  # R43
        for session, visits in (("monday", 1), ("wednesday", 2), ("saturday", 3)):
            for _ in range(3):
                state = await shopper.again(session).does(CLICK)
                assert state.profile
                assert state.profile.visits == visits
                shopper.clock.pass_s(60)
            shopper.clock.pass_s(2.5 * DAY_S - 180)

    async def test_a_session_that_ended_and_goes_on_is_a_new_visit(self, shopper: Shopper) -> None:
        await shopper.does(EVERY, "816324")
        shopper.clock.pass_s(SESSION_LIFE_S)
        state = await shopper.does(CLICK)
        now = shopper.clock.now
        assert state.session == Session(now, now, "", CLICK)
        assert state.profile
        assert (state.profile.visits, state.profile.sessions) == (4, 2)

    async def test_two_sessions_at_once_are_two_visits(self, shopper: Shopper) -> None:
        await shopper.does(Signals(products_viewed=1))
        state = await shopper.again("on-the-phone").does(Signals(products_viewed=7))
        assert state.profile
        assert state.profile.visits == 2
        state = await shopper.state()
        assert state.session
        assert state.session.signals.products_viewed == 1

    async def test_the_clients_count_serves_until_the_second_session(
        self, shopper: Shopper
    ) -> None:
        async def visits(session: str, signals: Signals) -> int:
            state = await shopper.again(session).does(signals)
            assert state.profile
            return state.profile.visits

        assert await visits("a", CLICK) == 1
        assert await visits("a", Signals(visit_count=5)) == 5
        assert await visits("a", Signals(visit_count=6)) == 6
        assert await visits("a", CLICK) == 6
        assert await visits("b", Signals(visit_count=2)) == 7
        assert await visits("b", Signals(visit_count=40)) == 7
        assert await visits("a", Signals(visit_count=40)) == 7

    # --- folding --------------------------------------------------------------------------

    async def test_a_batch_is_partial(self, shopper: Shopper) -> None:
        await shopper.does(Signals(spec_hover_ms=900, compare_tool_opened=True), "816324")
        state = await shopper.does(Signals(spec_hover_ms=0, scroll_reversals=2), "816324")
        assert state.session
        assert state.session.signals == Signals(
            spec_hover_ms=0, scroll_reversals=2, compare_tool_opened=True
        )

    async def test_page_signals_are_forgotten_with_their_subject(self, shopper: Shopper) -> None:
        await shopper.does(EVERY, "816324")
        state = await shopper.does(Signals(scroll_reversals=1), "1934793")
        assert state.session
        assert state.session.subject == "1934793"
        assert state.session.signals == Signals(
            scroll_reversals=1,
            compare_tool_opened=True,
            visit_count=3,
            checkout_clicked=False,
            add_to_cart_clicked=True,
            session_duration_ms=92_000,
            products_viewed=9,
            exit_intent_count=1,
        )

    async def test_signals_without_a_subject_keep_the_known_one(self, shopper: Shopper) -> None:
        await shopper.does(Signals(spec_hover_ms=900), "816324")
        state = await shopper.does(CLICK)
        assert state.session
        assert state.session.subject == "816324"
        assert state.session.signals == Signals(spec_hover_ms=900, exit_intent_count=1)

    async def test_a_subject_may_leave_no_signal_behind(self, shopper: Shopper) -> None:
        await shopper.does(Signals(spec_hover_ms=900), "816324")
        state = await shopper.does(Signals(), "1934793")
        assert state.session
        assert (state.session.subject, state.session.signals) == ("1934793", Signals())
        assert await shopper.state() == state

    async def test_batches_of_one_call_fold_in_order(self, shopper: Shopper) -> None:
        batches = [shopper.batch(Signals(products_viewed=n)) for n in (1, 2, 3)]
        states = await shopper.store.record(batches)
        viewed = [state.session.signals.products_viewed for state in states if state.session]
        assert viewed == [1, 2, 3]

    async def test_answers_come_in_the_order_asked(self, shopper: Shopper) -> None:
        names = [f"session-{n}" for n in range(20)]
        for n, name in enumerate(names):
            await shopper.again(name).does(Signals(products_viewed=n))
        keys = [shopper.again(name).view() for name in (*names[::-1], *names, "nobody")]
        states = await shopper.store.read(keys)
        viewed = [s.session and s.session.signals.products_viewed for s in states]
        assert viewed == [*range(19, -1, -1), *range(20), None]

    async def test_nothing_asked_is_nothing_answered(self, shopper: Shopper) -> None:
        store = shopper.store
        assert list(await store.read([])) == []
        assert list(await store.record([])) == []
        assert list(await store.reserve([])) == []
        await store.stand([])

    async def test_it_answers(self, shopper: Shopper) -> None:
        assert await shopper.store.ping()

    @pytest.mark.parametrize(
        "name", ["}", "{x}:kept", "a:b", "new\nline", "'\"\\", "ключ-鍵", "\x00\x1f", "%s]]"]
    )
    async def test_names_are_opaque(self, shopper: Shopper, name: str) -> None:
        odd = Shopper(shopper.store, shopper.clock, shopper.tenant, visitor=name, session=name)
        await shopper.does(CLICK)
        await odd.does(Signals(products_viewed=5), name)
        view = odd.view(name, name)
        kept = await odd.stands("d" * 32, view)
        state = await odd.state(view)
        assert state.session
        assert (state.session.subject, state.session.signals.products_viewed) == (name, 5)
        assert state.standing == kept
        await odd.store.forget(odd.tenant, name)
        assert await odd.state(view) == State()
        assert (await shopper.state()).session, "another visitor's"

    async def test_tenants_know_nothing_of_each_other(self, shopper: Shopper, tenant: str) -> None:
        await shopper.does(CLICK)
        elsewhere = Shopper(shopper.store, shopper.clock, tenant + "-b")
        assert await elsewhere.state() == State()

    # --- several workers ------------------------------------------------------------------

    async def test_no_batch_is_lost_between_workers(
        self, shopper: Shopper, second: StatePort
    ) -> None:
        """Each signal comes by its own batch, all at once, through two workers."""
        workers = (shopper, shopper.at(second))
        batches = [
            workers[n % 2].does(Signals(**{name: getattr(EVERY, name)}), "816324")
            for n, name in enumerate(SIGNAL_NAMES)
        ]
        await asyncio.gather(*batches)
        state = await shopper.state()
        assert state.session
        assert state.session.signals == EVERY

    async def test_a_visit_is_counted_once_between_workers(
        self, shopper: Shopper, second: StatePort
    ) -> None:
        workers = (shopper, shopper.at(second))
        await asyncio.gather(*(workers[n % 2].does(CLICK) for n in range(40)))
        state = await shopper.state()
        assert state.profile
        assert (state.profile.visits, state.profile.sessions) == (1, 1)

    async def test_ended_sessions_make_room(self, shopper: Shopper) -> None:
        """However many sessions a visitor claims: the oldest go, the visits stay counted."""
        for n in range(200):
            await shopper.again(f"session-{n}").does(CLICK)
            shopper.clock.pass_s(1)
        states = await shopper.store.read(
            [shopper.again(f"session-{n}").view() for n in range(200)]
        )
        alive = [n for n, state in enumerate(states) if state.session]
        assert alive == list(range(72, 200))
        assert states[0].profile
        assert states[0].profile.visits == 200
