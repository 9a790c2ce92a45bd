"""Answers of ``/v1``: JSON, never cached; what was decided with the time of each stage."""

import msgspec
from aiohttp import web

from saccade.deadline import Deadline
from saccade_server.brief import Brief

NEVER_CACHED = "private, no-store"


def json_answer(value: object, deadline: Deadline | None = None) -> web.Response:
    """``value`` encoded by msgspec."""
    headers = {"Cache-Control": NEVER_CACHED}
    if deadline is not None:
        headers["Server-Timing"] = deadline.header()
    return Brief(body=msgspec.json.encode(value), content_type="application/json", headers=headers)
