"""Whole trails, and who a person is known as: what every state store does alike (R45)."""

import msgspec

from core.stores.consent_contract import well_known
from core.stores.session_contract import CLICK, EVERY
from core.stores.shopper import Shopper
from saccade.domain import Identity
from saccade.state import SESSION_LIFE_S, Limit, Profile, Session, State, Trail
from saccade.stores.following import FollowingState

ANNA, BEN = "customer_id:aa", "customer_id:bb"


async def led(shopper: Shopper, to: str) -> None:
    """The visitor goes on as another."""
    before = await shopper.store.trail(shopper.tenant, shopper.identity.visitor)
    now = shopper.clock.now
    after = Trail(b"", Profile(now, now, joined=to))
    assert await shopper.store.swap(shopper.tenant, shopper.identity.visitor, before, after)


class TrailContract:
    """Adopted by a class with a ``shopper`` and a ``second``."""

    async def test_a_trail_is_all_there_is_and_goes_in_as_it_came_out(
        self, shopper: Shopper
    ) -> None:
        await well_known(shopper)
        await shopper.again("session-2").does(CLICK)
        trail = await shopper.store.trail(shopper.tenant, "visitor-1")
        state = await shopper.state()
        assert trail.profile == state.profile
        assert trail.caps == state.caps
        assert trail.sessions["session-1"] == state.session
        assert set(trail.sessions) == {"session-1", "session-2"}
        assert dict(trail.standings) == {shopper.view(): state.standing}
        other = await shopper.store.trail(shopper.tenant, "visitor-2")
        assert (other.profile, other.sessions) == (None, {})
        moved = msgspec.structs.replace(
            trail,
            standings=tuple(
                (msgspec.structs.replace(key, identity=Identity("visitor-2", "session-1")), one)
                for key, one in trail.standings
            ),
        )
        assert await shopper.store.swap(shopper.tenant, "visitor-2", other, moved)
        new = Shopper(shopper.store, shopper.clock, shopper.tenant, visitor="visitor-2")
        assert await new.state() == state

    async def test_what_changed_meanwhile_is_not_overwritten(self, shopper: Shopper) -> None:
        await shopper.does(CLICK)
        before = await shopper.store.trail(shopper.tenant, "visitor-1")
        shopper.clock.pass_s(1)
        await shopper.reserves("d1", Limit(1))
        assert not await shopper.store.swap(shopper.tenant, "visitor-1", before, Trail(b""))
        assert (await shopper.state()).caps
        now = await shopper.store.trail(shopper.tenant, "visitor-1")
        assert await shopper.store.swap(shopper.tenant, "visitor-1", now, Trail(b""))
        assert await shopper.state() == State()

    async def test_a_person_is_who_claimed_it_first(self, shopper: Shopper) -> None:
        store, tenant, at = shopper.store, shopper.tenant, shopper.clock.now
        assert await store.claim(tenant, ANNA, "v1", at) == "v1"
        assert await store.claim(tenant, ANNA, "v2", at) == "v1"
        assert await store.claim(tenant, BEN, "v2", at) == "v2"
        assert await store.claim(f"{tenant}-other", ANNA, "v3", at) == "v3"
        await store.unlink(tenant, [ANNA])
        assert await store.claim(tenant, ANNA, "v2", at) == "v2"
        await store.unlink(tenant, [])

    async def test_a_tenant_is_forgotten_whole_and_no_other(self, shopper: Shopper) -> None:  # R70
        store, at = shopper.store, shopper.clock.now
        tenants = (shopper.tenant, f"{shopper.tenant}-other")
        for tenant in tenants:
            for number in range(700):  # more than one step of a walk
                await store.claim(tenant, f"customer_id:{number}", "v1", at)
        await well_known(shopper)
        await store.forget_tenant(shopper.tenant)
        assert await shopper.state() == State()
        for person in (ANNA, "customer_id:0", "customer_id:699"):
            assert await store.claim(shopper.tenant, person, "new", at) == "new"
        assert await store.claim(tenants[1], "customer_id:699", "new", at) == "v1"
        await store.forget_tenant(tenants[1])

    async def test_whoever_goes_on_as_another_is_kept_nowhere_else(self, shopper: Shopper) -> None:
        await well_known(shopper)
        await led(shopper, "visitor-2")
        before = await shopper.state()
        assert await shopper.does(EVERY, "816324") == before
        assert not await shopper.reserves("d2", Limit(1))
        await shopper.stands("d2")
        assert await shopper.state() == before
        assert (before.session, before.standing) == (None, None)

    async def test_a_visit_that_goes_on_elsewhere_lives_while_it_is_used(
        self, shopper: Shopper
    ) -> None:
        await shopper.does(CLICK)
        trail = await shopper.store.trail(shopper.tenant, "visitor-1")
        now = shopper.clock.now
        visit = Session(now, now, joined="visitor-2")
        after = msgspec.structs.replace(trail, sessions={"session-1": visit})
        await shopper.store.swap(shopper.tenant, "visitor-1", trail, after)
        shopper.clock.pass_s(SESSION_LIFE_S - 1)
        state = await shopper.does(EVERY)
        assert state.session == Session(now, shopper.clock.now, joined="visitor-2")
        shopper.clock.pass_s(SESSION_LIFE_S)
        assert (await shopper.state()).session is None

    async def test_who_goes_on_as_another_is_followed(self, shopper: Shopper) -> None:
        following = FollowingState(shopper.store)
        await led(shopper, "visitor-2")
        old = shopper.at(following)
        await old.does(CLICK, "816324")
        assert await old.reserves("d1", Limit(1))
        await old.sees("d1")
        await old.stands("d1")
        new = Shopper(shopper.store, shopper.clock, shopper.tenant, visitor="visitor-2")
        state = await new.state()
        assert state.session
        assert state.standing
        assert [entry.committed for entry in state.caps] == [True]
        assert await old.state() == state
        assert not await old.reserves("d2", Limit(1))

    async def test_a_circle_leads_to_nobody(self, shopper: Shopper) -> None:
        await led(shopper, "visitor-2")
        other = Shopper(shopper.store, shopper.clock, shopper.tenant, visitor="visitor-2")
        await led(other, "visitor-1")
        following = shopper.at(FollowingState(shopper.store))
        assert await following.state() == State()
        assert await following.does(CLICK) == State()
