"""The socket a server listens on, taken before anything else is started."""

import errno
import socket

from saccade_server.settings import SettingError, Settings

BACKLOG = 1_024


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
