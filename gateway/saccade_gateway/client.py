"""The platform's side of the race: one call upstream over kept connections, headers raw.

aiohttp's connector (TLS, time-outs, pinned addresses) and its C parser are used without its
`ClientSession`, which repeats PUT and DELETE by itself, drops header bytes that are not UTF-8, and
swallows informational answers. No cookie jar exists here, no redirect is followed, nothing is
decompressed and no proxy is read from the environment.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from weakref import WeakKeyDictionary

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError, RawResponseMessage
from yarl import URL

from saccade.deadline import Deadline
from saccade.tenants import Upstream
from saccade_gateway.addresses import CheckedResolver, allowed, is_literal
from saccade_gateway.answer import Answer, Watch
from saccade_gateway.headers import RawHeaders, asking_for_identity
from saccade_gateway.idle import Idle
from saccade_gateway.serving import HEADER_LIMIT, LINE_LIMIT
from saccade_gateway.upload import Body, Upload

_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})
_BLANKS = (b" ", b"\t")
_FAILURES = (aiohttp.ClientError, OSError, TimeoutError, HttpProcessingError)


class NoAnswerError(Exception):
    """The platform gave no usable answer."""


class _LostError(NoAnswerError):
    """The connection ended after the call was written and before an answer came."""


class Outgoing(msgspec.Struct, frozen=True):
    """A call as it goes upstream: raw target below the base, lines without Host and framing."""

    method: str
    target: bytes
    lines: list[bytes]
    body: Body | None = None

    def for_merging(self) -> "Outgoing":
        """The same call, asking for an answer without content coding."""
        lines = asking_for_identity(self.lines)
        return Outgoing(self.method, self.target, lines, self.body)


Inform = Callable[[int, bytes, RawHeaders], Awaitable[None]]
"""Takes an informational (1xx) answer that comes before the final one."""


class Platform:
    """One tenant's platform. Make it inside the running loop, and close it."""

    def __init__(
        self,
        upstream: Upstream,
        *,
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | bool = True,
    ) -> None:
        base = URL(upstream.base, encoded=True)
        host = base.raw_host or ""
        self._prefix = base.raw_path.rstrip("/").encode("ascii")
        self._host_line = b"Host: " + (base.host_port_subcomponent or "").encode("ascii")
        self._forbidden = is_literal(host) and not allowed(
            host, allow_private=upstream.allow_private
        )
        self._read_timeout = upstream.read_timeout_s
        self._timeout = aiohttp.ClientTimeout(
            total=None,
            connect=upstream.connect_timeout_s,
            sock_connect=upstream.connect_timeout_s,
        )
        self._resolver = CheckedResolver(allow_private=upstream.allow_private, inner=resolver)
        loop = asyncio.get_running_loop()
        self._key = aiohttp.ClientRequest("GET", base, loop=loop)
        self._connector = aiohttp.TCPConnector(
            resolver=self._resolver, limit=0, force_close=True, ssl=tls
        )
        self._idle = Idle()
        self._watches: WeakKeyDictionary[ResponseHandler, Watch] = WeakKeyDictionary()

    async def send(self, call: Outgoing, deadline: Deadline, inform: Inform) -> Answer:
        """The platform's answer, its body still to be read. Raises `NoAnswerError`.

        A call without effects may meet a kept connection the platform is just closing: it is
        repeated once, on a new one, while the budget lasts (F16). Any other call gets a connection
        of its own and is never repeated (F17).
        """
        if call.method not in _REPEATABLE or call.body is not None:
            return await self._attempt(call, inform, alone=True)
        try:
            return await self._attempt(call, inform, alone=False)
        except _LostError:
            if deadline.expired:
                raise
        return await self._attempt(call, inform, alone=True)

    async def close(self) -> None:
        """Close every connection."""
        await self._connector.close()  # waits for those it closes, which includes the idle ones
        self._idle.close()
        await self._resolver.close()

    async def _attempt(self, call: Outgoing, inform: Inform, *, alone: bool) -> Answer:
        connection, protocol = await self._connect(alone=alone)
        upload: Upload | None = None
        try:
            protocol.set_response_params(
                skip_payload=call.method == "HEAD",
                read_until_eof=True,
                auto_decompress=False,
                read_timeout=self._read_timeout,
                max_line_size=LINE_LIMIT,
                max_field_size=LINE_LIMIT,
                max_headers=HEADER_LIMIT,
            )
            upload = self._write(protocol, call, alone=alone)
            message, payload = await self._head(protocol, inform)
        except BaseException as error:
            connection.close()
            if upload is not None:
                upload.stop()
            if isinstance(error, _FAILURES):
                if upload is not None:
                    upload.check()
                raise _failure(error) from error
            raise
        watch = self._watch(protocol) if message.chunked or message.should_close else None
        release = Connection.release if alone else self._idle.keep
        return Answer(message, payload, connection, upload, watch, release)

    async def _connect(self, *, alone: bool) -> tuple[Connection, ResponseHandler]:
        if self._forbidden:
            raise NoAnswerError("the platform's address may not be connected to")
        connection = None if alone else self._idle.take()
        if connection is None:
            try:
                connection = await self._connector.connect(self._key, [], self._timeout)
            except _FAILURES as error:
                raise NoAnswerError(_unreached(error)) from error
        protocol = connection.protocol
        if protocol is None:
            raise _LostError("the platform ended the connection as it began")
        return connection, protocol

    def _write(self, protocol: ResponseHandler, call: Outgoing, *, alone: bool) -> Upload | None:
        """Write the head in one piece; a body follows beside the reading of the answer."""
        lines = [
            b"%b %b%b HTTP/1.1" % (call.method.encode("ascii"), self._prefix, call.target),
            self._host_line,
            *call.lines,
        ]
        if call.body is not None:
            lines.append(call.body.framing())
        if alone:
            lines.append(b"Connection: close")
        transport = protocol.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the connection has just been closed")
        transport.write(b"\r\n".join([*lines, b"", b""]))
        protocol.start_timeout()
        return Upload(call.body, protocol) if call.body is not None else None

    async def _head(
        self, protocol: ResponseHandler, inform: Inform
    ) -> tuple[RawResponseMessage, aiohttp.StreamReader]:
        while True:
            message, payload = await protocol.read()
            if message.code >= HTTPStatus.OK:
                _refuse_ambiguous(message)
                return message, payload
            if message.code == HTTPStatus.SWITCHING_PROTOCOLS:
                raise HttpProcessingError(message="switched protocols unasked")
            if message.code != HTTPStatus.CONTINUE:
                await inform(message.code, reason_of(message), message.raw_headers)

    def _watch(self, protocol: ResponseHandler) -> Watch:
        watch = self._watches.get(protocol)
        if watch is None:
            watch = self._watches[protocol] = Watch(protocol)
        return watch


