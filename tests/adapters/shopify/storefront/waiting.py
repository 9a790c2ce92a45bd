"""Waiting for what a browser does by itself."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object], patience_s: float = 15.0) -> None:
    """Until it holds; else the test fails."""
    async with asyncio.timeout(patience_s):
        while not condition():  # noqa: ASYNC110 - nothing tells it but what has arrived
            await asyncio.sleep(0.01)
