"""Renders a theme and its app extension: Liquid by python-liquid, Shopify's own filters by us."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, cast

from liquid import Environment

from saccade.domain import JsonObject
from saccade_demo.shopify.products import CURRENCY

EXTENSION = "saccade-theme"
_PLACES = (
    Path(__file__).parents[3] / "adapters" / "shopify" / "extensions" / EXTENSION,
    Path(__file__).parent / "extension",
)
"""In the source tree, and in an installed package."""

_SCHEMA = re.compile(r"{%-?\s*schema\s*-?%}(.*?){%-?\s*endschema\s*-?%}", re.DOTALL)
_NO_HANDLE = re.compile(r"[^a-z0-9]+")

FORBIDDEN = ("javascript", "stylesheet", "include", "layout", "section", "sections")
"""Tags a theme app extension may not use."""

MOST_LIQUID = 100 * 1_024
"""Bytes of all Liquid of an extension."""


class ThemeError(Exception):
    """An extension Shopify would not take."""


def extension_folder() -> Path:
    """Where the theme app extension lies. Raises `ThemeError`."""
    for place in _PLACES:
        if (place / "blocks").is_dir():
            return place
    raise ThemeError(f"the theme app extension {EXTENSION} is not here")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the extension: its Liquid, its target, and its settings' defaults."""

    name: str
    source: str
    target: str
    defaults: Mapping[str, Any]


class Extension:
    """A theme app extension, read as `shopify app deploy` reads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.blocks = {
            path.stem: _block(path) for path in sorted((folder / "blocks").glob("*.liquid"))
        }
        size = sum(path.stat().st_size for path in folder.rglob("*.liquid"))
        if size > MOST_LIQUID:
            raise ThemeError(f"{size} bytes of Liquid, {MOST_LIQUID} are allowed")

    @cached_property
    def texts(self) -> JsonObject:
        """What the filter ``t`` knows, in English."""
        read: JsonObject = json.loads((self.folder / "locales" / "en.default.json").read_text())
        return read

    def asset(self, name: str) -> bytes | None:
        """A file of ``assets``; ``None`` where there is none."""
        found = {path.name: path for path in (self.folder / "assets").iterdir()}
        return found[name].read_bytes() if name in found else None


def _block(path: Path) -> Block:
    text = path.read_text("utf-8")
    for tag in FORBIDDEN:
        if re.search(rf"{{%-?\s*{tag}\b", text):
            raise ThemeError(f"{path.name}: the tag {tag} is not allowed in an extension")
    match = _SCHEMA.search(text)
    if match is None:
        raise ThemeError(f"{path.name}: a block needs a schema")
    schema: JsonObject = json.loads(match[1])
    return Block(
        name=path.stem,
        source=_SCHEMA.sub("", text),
        target=str(schema["target"]),
        defaults={
            one["id"]: one.get("default") for one in schema.get("settings", ()) if "id" in one
        },
    )


class Renderer:
    """Templates of one theme with one extension."""

    def __init__(self, templates: Path, extension: Extension) -> None:
        self._templates = templates
        self.extension = extension
        self._environment = Environment()
        self._environment.filters.update(_filters(extension))

    def template(self, name: str, values: Mapping[str, object]) -> str:
        """A template of the theme's own."""
        source = (self._templates / f"{name}.liquid").read_text("utf-8")
        return self._environment.from_string(source, name).render(**values)

    def block(self, name: str, settings: Mapping[str, Any], values: Mapping[str, object]) -> str:
        """A block of the extension, with what the merchant set."""
        block = self.extension.blocks[name]
        told = {
            "id": f"saccade_{name}",
            "type": name,
            "settings": {**block.defaults, **settings},
            "shopify_attributes": "",
        }
        found = self._environment.from_string(block.source, name)
        return found.render(**{**values, "block": told})


def handleize(value: object) -> str:
    """As in a URL: lower-case words joined by hyphens."""
    return _NO_HANDLE.sub("-", str(value or "").lower()).strip("-")


def money(cents: object) -> str:
    """Of an amount in cents, as themes are given it."""
    return f"${int(str(cents or 0)) / 100:,.2f}"


def money_with_currency(cents: object) -> str:
    """The same, and which dollars."""
    return f"{money(cents)} {CURRENCY}"


def as_json(value: object) -> str:
    """Safe within a script's text."""
    return json.dumps(value).replace("<", "\\u003c")


def _filters(extension: Extension) -> dict[str, Callable[..., object]]:
    def asset_url(name: str) -> str:
        return f"/extensions/{EXTENSION}/assets/{name}"

    def translated(key: str, **values: object) -> str:
        found: Any = extension.texts
        for part in key.split("."):
            found = cast("JsonObject", found).get(part) if isinstance(found, dict) else None
        if not isinstance(found, str):
            return f"Translation missing: en.{key}"
        text: str = found
        for name, value in values.items():
            text = re.sub(rf"{{{{\s*{re.escape(name)}\s*}}}}", str(value), text)
        return text

    def image_url(image: object, **_: object) -> str:
        return str(cast("JsonObject", image)["src"]) if isinstance(image, dict) else ""

    def image_tag(url: str, **attributes: object) -> str:
        told = {"src": url, "alt": "", **attributes}
        return f"<img {_attributes(told.items())}>"

    return {
        "asset_url": asset_url,
        "handle": handleize,
        "handleize": handleize,
        "image_tag": image_tag,
        "image_url": image_url,
        "json": as_json,
        "money": money,
        "money_with_currency": money_with_currency,
        "t": translated,
    }


def _attributes(pairs: Iterable[tuple[str, object]]) -> str:
    return " ".join(f'{name}="{escape(str(value))}"' for name, value in pairs)
