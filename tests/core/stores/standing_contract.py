"""Standing decisions: one view decides once, for as long as a session lives."""

import pytest

from core.stores.session_contract import CLICK, IDLE
from core.stores.shopper import Shopper
from saccade.domain import Moment
from saccade.state import SESSION_LIFE_S


class StandingContract:
    """Adopted by a class with a ``shopper``."""

    async def test_a_decision_stands_as_it_was_made(self, shopper: Shopper) -> None:
        kept = await shopper.stands("d1")
        assert (await shopper.state()).standing == kept

    async def test_a_newer_one_takes_its_place(self, shopper: Shopper) -> None:
        await shopper.stands("d1")
        newer = shopper.standing("d2", sequence=1)
        await shopper.store.stand([(shopper.view(), newer)])
        assert (await shopper.state()).standing == newer

    async def test_each_view_has_its_own(self, shopper: Shopper) -> None:
        views = [
            shopper.view(),
            shopper.view("816324"),
            shopper.view("816324", "v1"),
            shopper.view("816324", "v2"),
            shopper.view(view="816324"),
            shopper.view(moment=Moment.CART),
            shopper.again("session-2").view(),
        ]
        kept = [shopper.standing(f"d{n}") for n in range(len(views))]
        await shopper.store.stand(list(zip(views, kept, strict=True)))
        states = await shopper.store.read([*views, shopper.view("none")])
        assert [state.standing for state in states] == [*kept, None]

    async def test_taking_signals_in_answers_it_too(self, shopper: Shopper) -> None:
        kept = await shopper.stands("d1")
        assert (await shopper.does(CLICK)).standing == kept
        assert (await shopper.does(IDLE)).standing == kept

    @pytest.mark.parametrize(("after", "stands"), [(SESSION_LIFE_S - 0.5, True), (3_600.0, False)])
    async def test_without_a_session_it_stands_an_hour(
        self, shopper: Shopper, after: float, stands: bool
    ) -> None:
        await shopper.stands("d1")
        shopper.clock.pass_s(after)
        assert ((await shopper.state()).standing is not None) is stands

    async def test_it_stands_while_the_session_lives(self, shopper: Shopper) -> None:
        """A page is decided before its first signals come, and may stay open for hours."""
        kept = await shopper.stands("d1")
        for _ in range(4):
            shopper.clock.pass_s(3_000)
            assert (await shopper.does(CLICK)).standing == kept
        shopper.clock.pass_s(SESSION_LIFE_S)
        assert (await shopper.state()).standing is None

    async def test_a_later_visit_does_not_bring_it_back(self, shopper: Shopper) -> None:
        await shopper.does(CLICK)
        await shopper.stands("d1")
        shopper.clock.pass_s(SESSION_LIFE_S)
        assert (await shopper.state()).standing is None
        assert (await shopper.does(CLICK)).standing is None
        assert (await shopper.state()).standing is None

    async def test_their_number_is_bounded(self, shopper: Shopper) -> None:
        await shopper.does(CLICK)
        views = [shopper.view("816324", f"view-{n}") for n in range(200)]
        for n, view in enumerate(views):
            shopper.clock.pass_s(1)
            await shopper.stands(f"d{n}", view)
        states = await shopper.store.read(views)
        standing = [n for n, state in enumerate(states) if state.standing]
        assert standing == list(range(73, 200)), "the latest; the session keeps its place"
        assert states[0].session
        latest = await shopper.stands("again", views[-1])
        states = await shopper.store.read(views)
        assert [n for n, state in enumerate(states) if state.standing] == standing
        assert states[-1].standing == latest
