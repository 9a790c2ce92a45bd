"""Pictures by name: ``/medias/{code}-{view}-{colour}-{format}.svg``."""

import re
from functools import lru_cache
from html import escape

from aiohttp import web

from saccade_demo.catalog import Catalog
from saccade_demo.drawings import desk, laptops, optics, pocket, sound
from saccade_demo.drawings.stage import FORMATS, PALETTES, PLACES, Drawing, picture

_NAME = re.compile(r"(\d{6})-([a-z]{1,12})-([a-z]{1,12})-([A-Za-z]{1,12})\.svg\Z")

_LAPTOP_VIEWS = {
    "front": laptops.front,
    "keys": laptops.keys,
    "side": laptops.side,
    "battery": laptops.battery,
}

_DRAWINGS: dict[str, Drawing] = {
    "camera": optics.camera,
    "lens": optics.lens,
    "card": optics.card,
    "headphones": sound.headphones,
    "earbuds": sound.earbuds,
    "speaker": sound.speaker,
    "phone": pocket.phone,
    "tablet": pocket.tablet,
    "watch": pocket.watch,
    "powerbank": pocket.powerbank,
    "monitor": desk.monitor,
    "charger": desk.charger,
    "cable": desk.cable,
    "dock": desk.dock,
    "keyboard": desk.keyboard,
    "mouse": desk.mouse,
    "sleeve": desk.sleeve,
    "stand": desk.stand,
    "pad": desk.pad,
}


def routes(catalog: Catalog) -> list[web.RouteDef]:
    """The one path pictures are served from."""

    @lru_cache(maxsize=1_024)
    def drawn(name: str) -> bytes | None:
        found = draw(catalog, name)
        return None if found is None else found.encode()

    async def media(request: web.Request) -> web.Response:
        body = drawn(request.match_info["name"])
        if body is None:
            raise web.HTTPNotFound
        return web.Response(
            body=body,
            content_type="image/svg+xml",
            headers={
                "Cache-Control": "public, max-age=3600",
                "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
            },
        )

    return [web.get("/medias/{name}", media)]


def draw(catalog: Catalog, name: str) -> str | None:
    """The picture of that name, or ``None`` where product, view, colour or format is unknown."""
    match = _NAME.match(name)
    if match is None:
        return None
    code, view, colour, size = match.groups()
    product = catalog.sources.get(code)
    if product is None or colour not in PALETTES or size not in FORMATS:
        return None
    kind = catalog.drawing(code)
    views = _LAPTOP_VIEWS if kind == "laptop" else dict.fromkeys(PLACES, _DRAWINGS[kind])
    if view not in views:
        return None
    palette = PALETTES[colour]
    content = views[view](palette)
    place = PLACES["front"] if kind == "laptop" else PLACES[view]
    return picture(content, palette, escape(product.name), size, place)
