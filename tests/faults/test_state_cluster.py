"""F4 from end to end: a master of a Redis Cluster dies, or hangs, while pages are asked for."""

import asyncio
import signal
import time
from collections.abc import Callable

import pytest

from faults.redis_cluster import Node, RedisCluster
from faults.redis_shop import CROWD, Pages, Shop, holds, shop_on, steadily
from faults.report import FaultReport
from making import TENANT
from saccade.stores.redis_values import visitor_keys

pytestmark = [pytest.mark.redis, pytest.mark.full]

RECOVERED_S = 10.0
PAUSE_S = 0.02
"""Between a visitor's pages, so that their number is bounded by the time it takes."""


def killed(master: Node) -> None:
    """Its port is closed from now on."""
    master.kill()


def stopped(master: Node) -> None:
    """It accepts and says nothing."""
    master.process.send_signal(signal.SIGSTOP)


@pytest.mark.parametrize("load", [False, True], ids=["calm", "load"])
@pytest.mark.parametrize("fault", [killed, stopped])
async def test_f4_fail_over(
    tmp_path_factory: pytest.TempPathFactory,
    fault: Callable[[Node], None],
    load: bool,
    fault_report: FaultReport,
) -> None:
    """All are known again by what the replica had of them, and what they do next is kept."""
    took: list[float] = []

    async def fail_over(pages: Pages) -> None:
        async with (
            RedisCluster(tmp_path_factory.mktemp("cluster")) as cluster,
            shop_on(cluster.url) as shop,
        ):
            await known_to_replicas(shop, cluster)
            over = asyncio.Event()
            visits = [ask(shop, pages, n, over) for n in range(CROWD if load else 1)]
            crowd = asyncio.gather(*visits)
            await asyncio.sleep(0.2)
            fault(cluster.holder(visitor_keys(TENANT, "s0").kept))
            started = time.perf_counter()
            for n in range(CROWD):
                await shop.personal_again(f"s{n}")
                await shop.behaves(f"s{n}")
            took.append(time.perf_counter() - started)
            over.set()
            await crowd

    pages = await steadily(fail_over)
    holds(fault_report, "F4", pages, load=load)
    assert took[-1] < RECOVERED_S
    assert pages.personal < pages.runs, "the fault was not felt"


async def known_to_replicas(shop: Shop, cluster: RedisCluster) -> None:
    """Everybody is, and every replica has it."""
    await shop.known()
    for n in range(CROWD):
        await shop.personal_again(f"s{n}")
    await shop.engine.close()
    async with asyncio.timeout(10):
        await asyncio.gather(*(master.replicated() for master in cluster.masters))


async def ask(shop: Shop, pages: Pages, number: int, over: asyncio.Event) -> None:
    """A visitor's pages."""
    while not over.is_set():
        await shop.visit(pages, f"s{number}", 5)
        await asyncio.sleep(PAUSE_S)
