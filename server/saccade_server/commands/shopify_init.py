"""``saccade shopify init`` and ``dev``: what Shopify and this server must be told of an app."""

import contextlib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import typer
from cryptography.fernet import Fernet
from pydantic import ValidationError
from rich.console import Console

from saccade_server.settings import SettingError
from saccade_shopify.app import FILE, SCOPES, App, read_app
from saccade_shopify.shops import tenant_of

_FIXES = {
    "client_id": "copy it from the Dev Dashboard, Settings: it has no spaces",
    "url": "write it as https://app.example, without a path",
    "client_secret_env": "name the variable that holds the secret, such as SHOPIFY_CLIENT_SECRET",
}

KEYS, SECRET_ENV = "shopify-token-keys", "SHOPIFY_CLIENT_SECRET"
COMMAND = "saccade shopify init"

_APP = """\
# What this server knows of its Shopify app. There is no secret in this file.
client_id = {client_id}
client_secret_env = {secret_env}
url = {url}
scopes = {scopes}
# Tokens are encrypted by the first key of this file; `saccade shopify rotate-keys` after a new one.
token_keys_file = {keys}
"""

_THEIRS = """\
# What Shopify knows of the app: `shopify app deploy` takes it up.
client_id = {client_id}
name = {name}
application_url = {home}
embedded = true

[access_scopes]
scopes = {scopes}
use_legacy_install_flow = false

[auth]
redirect_urls = [{callback}]

[webhooks]
api_version = {version}

[[webhooks.subscriptions]]
compliance_topics = ["customers/data_request", "customers/redact", "shop/redact"]
uri = {webhooks}

[[webhooks.subscriptions]]
topics = [
    "app/uninstalled", "app/scopes_update",
    "products/create", "products/update", "products/delete", "inventory_levels/update",
    "carts/create", "carts/update", "checkouts/create", "checkouts/update",
    "orders/create", "orders/paid", "orders/cancelled", "refunds/create",
]
uri = {webhooks}

[app_proxy]
url = {proxy}
prefix = "apps"
subpath = "saccade"

# The offers of the page after the purchase; no theme and no other app reads them.
[product.metafields.app.saccade_offers]
type = "json"
name = "Saccade: offers after the purchase"
access.admin = "merchant_read"
"""


class Asked(NamedTuple):
    """What a developer says, by option or when asked."""

    client_id: str
    url: str
    name: str
    secret_env: str


def asked(client_id: str | None, url: str | None, name: str, secret_env: str) -> Asked:
    """What was not given is asked for, where somebody can answer."""
    found = client_id or typer.prompt("Client ID of the app (Dev Dashboard, Settings)")
    place = url or typer.prompt("Where Shopify reaches this server, such as https://app.example")
    return Asked(str(found).strip(), str(place).strip().rstrip("/"), name, secret_env)


def init(config: Path, theirs: Path, said: Asked) -> None:
    """Write both files and the key. Raises `SettingError`, and has then written nothing."""
    ours = config / FILE
    for path in (ours, theirs):
        if path.exists():
            raise SettingError(COMMAND, repr(str(path)), "is there already", "edit it")
    _check(said, config)
    keys = config / KEYS
    try:
        for folder in (config, theirs.parent):
            folder.mkdir(parents=True, exist_ok=True)
        theirs.write_text(_THEIRS.format_map(_told_to_shopify(said)), "utf-8")
        if not keys.exists():
            keys.touch(mode=0o600)
            keys.write_text(f"{Fernet.generate_key().decode()}\n", "ascii")
        ours.write_text(_APP.format_map(_ours(said, keys)), "utf-8")
    except OSError as error:
        with contextlib.suppress(OSError):
            theirs.unlink(missing_ok=True)  # so that it can be run again
        problem, fix = (
            f"cannot be written ({error.strerror})",
            "name other folders: --app, --config",
        )
        raise SettingError(COMMAND, repr(str(error.filename)), problem, fix) from None
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"[green]+[/] {ours}\n[green]+[/] {theirs}\n[green]+[/] {keys} (secret)")
    if said.secret_env not in os.environ:
        console.print(f"Next: put the client secret into {said.secret_env}, never into a file here")
    console.print(
        "Next: in the Dev Dashboard ask for protected customer data (API access requests), without "
        "which Shopify sends no webhooks of orders and checkouts"
    )
    console.print(
        "Next: [bold]shopify app deploy[/], [bold]saccade serve[/], "
        "[bold]saccade shopify dev --shop NAME.myshopify.com[/]"
    )


def dev(config: Path, shop: str) -> None:
    """Print the link with which a development shop installs. Raises configuration errors."""
    if tenant_of(shop) is None:
        raise SettingError("--shop", repr(shop), "is no shop", "write it as NAME.myshopify.com")
    app = _app(config)
    link = f"{app.base(shop)}/admin/oauth/install?{urlencode({'client_id': app.client_id})}"
    by_code = f"{app.url}/shopify/auth?{urlencode({'shop': shop})}"
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"Install, the app embedded:\n  [bold]{link}[/]")
    console.print(f"By authorization code, where it is not:\n  [bold]{by_code}[/]")
    if not app.url.startswith("https://") and not app.stands_in:
        console.print(f"[yellow]![/] url in {FILE} is {app.url}: Shopify calls https only")
    console.print(f"Shopify must reach {app.url}: [bold]saccade shopify preflight[/] tries it")
    console.print("Then switch the app embed on: Online Store, Themes, Customize, App embeds")


def _app(config: Path) -> App:
    app = read_app(config)
    if app is None:
        fix = f"make it with `{COMMAND}`, or name another folder with --config"
        raise SettingError("SACCADE_CONFIG", repr(str(config)), f"holds no {FILE}", fix)
    return app


def _check(said: Asked, config: Path) -> None:
    """By the model that will read it. Raises `SettingError`."""
    written = _APP.format_map(_ours(said, config / KEYS))
    try:
        App.model_validate(tomllib.loads(written))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = str(first["loc"][0])
        option = {"client_secret_env": "--secret-env"}.get(key, f"--{key.replace('_', '-')}")
        shown = "what was given" if key.endswith("_env") else repr(first["input"])
        fix = _FIXES.get(key, str(first["msg"]))
        raise SettingError(option, shown, "is not valid", fix) from None
    if not re.match(r"https://|http://(127\.0\.0\.1|localhost)(:|$)", said.url):
        fix = "Shopify calls https only: give your server's address, or that of a tunnel to it"
        raise SettingError("--url", repr(said.url), "is not safe", fix)


def _ours(said: Asked, keys: Path) -> Mapping[str, str]:
    return {
        "client_id": json.dumps(said.client_id),
        "secret_env": json.dumps(said.secret_env),
        "url": json.dumps(said.url),
        "scopes": json.dumps(list(SCOPES)),
        "keys": json.dumps(str(keys.absolute())),
    }


def _told_to_shopify(said: Asked) -> Mapping[str, str]:
    return {
        "client_id": json.dumps(said.client_id),
        "name": json.dumps(said.name),
        "home": json.dumps(f"{said.url}/shopify"),
        "scopes": json.dumps(",".join(SCOPES)),
        "callback": json.dumps(f"{said.url}/shopify/callback"),
        "version": json.dumps(App.model_fields["api_version"].default),
        "webhooks": json.dumps(f"{said.url}/webhooks/shopify"),
        "proxy": json.dumps(f"{said.url}/apps/saccade"),
    }
