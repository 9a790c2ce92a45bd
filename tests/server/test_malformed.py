"""aiohttp's records: of calls that cannot be read none is written, of faults every one."""

import io
import json

import pytest
from aiohttp.http_exceptions import BadStatusLine

from saccade_server import logs
from saccade_server.malformed import server_logger


@pytest.mark.usefixtures("logging_restored")
def test_calls_that_cannot_be_read_are_counted_and_faults_are_written() -> None:
    out = io.StringIO()
    logs.configure("json", "info", out)
    counted: list[None] = []
    logger = server_logger(lambda: counted.append(None))
    for error in (BadStatusLine("GET"), RuntimeError("of ours"), BadStatusLine("GET")):
        logger.error("Error handling request from %s", "192.0.2.1", exc_info=error)
    logger.debug("Error handling request from %s", "192.0.2.1", exc_info=BadStatusLine("GET"))
    logger.debug("Ignored premature client disconnection")
    assert len(counted) == 3
    (told,) = (json.loads(line) for line in out.getvalue().splitlines())
    assert (told["logger"], told["error"]) == ("aiohttp.server", "RuntimeError")
