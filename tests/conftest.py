"""Parts every test may use, all real: a Redis of the suite's own, Chromium, free ports."""

import contextlib
import gc
import itertools
import os
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

# The pages of an address bar nobody sees: loading them costs thrice what loading a shop does.
# Then what Playwright switches off by a list of its own, of which only the last is heeded.
_SWITCHED_OFF = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
    *("AimEnabled", "LensOverlay", "MediaRouter", "OptimizationHints", "PaintHolding"),
    *("HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "ThirdPartyStoragePartitioning"),
    *("NetworkTimeServiceQuerying", "PreconnectToSearch", "DestroyProfileOnBrowserClose"),
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "AvoidCorsURLLoaderRestartOnRedirect"),
)
CHROMIUM_SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=" + ",".join(_SWITCHED_OFF),
)


_ports = itertools.count(os.getpid())


def unused_port() -> int:
    """A loopback port nothing listens on now, and that the system gives to nobody who asks for any.

    Each worker of the suite has a range of its own, below those the system gives away: a server is
    started on the port later, and in between another test might get it.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        port = 10_000 + worker % 20 * 1_000 + next(_ports) % 1_000
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@pytest.fixture
def free_port() -> int:
    """See `unused_port`."""
    return unused_port()


class RedisServer:
    """A redis-server process of one's own, without persistence."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("redis-server")
        if program is None:
            pytest.skip("redis-server is not installed: apt-get install redis-server")
        self.port = unused_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process = subprocess.Popen(  # noqa: S603 - the program found on the path, fixed arguments
            [
                program,
                *("--port", str(self.port), "--bind", "127.0.0.1", "--save", ""),
                *("--appendonly", "no", "--dir", str(folder), "--loglevel", "warning"),
            ],
            stdout=subprocess.DEVNULL,
        )
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        self.stop()
        pytest.fail("redis-server did not listen within 4 s")

    def stop(self) -> None:
        """Kill, even while it is stopped."""
        self.process.kill()
        self.process.wait(timeout=10)


@pytest.fixture(scope="session", autouse=True)
def _collector_left_alone() -> Iterator[None]:
    """A server that starts collects all there is: in the suite's process all tests' modules too.

    Servers that are processes of their own, which have little else, go on doing so.
    """
    left_alone = SimpleNamespace(
        collect=lambda: 0,
        freeze=lambda: None,
        unfreeze=lambda: None,
        get_threshold=gc.get_threshold,
        set_threshold=gc.set_threshold,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("saccade_server.serving.gc", left_alone)
        yield


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One Redis for the whole session."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis for one test alone, to be stopped and killed as it likes."""
    server = RedisServer(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The session's Redis. Tests keep apart by tenant names of their own."""
    return redis_server.url


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Chromium's executable."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    pytest.skip("Chromium is not installed: apt-get install chromium")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """One headless Chromium for the session, for tests on the session's loop."""
    async with async_playwright() as playwright:
        switches = list(CHROMIUM_SWITCHES)
        launched = await playwright.chromium.launch(executable_path=chromium, args=switches)
        yield launched
        await launched.close()
