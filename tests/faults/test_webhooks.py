"""Webhooks while something is broken: none that was acknowledged is lost, each has its effect once
(FAULTS.md, W), and what cannot be kept is not acknowledged."""

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from redis.asyncio import Redis

from conftest import RedisServer
from faults.redis_cluster import RedisCluster
from server.posted import PostedServer
from server.program import NONE
from webhooks.posting import order

FAKETIME = next(
    (
        path
        for root in ("/usr/lib", "/usr/local/lib")
        for path in Path(root).glob("**/faketime/libfaketimeMT.so.1")
    ),
    None,
)

HOUR_S, MONTH_S = 3_600, 30 * 86_400


@contextlib.asynccontextmanager
async def posted(
    folder: Path, settings: Mapping[str, str] = NONE, prefix: Sequence[str] = ()
) -> AsyncGenerator[PostedServer]:
    """A server that is ready; ended at the end, however it is."""
    server = PostedServer(folder, settings, prefix)
    try:
        await server.program.ready(server.url)
        yield server
    finally:
        server.program.kill()


async def degraded(server: PostedServer) -> Sequence[str]:
    async with ClientSession() as client, client.get(f"{server.url}/readyz") as answer:
        assert answer.status == 200
        found: dict[str, Any] = await answer.json()
        return [str(part) for part in found["degraded"]]


async def again_and_again(server: PostedServer, name: str, patience_s: float = 30.0) -> None:
    """Send as platforms do, until it is acknowledged."""
    async with asyncio.timeout(patience_s):
        while await server.send(order(name), name) != 200:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Eight megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("a small disk is mounted by root only: run as root")
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)  # noqa: S603 - fixed
    if done.returncode:
        pytest.skip(f"tmpfs cannot be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)  # noqa: S603, S607 - as above


@pytest.mark.full
async def test_f24_a_full_disk_is_no_false_acknowledgement(
    tmp_path: Path, small_disk: Path
) -> None:
    """503 as long as it is full, and it heals; what was acknowledged before is all there."""
    async with posted(tmp_path, {"SACCADE_DATA": str(small_disk)}) as server:
        kept = [f"before-{number}" for number in range(5)]
        for name in kept:
            assert await server.send(order(name), name) == 200
        await server.ordered(*kept)
        filler = small_disk / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4_096)
        refused = 0
        for number in range(20):
            name = f"full-{number}"
            status = await server.send({**order(name), "note": "x" * 50_000}, name)
            assert status in {200, 503}
            kept += [name] if status == 200 else []
            refused += status == 503
        assert refused > 10
        assert "webhooks" in await degraded(server)
        filler.unlink()
        await again_and_again(server, "after")
        server.killed()
        await server.ordered(*kept, "after")
        assert "webhooks" not in await degraded(server)


@pytest.mark.full
async def test_f25_a_disk_that_takes_no_byte_is_no_false_acknowledgement(tmp_path: Path) -> None:
    """Writes fail in the kernel, by a limit on the length of the running process's files, of which
    the log alone is shorter: an error of input and output to SQLite. 503, degraded and not down,
    and it heals."""
    async with posted(tmp_path) as server:
        assert await server.send(order("before"), "before") == 200
        pid = server.program.process.pid
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        longest = (tmp_path / "log.jsonl").stat().st_size + 6_000  # less than one commit's pages
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (longest, most))
        assert await server.send(order("during"), "during") == 503
        assert "webhooks" in await degraded(server)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
        await again_and_again(server, "after")
        server.killed()
        await server.program.ready(server.url)
        assert await server.send(order("during"), "during") == 200
        await server.ordered("before", "during", "after")


