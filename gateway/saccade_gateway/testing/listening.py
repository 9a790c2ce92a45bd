"""A listener of the kit's own: each connection a task; neither outlives it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@asynccontextmanager
async def listening(serve: Serve, **options: Any) -> AsyncGenerator[int]:
    """Listen on a free port of loopback, which is given; ``options`` are `start_server`'s."""
    tasks: set[asyncio.Task[None]] = set()
    open_ = True

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not open_:
            writer.close()
            return
        task = asyncio.get_running_loop().create_task(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        # A task cancelled before its first step never comes to a `finally` of its own.
        task.add_done_callback(lambda _: writer.close())

    server = await asyncio.start_server(accept, "127.0.0.1", 0, **options)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        open_ = False
        for _ in range(3):  # asyncio drops a socket, open, if its server closes while it accepts
            await asyncio.sleep(0)
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
