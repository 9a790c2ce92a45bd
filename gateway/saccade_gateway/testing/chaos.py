"""Chaos: a platform on its bad days, and pages that keep the contract all the same (P).

Status and bytes equal the platform's own, or these and our one key; the added wait stays below
200 ms; what was cut off is never ended cleanly; 502 only where nothing usable came.
"""

import asyncio
import time
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from unittest.mock import patch

from saccade.testing.checks import BrokenError, Check, asking, check, same, shown
from saccade.testing.merging import NO_OBJECT
from saccade.testing.samples import Page
from saccade.testing.subject import Subject, page_call, target
from saccade_gateway.testing import platform as days
from saccade_gateway.testing import upstream as up
from saccade_gateway.testing.path import (
    NOTHING,
    PagePath,
    Timed,
    Visit,
    in_time,
    kept,
    page_path,
    visited,
)
from saccade_gateway.testing.upstream import Script

READ_TIMEOUT_S = 0.3
"""The tenant's own, after which a platform that hangs is given up."""

ERRORS = (b"400 Bad Request", b"404 Not Found", b"429 Too Many Requests")
FAILURES = (b"500 Internal Server Error", b"502 Bad Gateway", b"503 Service Unavailable")

SKEWS_S = (-30 * 86_400.0, -3_600.0, 3_600.0, 30 * 86_400.0)

_GROUND = ("page.budget", "page.merged")


@check(
    "chaos.hang",
    "F9",
    "never call the platform in read(), target() or merge(): when it hangs, every page would",
    needs=["pages"],
    after=_GROUND,
)
async def hang(subject: Subject) -> None:
    """A platform that hangs is given up at its own time-out, and pages beside it are served."""
    page = subject.samples.pages[0]
    script = days.dispatched(up.hang, up.json(page.body))
    async with page_path(subject, script, read_timeout_s=READ_TIMEOUT_S) as path:

        async def given_up() -> Visit:
            waited = Timed(None, READ_TIMEOUT_S, READ_TIMEOUT_S)  # a direct caller's patience
            return Visit(waited, await path.through(page))

        async def beside() -> Visit:
            hung = asyncio.create_task(path.through(page))
            healthy = await visited(path, page, (days.HEALTHY.decode(), "1"))
            await hung
            return healthy

        what = _named(page, "hangs")
        lost = await in_time(what, given_up)
        same(f"{what}: status", HTTPStatus.BAD_GATEWAY, lost.through.status)
        visit = await in_time(f"{what}, beside it", beside)
        kept(f"{what}, beside it", path, visit, page.body, merged=None)


@check(
    "chaos.drip",
    "F9",
    "leave the body to the gateway: it holds no page back longer than the budget",
    needs=["pages"],
    after=("chaos.hang", *_GROUND),
)
async def drip(subject: Subject) -> None:
    """A body that drips is merged if it comes in time, and streamed as it is if not."""
    page = subject.samples.pages[0]
    for pieces, pause_s in ((2, 0.02), (6, 0.05)):
        how = f"drips for {pieces * pause_s:.2f} s"
        script = days.dripping(page.body, pieces, pause_s)
        await _stays(subject, page, how, script, page.body, merged=None)


@check(
    "chaos.truncate",
    "F11",
    "merge whole bodies only, as the gateway hands them over",
    needs=["pages"],
    after=_GROUND,
)
async def truncate(subject: Subject) -> None:
    """A body that breaks off is never ended cleanly."""
    page = subject.samples.pages[0]
    for how, script in (
        ("by its length", days.cut_by_length(page.body)),
        ("between chunks", days.cut_by_chunk(page.body)),
        ("by a reset", days.reset_within(page.body)),
    ):
        await _broken_off(subject, page, f"is cut off {how}", script)


