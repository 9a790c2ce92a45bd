"""Calls that are not HTTP, or none we speak: counted and refused, where aiohttp would write an
error with frames for each, or answer in plain text."""

import logging
from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from saccade_gateway.arrival import check_version
from saccade_gateway.problems import RefusedError, problem
from saccade_server.edge import OTHER, Handler, unknown_path
from saccade_server.house import HOUSE
from saccade_server.problems import Kind


@web.middleware
async def in_form(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Serve what is HTTP/1; the rest gets a problem document, and its connection ends.

    aiohttp's routes know no path in ``CONNECT host:port`` and ``OPTIONS *``.
    """
    try:
        check_version(request)
        if request.match_info.http_exception is None:
            return await handler(request)
        _refuse_tunnel(request)
    except RefusedError as refused:
        request.app[HOUSE].metrics.rejected(OTHER, Kind.METHOD)
        return problem(refused)
    return await unknown_path(request)


def _refuse_tunnel(request: web.Request) -> None:
    if request.method == "CONNECT":
        raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "no tunnel is opened here")


def server_logger(count: Callable[[], None]) -> logging.Logger:
    """What aiohttp's server shall log with: anyone may send what cannot be read, and would fill
    the log; ``count`` is called for each instead. All else goes where aiohttp's own records go.
    """
    name = "aiohttp.server"
    # DEBUG: so aiohttp tells of what is no HTTP at all, such as TLS sent to this port.
    logger = logging.Logger(name, logging.DEBUG)  # noqa: LOG001 - one for each server, not for all
    logger.parent = logging.getLogger(name)
    logger.addFilter(_Readable(count))
    return logger


class _Readable(logging.Filter):
    """Lets pass what is not about a call that cannot be read."""

    def __init__(self, count: Callable[[], None]) -> None:
        super().__init__()
        self._count = count

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError):
            return True
        self._count()
        return False
