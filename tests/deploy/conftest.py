"""The whole way of a call: the shipped nginx, ``saccade serve``, a scripted platform."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from deploy.front import Front, front
from deploy.programs import Middleware
from faults.report import fault_report
from faults.upstream import Line, Received, ScriptedUpstream, answer, json

__all__ = ["fault_report"]

BODY = b'{"code":"816324","name":"Laptop","price":{"value":1299.90}}'


async def page(received: Received, line: Line) -> None:
    """The product; to HEAD only how long it is."""
    if received.method == b"HEAD":
        length = (b"Content-Length", b"%d" % len(BODY))
        await answer(b"", length, framed=False)(received, line)
    else:
        await json(BODY)(received, line)


@dataclass(frozen=True, slots=True)
class Way:
    """Its three parts; ``platform.script`` says what the platform answers."""

    front: Front
    middleware: Middleware
    platform: ScriptedUpstream


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def standing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Way]:
    """One way for the tests of a module: starting takes longer than asking."""
    async with ScriptedUpstream(page) as platform:
        middleware = Middleware(tmp_path_factory.mktemp("middleware"), platform.url)
        try:
            await middleware.ready()
            with front(middleware.port, platform.url) as nginx:
                yield Way(nginx, middleware, platform)
        finally:
            middleware.kill()


@pytest_asyncio.fixture(loop_scope="module")
async def way(standing: Way) -> AsyncIterator[Way]:
    """The module's, with an ordinary platform, and nothing received yet."""
    standing.platform.script = page
    standing.platform.received.clear()
    yield standing