def _refuse_ambiguous(message: RawResponseMessage) -> None:
    """Raises where the parser is more lenient about framing than who reads after us (F19).

    It frames by ``Content-Length : 2``, which would go out beside a framing of ours, and takes any
    coding but chunked for a body that ends with its connection.
    """
    codings = message.headers.getall("Transfer-Encoding", None)
    if codings is not None and ",".join(codings).lower() != "chunked":
        raise HttpProcessingError(message="a transfer coding but chunked")
    for name, _ in message.raw_headers:
        if name.endswith(_BLANKS):
            raise HttpProcessingError(message="a blank before a colon")


def _unreached(error: BaseException) -> str:
    """Why there is no connection, for the log and for who runs the server: it names no address."""
    if isinstance(error, aiohttp.ClientSSLError):
        return "the platform's certificate is not accepted"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the platform's name stands for no address that may be used"
    if isinstance(error, TimeoutError):
        return "the platform was not reached in the time set for it"
    return "the platform cannot be reached"


def _failure(error: BaseException) -> NoAnswerError:
    if isinstance(error, HttpProcessingError):
        return NoAnswerError("the platform's answer is malformed")
    if isinstance(error, TimeoutError):
        return NoAnswerError("the platform did not answer in the time set for it")
    return _LostError("the platform ended the connection without an answer")


def reason_of(message: RawResponseMessage) -> bytes:
    """The reason phrase in its own bytes."""
    return message.reason.encode("utf-8", "surrogateescape")
