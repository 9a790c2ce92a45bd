"""Applications on free ports of the loopback, for a browser that may call until it is gone."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web


@asynccontextmanager
async def served(app: web.Application) -> AsyncGenerator[str]:
    """The address an application is served at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        # asyncio drops a socket, open, if its server closes while it accepts: first it accepts no
        # more, and what it has accepted becomes a connection
        asyncio.get_running_loop().remove_reader(listener)
        for _ in range(3):
            await asyncio.sleep(0)
        await runner.cleanup()


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def answering(handler: Handler) -> web.Application:
    """Every method and path by one handler."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    return app
