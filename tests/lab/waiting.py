"""Waits for what happens in its own time, generously: the machine may be busy."""

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], bool], *, patience_s: float = 30.0) -> None:
    """Return once it holds."""
    async with asyncio.timeout(patience_s):
        while not holds():  # noqa: ASYNC110 - what is waited for tells no event of ours
            await asyncio.sleep(0.02)
