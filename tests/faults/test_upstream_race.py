"""F16, F17: connections the platform ends just when they are wanted.

A call without effects is repeated once within the budget; one with effects goes out exactly once,
on a connection that no other answer has ended.
"""

import asyncio
import random
import time
from collections import Counter

import pytest

from faults import upstream as up
from faults.cases import BODY, PAGES
from faults.comparing import CONNECTIONS, Seen, judged, shopper, steady
from faults.page import SHOPPER, PagePath, page_path, with_block
from faults.report import FaultReport
from faults.upstream import Line, Received, Script
from faults.wire import Caller, attempted, request

CARTS = "/occ/v2/electronics/users/anonymous/carts"
CLOSES_AFTER_S = 0.02
NUMBERS = random.Random(17)


def lost_at_first() -> Script:
    """Ends the connection where a target is asked for the first time; every other time by RST."""
    asked: Counter[bytes] = Counter()

    async def script(received: Received, line: Line) -> None:
        asked[received.target] += 1
        if asked[received.target] > 1:
            await up.json(BODY)(received, line)
        elif len(asked) % 2:
            line.reset()
        else:
            line.close()

    return script


async def got(page: PagePath, name: str, seen: Seen) -> None:
    """One page by GET; a direct caller would have had none, so that all of the wait is added."""
    async with shopper(page.port) as caller:
        answer, took = await caller.get(PAGES + name)
    right = answer is not None and answer.status == 200 and answer.body == with_block(BODY)
    seen.page(name, took, None if right else "not what the repeat gave")


@pytest.mark.parametrize("load", [False, pytest.param(True, marks=pytest.mark.full)])
async def test_f16_a_get_is_repeated_once(load: bool, fault_report: FaultReport) -> None:
    async with page_path(lost_at_first()) as page:
        rounds = iter(range(100))

        async def one_round() -> Seen:
            seen, turn = Seen(), next(rounds)
            names = [f"{turn}-{number}" for number in range(320 if load else 20)]
            width = CONNECTIONS if load else 1
            for start in range(0, len(names), width):
                await asyncio.gather(*(got(page, name, seen) for name in names[start:][:width]))
            return seen

        judged(fault_report, "F16", await steady(one_round), load=load)
        assert set(Counter(page.upstream.targets()).values()) == {2}


async def posted(caller: Caller, name: str) -> tuple[int, float]:
    """Status of one POST, 0 where none came, and the milliseconds it took."""
    data = request(f"{CARTS}/{name}", SHOPPER, method="POST", body=b'{"a":1}')
    started = time.perf_counter()
    answer = await attempted(caller, data, "POST")
    return answer.status if answer else 0, (time.perf_counter() - started) * 1_000


@pytest.mark.parametrize("lost", [up.close, up.reset], ids=["closed", "reset"])
async def test_f16_a_post_is_never_repeated(lost: Script, fault_report: FaultReport) -> None:
    async with page_path(lost) as page, await Caller.connect(page.port) as caller:

        async def one_round() -> Seen:
            seen = Seen()
            for number in range(20):
                status, took = await posted(caller, str(number))
                seen.page("post", took, None if status == 502 else f"{status} for no answer")
            return seen

        before = await steady(one_round)
        judged(fault_report, "F16", before)
        assert len(page.upstream.received) % 20 == 0
        assert {one.served for one in page.upstream.received} == {0}


async def closes_soon(received: Received, line: Line) -> None:
    """Keeps the connection, and closes it 20 ms after the answer: just when it is used again."""
    await up.json(BODY)(received, line)
    asyncio.get_running_loop().call_later(CLOSES_AFTER_S, line.close)


async def racing(page: PagePath, name: str, posts: int, seen: Seen) -> None:
    """POSTs and GETs at random spacing around the platform's 20 ms."""
    async with await Caller.connect(page.port) as caller, shopper(page.port) as reader:
        for turn in range(posts):
            await asyncio.sleep(NUMBERS.uniform(0.8, 1.2) * CLOSES_AFTER_S)
            status, took = await posted(caller, f"{name}-{turn}")
            seen.page("post", took, None if status == 200 else f"{status}")
            answer, took = await reader.get(PAGES + f"{name}-{turn}")
            right = answer is not None and answer.body == with_block(BODY)
            seen.page("get", took, None if right else "not personalised")


@pytest.mark.parametrize("load", [False, pytest.param(True, marks=pytest.mark.full)])
async def test_f17_no_post_meets_a_closing_connection(
    load: bool, fault_report: FaultReport
) -> None:
    width, posts = (CONNECTIONS, 40) if load else (1, 40)
    async with page_path(closes_soon) as page:
        rounds = iter(range(100))

        async def one_round() -> Seen:
            seen, turn = Seen(), next(rounds)
            crowd = (racing(page, f"{turn}-{number}", posts, seen) for number in range(width))
            await asyncio.gather(*crowd)
            return seen

        judged(fault_report, "F17", await steady(one_round), load=load)
        sent = Counter(one.target for one in page.upstream.received if one.method == b"POST")
        assert set(sent.values()) == {1}
