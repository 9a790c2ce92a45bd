"""Which calls are decided, about what and for whom, and where calls go."""

from collections.abc import Iterator

from saccade.domain import DecisionRequest
from saccade.ports import Adapter, Call, Target
from saccade.tenants import Tenant
from saccade.testing.checks import BrokenError, Check, asking, check, same
from saccade.testing.samples import Page, Samples
from saccade.testing.subject import SHOPPER, VIEW, Subject, call, page_call, target

HOSTILE = (
    {"cookie": "\udcff=\udcfe; a=b; a"},
    {"cookie": "=" * 20_000},
    {"accept-language": "\x00,;q=nan"},
    {"authorization": "Bearer \udce9"},
    {"x-forwarded-host": "platform.example/../"},
)
"""Headers any client may send."""

WITHOUT_EFFECT_NOT_GET = ("HEAD", "OPTIONS")
CHANGING = ("POST", "PUT", "PATCH", "DELETE")


@check(
    "call.identified",
    "R35",
    "return DecisionRequest(identity=call.identity, …), and None where call.identity is None",
    needs=["pages"],
)
async def identified(subject: Subject) -> None:
    """A call is decided for the shopper it carries, and for nobody where it carries none."""
    tenant, adapter = subject.built()
    for page, request, read in _pages_read(subject, tenant, adapter):
        with asking(request):
            nobody = call(tenant, page.path, page.query, identity=None)
            same(f"{request} of nobody", None, adapter.rendering.read(nobody))
        if read is not None:
            same(request, SHOPPER, read.identity)


@check(
    "call.decided",
    "R35",
    "let read() match this path; name its moment in Capabilities.operations",
    needs=["pages"],
)
async def decided(subject: Subject) -> None:
    """A page that is to be decided is read: tenant, moment, subject, view."""
    tenant, adapter = subject.built()
    for page, request, read in _pages_read(subject, tenant, adapter):
        if read is None:
            raise BrokenError(request, f"a {page.moment} decided", "None: it passes")
        expected = (tenant.name, page.moment, page.subject, VIEW)
        same(request, expected, (read.tenant, read.moment, read.subject, read.view))
        if page.moment not in adapter.capabilities.operations:
            known = sorted(adapter.capabilities.operations)
            raise BrokenError("capabilities.operations", f"{page.moment} among them", known)


@check(
    "call.passing",
    "R38",
    "return None from read() for what is no page, and Target(call.path, call.query) from target()",
    needs=["passing"],
)
async def passing(subject: Subject) -> None:
    """Every other call passes: undecided, its path and query as they came."""
    tenant, adapter = subject.built()
    for method, path, query in _undecided(subject.samples):
        request = f"{method} {target(path, query)}"
        one = call(tenant, path, query, method=method)
        with asking(request):
            same(f"read({request})", None, adapter.rendering.read(one))
    for sample in subject.samples.passing:
        one = call(tenant, sample.path, sample.query, method=sample.method)
        request = f"target({sample.method} {target(sample.path, sample.query)})"
        with asking(request):
            same(request, Target(sample.path, sample.query), adapter.target(one))


@check(
    "call.hostile",
    "R27",
    "let read() and target() take any header there is: what cannot be read says nothing",
    needs=["pages"],
)
async def hostile(subject: Subject) -> None:
    """No header a client can send makes read() or target() raise."""
    tenant, adapter = subject.built()
    for page in subject.samples.pages:
        for headers in (*HOSTILE, *subject.samples.hostile):
            one = page_call(tenant, page, headers)
            shown = {name: value[:40] for name, value in headers.items()}
            with asking(f"read(GET {target(page.path, page.query)}) with {shown!a}"):
                adapter.rendering.read(one)
                adapter.target(one)


@check(
    "call.repeated",
    "R63",
    "keep nothing between calls in rendering and target: the same call is read alike",
    needs=["pages"],
)
async def repeated(subject: Subject) -> None:
    """Reading is pure: the same call reads the same, whatever was read between."""
    tenant, adapter = subject.built()
    calls = [page_call(tenant, page) for page in subject.samples.pages]
    for one in calls:
        before = _read(adapter, one)
        for between in calls:
            _read(adapter, between)
        for _ in range(3):
            same(f"GET {target(one.path, one.query)} again", before, _read(adapter, one))


@check(
    "target.inside",
    "SSRF",
    "return None from target() for what leaves the base, however its dots and slashes are written",
)
async def inside(subject: Subject) -> None:
    """No call leads out of the platform's base."""
    tenant, adapter = subject.built()
    for path in (*subject.samples.outside, *_climbing(adapter.paths)):
        with asking(f"target(GET {path})"):
            found = adapter.target(call(tenant, path))
        same(f"target(GET {path})", None, found)


@check(
    "adapter.named",
    "R35",
    "give Adapter the factory's name, and path prefixes that begin and end with a slash",
)
async def named(subject: Subject) -> None:
    """It names itself, what it can carry, and the paths it serves."""
    adapter = subject.adapter()
    same("Adapter.name", subject.factory.name, adapter.name)
    wrong = [path for path in adapter.paths if path[:1] != "/" or path[-1:] != "/"]
    same("Adapter.paths without a slash at either end", [], wrong)
    if subject.samples.pages and not adapter.capabilities.carriers:
        raise BrokenError("capabilities.carriers", "how its pages carry an experience", "nothing")


CALLS: tuple[Check, ...] = (named, identified, decided, passing, hostile, repeated, inside)


def _pages_read(
    subject: Subject, tenant: Tenant, adapter: Adapter
) -> Iterator[tuple[Page, str, DecisionRequest | None]]:
    for page in subject.samples.pages:
        request = f"read(GET {target(page.path, page.query)})"
        with asking(request):
            read = adapter.rendering.read(page_call(tenant, page))
        yield page, request, read


def _undecided(samples: Samples) -> Iterator[tuple[str, str, str]]:
    for page in samples.pages:
        for method in (*WITHOUT_EFFECT_NOT_GET, *CHANGING):
            yield method, page.path, page.query
    for sample in samples.passing:
        yield sample.method, sample.path, sample.query
    for seen in samples.seen:
        yield seen.method, seen.path, seen.query


def _climbing(paths: tuple[str, ...]) -> Iterator[str]:
    """Ways up from a prefix, as clients and servers spell them."""
    for path in paths:
        for up in ("..", "%2e%2e", ".%2E", "..;a=b", "%252e%252e"):
            yield f"{path}{up}/internal"
        yield f"{path}x/%2e%2e%2f%2e%2e%2finternal"
        yield f"{path}x\\..\\..\\internal"


def _read(adapter: Adapter, one: Call) -> object:
    with asking(f"GET {target(one.path, one.query)}"):
        return adapter.rendering.read(one), adapter.target(one)
