"""``saccade demo rest``: a REST shop that a mapping connects, and what to try on it."""

import contextlib
import socket
from collections.abc import AsyncGenerator

from saccade_demo import rest
from saccade_server.keys import master_secret
from saccade_server.listening import url_of
from saccade_server.serving import serving
from saccade_server.settings import Settings
from saccade_server.tenancy import adapter_factory, install

WELCOME = """\
[bold]The shop[/]    {shop}/shop/v2/articles
[bold]Through us[/]  {url}/shop/v2/articles/816324  with an experience in it
[bold]The mapping[/] {mapping}
[bold]The API[/]     {url}/docs

[dim]Ctrl-C stops it.[/]"""

TO_TRY = """\
A shopper looks, puts it into a basket and orders; the order is an outcome:

  curl -s -H 'x-session-id: anna' {url}/shop/v2/articles/816324
  basket=$(curl -s -X POST {url}/shop/v2/baskets | grep -o '[0-9a-f]\\{{32\\}}')
  curl -s -H 'x-session-id: anna' {url}/shop/v2/baskets/$basket/lines \\
    -d '{{"article_id": "816324"}}'
  curl -s -H 'x-session-id: anna' {url}/shop/v2/orders -d "{{\\"basket_id\\": \\"$basket\\"}}"
  curl -s {url}/metrics | grep 'decisions_total.* [1-9]'"""
"""Not in a frame, nor folded: it is to be copied."""


@contextlib.asynccontextmanager
async def opened(settings: Settings, listener: socket.socket) -> AsyncGenerator[tuple[str, str]]:
    """The shop and the server before it; yields what a newcomer is told, and what to type."""
    runner, shop = await rest.start_shop()
    try:
        tenant, folder = rest.rest_tenant(shop)
        adapter = adapter_factory(tenant.platform)
        installed = install(tenant, folder, adapter, master_secret(settings))
        async with serving(settings, (installed,), listener):
            mapping = folder / "mapping.toml"
            url = url_of(listener)
            yield WELCOME.format(shop=shop, url=url, mapping=mapping), TO_TRY.format(url=url)
    finally:
        await runner.cleanup()
