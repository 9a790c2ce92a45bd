"""The suite's own listener leaves nothing open, or a later test would be blamed for it."""

import asyncio
import socket
from contextlib import closing, suppress

import pytest

from faults.listening import listening


@pytest.mark.parametrize("turns", range(6))
async def test_a_connection_is_closed_however_early_its_task_was_cancelled(turns: int) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read()
        finally:
            writer.close()

    async with listening(serve) as port:
        client = socket.create_connection(("127.0.0.1", port))
        for _ in range(turns):
            await asyncio.sleep(0)
    client.setblocking(False)
    with closing(client), suppress(ConnectionResetError):
        received = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(client, 1), 2)
        assert received == b""
