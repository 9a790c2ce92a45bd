"""The web pixel of a shop: switched on when the app is installed, and told whose events it tells.

Shopify knows one pixel of an app in a shop. Uninstalling takes it away.
"""

from typing import NamedTuple

import msgspec

from saccade.catalog import CatalogError
from saccade.domain import Frozen
from saccade_shopify.graphql import Graphql, GraphqlError

_FIND = "query pixel { webPixel { id settings } }"
_CREATE = (
    "mutation create($pixel: WebPixelInput!) { webPixelCreate(webPixel: $pixel) "
    "{ webPixel { id } userErrors { field message code } } }"
)
_UPDATE = (
    "mutation update($id: ID!, $pixel: WebPixelInput!) "
    "{ webPixelUpdate(id: $id, webPixel: $pixel) "
    "{ webPixel { id } userErrors { field message code } } }"
)
_FIXES = {
    "NO_EXTENSION": "deploy the web pixel extension with `shopify app deploy`",
    "INVALID_SETTINGS": "deploy the web pixel extension that belongs to this version",
}


class Settings(Frozen, frozen=True):
    """As `extensions/saccade-pixel/shopify.extension.toml` declares them."""

    server: str
    site: str


class Found(NamedTuple):
    """The pixel that is there; ``settings`` is ``None`` where they are not ours."""

    id: str
    settings: Settings | None


class _Pixel(msgspec.Struct):
    id: str = ""
    settings: msgspec.Raw = msgspec.Raw(b"null")


class _Said(msgspec.Struct, rename="camel"):
    web_pixel: _Pixel | None = None


class _UserError(msgspec.Struct):
    code: str | None = None


class _Payload(msgspec.Struct, rename="camel"):
    web_pixel: _Pixel | None = None
    user_errors: tuple[_UserError, ...] = ()


class _Created(msgspec.Struct, rename="camel"):
    web_pixel_create: _Payload | None = None


class _Updated(msgspec.Struct, rename="camel"):
    web_pixel_update: _Payload | None = None


async def find(graphql: Graphql) -> Found | None:
    """The app's pixel in the shop. Shopify answers an error where there is none.

    Raises `CatalogError`.
    """
    try:
        one = (await graphql.ask(_FIND, {}, _Said)).web_pixel
    except GraphqlError:
        return None
    return None if one is None else Found(one.id, _settings(one.settings))


async def ensure(graphql: Graphql, wanted: Settings) -> bool:
    """Have it there with these settings; false where it was. Raises `CatalogError`."""
    found = await find(graphql)
    if found is not None and found.settings == wanted:
        return False
    pixel = {"settings": msgspec.json.encode(wanted).decode()}
    if found is None:
        done = (await graphql.ask(_CREATE, {"pixel": pixel}, _Created)).web_pixel_create
    else:
        asked = {"id": found.id, "pixel": pixel}
        done = (await graphql.ask(_UPDATE, asked, _Updated)).web_pixel_update
    if done is None or done.web_pixel is None or done.user_errors:
        raise _refused(() if done is None else done.user_errors)
    return True


def _settings(raw: msgspec.Raw) -> Settings | None:
    """Shopify gives them as an object, or as the text that was sent."""
    try:
        told = msgspec.json.decode(raw)
        told = msgspec.json.decode(told) if isinstance(told, str) else told
        return msgspec.convert(told, Settings)
    except (ValueError, RecursionError):
        return None


def _refused(errors: tuple[_UserError, ...]) -> CatalogError:
    codes = [one.code or "UNKNOWN" for one in errors]
    fix = next((_FIXES[code] for code in codes if code in _FIXES), "")
    told = f"Shopify switches no web pixel on ({', '.join(codes) or 'empty'})"
    return CatalogError(f"{told}. Fix: {fix}" if fix else told)
