"""What of a Shopify app can be told from its files."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, cast

from saccade.tenants import read_toml
from saccade_server.diagnosis.findings import Finding, misconfigured, warned, well
from saccade_shopify import scopes
from saccade_shopify.app import FILE, App
from saccade_shopify.settings import API_VERSION

COMPLIANCE = ("customers/data_request", "customers/redact", "shop/redact")

VERSION = re.compile(r"20[0-9]{2}-(01|04|07|10)|unstable")

AHEAD_DAYS = 90
"""A version of the Admin API lives for twelve months; so long before, its end is told."""


def app_findings(app: App, today: date) -> Iterator[Finding]:
    """Of ``shopify.toml`` alone."""
    if app.url.startswith("http://") and not app.stands_in:
        fix = "write the https address of your server, or of a tunnel to it"
        yield misconfigured(
            f"{FILE}: url", repr(app.url), "is not https, and Shopify calls no other", fix
        )
    yield version_finding(f"{FILE}: api_version", app.api_version, today)


def version_finding(name: str, version: str, today: date) -> Finding:
    """Shopify answers by the oldest version it supports where one is asked for that it no longer
    does: nothing fails, and fields may be gone."""
    newest = f"write {API_VERSION!r}, which this server was made for"
    if version == "unstable":
        return warned(name, repr(version), "may change on any day", newest)
    begins = date(int(version[:4]), int(version[5:]), 1)
    ends = begins.replace(year=begins.year + 1)
    if today >= ends:
        problem = f"is out of support since {ends}: Shopify answers by a newer one"
        fix = newest if version < API_VERSION else "update this server"
        return misconfigured(name, repr(version), problem, fix)
    if today < begins:
        return warned(name, repr(version), f"is not final before {begins}", newest)
    if (ends - today).days < AHEAD_DAYS:
        problem = f"is supported for {(ends - today).days} days more"
        return warned(
            name, repr(version), problem, newest if version < API_VERSION else "update this server"
        )
    return well(name, f"{version}, supported until {ends}")


def configuration(path: Path, app: App) -> Iterator[Finding]:
    """``shopify.app.toml`` says the same as ``shopify.toml``, and has what the law asks for."""
    if not path.exists():
        fix = "make it with `saccade shopify init`, or name it with --app"
        yield warned(path.name, "", "is not here, so it was not compared", fix)
        return
    told = cast("dict[str, Any]", read_toml(path))
    yield from _scopes(path, told)
    subscriptions: list[Mapping[str, Any]] = told.get("webhooks", {}).get("subscriptions", [])
    topics = {topic for one in subscriptions for topic in one.get("compliance_topics", ())}
    wanted = {
        "client_id": (told.get("client_id"), app.client_id),
        "application_url": (told.get("application_url"), f"{app.url}/shopify"),
        "webhooks.subscriptions.uri": (
            sorted({str(one.get("uri")) for one in subscriptions}),
            [f"{app.url}/webhooks/shopify"],
        ),
        "compliance_topics": (sorted(topics), sorted(COMPLIANCE)),
        "webhooks.api_version": (told.get("webhooks", {}).get("api_version"), app.api_version),
    }
    if "app_proxy" in told:
        wanted["app_proxy.url"] = (told["app_proxy"].get("url"), f"{app.url}/apps/saccade")
    if not told.get("embedded", True):
        back = f"{app.url}/shopify/callback"
        found = [one for one in told.get("auth", {}).get("redirect_urls", ()) if one == back]
        wanted["auth.redirect_urls"] = (found, [back])
    for key, (found, right) in wanted.items():
        if found == right:
            yield well(f"{path.name} {key}")
        else:
            yield misconfigured(f"{path.name} {key}", repr(found), "is wrong", f"write {right!r}")


def wanted_scopes(path: Path, app: App) -> Sequence[str]:
    """Those Shopify asks the merchant for: of its own file, where that is here."""
    if not path.exists():
        return app.scopes
    return _asked_for(cast("dict[str, Any]", read_toml(path)))


def _asked_for(told: Mapping[str, Any]) -> Sequence[str]:
    said = str(told.get("access_scopes", {}).get("scopes", ""))
    return tuple(one.strip() for one in said.split(",") if one.strip())


def _scopes(path: Path, told: Mapping[str, Any]) -> Iterator[Finding]:
    """Shopify takes no file up whose webhooks or proxy need a scope that it does not ask for."""
    subscriptions: list[Mapping[str, Any]] = told.get("webhooks", {}).get("subscriptions", [])
    needed = set(
        scopes.of_topics(topic for one in subscriptions for topic in one.get("topics", ()))
    )
    if "app_proxy" in told:
        needed.add(scopes.PROXY)
    name, said = f"{path.name} access_scopes.scopes", _asked_for(told)
    lacking = scopes.missing(needed, said)
    if lacking:
        problem = f"lacks {', '.join(lacking)}, which its webhooks or its proxy need"
        yield misconfigured(name, repr(",".join(said)), problem, f"add {','.join(lacking)}")
    else:
        yield well(name)
