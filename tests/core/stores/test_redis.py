"""Hot state in Redis: the contract, held equal to memory, and what stands in the keys."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.crc import key_slot
from redis.exceptions import ResponseError

from core.stores.consent_contract import well_known
from core.stores.session_contract import CLICK, EVERY
from core.stores.shopper import Clock, Shopper, own_tenant
from core.stores.state_contract import StateContract
from saccade.domain import EventKind, Identity, Moment
from saccade.ports import StatePort
from saccade.signals import Signals
from saccade.state import Context, Heard, Limit, State, Told
from saccade.stores.memory import MemoryState
from saccade.stores.redis import RedisState
from saccade.stores.redis_line import Line, pack
from saccade.stores.redis_riders import Shared
from saccade.stores.redis_script import call, together
from saccade.stores.redis_values import visitor_keys

pytestmark = pytest.mark.redis

PATIENCE_S = 10.0
"""These tests are about values, not time."""


@pytest.fixture
async def store(redis_url: str, clock: Clock) -> AsyncIterator[RedisState]:
    """One worker's store."""
    opened = RedisState(redis_url, timeout_s=PATIENCE_S, clock=clock)
    yield opened
    await opened.close()


@pytest.fixture
async def raw(redis_url: str) -> AsyncIterator[Line]:
    """Redis itself."""
    line = Line(redis_url, PATIENCE_S)
    yield line
    await line.close()


@pytest.fixture
def shopper(store: RedisState, clock: Clock, tenant: str) -> Shopper:
    """Somebody nobody knows yet."""
    return Shopper(store, clock, tenant)


class TestRedis(StateContract):
    """Two workers, two stores, one Redis."""

    @pytest.fixture
    async def second(self, redis_url: str, clock: Clock) -> AsyncIterator[StatePort]:
        """Another worker's store."""
        opened = RedisState(redis_url, timeout_s=PATIENCE_S, clock=clock)
        yield opened
        await opened.close()


# --- memory and Redis behave alike -----------------------------------------------------------

some_signals = st.builds(
    Signals,
    visit_count=st.none() | st.integers(1, 5),
    session_duration_ms=st.none() | st.integers(0, 9),
    spec_hover_ms=st.none() | st.integers(0, 9),
    scroll_speed_px_sec=st.none() | st.sampled_from([0.0, 0.1, 7.0]),
    checkout_clicked=st.none() | st.booleans(),
)
some_limits = st.lists(
    st.builds(Limit, st.integers(1, 2), st.sampled_from([0.0, 60.0, 86_400.0])), max_size=2
)
names = st.sampled_from(["a", "b"])
some_heard = st.builds(
    Heard,
    st.lists(
        st.builds(Told, st.sampled_from(["e1", "e2", "e3"]), st.sampled_from(EventKind)), max_size=3
    ).map(tuple),
    st.none() | st.builds(Context, st.none() | names, hour=st.none() | st.integers(0, 23)),
)
steps = st.one_of(
    st.tuples(st.just("does"), names, some_signals, st.sampled_from(["", "p", "q"]), st.booleans()),
    st.tuples(st.just("tells"), names, some_heard),
    st.tuples(st.just("reserves"), names, st.sampled_from(["d1", "d2", "d3"]), some_limits, names),
    st.tuples(st.just("sees"), names, st.sampled_from(["d1", "d2", "d3"])),
    st.tuples(st.just("stands"), names, st.sampled_from(["d1", "d2"]), names),
    st.tuples(st.just("answers"), names, st.booleans()),
    st.tuples(
        st.just("waits"),
        st.sampled_from(
            [0.1, 30.0, 60.0, 1_800.0, 3_599.9, 3_600.0, -5.0, 86_400.0, 8e6, 15_552e3]
        ),
    ),
)


async def take(step: tuple[Any, ...], shopper: Shopper) -> object:
    """One step of a plan, and what the store says to it."""
    what, name, *rest = step
    one = shopper.again(name)
    match what:
        case "does":
            return await one.does(rest[0], rest[1], opt_in=rest[2])
        case "reserves":
            return await one.reserves(rest[0], *rest[1], campaign=rest[2])
        case "stands":
            return await one.stands(rest[0], one.view("p", rest[1]))
        case _:
            return await getattr(one, what)(rest[0])


@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    # each example has a tenant of its own, so the server's address may be shared by them
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(plan=st.lists(steps, max_size=25))
async def test_redis_does_what_memory_does(redis_url: str, plan: list[tuple[Any, ...]]) -> None:
    clock, tenant = Clock(), own_tenant()
    memory = MemoryState(clock)
    redis = RedisState(redis_url, timeout_s=PATIENCE_S, clock=clock)
    one, other = Shopper(memory, clock, tenant), Shopper(redis, clock, tenant)
    views = [one.again(name).view("p", view) for name in "ab" for view in "ab"]
    async with AsyncExitStack() as stack:
        stack.push_async_callback(redis.close)
        for step in plan:
            if step[0] == "waits":
                clock.pass_s(step[1])
            else:
                assert await take(step, one) == await take(step, other), step
            assert list(await memory.read(views)) == list(await redis.read(views)), step
        assert redis.quarantined == 0


