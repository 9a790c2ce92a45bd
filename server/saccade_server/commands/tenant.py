"""``saccade tenant``: a tenant's folder written, and all of them listed."""

import json
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console
from rich.table import Column, Table

from saccade.tenants import ConfigurationError, Tenant, explained, read_tenants
from saccade_server.settings import SettingError
from saccade_server.tenancy import adapter_factory

COMMAND = "saccade tenant add"
OPTIONS: Mapping[str, str] = {"platform_site": "--site", "upstream.url": "--url"}
"""What is given on the command line, by its key in the file."""

TENANT = """\
name = {name}
platform = {platform}
{site}
[upstream]
url = {url}
# allow_private = true   # for a platform on this machine or in a private network

[consent]
basis = "opt_in"         # or "opt_out": silence is then a yes

[site]
key = {key}
origins = []             # pages that may call, such as "https://shop.example"
open = false             # true takes unsigned sessions: for demos and tests

[decisioning]
phase = "shadow"         # decides and journals, shows nothing; "live" shows
holdout = 0.10

# preset = "spartacus"   # at the top of this file: where things stand on such pages; or "dawn"
#
# [slots.reviews]
# moment = "product"
# selector = "#reviews"
# position = "bottom"      # where a move takes it; "stay": nowhere
#
# [signals]                # also variants, compare, checkout, search and coupon
# spec = ".specifications"
# reviews = "#reviews"
# add_to_cart = "button.buy"
"""

CAMPAIGNS = """\
# [[campaign]]
# id = "battery-fear"
# moment = "product"
# slot = "battery-guarantee"
# template = "reassure"
# modes = ["hesitating"]
# caps = { per_session = 3 }
# parameters = { topic = "battery", cta = "Add to cart" }
"""


def add(config: Path, name: str, platform: str, url: str, site: str) -> None:
    """Write the two files. Raises configuration errors, and then has written nothing."""
    _validate(name, platform, url, site)
    folder = config / name
    if folder.exists():
        raise SettingError("NAME", repr(name), "is a tenant already", f"edit {folder}")
    folder.mkdir(parents=True)
    written = TENANT.format(
        name=json.dumps(name),
        platform=json.dumps(platform),
        site=f"platform_site = {json.dumps(site)}\n" if site else "",
        url=json.dumps(url),
        key=site_key(),
    )
    (folder / "tenant.toml").write_text(written, "utf-8")
    (folder / "campaigns.toml").write_text(CAMPAIGNS, "utf-8")
    Console().print(f"written: {folder}; edit it, then: saccade check", soft_wrap=True)


def site_key() -> str:
    """A new public key, as TOML."""
    return json.dumps(secrets.token_urlsafe(16))


def _validate(name: str, platform: str, url: str, site: str) -> None:
    """Ask the tenant's form, then the adapter: it alone knows what its platform needs."""
    factory = adapter_factory(platform)
    try:
        tenant = Tenant.model_validate(
            {"name": name, "platform": platform, "platform_site": site, "upstream": {"url": url}}
        )
    except ValidationError as error:
        raise explained(COMMAND, error) from None
    try:
        factory.build(tenant)
    except ConfigurationError as error:
        option = OPTIONS.get(error.key)
        if option is None:
            raise
        fix = re.sub(rf'\b{re.escape(error.key)} = "([^"]*)"', rf"{option} \1", error.fix)
        raise ConfigurationError(COMMAND, option, error.problem, fix) from None


def show(config: Path) -> None:
    """A table of the tenants. Raises `ConfigurationError`."""
    names = ("tenant", "platform", "platform's site", "site key", "phase", "upstream")
    # Whole at any width: names are read from here, and keys copied.
    table = Table(*(Column(name, overflow="fold", no_wrap=name == "site key") for name in names))
    for tenant in read_tenants(config).values():
        table.add_row(
            tenant.name,
            tenant.platform,
            tenant.platform_site,
            tenant.site.key,
            tenant.decisioning.phase,
            tenant.upstream.base,
        )
    Console().print(table)
