"""The socket a server listens on, taken before anything else is started."""

import asyncio
import contextlib
import errno
import resource
import socket
from collections.abc import Callable

from aiohttp import web

from saccade_server.settings import SettingError, Settings

BACKLOG = 1_024

RESERVED = 32
"""Descriptors for all that is no connection of a shopper or the platform."""


def bound(settings: Settings, *, shared: bool) -> socket.socket:
    """A bound socket; ``shared`` lets other workers bind the same port (SO_REUSEPORT).

    Raises `SettingError`.
    """
    host, port = settings.host, settings.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        raise _unusable_host(host) from None
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise _explained(error, settings) from None
    return listener


class Door:
    """Lets connections in, as long as descriptors are left for the platform's side of their calls.

    Without that a page would be answered 502 for want of one (F34); here whoever comes too late is
    closed, as the system itself would close him, and ``turned_away`` is called.
    """

    def __init__(
        self, server: web.Server, listener: socket.socket, turned_away: Callable[[], None]
    ) -> None:
        self._server = server
        self._listener = listener
        self._turned_away = turned_away
        self._most = max(1, (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - RESERVED) // 2)
        self._accepting: asyncio.Server | None = None

    def __call__(self) -> asyncio.BaseProtocol:
        """The protocol of a new connection."""
        if len(self._server.connections) < self._most:
            return self._server()
        self._turned_away()
        return _TurnedAway()

    async def open(self) -> None:
        """Take connections from now on."""
        loop = asyncio.get_running_loop()
        self._accepting = await loop.create_server(self, sock=self._listener, backlog=BACKLOG)

    async def close(self) -> None:
        """Take no more connections, and lose none.

        Closing the socket would reset those the kernel has taken for us meanwhile, so they are
        fetched first; nothing is awaited between the last of them and the close. (Linux can hand
        them to another worker by itself: ``net.ipv4.tcp_migrate_req``, off by default.)
        """
        if self._accepting is None:
            return
        waiting: list[socket.socket] = []
        with contextlib.suppress(OSError):  # BlockingIOError: there are no more
            while True:
                waiting.append(self._listener.accept()[0])
        self._accepting.close()
        loop = asyncio.get_running_loop()
        for connection in waiting:
            with contextlib.suppress(OSError):
                await loop.connect_accepted_socket(self, connection)


class _TurnedAway(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def more_descriptors() -> None:
    """As many open files and sockets as the system grants this process: the soft limit is often
    1,024, and every page call holds two."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def url_of(listener: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared with, not bound to
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _explained(error: OSError, settings: Settings) -> SettingError:
    if error.errno == errno.EADDRINUSE:
        return SettingError(
            "SACCADE_PORT",
            str(settings.port),
            "is in use by another program",
            "choose another with --port, or end that program",
        )
    if error.errno == errno.EACCES:
        return SettingError(
            "SACCADE_PORT",
            str(settings.port),
            "needs rights this user has not",
            "choose one above 1023 with --port",
        )
    return _unusable_host(settings.host)


def _unusable_host(host: str) -> SettingError:
    return SettingError(
        "SACCADE_HOST",
        repr(host),
        "is no address of this machine",
        "use 127.0.0.1, or 0.0.0.0 to be reached from outside",
    )
