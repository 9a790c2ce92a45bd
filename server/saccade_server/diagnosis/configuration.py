"""What can be told from settings and files alone."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from saccade.tenants import Tenant
from saccade_server.diagnosis.findings import Finding, misconfigured, warned, well
from saccade_server.settings import Settings
from saccade_server.tenancy import Installed

_OCC = re.compile(r"/occ(/v\d+)?\Z")
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
    yield from _url(tenant)
    file = f"{tenant.name}/tenant.toml"
    if not tenant.site.open:
        yield warned(
            f"{file}: site.open",
            "false",
            "signed session tokens only, and browsers cannot get those yet",
            f"set site.open = true in {file} until they can",
        )
    elif not tenant.site.origins:
        yield warned(
            f"{file}: site.origins",
            "[]",
            "any page of the web may send signals, for the site is open",
            'name the shop\'s own origins, such as ["https://www.shop.example"]',
        )


def _url(tenant: Tenant) -> Iterator[Finding]:
    """The platform's base URL, read without asking anybody."""
    base, name = tenant.upstream.base, f"{tenant.name}/tenant.toml: upstream.url"
    parts = urlsplit(base)
    if tenant.platform == "sap_occ" and (found := _OCC.search(parts.path)):
        yield misconfigured(
            name,
            repr(base),
            f"ends in {found[0]}, which every call's own path begins with",
            f"write what stands before it: {base.removesuffix(found[0])!r}",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in _LOCAL
