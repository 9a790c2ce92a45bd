"""What is kept, and for how long: keys of what ended eight days, dead letters two weeks."""

import pytest

from saccade_webhooks.claiming import LOAN_S, LONGEST_WAIT_S, Room
from saccade_webhooks.ending import Ending
from saccade_webhooks.records import DAY_S, counted, let_go
from saccade_webhooks.tables import State
from webhooks.conftest import Post
from webhooks.posting import order

NOW = 1_000_000_000.0
ROOM = Room(10, 10, {})


@pytest.mark.parametrize(
    ("state", "days", "kept"),
    [
        (State.DONE, 4 / 24, True),
        (State.DONE, 7.5, True),
        (State.DONE, 8.5, False),
        (State.STALE, 7.5, True),
        (State.STALE, 8.5, False),
        (State.DEAD, 13.5, True),
        (State.DEAD, 14.5, False),
        (State.WAITING, 400, True),
    ],
)
async def test_a_key_is_known_for_long_enough(
    post: Post, state: State, days: float, kept: bool
) -> None:
    """F28: sent again after four hours, or after a week, it has no second effect."""
    post.door._clock = lambda: NOW
    await post.send(order(1), "a")
    (held,) = (await post.inbox.claim(NOW, ROOM)).held
    await post.inbox.end([Ending(held, state)], NOW)
    await post.inbox.let_go(NOW + days * DAY_S)
    assert await post.send(order(1), "a") is not kept


async def test_what_is_let_go_is_gone_in_chunks(post: Post) -> None:
    post.door._clock = lambda: NOW
    for number in range(5):
        await post.send(order(number), f"k{number}")
    held = (await post.inbox.claim(NOW, ROOM)).held
    await post.inbox.end([Ending(one, State.DONE) for one in held], NOW)
    assert await post.inbox._writer.do(lambda c: let_go(c, NOW + 9 * DAY_S)) == 5
    assert await post.inbox.let_go(NOW + 9 * DAY_S) == 0
    assert await post.inbox._read(counted) == {}


async def test_what_is_new_or_lent_is_unfinished(post: Post) -> None:
    """Neither what ended nor what waits for a time, nor what a tenant's departure dropped."""
    for number, state in enumerate((State.DONE, State.DEAD, State.WAITING), 1):
        await post.send(order(number), f"k{number}")
        (held,) = (await post.inbox.claim(NOW, ROOM)).held
        await post.inbox.end([Ending(held, state, due=NOW + 60)], NOW)
    await post.send(order(4), "k4")
    (lent,) = (await post.inbox.claim(NOW, ROOM)).held
    await post.send(order(5), "k5")
    await post.send(order(6), "k6", tenant="other")
    await post.inbox.purge("other")
    assert lent.sequence == 4
    assert await post.inbox.unfinished(range(1, 8)) == {4, 5}


async def test_f26_what_a_clock_put_off_that_went_back_is_due(post: Post) -> None:
    """A month ahead, a retry was due in a minute; the clock is right again."""
    await post.send(order(1), "a")
    ahead = NOW + 30 * DAY_S
    (held,) = (await post.inbox.claim(ahead, ROOM)).held
    await post.inbox.end([Ending(held, State.WAITING, due=ahead + 60)], ahead)
    assert len((await post.inbox.claim(NOW, ROOM)).held) == 1


async def test_a_retry_is_not_due_before_its_time(post: Post) -> None:
    await post.send(order(1), "a")
    (held,) = (await post.inbox.claim(NOW, ROOM)).held
    due = NOW + LONGEST_WAIT_S
    await post.inbox.end([Ending(held, State.WAITING, due=due)], NOW)
    assert (await post.inbox.claim(due - 1, ROOM)).held == ()
    assert len((await post.inbox.claim(due, ROOM)).held) == 1


async def test_a_delivery_that_ends_whoever_processes_it_is_given_up(post: Post) -> None:
    """It is lent again and again and never ended; the fortieth time is the last."""
    await post.send(order(1), "a")
    claims = 0
    for turn in range(60):
        claimed = await post.inbox.claim(NOW + turn * (LOAN_S + 1), ROOM)
        claims += len(claimed.held)
        if claimed.dead:
            break
    assert claims == 40
    assert await post.inbox._read(counted) == {"dead": 1}
