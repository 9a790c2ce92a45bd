"""The listener: leaves descriptors for the platform, and loses no connection (F31, F34)."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import AsyncGenerator

import pytest
from aiohttp import web

from saccade_server import listening
from saccade_server.listening import Door, bound, more_descriptors
from saccade_server.settings import Settings

CALL = b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n"


class Counted:
    """How often somebody was turned away."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


@contextlib.asynccontextmanager
async def opened(turned_away: Counted) -> AsyncGenerator[tuple[Door, int]]:
    """A door before a server that answers 404."""
    listener = bound(Settings(port=0), shared=False)
    runner = web.AppRunner(web.Application(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    assert runner.server is not None
    door = Door(runner.server, listener, turned_away)
    await door.open()
    try:
        yield door, int(listener.getsockname()[1])
    finally:
        await door.close()
        await runner.cleanup()
        listener.close()


async def test_who_comes_too_late_is_turned_away_until_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    monkeypatch.setattr(listening, "RESERVED", soft - 4)  # room for two
    turned_away = Counted()
    async with opened(turned_away) as (_, port):
        kept = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for reader, writer in kept:
            writer.write(CALL)
            assert (await reader.readuntil(b"\r\n")).split()[1] == b"404"
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        assert turned_away.times == 1
        writer.close()
        kept[0][1].close()
        async with asyncio.timeout(10):
            answer = b""
            while not answer:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                with contextlib.suppress(OSError):
                    writer.write(CALL)
                    answer = await reader.read(12)
                writer.close()
        assert answer == b"HTTP/1.1 404"
        kept[1][1].close()


async def test_connections_the_system_has_taken_are_served_after_the_end() -> None:
    async with opened(Counted()) as (door, port):
        with contextlib.ExitStack() as stack:
            waiting = [
                stack.enter_context(socket.create_connection(("127.0.0.1", port)))
                for _ in range(20)
            ]
            await door.close()  # the loop has had no turn to accept one of them
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port))
            loop = asyncio.get_running_loop()
            for one in waiting:
                one.sendall(CALL)
                one.setblocking(False)
                assert (await loop.sock_recv(one, 12)) == b"HTTP/1.1 404"


def test_as_many_descriptors_as_are_granted() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
        more_descriptors()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
