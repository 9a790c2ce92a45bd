"""The lab's shop as a merchant would have it: app registered, its embed on, its block placed."""

import contextlib
import json
import shutil
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from aiohttp import ClientSession
from cryptography.fernet import Fernet
from yarl import URL

from saccade_demo.shopify.apps import App, read_app
from saccade_demo.shopify.clock import Clock
from saccade_demo.shopify.history import past
from saccade_demo.shopify.liquid import Extension, extension_folder
from saccade_demo.shopify.oauth import install_link
from saccade_demo.shopify.outbox import Disorder
from saccade_demo.shopify.serving import Served, served
from saccade_demo.shopify.shop import Shop
from saccade_demo.shopify.storefront import Customised, Storefront

NAME = "small-hours"
"""Of the tenant, and of its shop."""

APP = Path(__file__).parent / "app"
"""What a server needs beside ``shopify.toml`` for shops to become tenants as in this lab."""

_SHOWN = 300
CLIENT_ID = "saccade-lab"
SECRET = "shpss_" + "1ab" * 10 + "00"
"""The lab's app has no other; it opens nothing anywhere else."""

PRODUCT = "sola-room-wood"
"""Whose page the demo opens."""

REASSURANCE = {
    "slot": "reassurance",
    "heading": "Thirty nights to change your mind",
    "text": "<p>If it was the wrong choice, we fetch it and pay you back.</p>",
}

AFTER = {"heading": "Goes well with what you chose"}
"""Of the block on the page after the purchase."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The shop is served; ``config`` is the folder of tenants for the server it knows."""

    served: Served
    storefront: Storefront
    server: str
    config: Path

    @property
    def shop(self) -> Shop:
        """See `Shop`."""
        return self.served.shop

    @property
    def url(self) -> str:
        """Of storefront and Admin API."""
        return self.served.url

    @property
    def page(self) -> str:
        """The one the demo opens."""
        return f"{self.url}/products/{PRODUCT}"

    async def install(self) -> None:
        """As the merchant does: agree at Shopify, and open the app's page, which says whose it is.

        Raises `InstallError` where the server does not take it.
        """
        async with ClientSession() as browser:
            link = install_link(self.url, CLIENT_ID)
            async with browser.get(link, allow_redirects=False) as answer:
                token = URL(answer.headers["Location"]).query["id_token"]
            headers = {"Authorization": f"Bearer {token}"}
            async with browser.post(f"{self.server}/shopify/install", headers=headers) as answer:
                if answer.status != HTTPStatus.OK:
                    raise InstallError(f"{answer.status}: {(await answer.text())[:_SHOWN]}")


class InstallError(Exception):
    """What the server said instead of taking the install."""


def registered(server: str) -> App:
    """Our app, from its own ``shopify.app.toml``, with ``server`` for its addresses."""
    folder = extension_folder().parent
    name = "shopify.app.toml"
    place = folder.parent / name if (folder.parent / name).exists() else folder / name
    pixel = folder / "saccade-pixel" / "shopify.extension.toml"
    return read_app(place.read_text("utf-8"), CLIENT_ID, SECRET, server, pixel.read_text("utf-8"))


@contextlib.asynccontextmanager
async def opened(
    server: str,
    folder: Path,
    *,
    port: int = 0,
    clock: Clock | None = None,
    disorder: Disorder | None = None,
    delivering: bool = True,
) -> AsyncGenerator[Scene]:
    """The scene while the block runs; ``folder`` becomes that of the server's tenants.

    Nothing is installed yet. Raises `saccade_demo.shopify.liquid.ThemeError`.
    """
    shop = Shop(f"{NAME}.myshopify.com", registered(server), clock=clock, disorder=disorder)
    past(shop)
    placed = Customised(
        {"server": server, "site": NAME}, {"product": (REASSURANCE,)}, offer_block=AFTER
    )
    storefront = Storefront(shop, Extension(extension_folder()), placed)
    async with served(shop, port, storefront=storefront.routes(), delivering=delivering) as here:
        _written(folder, server, here.url)
        yield Scene(here, storefront, server, folder)


def _written(folder: Path, server: str, shop: str) -> None:
    """``shopify.toml`` and its like, as `saccade shopify init` writes them for a real app."""
    folder.mkdir(parents=True, exist_ok=True)
    secret, keys = folder / "client-secret", folder / "token-keys"
    for path, text in ((secret, SECRET), (keys, Fernet.generate_key().decode())):
        path.touch(mode=0o600)
        path.write_text(text)
    for name in ("shopify.tenant.toml", "shopify.campaigns.toml"):
        shutil.copyfile(APP / name, folder / name)
    told = {
        "client_id": CLIENT_ID,
        "client_secret_file": str(secret.absolute()),
        "token_keys_file": str(keys.absolute()),
        "url": server,
        "admin_url": shop,
    }
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in told.items())
    (folder / "shopify.toml").write_text("".join(lines))
