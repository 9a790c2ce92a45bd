"""A TCP proxy on loopback that takes its time with replies, or hangs up."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Self


class SlowProxy:
    """Forwards calls at once and replies in slices, each after ``delay_s()``."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.delay_s: Callable[[], float] = lambda: 0.0
        self.slice_bytes = 65_536
        self.accepted = 0
        self._pumps: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        await self._server.wait_closed()
        await self.hang_up()

    @property
    def url(self) -> str:
        """A Redis behind the proxy."""
        assert self._server
        return f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/0"

    async def hang_up(self) -> None:
        """Close every connection, and return when both its sides are closed."""
        for writer in self._writers:
            writer.transport.abort()
        if self._pumps:
            await asyncio.wait(self._pumps)

    async def _accept(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        self.accepted += 1
        far_in, far_out = await asyncio.open_connection("127.0.0.1", self._port)
        self._start(near_in, far_out, slow=False)
        self._start(far_in, near_out, slow=True)

    def _start(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, slow: bool
    ) -> None:
        self._writers.add(target)
        task = asyncio.get_running_loop().create_task(self._pump(source, target, slow=slow))
        self._pumps.add(task)
        task.add_done_callback(self._pumps.discard)

    async def _pump(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, slow: bool
    ) -> None:
        with suppress(ConnectionError):  # the other side hung up
            while data := await source.read(self.slice_bytes if slow else 65_536):
                if slow:
                    await asyncio.sleep(self.delay_s())
                target.write(data)
        self._writers.discard(target)
        target.close()
        with suppress(ConnectionError):
            await target.wait_closed()
