"""Names looked up by the system's resolver, each lookup in a thread of its own.

The event loop's shared pool has a handful of threads, and a name server that hangs keeps each for
up to half a minute (resolv.conf(5): 5 s, twice, for every server): a few platforms' names would
stop whatever else needs the pool, and hold up the end of the process. The connector above asks for
one name once at a time (F20), so that the threads are bounded by the tenants.
"""

import asyncio
import socket
import threading
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV

Found = list[tuple[Any, Any, int, str, Any]]  # Any: as socket.getaddrinfo says it


class OwnThreadResolver(AbstractResolver):
    """As aiohttp's threaded resolver, without a pool: a lookup given up leaves its thread alone."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises `OSError` as `socket.getaddrinfo` does."""
        found = await _looked_up(host, port, family)
        return [
            ResolveResult(
                hostname=host,
                host=_address(where),
                port=where[1],
                family=int(kind),
                proto=proto,
                flags=_NUMERIC,
            )
            for kind, _, proto, _, where in found
        ]

    async def close(self) -> None:
        """Nothing is kept."""


def _address(where: Any) -> str:  # Any: two shapes, by family
    """With the zone of a link-local IPv6 address, without which it cannot be connected to."""
    zone = where[3] if len(where) > 2 else 0  # noqa: PLR2004 - IPv6 has four parts
    return f"{where[0]}%{zone}" if zone else str(where[0])


async def _looked_up(host: str, port: int, family: int) -> Found:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Found] = loop.create_future()

    def tell(found: Found | None, error: OSError | None) -> None:
        if answer.done():
            return  # given up
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(found or [])

    def look() -> None:
        found: Found | None = None
        failed: OSError | None = None
        try:
            found = socket.getaddrinfo(
                host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
            )
        except OSError as error:
            failed = error
        except UnicodeError as error:  # a label longer than a name may have
            failed = socket.gaierror(socket.EAI_NONAME, str(error))
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, found, failed)

    threading.Thread(target=look, name="saccade-lookup", daemon=True).start()
    return await answer
