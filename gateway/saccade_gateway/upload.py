"""A request's body on its way upstream: streamed as it comes, never gathered."""

import asyncio

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import StreamWriter

IDLE_S = 30.0
"""A body that stops coming for so long is given up, and the call with it."""


class BodyLostError(Exception):
    """The shopper's side stopped or broke the body: there is nobody to blame upstream."""


class Body:
    """Where a body is read from, and its length; ``None`` means chunked."""

    __slots__ = ("length", "stream")

    def __init__(self, stream: aiohttp.StreamReader, length: int | None) -> None:
        self.stream, self.length = stream, length

    def framing(self) -> bytes:
        """The header line that frames it, written anew."""
        if self.length is None:
            return b"Transfer-Encoding: chunked"
        return b"Content-Length: %d" % self.length


class Upload:
    """Writes a body beside the reading of the answer, which may come before the body has ended."""

    __slots__ = ("_body", "_lost", "_protocol", "_task", "complete")

    def __init__(self, body: Body, protocol: ResponseHandler) -> None:
        self._body, self._protocol = body, protocol
        self._lost: Exception | None = None
        self.complete = False
        """All of it has been written, so that the connection is in order."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """Write no more."""
        self._task.cancel()

    def check(self) -> None:
        """Raises `BodyLostError` where it is the shopper's side that failed."""
        if self._lost is not None:
            raise BodyLostError("the request's body did not arrive whole") from self._lost

    async def _run(self) -> None:
        writer = StreamWriter(self._protocol, asyncio.get_running_loop())
        if self._body.length is None:
            writer.enable_chunking()
        try:
            while chunk := await self._next():
                await writer.write(chunk)
            await writer.write_eof()
        except ConnectionError:
            return  # the platform wants no more of it; its answer, if any, is what counts
        self.complete = True

    async def _next(self) -> bytes:
        """The next bytes; on failure the connection is dropped, which wakes the answer's reader."""
        try:
            async with asyncio.timeout(IDLE_S):
                return await self._body.stream.readany()
        except Exception as error:
            self._lost = error
            if self._protocol.transport is not None:
                self._protocol.transport.abort()
            raise ConnectionResetError("the body's source failed") from error