@pytest.mark.full
async def test_f26_valid_webhooks_are_never_refused_while_clocks_jump(tmp_path: Path) -> None:
    """±1 h and ±30 d under a running server: taken, in effect within seconds, known when sent
    again."""
    if FAKETIME is None:
        pytest.skip("libfaketime is not installed: apt-get install faketime")
    told = tmp_path / "clock"
    told.write_text("+0", "ascii")
    settings = {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(told),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    async with posted(tmp_path, settings) as server:
        assert await server.send(order("calm"), "calm") == 200
        for jump in (HOUR_S, -HOUR_S, MONTH_S, -MONTH_S):
            told.write_text(f"{jump:+d}", "ascii")
            name = f"jumped{jump}"
            assert await server.send(order(name), name) == 200
            await server.ordered(name, patience_s=20)
            assert await server.send(order("calm"), "calm") == 200
        await server.ordered("calm")


@pytest.mark.full
async def test_f27_a_server_killed_while_it_processes_loses_nothing(tmp_path: Path) -> None:
    """Killed with deliveries acknowledged a moment ago, three times."""
    async with posted(tmp_path) as server:
        names: list[str] = []
        for round_ in range(3):
            some = [f"o{round_}-{number}" for number in range(100)]
            statuses = await asyncio.gather(*(server.send(order(name), name) for name in some))
            assert set(statuses) == {200}
            names += some
            server.killed()
            await server.program.ready(server.url)
        await server.ordered(*names)


@pytest.mark.full
async def test_f27_a_killed_servers_deliveries_are_taken_over_by_another(
    tmp_path_factory: pytest.TempPathFactory, own_redis: RedisServer
) -> None:
    """Two on one inbox, told of deliveries by a Redis stream; the one that took them in is killed
    while some are its own, and does not come back."""
    home = tmp_path_factory.mktemp("home")
    settings = {"SACCADE_STATE_URL": own_redis.url, "SACCADE_DATA": str(home)}
    folders = [tmp_path_factory.mktemp(name) for name in ("killed", "stays")]
    redis: Any = Redis(port=own_redis.port)  # Any: redis-py's commands are typed in part

    async def owned() -> list[int]:
        """How many entries each process has; at the end nobody has any."""
        (key,) = await redis.keys("saccade:webhooks:*")
        return [each["pending"] for each in await redis.xinfo_consumers(key, "workers")]

    async with posted(folders[0], settings) as killed, posted(folders[1], settings) as stays:
        names: list[str] = []
        while True:
            some = [f"o{len(names) + number}" for number in range(200)]
            statuses = await asyncio.gather(*(killed.send(order(name), name) for name in some))
            assert set(statuses) == {200}
            names += some
            killed.program.process.send_signal(signal.SIGSTOP)  # as it stands when it is killed
            if all(await owned()):
                break
            killed.program.process.send_signal(signal.SIGCONT)
        killed.program.kill()
        await stays.ordered(*names)
        async with asyncio.timeout(30):
            while any(await owned()):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
    await redis.aclose()


@pytest.mark.full
async def test_f4_webhooks_are_durable_while_redis_is_away(
    tmp_path: Path, own_redis: RedisServer
) -> None:
    """And in effect once it is back."""
    async with posted(tmp_path, {"SACCADE_STATE_URL": own_redis.url}) as server:
        own_redis.process.send_signal(signal.SIGSTOP)
        for number in range(5):
            assert await server.send(order(f"o{number}"), f"o{number}") == 200
        await asyncio.sleep(1.0)
        assert server.outcomes() == []
        own_redis.process.send_signal(signal.SIGCONT)
        await server.ordered(*(f"o{number}" for number in range(5)))


@pytest.mark.full
async def test_f4_a_cluster_that_fails_over_costs_no_webhook(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A master is killed between two deliveries of every visitor's."""
    async with (
        RedisCluster(tmp_path_factory.mktemp("cluster")) as cluster,
        posted(tmp_path_factory.mktemp("server"), {"SACCADE_STATE_URL": cluster.url}) as server,
    ):
        names = [f"o{number}" for number in range(60)]
        for number, name in enumerate(names):
            if number == 20:
                cluster.nodes[0].kill()
            assert await server.send(order(name, session=f"s{number}"), name) == 200
        await server.ordered(*names)


async def refuses_writes(redis: Any) -> None:  # Any: redis-py's commands are typed in part
    await redis.config_set("maxmemory", "1")


async def wants_replicas(redis: Any) -> None:  # Any: redis-py's commands are typed in part
    await redis.config_set("min-replicas-to-write", "3")


async def is_read_only(redis: Any) -> None:  # Any: redis-py's commands are typed in part
    await redis.replicaof("127.0.0.1", "9")


@pytest.mark.full
@pytest.mark.parametrize("fault", [refuses_writes, wants_replicas, is_read_only])
async def test_f5_webhooks_are_durable_while_redis_takes_no_writes(
    tmp_path: Path, own_redis: RedisServer, fault: Callable[[Any], Awaitable[None]]
) -> None:
    async with posted(tmp_path, {"SACCADE_STATE_URL": own_redis.url}) as server:
        redis: Any = Redis(port=own_redis.port)  # Any: as above
        await fault(redis)
        for number in range(5):
            assert await server.send(order(f"o{number}"), f"o{number}") == 200
        await redis.config_set("maxmemory", "0")
        await redis.config_set("min-replicas-to-write", "0")
        await redis.replicaof("NO", "ONE")
        await redis.aclose()
        await server.ordered(*(f"o{number}" for number in range(5)))
