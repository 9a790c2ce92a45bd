"""Pages as shoppers get them: by the real gateway, from a platform that is well."""

from functools import partial

from saccade.domain import Served
from saccade.testing.checks import BrokenError, Check, check, same
from saccade.testing.merging import EXPERIENCE, RULE, block_in
from saccade.testing.samples import Page
from saccade.testing.subject import SHOPPER, Subject, target
from saccade_gateway.testing import upstream as up
from saccade_gateway.testing.path import (
    Steered,
    Timed,
    in_time,
    kept,
    page_path,
    same_headers,
    visited,
)
from saccade_gateway.testing.upstream import Script
from saccade_gateway.testing.wire import Wire

CACHEABLE = (
    (b"Cache-Control", b"public, max-age=600"),
    (b"CDN-Cache-Control", b"max-age=900"),
    (b"ETag", b'"v1"'),
    (b"Last-Modified", b"Sat, 01 Nov 2025 08:00:00 GMT"),
    (b"Expires", b"Sat, 01 Nov 2125 08:00:00 GMT"),
    (b"Vary", b"Accept-Language"),
    (b"Set-Cookie", b"a=1; Path=/"),
    (b"X-Of-The-Platform", b"kept"),
)
VALIDATORS = (b"etag", b"last-modified", b"expires", b"cdn-cache-control")

_GROUND = ("call.decided", "call.identified", "merge.superset")


@check(
    "page.budget",
    "R24",
    "never wait in read(), target() or merge(): no call to the platform, no lock, no file",
    needs=["pages"],
)
async def budget(subject: Subject) -> None:
    """A page takes no 200 ms longer than a direct call."""
    for page in subject.samples.pages:
        async with page_path(subject, well(page)) as path:
            await in_time(_named(page), partial(visited, path, page))


@check(
    "page.merged",
    "R38",
    "let read() and merge() agree on what is decided, and target() name where it is answered",
    needs=["pages"],
    after=_GROUND,
)
async def merged(subject: Subject) -> None:
    """By the gateway a decided page is the platform's bytes and our one key."""
    for page in subject.samples.pages:
        async with page_path(subject, well(page)) as path:
            through = _answered(page, await path.through(page))
            block = block_in(_named(page), page.body, through.body, path.tenant.decisioning.key)
            same(f"{_named(page)}: status", 200, through.status)
            same(f"{_named(page)}: block", EXPERIENCE, block)
            same(f"{_named(page)}: sessions", [SHOPPER.session], _sessions(path.engine))


@check(
    "page.cached",
    "Cache poisoning",
    "decide only for a shopper; set Target.own for no path of the platform's",
    needs=["pages"],
    after=["page.merged"],
)
async def cached(subject: Subject) -> None:
    """A personal page is kept by no cache; one for nobody stays the platform's own, headers too."""
    for page in subject.samples.pages:
        async with page_path(subject, up.json(page.body, *CACHEABLE)) as path:
            personal = _answered(page, await path.through(page))
            _no_cache_keeps(page, personal)
            if not page.own:
                direct = _answered(page, await path.direct(page))
                nobody = _answered(page, await path.through(page, shopper=False))
                same(f"{_named(page)} for nobody", page.body, nobody.body)
                same_headers(f"{_named(page)} for nobody", direct, nobody)


@check(
    "page.passing",
    "R38",
    "return None from read() for them; set Target.own for no path of the platform's",
    needs=["passing"],
    after=["call.passing"],
)
async def passing(subject: Subject) -> None:
    """Calls that are not decided come back byte for byte, their headers too."""
    for sample in subject.samples.passing:
        async with page_path(subject, up.json(sample.body, *CACHEABLE)) as path:
            visit = await visited(path, sample)
            what = f"{sample.method} {target(sample.path, sample.query)}"
            kept(what, path, visit, b"" if sample.method == "HEAD" else sample.body, merged=False)


@check(
    "page.unknown",
    "R27",
    "leave to the platform what it does not know: its 404 is the page",
    needs=["pages"],
)
async def unknown(subject: Subject) -> None:
    """A product the platform does not know is the platform's own 404."""
    body = b'{"errors":[{"type":"UnknownIdentifierError"}]}'
    for page in subject.samples.pages:
        async with page_path(subject, up.json(body, status=b"404 Not Found")) as path:
            kept(_named(page), path, await visited(path, page), body, merged=False)


@check(
    "page.default",
    "R23",
    "leave the page to the gateway: without a decision it goes out as the platform made it",
    needs=["pages"],
    after=("page.budget", *_GROUND),
)
async def default(subject: Subject) -> None:
    """A decision that never comes: the page's own default, at the budget."""
    page = subject.samples.pages[0]
    async with page_path(subject, well(page), engine=Steered(late=True)) as path:
        visit = await in_time(_named(page), partial(visited, path, page))
        through = _answered(page, visit.through)
        if through.body != page.body:
            block = block_in(_named(page), page.body, through.body, path.tenant.decisioning.key)
            same(f"{_named(page)}: served", Served.DEFAULT, block.served)


@check(
    "page.rule",
    "R23",
    "merge whatever experience is given: a cached rule's is served where no decision came",
    needs=["pages"],
    after=["page.budget", "page.merged", "merge.fallback"],
)
async def rule(subject: Subject) -> None:
    """A decision that never comes, and a cached rule: the page gets the rule's, and says so."""
    page = subject.samples.pages[0]
    async with page_path(subject, well(page), engine=Steered(late=True, instead=RULE)) as path:
        visit = await in_time(_named(page), partial(visited, path, page))
        through = _answered(page, visit.through)
        block = block_in(_named(page), page.body, through.body, path.tenant.decisioning.key)
        same(f"{_named(page)}: block", RULE, block)


PAGES: tuple[Check, ...] = (budget, merged, cached, passing, unknown, default, rule)


def well(page: Page) -> Script:
    """The platform's answer to a page."""
    return up.json(page.body)


def _named(page: Page) -> str:
    return f"GET {target(page.path, page.query)} by the gateway"


def _answered(page: Page, timed: Timed) -> Wire:
    answer = timed.wire
    if answer is None or not answer.complete:
        raise BrokenError(_named(page), "an answer, whole", answer)
    return answer


def _sessions(engine: Steered) -> list[str]:
    return [asked.identity.session for asked in engine.asked]


def _no_cache_keeps(page: Page, answer: Wire) -> None:
    same(f"{_named(page)}: Cache-Control", [b"private, no-store"], answer.values(b"cache-control"))
    left = [name for name in VALIDATORS if answer.values(name)]
    same(f"{_named(page)}: validators of the old body", [], left)
    same(f"{_named(page)}: other headers", [b"kept"], answer.values(b"x-of-the-platform"))
