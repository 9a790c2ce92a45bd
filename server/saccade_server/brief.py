"""Answers of ``/v1`` in one piece, written as they are.

aiohttp's way of preparing a response costs a beacon a tenth of its call: it sets headers by
default, has an encoder put them in order, and fills a buffer. Ours are few and our own.
"""

from http import HTTPStatus

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import HttpVersion11


class Brief(web.Response):
    """A whole answer to a call of HTTP/1.1; any other call gets it in aiohttp's own way."""

    _written = False

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Write the answer, head and body."""
        if request.version != HttpVersion11 or request.method == "HEAD":
            return await super().prepare(request)
        if not self._written:
            self._written = True
            if self.keep_alive is None and request.keep_alive:
                self._keep_alive = True
            await request.writer.write(self._whole())
        return request.writer

    async def write_eof(self, data: bytes = b"") -> None:
        """The end has been written."""
        if not self._written:
            await super().write_eof(data)

    @property
    def prepared(self) -> bool:
        """Whether it has been written."""
        return self._written or super().prepared

    def _whole(self) -> bytes:
        """Raises ValueError for a header that would end before its line does."""
        lines = [f"HTTP/1.1 {self.status} {self.reason}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines.append(f"Date: {rfc822_formatted_time()}")
        if not self.keep_alive:
            lines.append("Connection: close")
        body = self.body if isinstance(self.body, bytes) else b""
        if self.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([*lines, "\r\n"])
        if head.count("\n") != len(lines) + 1 or head.count("\r") != len(lines) + 1:
            raise ValueError("a header holds the end of a line")
        return head.encode("utf-8", "surrogateescape") + body