# --- what stands in the keys --------------------------------------------------------------------


async def keys_of(raw: Line, tenant: str) -> set[bytes]:
    """Every key with the tenant in its name."""
    [found] = await raw.told([pack(("KEYS", f"*{tenant}*"))])
    return set(found)


async def test_a_visitor_lives_in_one_slot(shopper: Shopper, raw: Line) -> None:
    await well_known(shopper)
    await well_known(shopper.again("session-2"))
    keys = await keys_of(raw, shopper.tenant)
    assert keys == set(visitor_keys(shopper.tenant, "visitor-1"))
    assert len({key_slot(key) for key in keys}) == 1
    assert all(f"{{{shopper.tenant}:visitor-1}}".encode() in key for key in keys)


async def test_redis_forgets_by_itself_what_nobody_reads(shopper: Shopper, raw: Line) -> None:
    """Its expiry is a net below the times in the values: later than they say, by a minute."""
    await well_known(shopper)
    kept, visit = visitor_keys(shopper.tenant, "visitor-1")
    ttls = await raw.told([pack(("TTL", kept)), pack(("TTL", visit))])
    assert 180 * 86_400 < ttls[0] <= 180 * 86_400 + 60
    assert 3_600 < ttls[1] <= 3_660
    await raw.told([pack(("EXPIRE", visit, "100"))])
    await shopper.does(Signals(session_duration_ms=1))
    assert (await raw.told([pack(("TTL", visit))]))[0] <= 100, "an idle page extends nothing"


async def test_every_write_alone_leaves_an_expiry(
    store: RedisState, clock: Clock, raw: Line
) -> None:
    for what in ("does", "reserves", "stands", "answers"):
        shopper = Shopper(store, clock, own_tenant())
        argument: dict[str, Any] = {"does": CLICK, "answers": True}
        await getattr(shopper, what)(argument.get(what, "d1"))
        for key in await keys_of(raw, shopper.tenant):
            assert (await raw.told([pack(("TTL", key))]))[0] > 0, (what, key)


async def test_nothing_of_a_refuser_is_left(shopper: Shopper, raw: Line) -> None:  # R60, R70
    canary = shopper.again("canary-session")
    await canary.does(EVERY, "canary-subject")
    await canary.reserves("canary-decision", Limit(1), campaign="canary-campaign")
    await canary.stands("canary-standing", canary.view("canary-subject", "canary-view"))

    async def found() -> list[bytes]:
        keys = await keys_of(raw, shopper.tenant)
        dumps = await raw.told([pack(("HGETALL", key)) for key in keys])
        return [field for dump in dumps for field in dump if b"canary" in field]

    assert len(await found()) >= 4
    await shopper.answers(given=False)
    assert await found() == []
    await shopper.store.forget(shopper.tenant, "visitor-1")
    assert await keys_of(raw, shopper.tenant) == set()


async def test_a_lost_script_is_loaded_again(shopper: Shopper, raw: Line) -> None:
    await shopper.does(Signals(products_viewed=1))
    await raw.told([pack(("SCRIPT", "FLUSH"))])
    batches = [shopper.batch(Signals(products_viewed=n)) for n in (2, 3)]
    states = await shopper.store.record(batches)
    viewed = [state.session.signals.products_viewed for state in states if state.session]
    assert viewed == [2, 3]


async def test_who_has_no_script_to_give_is_told(raw: Line) -> None:
    await raw.told([pack(("SCRIPT", "FLUSH"))])
    commit = call(visitor_keys("lab", "visitor-1"), "commit", (0.0, "d1"))
    [complaint] = await raw.told([together([commit])])
    assert isinstance(complaint, ResponseError)
    assert "No matching script" in str(complaint)


# --- keys that are not what they should be ------------------------------------------------------

WRONG = {
    "a string": ("SET", "{key}", "x"),
    "a list": ("RPUSH", "{key}", "x"),
}


