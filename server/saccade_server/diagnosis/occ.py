"""SAP Commerce: whether what answers is OCC, has the base site, and lets the shop's pages in."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import quote

import msgspec

from saccade.catalog import CatalogError
from saccade.domain import Basis
from saccade_sap_occ.settings import read_settings
from saccade_server.diagnosis.asking import Answered, Asking, UnansweredError
from saccade_server.diagnosis.findings import Finding, misconfigured, unreached, warned, well
from saccade_server.tenancy import Installed

SLOW_S = 0.18
"""What the shipped nginx waits for a page before it asks the platform itself (F38)."""
SKEW_S = 60.0
CATALOG_S = 20.0
"""A first page, its retries included."""
_SITES = "/occ/v2/basesites?fields=baseSites(uid)"
_CONSENTS = "X-Anonymous-Consents"
_REDIRECTS = range(300, 400)
_SETTING = re.compile(r"\badapter\.([a-z_]+)")


class _Site(msgspec.Struct):
    uid: str = ""


class _Template(msgspec.Struct):
    id: str = ""


class _Coded(msgspec.Struct):
    code: str


class _Alive(msgspec.Struct, forbid_unknown_fields=True):
    """What ``/livez`` of Saccade says."""

    status: Literal["alive"]


class _Sites(msgspec.Struct, rename="camel"):
    base_sites: list[_Site]


class _Templates(msgspec.Struct, rename="camel"):
    consent_templates: list[_Template]


class _Found(msgspec.Struct):
    products: list[_Coded]


async def occ_findings(one: Installed, patience_s: float) -> AsyncIterator[Finding]:
    """Of one tenant's platform; the first thing that makes all others unknowable ends them."""
    asking = Asking(one.tenant, patience_s)
    try:
        if await _is_ourselves(asking):
            yield misconfigured(
                f"{asking.file}: upstream.url",
                f"'{one.tenant.upstream.base}'",
                "leads to Saccade itself: every call would go round in circles",
                "write the platform's own base URL",
            )
            return
        answered = await asking.get(_SITES)
        wrong = _not_occ(asking, answered) or _unknown_site(one, asking, answered)
        if wrong:
            yield wrong
            return
        yield well(f"upstream of {one.tenant.name}", f"'{one.tenant.upstream.base}'")
        for finding in _manners(asking, answered):
            yield finding
        async for finding in _further(one, asking):
            yield finding
    except UnansweredError as error:
        yield error.finding


async def _further(one: Installed, asking: Asking) -> AsyncIterator[Finding]:
    yield await _catalog(one, asking)
    for finding in await _product(one, asking):
        yield finding
    for finding in await _consents(one, asking):
        yield finding
    for origin in one.tenant.site.origins:
        for finding in await _sharing(asking, one.tenant.platform_site, origin.rstrip("/")):
            yield finding


# --- is it OCC ---------------------------------------------------------------------------


async def _is_ourselves(asking: Asking) -> bool:
    return (await asking.get("/livez")).read(_Alive) is not None


def _not_occ(asking: Asking, answered: Answered) -> Finding | None:
    name, base = f"{asking.file}: upstream.url", asking.tenant.upstream.base
    asked = f"{base}{_SITES.partition('?')[0]}"
    if answered.status in _REDIRECTS:
        to = answered.headers.get("Location", "")
        fix = "write the address it leads to, up to /occ/v2"
        if base.startswith("http://") and to.startswith("https://"):
            fix = f"write {'https' + base.removeprefix('http')!r}"
        return misconfigured(name, f"'{base}'", f"redirects ({answered.status}) to {to!r}", fix)
    if answered.read(_Sites) is not None:
        return None
    kind = answered.headers.get("Content-Type", "nothing").partition(";")[0]
    return unreached(
        name,
        f"'{base}'",
        f"{asked} answers {answered.status} with {kind}, which is no list of base sites",
        "write what stands before /occ/v2, any prefix of the deployment included; a browser shows "
        "the list at that address",
    )


def _unknown_site(one: Installed, asking: Asking, answered: Answered) -> Finding | None:
    listed = answered.read(_Sites)
    known = sorted(site.uid for site in listed.base_sites) if listed else []
    site = one.tenant.platform_site
    if site in known:
        return None
    return misconfigured(
        f"{asking.file}: platform_site",
        repr(site),
        "is no base site of this platform",
        f"write one of {', '.join(known) or 'those it has: it lists none'}",
    )


# --- how it answers ----------------------------------------------------------------------


def _manners(asking: Asking, answered: Answered) -> Iterator[Finding]:
    skew = _skew(answered)
    if abs(skew) > SKEW_S:
        yield warned(
            f"clock of {asking.tenant.name}'s platform",
            f"{skew:+.0f} s",
            "differs from this machine's: schedules and tokens end at other times than are written",
            "run a time service (NTP) on both machines",
        )


def _skew(answered: Answered) -> float:
    """Seconds the platform's clock is before ours; 0 where it tells none."""
    try:
        date = parsedate_to_datetime(answered.headers.get("Date", ""))
    except ValueError:
        return 0.0
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return (date - datetime.now(UTC)).total_seconds()


