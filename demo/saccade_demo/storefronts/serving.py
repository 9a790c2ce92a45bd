"""Serves the storefronts: static files and pictures, each shop from an origin of its own."""

import contextlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from pathlib import Path

from aiohttp import web

from saccade.tenants import Tenant, read_tenant
from saccade_demo import catalog
from saccade_demo.drawings import media

TENANTS = Path(__file__).parent / "tenants"
"""One folder a storefront."""

HOST = "127.0.0.1"

PAGES: Mapping[str, Mapping[str, str]] = {
    "foreign": {"/": "foreign.en.html", "/de": "foreign.de.html"},
    "spartacus": {"/": "spartacus.html"},
    "dawn": {"/": "dawn.html"},
}
NAMES = tuple(PAGES)
"""Of the shops, and of their tenants."""

STRICT = (
    "default-src 'none'; script-src {server}; connect-src {server}; img-src 'self'; "
    "style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
"""What a careful merchant sends: our script may run and speak to its own origin, nothing else."""


@dataclass(frozen=True, slots=True)
class Storefront:
    """A shop that is served, and the tenant that knows where things stand on its pages."""

    name: str
    url: str
    tenant: Tenant
    campaigns: Path
    """The folder they are in."""


def folder(name: str) -> Path:
    """Where a storefront's tenant and campaigns are written."""
    return TENANTS / name


def shop_tenant(name: str, origin: str) -> Tenant:
    """A storefront's tenant, which only pages of this origin may call for."""
    tenant = read_tenant(folder(name))
    site = tenant.site.model_copy(update={"origins": (origin,)})
    return tenant.model_copy(update={"site": site})


@contextlib.asynccontextmanager
async def opened(server: str) -> AsyncGenerator[tuple[Storefront, ...]]:
    """Every storefront on a free port while the block runs; their tags name ``server``."""
    async with contextlib.AsyncExitStack() as stack:
        shops: list[Storefront] = []
        for name in PAGES:
            runner = web.AppRunner(_application(name, server), access_log=None)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, HOST, 0).start()
            url = f"http://{HOST}:{runner.addresses[0][1]}"
            shops.append(Storefront(name, url, shop_tenant(name, url), folder(name)))
        yield tuple(shops)


def _application(name: str, server: str) -> web.Application:
    app = web.Application()
    app.add_routes(
        [
            *(
                web.get(path, partial(_page, file=file, server=server, is_strict=name == "foreign"))
                for path, file in PAGES[name].items()
            ),
            web.get(f"/{name}.css", partial(_style, file=f"{name}.css")),
            *media.routes(catalog.load()),
        ]
    )
    return app


async def _page(
    request: web.Request,  # noqa: ARG001 - a handler's signature
    *,
    file: str,
    server: str,
    is_strict: bool,
) -> web.Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if is_strict:
        headers["Content-Security-Policy"] = STRICT.format(server=server)
    text = _file(file).replace("{{server}}", server)
    return web.Response(text=text, content_type="text/html", headers=headers)


async def _style(
    request: web.Request,  # noqa: ARG001 - a handler's signature
    *,
    file: str,
) -> web.Response:
    return web.Response(
        text=_file(file), content_type="text/css", headers={"Cache-Control": "no-cache"}
    )


@cache
def _file(name: str) -> str:
    return resources.files("saccade_demo.storefronts").joinpath("static", name).read_text("utf-8")
