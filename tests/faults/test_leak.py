"""Two shoppers and a stranger behind one real cache: nobody ever sees what was decided for another.

The cache is nginx's, told to keep whatever an answer's own headers do not forbid, by address alone:
no cookie, no session and no ``Vary`` tells its entries apart.
"""

import asyncio
import contextlib
import sqlite3
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import pytest

import saccade_gateway.answer
from conftest import RedisServer, unused_port
from faults.nginx import nginx
from faults.report import FaultReport
from faults.shoppers import MARKS, Shopper, crossed, introduce, platform
from faults.upstream import ScriptedUpstream
from faults.waits import added_ms
from saccade_gateway.headers import RawHeaders, downstream
from security.house import served, shop
from server.program import Program, write_tenant

CACHE = """
  proxy_cache_path %s levels=1:2 keys_zone=pages:10m max_size=100m;
  upstream shop { server 127.0.0.1:%d; keepalive 64; }
  server {
    listen 127.0.0.1:@PORT@ backlog=512;
    keepalive_requests 1000000;
    location / {
      proxy_pass http://shop;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_cache pages;
      proxy_cache_key $request_uri;
      proxy_cache_valid 200 1m;
      proxy_ignore_headers Vary Expires;
      add_header X-Cache $upstream_cache_status;
    }
  }
"""


PAGE = "/occ/v2/electronics/products/known-0"


@dataclass(slots=True)
class Day:
    """What came of it."""

    shoppers: list[Shopper]
    modes: dict[str, str]
    seconds: float
    added_ms: float
    """The worst of what a decided call waited longer through us than straight, afterwards."""

    @property
    def asked(self) -> int:
        return sum(one.asked for one in self.shoppers)

    @property
    def leaks(self) -> list[str]:
        """What anybody saw of another."""
        told = [f"{one.name}: {leak}" for one in self.shoppers for leak in one.leaks]
        return told + crossed(self.shoppers, self.modes)

    @property
    def cached(self) -> Counter[str]:
        """What the cache did with pages that hold nothing of ours."""
        return sum((one.cached for one in self.shoppers), Counter[str]())

    @property
    def hit_ratio(self) -> float:
        """Of those pages."""
        return self.cached["HIT"] / max(1, self.cached.total())


async def day(folder: Path, port: int, upstream_port: int, count: int) -> Day:
    """``count`` calls of two shoppers and a stranger, interleaved, through a cache."""
    modes = await introduce(port)
    shoppers = [Shopper("alice"), Shopper("bob"), Shopper("nobody")]
    with nginx(folder, CACHE % (folder / "cache", port)) as cache:
        began = perf_counter()
        each = count // len(shoppers)
        await asyncio.gather(*(one.shop(cache, each, 8) for one in shoppers))
        took = perf_counter() - began
    added = await added_ms(port, upstream_port, PAGE, ("x-session-id", MARKS["alice"]))
    return Day(shoppers, modes, took, added)


def check(came: Day) -> None:
    """Nobody saw another's, everybody their own, and what is for all was kept by the cache."""
    assert came.leaks == []
    assert (
        len({*came.modes.values(), "default"}) == len(MARKS) + 1
    )  # or there would be nothing to tell apart
    for one in came.shoppers:
        decided = sum(one.modes.values())
        if one.name in MARKS:
            own = one.modes[came.modes[one.name]]
            assert own >= 0.9 * decided >= 0.4 * one.asked, (one.name, one.modes, one.cached)
            assert one.decisions
        else:
            assert decided == 0
    assert came.hit_ratio > 0.3, came.cached


@contextlib.asynccontextmanager
async def in_process(folder: Path) -> AsyncGenerator[tuple[int, int]]:
    """The server and the platform; their ports."""
    async with (
        ScriptedUpstream(platform) as upstream,
        served(folder, shop(upstream.port)) as server,
    ):
        yield server.port, upstream.port


def test_the_shoppers_are_told_apart_by_the_test() -> None:
    """The looking itself finds what is another's."""
    alice, bob, modes = Shopper("alice"), Shopper("bob"), {"alice": "hesitating", "bob": "default"}
    alice.decisions, bob.decisions = {"d1", "d2"}, {"d2"}
    alice.shown, bob.shown = {b"a", b"b"}, {b"b"}
    bob.modes["hesitating"] = 1
    assert crossed([alice, bob], modes) == [
        "alice saw d2 of bob",
        "alice saw what bob was shown",
        "bob saw d2 of alice",
        "bob saw the mode of alice",
        "bob saw what alice was shown",
    ]


async def test_nobody_sees_anothers_experience_through_a_cache(
    tmp_path: Path, fault_report: FaultReport
) -> None:  # R38
    async with in_process(tmp_path) as (port, upstream):
        came = await day(tmp_path, port, upstream, 3_000)
    check(came)
    report(fault_report, came)


async def test_without_the_control_the_leak_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Merged answers under the platform's own cache rules."""

    def impersonal(headers: RawHeaders, named: frozenset[bytes]) -> list[bytes]:
        return downstream(headers, named)

    monkeypatch.setattr(saccade_gateway.answer, "personal", impersonal)
    async with in_process(tmp_path) as (port, upstream):
        came = await day(tmp_path, port, upstream, 600)
    assert len(came.leaks) > 10
    assert any("saw the mode of" in leak for leak in came.leaks)


def report(fault_report: FaultReport, came: Day) -> None:
    """Record it, and print what the table has no column for."""
    fault_report("leak", broken=len(came.leaks), added_ms=came.added_ms, runs=came.asked)
    decided = sum(sum(one.modes.values()) for one in came.shoppers)
    print(  # noqa: T201 - a run of minutes tells what it saw
        f"\nleak: {came.asked} calls in {came.seconds:.1f} s, {decided} decided, "
        f"{len(came.leaks)} leaks, hit ratio of undecided pages {came.hit_ratio:.3f}, "
        f"worst answer {max(one.worst_ms for one in came.shoppers):.0f} ms"
    )


@pytest.mark.full
@pytest.mark.timeout(400)
async def test_a_hundred_thousand_calls_over_two_workers(
    tmp_path: Path, own_redis: RedisServer, fault_report: FaultReport
) -> None:
    port = unused_port()
    async with ScriptedUpstream(platform) as upstream:
        write_tenant(tmp_path, upstream.url)
        program = Program(
            tmp_path,
            *("serve", "--adapter", "sap_occ", "--port", str(port), "--workers", "2"),
            settings={"SACCADE_STATE_URL": own_redis.url, "SACCADE_SHED_LAG_MS": "60000"},
        )
        try:
            await program.ready(f"http://127.0.0.1:{port}")
            came = await day(tmp_path, port, upstream.port, 100_002)
            program.stop()
            await program.ended()
        finally:
            program.kill()
    report(fault_report, came)
    check(came)
    owners = journaled(tmp_path / ".saccade" / "saccade.db")
    for one in came.shoppers:
        assert {owners[decision] for decision in one.decisions} <= {MARKS.get(one.name)}


def journaled(file: Path) -> dict[str, str]:
    """Whose each decision was, as the journal says."""
    with closing(sqlite3.connect(file)) as journal:
        return dict(journal.execute("SELECT id, session FROM decisions").fetchall())