async def _catalog(one: Installed, asking: Asking) -> Finding:
    """The first page of it, as the catalog sync asks for it: with our token, if we have one."""
    try:
        async with asyncio.timeout(CATALOG_S):
            page = await one.adapter.catalog.changes(None)
    except TimeoutError:
        fix = "look at the platform's log: its product search hangs"
        return unreached(f"catalog of {one.tenant.name}", "", "takes too long", fix)
    except CatalogError as error:
        return _no_catalog(one, asking, str(error))
    return well(f"catalog of {one.tenant.name}", f"{len(page.products)} products on its first page")


def _no_catalog(one: Installed, asking: Asking, told: str) -> Finding:
    """What the adapter says of it; a fix it names begins with the setting."""
    problem, _, fix = told.partition(". Fix: ")
    key = _SETTING.search(fix)
    if key is None:
        fix = fix or "look at the platform's log: its product search fails"
        return unreached(f"catalog of {one.tenant.name}", "", problem, fix)
    value = repr(one.tenant.adapter.get(key[1], ""))
    return unreached(f"{asking.file}: adapter.{key[1]}", value, problem, fix)


async def _product(one: Installed, asking: Asking) -> list[Finding]:
    """One product as a page asks for it: how long it takes, and whether our key is free."""
    site, key = one.tenant.platform_site, one.tenant.decisioning.key
    search = f"/occ/v2/{site}/products/search?fields=products(code)&pageSize=1"
    listed = (await asking.get(search)).read(_Found)
    if listed is None or not listed.products:
        return []
    code = quote(listed.products[0].code, safe="")
    answered = await asking.get(f"/occ/v2/{site}/products/{code}?fields=FULL")
    found: list[Finding] = []
    if answered.seconds > SLOW_S:
        found.append(
            warned(
                f"upstream of {one.tenant.name}",
                f"{answered.seconds * 1_000:.0f} ms",
                f"a product takes longer than the {SLOW_S * 1_000:.0f} ms the shipped nginx waits: "
                "its pages go out undecided",
                "cache products in the platform, or raise PATIENCE in deploy/ knowing that a "
                "hung Saccade then costs a page that long",
            )
        )
    if key in (answered.read(dict[str, Any]) or {}):
        found.append(
            misconfigured(
                f"{asking.file}: decisioning.key",
                repr(key),
                "stands in the platform's products already, so nothing would be added to them",
                "choose another name; if the platform is behind a Saccade already, point "
                "upstream.url past it",
            )
        )
    return found


# --- consents and pages ------------------------------------------------------------------


async def _consents(one: Installed, asking: Asking) -> list[Finding]:
    """Whether the template that permits personalising exists."""
    wanted = read_settings(one.tenant).consent_template
    path = f"/occ/v2/{one.tenant.platform_site}/users/anonymous/consenttemplates"
    answered = await asking.get(path)
    listed = answered.read(_Templates)
    if answered.status != HTTPStatus.OK or listed is None:
        return []  # guests are asked for no consent here: that is the platform's to decide
    known = sorted(template.id for template in listed.consent_templates)
    if wanted in known:
        return [well(f"consent template of {one.tenant.name}", repr(wanted))]
    said = "consent" if one.tenant.consent.basis is Basis.OPT_IN else "refusal"
    return [
        misconfigured(
            f"{asking.file}: adapter.consent_template",
            repr(wanted),
            f"is no consent template of this platform, so nobody's {said} would be seen",
            f"write one of {', '.join(known) or 'those it has: it lists none'}",
        )
    ]


async def _sharing(asking: Asking, site: str, origin: str) -> list[Finding]:
    """Whether a page of the shop, on another origin than OCC, may send and read what it needs.

    ``x-session-id`` is ours to allow: the platform is never asked about it (OCC 13).
    """
    path = f"/occ/v2/{site}/products/search?pageSize=1&fields=products(code)"
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": _CONSENTS.lower(),
    }
    preflight = await asking.ask("OPTIONS", path, asked)
    read = await asking.get(path, {"Origin": origin})
    name, fixes = f"CORS of {asking.tenant.name}", "corsfilter.commercewebservices"
    if read.headers.get("Access-Control-Allow-Origin") not in {origin, "*"}:
        fix = f"add it to {fixes}.allowedOrigins in the platform's properties"
        return [unreached(name, f"'{origin}'", "the platform lets no page of it in", fix)]
    found: list[Finding] = []
    for header, key, what in (
        (preflight.headers.get("Access-Control-Allow-Headers"), "allowedHeaders", "send"),
        (read.headers.get("Access-Control-Expose-Headers"), "exposedHeaders", "read"),
    ):
        if not _names(header, _CONSENTS):
            found.append(
                unreached(
                    name,
                    f"'{origin}'",
                    f"its pages may not {what} {_CONSENTS}, so consent does not travel",
                    f"add x-anonymous-consents to {fixes}.{key} in the platform's properties",
                )
            )
    return found or [well(name, f"'{origin}'")]


def _names(header: str | None, wanted: str) -> bool:
    names = {name.strip().lower() for name in (header or "").split(",")}
    return wanted.lower() in names or "*" in names
