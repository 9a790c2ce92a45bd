"""How long a page waits beyond its platform, where a test is about something else."""

from time import perf_counter

from faults.wire import call


async def added_ms(port: int, platform: int, target: str, *headers: tuple[str, str]) -> float:
    """The worst of what a call takes longer through ``port`` than straight, one after another."""
    worst = 0.0
    for _ in range(20):
        began = perf_counter()
        assert (await call(platform, target, *headers)).status == 200
        between = perf_counter()
        assert (await call(port, target, *headers)).status == 200
        worst = max(worst, (perf_counter() - between) - (between - began))
    return worst * 1_000
