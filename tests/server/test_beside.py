"""Work beside a block: it ends with the block, and its failure is told and ends nothing."""

import asyncio
import io
import json

import pytest

from saccade_server import logs
from saccade_server.beside import beside


async def test_it_ends_with_the_block() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with beside(work()):
        await asyncio.sleep(0)
        assert not ended.is_set()
    assert ended.is_set()


@pytest.mark.usefixtures("logging_restored")
async def test_a_failure_is_told_and_the_block_goes_on() -> None:
    out = io.StringIO()
    logs.configure("json", "info", out)

    async def work() -> None:
        raise OSError("what it says may be personal")

    async with beside(work()):
        for _ in range(3):
            await asyncio.sleep(0)
    (told,) = (json.loads(line) for line in out.getvalue().splitlines())
    assert (told["event"], told["error"]) == ("background_failed", "OSError")
    assert "personal" not in out.getvalue()
