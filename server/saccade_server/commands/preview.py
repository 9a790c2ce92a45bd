"""``saccade preview``: a link that forces a mode or a campaign on a live page (R88)."""

import time
from urllib.parse import urlsplit, urlunsplit

from rich.console import Console

from saccade import preview as links
from saccade.campaigns import read_campaigns
from saccade.domain import Mode, Preview
from saccade.identity import PREVIEW_PARAMETER
from saccade.tenants import read_tenants
from saccade_server.keys import master_secret, tenant_secret
from saccade_server.settings import SettingError, Settings
from saccade_server.tenancy import adapter_factory


def run(settings: Settings, name: str, forced: Preview, url: str, minutes: float) -> None:
    """Print it alone, so that it can be piped. Raises configuration errors."""
    tenants = read_tenants(settings.config)
    if name not in tenants:
        raise SettingError("NAME", repr(name), "is no tenant", "see `saccade tenant list`")
    if (forced.mode is None) == (forced.campaign is None):
        raise SettingError("--mode", "", "or --campaign is wanted", "name exactly one")
    if not 0 < minutes * 60 <= links.MOST_S:
        raise SettingError("--minutes", str(minutes), "is too long", "a week at most: 10080")
    if forced.campaign is not None:
        tenant = tenants[name]
        operations = adapter_factory(tenant.platform).build(tenant).capabilities.operations
        campaigns = read_campaigns(settings.config / name, tenant, operations)
        if forced.campaign not in {one.id for one in campaigns.all}:
            raise SettingError("--campaign", repr(forced.campaign), "is none", "see campaigns.toml")
    secret = tenant_secret(master_secret(settings), name)
    token = links.signed(secret, name, forced, time.time() + minutes * 60)
    Console().print(_linked(url, token), soft_wrap=True, highlight=False, markup=False)


def mode_of(text: str | None) -> Mode | None:
    """Raises `SettingError`."""
    if text is None:
        return None
    if text not in set(Mode):
        raise SettingError("--mode", repr(text), "is no mode", "use one of " + ", ".join(Mode))
    return Mode(text)


def _linked(url: str, token: str) -> str:
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, f"{PREVIEW_PARAMETER}={token}") if part)
    return urlunsplit(parts._replace(query=query))
