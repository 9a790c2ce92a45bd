"""A shop that installs the app becomes a tenant: a folder of two files, which the merchant edits.

``FOLDER/shopify.tenant.toml`` and ``FOLDER/shopify.campaigns.toml`` are copied where they are, the
first with ``$name``, ``$shop``, ``$url``, ``$key`` and the rest of `TENANT` filled in.
"""

import json
import os
import secrets
import shutil
from pathlib import Path
from string import Template
from typing import NamedTuple

from saccade.tenants import ConfigurationError, read_toml
from saccade_shopify.app import App
from saccade_shopify.settings import wrong
from saccade_shopify.shops import tenant_of

TENANT = """\
name = $name
platform = "shopify"
platform_site = $shop
preset = "dawn"

[upstream]
url = $url
allow_private = $private

[consent]
basis = "opt_in"         # or "opt_out": silence is then a yes

[site]
key = $key
origins = [$origin]      # all domains of the shop: pages elsewhere are told nothing
$currency
[decisioning]
phase = "shadow"         # decides and journals, shows nothing; "live" shows
holdout = 0.10

[adapter]
$adapter
# test_orders = true     # on a development store: every order there is a test, and counts as none
"""

_APP = (
    "client_id",
    "client_secret_env",
    "client_secret_file",
    "former_secret_env",
    "former_secret_file",
    "api_version",
)
_NEW = ".saccade-new"
"""Folders are made in it and moved out whole: whoever reads the tenants looks no deeper."""


class Facts(NamedTuple):
    """What of a shop stands in its file."""

    shop: str
    origins: tuple[str, ...]
    """Where its pages are."""
    currency: str | None = None


def is_there(folder: Path, shop: str) -> bool:
    """Whether a shop has its folder, and it is a shop's."""
    there = folder / (tenant_of(shop) or _NEW)
    return there.exists() and _platform(there) == "shopify"


def written(folder: Path, app: App, facts: Facts) -> bool:
    """Write a shop's folder; false where it is there. Raises `ConfigurationError`."""
    name = tenant_of(facts.shop)
    if name is None:
        raise ValueError(f"{facts.shop!r} is no shop")
    there = folder / name
    if there.exists():
        _refuse_another(there)
        return False
    draft = folder / _NEW / f"{name}.{os.getpid()}.{secrets.token_hex(4)}"
    draft.mkdir(parents=True)
    try:
        (draft / "tenant.toml").write_text(_tenant(folder, app, facts, name), "utf-8")
        campaigns = folder / "shopify.campaigns.toml"
        text = campaigns.read_text("utf-8") if campaigns.exists() else ""
        (draft / "campaigns.toml").write_text(text, "utf-8")
        try:
            draft.rename(there)
        except OSError:
            if not there.exists():
                raise
            return False  # another worker was first
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return True


def removed(folder: Path, tenant: str) -> None:
    """Take a shop's folder away. Raises `ConfigurationError` where it is another platform's."""
    there = folder / tenant
    if there.exists():
        _refuse_another(there)
        shutil.rmtree(there)


def _tenant(folder: Path, app: App, facts: Facts, name: str) -> str:
    own = folder / "shopify.tenant.toml"
    adapter = [f"{key} = {json.dumps(said)}" for key in _APP if (said := getattr(app, key))]
    return Template(own.read_text("utf-8") if own.exists() else TENANT).substitute(
        name=json.dumps(name),
        shop=json.dumps(facts.shop),
        url=json.dumps(app.base(facts.shop)),
        private=json.dumps(app.stands_in),
        key=json.dumps(secrets.token_urlsafe(16)),
        origin=", ".join(map(json.dumps, facts.origins)),
        currency=f"currency = {json.dumps(facts.currency)}\n" if facts.currency else "",
        adapter="\n".join(adapter),
    )


def _refuse_another(there: Path) -> None:
    """A shop may be called as another platform's tenant is."""
    if _platform(there) != "shopify":
        raise wrong(
            f"{there.name}/tenant.toml",
            "platform",
            "is not shopify, and a shop of that name installs the app",
            "give that tenant another name",
        )


def _platform(there: Path) -> object:
    try:
        return read_toml(there / "tenant.toml").get("platform")
    except ConfigurationError:
        return None
