"""Events of the page and how its shopper came: what every state store keeps of them (R6, R7)."""

from core.stores.session_contract import CLICK, EVERY
from core.stores.shopper import Shopper
from saccade.domain import EventKind
from saccade.signals import Signals
from saccade.state import MAX_COUNT, MAX_TOLD, SESSION_LIFE_S, Context, Heard, Profile, State, Told

LANDING = Context(utm_source="letter", referrer="search.example", device="mobile", hour=21)


def searches(*marks: str) -> Heard:
    """One search for each mark."""
    return Heard(tuple(Told(mark, EventKind.SEARCH) for mark in marks))


class HeardContract:
    """Adopted by a class with a ``shopper`` and a ``second``."""

    async def test_events_count_by_kind_and_once(self, shopper: Shopper) -> None:  # R6
        video = Told("v1", EventKind.VIDEO_WATCHED)
        await shopper.tells(Heard((Told("e1", EventKind.SEARCH), video)))
        state = await shopper.tells(searches("e1", "e2", "e2"))
        assert state.session
        assert state.session.counts == {"search": 2, "video_watched": 1}
        assert state.session.told == ("e1", "v1", "e2")
        assert await shopper.state() == state

    async def test_the_landing_begins_the_session_and_its_word_stands(
        self, shopper: Shopper
    ) -> None:  # R7
        state = await shopper.tells(Heard(context=LANDING))
        assert state.session
        assert state.session.context == LANDING
        assert state.profile == Profile(shopper.clock.now, shopper.clock.now, visits=1, sessions=1)
        later = Heard(context=Context(utm_source="other", utm_medium="mail", hour=22))
        state = await shopper.tells(later)
        assert state.session
        assert state.session.context == Context(
            utm_source="letter",
            utm_medium="mail",
            referrer="search.example",
            device="mobile",
            hour=21,
        )

    async def test_signals_leave_what_was_heard_and_events_the_signals(
        self, shopper: Shopper
    ) -> None:
        await shopper.tells(Heard(searches("e1").events, LANDING))
        await shopper.does(EVERY, "816324")
        state = await shopper.tells(searches("e2"))
        assert state.session
        assert state.session.signals == EVERY
        assert state.session.context == LANDING
        assert state.session.counts == {"search": 2}

    async def test_events_are_activity(self, shopper: Shopper) -> None:  # R43
        await shopper.does(CLICK)
        shopper.clock.pass_s(SESSION_LIFE_S - 1)
        await shopper.tells(searches("e1"))
        shopper.clock.pass_s(SESSION_LIFE_S - 1)
        assert (await shopper.state()).session

    async def test_a_flood_is_bounded(self, shopper: Shopper) -> None:  # R68
        marks = [f"e{n}" for n in range(MAX_COUNT + 50)]
        for start in range(0, len(marks), 50):
            await shopper.tells(searches(*marks[start : start + 50]))
        state = await shopper.state()
        assert state.session
        assert state.session.counts == {"search": MAX_COUNT}
        assert state.session.told == tuple(marks[-MAX_TOLD:])

    async def test_without_consent_nothing_is_heard(self, shopper: Shopper) -> None:  # R60
        await shopper.answers(given=False)
        said = shopper.clock.now
        state = await shopper.tells(Heard(searches("e1").events, LANDING), Signals())
        assert state == State(profile=Profile(said, said, sessions=0, consent=False))
