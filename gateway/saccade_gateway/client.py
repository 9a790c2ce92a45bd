"""The platform's side of the race: one call upstream over kept connections, headers raw.

aiohttp's connector (TLS, time-outs, pinned addresses) and its C parser are used without its
`ClientSession`, which repeats PUT and DELETE by itself, drops header bytes that are not UTF-8, and
swallows informational answers. No cookie jar exists here, no redirect is followed, nothing is
decompressed and no proxy is read from the environment.
"""

import asyncio
import ssl
from http import HTTPStatus

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
from saccade_gateway.answer import Answer, Streamed, Watch, Wired
from saccade_gateway.headers import asking_for_identity
from saccade_gateway.idle import Idle
from saccade_gateway.serving import HEADER_LIMIT, LINE_LIMIT
from saccade_gateway.upload import Body, Upload
from saccade_gateway.wire import Inform, MalformedError, UnreadError, Wire

_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})
_BLANKS = (b" ", b"\t")
_FAILURES = (aiohttp.ClientError, OSError, TimeoutError, HttpProcessingError, MalformedError)


class NoAnswerError(Exception):
    """The platform gave no usable answer."""


class _LostError(NoAnswerError):
    """The connection ended after the call was written and before an answer came."""


class _UnreadError(NoAnswerError):
    """What came is no answer, as a `Wire` reads it."""


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

    async def send(self, call: Outgoing, deadline: Deadline, inform: Inform) -> Answer:
        """The platform's answer, its body still to be read. Raises `NoAnswerError`.

        A call without effects goes over a kept connection, which the platform may just be closing:
        it is repeated once, on a new one, while the budget lasts (F16). So is one whose answer a
        `Wire` cannot read. Any other call gets a connection of its own and is never repeated
        (F17).
        """
        if call.method not in _REPEATABLE or call.body is not None:
            return await self._alone(call, inform)
        try:
            return await self._wired(call, inform)
        except (_LostError, _UnreadError):
            if deadline.expired:
                raise
        return await self._alone(call, inform)

    async def close(self) -> None:
        """Close every connection."""
        await self._connector.close()  # waits for those it closes, which includes the idle ones
        self._idle.close()
        await self._resolver.close()

    async def _wired(self, call: Outgoing, inform: Inform) -> Answer:
        """Over a kept connection, or a new one to be kept."""
        wire = self._idle.take()
        if wire is None:
            connection, handler = await self._connect()
            try:
                wire = Wire(connection, handler, self._read_timeout)
            except ConnectionError as error:
                connection.close()
                raise _failure(error) from error
        try:
            wire.ask(self._head(call), bodiless=call.method == "HEAD")
            await wire.answered(inform)
            answer = Wired(wire, self._idle.keep)
            _refuse_ambiguous(answer)
        except BaseException as error:
            wire.close()
            if isinstance(error, _FAILURES):
                raise _failure(error) from error
            raise
        return answer

    async def _alone(self, call: Outgoing, inform: Inform) -> Answer:
        """Over a connection of its own, in aiohttp's way."""
        connection, protocol = await self._connect()
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
            upload = self._write(protocol, call)
            message, payload = await self._answered(protocol, inform)
            watch = Watch(protocol) if message.chunked or message.should_close else None
            answer = Streamed(message, payload, connection, upload, watch)
            _refuse_ambiguous(answer)
        except BaseException as error:
            connection.close()
            if upload is not None:
                upload.stop()
            if isinstance(error, _FAILURES):
                if upload is not None:
                    upload.check()
                raise _failure(error) from error
            raise
        return answer

    async def _connect(self) -> tuple[Connection, ResponseHandler]:
        if self._forbidden:
            raise NoAnswerError("the platform's address may not be connected to")
        try:
            connection = await self._connector.connect(self._key, [], self._timeout)
        except _FAILURES as error:
            raise NoAnswerError(_unreached(error)) from error
        protocol = connection.protocol
        if protocol is None:
            raise _LostError("the platform ended the connection as it began")
        return connection, protocol

    def _head(self, call: Outgoing, *more: bytes) -> bytes:
        start = b"%b %b%b HTTP/1.1" % (call.method.encode("ascii"), self._prefix, call.target)
        return b"\r\n".join([start, self._host_line, *call.lines, *more, b"", b""])

    def _write(self, protocol: ResponseHandler, call: Outgoing) -> Upload | None:
        """Write the head in one piece; a body follows beside the reading of the answer."""
        framing = [] if call.body is None else [call.body.framing()]
        transport = protocol.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the connection has just been closed")
        transport.write(self._head(call, *framing, b"Connection: close"))
        protocol.start_timeout()
        return Upload(call.body, protocol) if call.body is not None else None

    async def _answered(
        self, protocol: ResponseHandler, inform: Inform
    ) -> tuple[RawResponseMessage, aiohttp.StreamReader]:
        while True:
            message, payload = await protocol.read()
            if message.code >= HTTPStatus.OK:
                return message, payload
            if message.code == HTTPStatus.SWITCHING_PROTOCOLS:
                raise MalformedError("switched protocols unasked")
            if message.code != HTTPStatus.CONTINUE:
                await inform(message.code, reason_of(message), message.raw_headers)


def _refuse_ambiguous(answer: Answer) -> None:
    """Raises where a parser is more lenient about framing than who reads after us (F19).

    aiohttp's frames by ``Content-Length : 2``, which would go out beside a framing of ours, and
    both take any coding but chunked for a body that ends with its connection.
    """
    codings = answer.known.getall("Transfer-Encoding", None)
    if codings is not None and ",".join(codings).lower() != "chunked":
        raise MalformedError("a transfer coding but chunked")
    for name, _ in answer.headers:
        if name.endswith(_BLANKS):
            raise MalformedError("a blank before a colon")


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
    if isinstance(error, UnreadError):
        return _UnreadError("the platform's answer is malformed")
    if isinstance(error, (HttpProcessingError, MalformedError)):
        return NoAnswerError("the platform's answer is malformed")
    if isinstance(error, TimeoutError):
        return NoAnswerError("the platform did not answer in the time set for it")
    return _LostError("the platform ended the connection without an answer")


def reason_of(message: RawResponseMessage) -> bytes:
    """The reason phrase in its own bytes."""
    return message.reason.encode("utf-8", "surrogateescape")
