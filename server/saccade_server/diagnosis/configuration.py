"""What can be told from settings and files alone."""

import re
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from saccade.tenants import Phase, Tenant
from saccade_server.diagnosis.findings import Finding, misconfigured, warned, well
from saccade_server.settings import Settings
from saccade_server.tenancy import Installed

_OCC = re.compile(r"/occ(/v\d+(/[^/]+)?)?\Z")
_LOCAL = frozenset({"localhost", "ip6-localhost"})


def settings_findings(settings: Settings) -> Iterator[Finding]:
    """Of the environment."""
    yield well("settings")
    if not _is_loopback(settings.host) and not settings.trusted_hops:
        yield warned(
            "SACCADE_TRUSTED_HOPS",
            "''",
            f"is empty while SACCADE_HOST {settings.host} is reached from outside: behind a proxy "
            "the platform is told the proxy's address as the shopper's",
            "name the networks of your proxies, such as 10.0.0.0/8",
        )


def tenant_findings(one: Installed) -> Iterator[Finding]:
    """Of one tenant's files, which have been read without error."""
    tenant = one.tenant
    count = len(one.runtime.campaigns.all)
    yield well(f"tenant {tenant.name}", f"{count} campaigns, {tenant.decisioning.phase}")
    file = f"{tenant.name}/tenant.toml"
    yield from _acting(tenant, file, count)
    if not tenant.site.key:
        yield warned(
            f"{file}: site.key",
            "''",
            "pages name their shop by it, and this one has none",
            "write one that no other tenant has, such as `openssl rand -hex 12` prints",
        )
    if not tenant.site.origins:
        problem = (
            "any page of the web may send signals, for the site is open"
            if tenant.site.open
            else "no page may call, nor get a session token"
        )
        fix = 'name the shop\'s own origins, such as ["https://www.shop.example"]'
        yield warned(f"{file}: site.origins", "[]", problem, fix)


def shared_findings(installed: Sequence[Installed]) -> Iterator[Finding]:
    """Of tenants that take the same calls: a storefront's carry no site key to tell them apart."""
    owners: dict[tuple[str, str], Tenant] = {}
    for one in installed:
        tenant = one.tenant
        if not tenant.platform_site:
            continue
        other = owners.setdefault((tenant.platform, tenant.platform_site), tenant)
        if other is not tenant:
            yield misconfigured(
                f"{tenant.name}/tenant.toml: platform_site",
                repr(tenant.platform_site),
                f"is that of {other.name!r} too, and a page's call does not say which it means",
                "keep one of the two tenants, or serve them by two Saccades",
            )


def _acting(tenant: Tenant, file: str, campaigns: int) -> Iterator[Finding]:
    """What a live tenant does, and whether anybody could tell what it brings."""
    if tenant.decisioning.phase is not Phase.LIVE:
        return
    if not campaigns:
        yield warned(
            f"{tenant.name}/campaigns.toml: campaign",
            "[]",
            "it is live and has no campaign: its pages stay as they are",
            "write one; adapters/sap_occ/README.md shows how",
        )
    if tenant.decisioning.paused:
        yield warned(
            f"{file}: decisioning.paused",
            "true",
            "its pages stay as they are",
            "set it to false, and SIGHUP the server",
        )
    if not tenant.decisioning.holdout:
        yield warned(
            f"{file}: decisioning.holdout",
            "0.0",
            "everybody is acted on, so nobody can tell what it brings",
            "hold some back for comparison, such as holdout = 0.10",
        )


def url_finding(tenant: Tenant) -> Finding | None:
    """Of the platform's base URL, read without asking anybody; where it is wrong, all that is
    asked there fails for the same reason."""
    base, name = tenant.upstream.base, f"{tenant.name}/tenant.toml: upstream.url"
    parts = urlsplit(base)
    if tenant.platform == "sap_occ" and (found := _OCC.search(parts.path)):
        return misconfigured(
            name,
            repr(base),
            f"ends in {found[0]}, which every call's own path begins with",
            f"write what stands before it: {base.removesuffix(found[0])!r}",
        )
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in _LOCAL
