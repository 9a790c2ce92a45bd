"""Calls that are not HTTP: counted, where aiohttp would write an error with frames for each."""

import logging
from collections.abc import Callable

from aiohttp.http_exceptions import HttpProcessingError


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
