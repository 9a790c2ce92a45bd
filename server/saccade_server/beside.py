"""Work that goes on beside a block and ends with it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Coroutine

import structlog

log = structlog.get_logger()


@contextlib.asynccontextmanager
async def beside(work: Coroutine[None, None, None]) -> AsyncGenerator[None]:
    """Run ``work`` while the block runs, then cancel it. Should it fail, the block goes on."""
    task = asyncio.create_task(work)
    task.add_done_callback(_told)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))


def _told(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("background_failed", exc_info=error)