@check(
    "chaos.reset",
    "F16",
    "leave retries to the gateway",
    needs=["pages"],
    after=_GROUND,
)
async def reset(subject: Subject) -> None:
    """A connection lost before the answer is tried once more, then 502."""
    page = subject.samples.pages[0]
    for how, script in (("resets", up.reset), ("closes", up.close)):
        what = _named(page, how)
        async with page_path(subject, script) as path:
            visit = await in_time(what, partial(_lost, path, page))
            same(f"{what}: status", HTTPStatus.BAD_GATEWAY, visit.through.status)
        async with page_path(subject, up.in_turn(script, up.json(page.body))) as path:
            again = await path.through(page)
            same(f"{what} once: status", HTTPStatus.OK, again.status)


@check(
    "chaos.error",
    "F10",
    "decide nothing from a status: the platform's error is the page",
    needs=["pages"],
    after=_GROUND,
)
async def error(subject: Subject) -> None:
    """The platform's 4xx and 5xx pass as they are, Retry-After and all."""
    page = subject.samples.pages[0]
    body = b'{"errors":[{"message":"no \xc3\xa9"}]}'
    for status in (*ERRORS, *FAILURES):
        script = up.json(body, (b"Retry-After", b"7"), status=status)
        await _stays(subject, page, f"answers {status.decode()}", script, body, merged=False)


@check(
    "chaos.json",
    "F12",
    "return the very body that was given where it is no JSON object",
    needs=["pages"],
    after=("merge.refused", *_GROUND),
)
async def json(subject: Subject) -> None:
    """Bad JSON, whatever it is, reaches the shopper as the platform sent it."""
    page = subject.samples.pages[0]
    for body in NO_OBJECT:
        how = f"sends {shown(repr(body[:40]))}"
        await _stays(subject, page, how, up.json(body), body, merged=False)


@check(
    "chaos.clock",
    "F26",
    "measure time by a monotonic clock; keep nothing that the wall clock ends",
    needs=["pages"],
    after=_GROUND,
)
async def clock(subject: Subject) -> None:
    """The clock jumps an hour or a month, ours and the platform's: pages stay as they were."""
    page = subject.samples.pages[0]
    for skew_s in SKEWS_S:
        script = up.json(page.body, (b"Date", b"Thu, 01 Jan 1970 00:00:00 GMT"))
        async with page_path(subject, script) as path:
            what = _named(page, f"clock is off by {skew_s:+.0f} s")
            one = page_call(path.tenant, page)
            before = path.adapter.rendering.read(one), path.adapter.target(one)
            with _skewed(skew_s), asking(what):
                after = path.adapter.rendering.read(one), path.adapter.target(one)
                same(f"{what}: read", before, after)
                visit = await in_time(what, partial(visited, path, page))
                kept(what, path, visit, page.body, merged=True)


CHAOS: tuple[Check, ...] = (hang, drip, truncate, reset, error, json, clock)


async def _stays(
    subject: Subject, page: Page, how: str, script: Script, body: bytes, *, merged: bool | None
) -> None:
    """The page is ``body``, in time, whatever the platform does."""
    what = _named(page, how)
    async with page_path(subject, script) as path:
        visit = await in_time(what, partial(visited, path, page))
        kept(what, path, visit, body, merged=merged)


async def _broken_off(subject: Subject, page: Page, how: str, script: Script) -> None:
    what = _named(page, how)
    async with page_path(subject, script) as path:
        visit = await in_time(what, partial(visited, path, page))
        through = visit.through.wire
        if through is None or through.complete or not page.body.startswith(through.body):
            raise BrokenError(what, "the same beginning, and no clean end", through)


async def _lost(path: PagePath, page: Page) -> Visit:
    """Nobody can use such an answer: all of the wait is added."""
    return Visit(NOTHING, await path.through(page))


@contextmanager
def _skewed(seconds: float) -> Generator[None]:
    real = time.time
    with patch("time.time", lambda: real() + seconds):
        yield


def _named(page: Page, how: str) -> str:
    return f"GET {target(page.path, page.query)} while the platform {how}"