@pytest.mark.parametrize("command", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("which", [0, 1])
async def test_a_key_of_another_type_is_quarantined(  # F6
    shopper: Shopper, store: RedisState, raw: Line, command: tuple[str, ...], which: int
) -> None:
    neighbour = Shopper(store, shopper.clock, shopper.tenant, visitor="visitor-2")
    await neighbour.does(CLICK)
    key = visitor_keys(shopper.tenant, "visitor-1")[which]
    await raw.told([pack(tuple(word if word != "{key}" else key for word in command))])
    states = await store.read([shopper.view(), neighbour.view()])
    assert states[0] == State()
    assert states[1].session
    await store.close()
    assert store.quarantined == 1
    assert await raw.told([pack(("EXISTS", key))]) == [0]


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("verb", ["does", "reserves", "stands", "answers", "sees"])
async def test_writers_heal_a_key_of_another_type(  # F6
    shopper: Shopper, raw: Line, which: int, verb: str
) -> None:
    key = visitor_keys(shopper.tenant, "visitor-1")[which]
    await raw.told([pack(("SET", key, "x"))])
    argument: dict[str, Any] = {"does": CLICK, "answers": False}
    await getattr(shopper, verb)(argument.get(verb, "d1"))
    await shopper.state()
    await shopper.does(CLICK)
    [kind] = await raw.told([pack(("TYPE", key))])
    assert kind in {b"hash", b"none"}


DAMAGE = {
    "nothing": b"",
    "text": b"hello",
    "not UTF-8": b"\x92\x01\x83\xa7started\x01\xa4seen\x02\xa7subject\xa1\xff",
    "truncated": b"\x92\x01\x83\xa7star",
    "an older schema": b"\x92\x00\x82\xa7started\x01\xa4seen\x01",
    "a newer schema": b"\x92\x02\x82\xa7started\x01\xa4seen\x02",
    "no schema": b"\x82\xa7started\x01\xa4seen\x02",
    "a number": b"\x92\x01\x07",
    "nothing in it": b"\x92\x01\x80",
    "text for a time": b"\x92\x01\x82\xa7started\xa1x\xa4seen\xa1y",
}
FIELDS = ("profile", "caps", "session", "standing")


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("field", FIELDS)
async def test_a_damaged_value_is_quarantined_alone(  # F6
    shopper: Shopper, store: RedisState, raw: Line, damage: bytes, field: str
) -> None:
    neighbour = Shopper(store, shopper.clock, shopper.tenant, visitor="visitor-2")
    await well_known(shopper)
    await well_known(neighbour)
    whole = await shopper.state()
    key, name = place(shopper, field)
    await raw.told([pack(("HSET", key, name, damage))])
    states = await store.read([neighbour.view(), shopper.view(), neighbour.view()])
    assert states[0] == states[2] == await neighbour.state()
    for other in FIELDS:
        expected = getattr(whole, other) if other != field else State.__struct_defaults__
        if other != field:
            assert getattr(states[1], other) == expected, other
        else:
            assert not getattr(states[1], other)
    await store.close()
    assert store.quarantined == 1
    assert await raw.told([pack(("HEXISTS", key, name))]) == [0]


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("field", FIELDS)
async def test_a_writer_meets_a_damaged_value_and_goes_on(  # F6
    shopper: Shopper, store: RedisState, raw: Line, damage: bytes, field: str
) -> None:
    await well_known(shopper)
    key, name = place(shopper, field)
    await raw.told([pack(("HSET", key, name, damage))])
    await shopper.does(CLICK, "816324")
    await shopper.reserves("d2")
    await shopper.stands("d2")
    await shopper.sees("d2")
    await shopper.again("session-2").does(CLICK)
    await store.close()
    again = RedisState("redis://unused", clock=shopper.clock)
    again._line = Shared(raw)
    state = await shopper.at(again).does(CLICK)
    assert state.session
    assert state.profile
    assert state.caps
    assert state.standing
    assert again.quarantined == 0


async def test_a_value_written_meanwhile_is_not_removed(shopper: Shopper, raw: Line) -> None:
    """Whoever read the damaged value comes late: a whole one stands there."""
    await well_known(shopper)
    before = await shopper.state()
    keys = visitor_keys(shopper.tenant, "visitor-1")
    late = [call(keys, "quarantine", (1, "profile"), b"damaged"), call(keys, "quarantine", (2, ""))]
    assert await raw.told([together(late)]) == [[[0], [0]]]
    assert await shopper.state() == before


async def test_calls_made_together_each_keep_their_own(shopper: Shopper, raw: Line) -> None:
    """Keys, values and the count of the quarantined are one visitor's, whatever came before."""
    mine, other = (visitor_keys(shopper.tenant, name) for name in ("visitor-1", "visitor-2"))
    await raw.told([pack(("SET", mine.visit, "no hash"))])
    calls = [
        call(mine, "stand", (1.0, "d1"), b"first"),
        call(other, "commit", (1.0, "unknown")),
        call(other, "stand", (1.0, "d2"), b"second"),
    ]
    assert await raw.told([together(calls)]) == [[[1], [0], [0]]]
    read = [pack(("HGETALL", mine.visit)), pack(("HGETALL", other.visit))]
    assert await raw.told(read) == [[b"d1", b"first"], [b"d2", b"second"]]


def place(shopper: Shopper, field: str) -> tuple[bytes, str]:
    """Key and field where the store keeps something of the shopper."""
    kept, visit = visitor_keys(shopper.tenant, "visitor-1")
    standing = f'd["{shopper.identity.session}","{Moment.PRODUCT}","",""]'
    places = {
        "profile": (kept, "profile"),
        "caps": (kept, "caps"),
        "session": (visit, f"s{shopper.identity.session}"),
        "standing": (visit, standing),
    }
    return places[field]


async def test_one_field_is_not_mistaken_for_another(shopper: Shopper) -> None:
    """A session named like a standing decision's field is still a session."""
    odd = Shopper(
        shopper.store, shopper.clock, shopper.tenant, session='["session-1","product","",""]'
    )
    await odd.does(CLICK)
    kept = await shopper.stands("d1")
    assert (await shopper.state()).standing == kept
    assert (await odd.state()).session
    assert odd.identity != Identity("visitor-1", "session-1")
