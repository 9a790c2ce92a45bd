"""The studio every product stands in: a square, a soft backdrop, a floor, light from the left."""

from collections.abc import Callable

import msgspec

SIDE = 640
"""Width and height of the drawing's own coordinates."""

CUTOUT = "cutout"
"""The format without a room around it, to be put on a page's own background."""

FORMATS = {"zoom": 1_280, "product": 640, "thumbnail": 160, "cartIcon": 96, CUTOUT: 1_280}
"""OCC's image formats, and ours, in pixels a side."""


class Palette(msgspec.Struct, frozen=True):
    """A product colour: its body in light and shadow, and what stands behind it."""

    body: str
    light: str
    dark: str
    backdrop: str
    glow: str
    """Second colour of what a screen shows."""


PALETTES = {
    "graphite": Palette("#4a505a", "#7b838f", "#2a2e34", "#eceef1", "#ff9d6c"),
    "silver": Palette("#c7ccd4", "#eff2f6", "#989fab", "#eceff3", "#7fc8f8"),
    "sand": Palette("#d8c3a3", "#f0e3cd", "#a98f6c", "#f5efe5", "#ffb26b"),
    "midnight": Palette("#33446c", "#5f75ab", "#1a2440", "#e8ecf5", "#b48cff"),
    "moss": Palette("#71835f", "#a3b48f", "#485639", "#edf1e8", "#cfe36b"),
    "coral": Palette("#de7a60", "#f3aa95", "#ad513a", "#faece7", "#ffd166"),
}

Drawing = Callable[[Palette], str]
"""Draws one product into the square; everything in it is in `SIDE` coordinates."""

_STANDING = 'transform="translate(0 0)"'
_TURNED = 'transform="translate(320 330) rotate(-12) scale(0.94) translate(-320 -330)"'
_CLOSE = 'transform="translate(320 320) scale(1.75) translate(-290 -270)"'
PLACES = {"front": _STANDING, "angle": _TURNED, "detail": _CLOSE}
"""Where the camera stands for the views that one drawing serves."""


def picture(content: str, palette: Palette, title: str, size: str, place: str = _STANDING) -> str:
    """A whole SVG document in one of `FORMATS`, the product standing at one of `PLACES`.

    ``content`` may fill with ``url(#body)``, ``#edge``, ``#screen``, ``#glass`` and ``#shade``.
    """
    room = "" if size == CUTOUT else rect(0, 0, SIDE, SIDE, 0, "url(#room)")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" '
        f'width="{FORMATS[size]}" height="{FORMATS[size]}"><title>{title}</title><defs>'
        + _gradient("room", ("#f7f8f8", palette.backdrop), "0 0 0 1")
        + _gradient("body", (palette.light, palette.body, palette.dark), "0 0 1 1")
        + _gradient("edge", (palette.light, palette.dark), "0 0 0 1")
        + _gradient("screen", ("#1b2a4a", "#3f6fb5", palette.glow), "0 0 1 1")
        + _gradient("glass", ("#20242b", "#4c5a70", "#11141a"), "0 0 1 1")
        + '<radialGradient id="shade"><stop offset="0" stop-color="#1d2430" stop-opacity=".34"/>'
        '<stop offset=".55" stop-color="#1d2430" stop-opacity=".16"/>'
        '<stop offset="1" stop-color="#1d2430" stop-opacity="0"/></radialGradient></defs>'
        f"{room}<g {place}>{content}</g></svg>"
    )


def shadow(x: float, y: float, width: float, height: float = 16) -> str:
    """A soft shadow on the floor around a point.

    A gradient, not a blur, which costs more to draw where there is no GPU.
    """
    rx, ry = width / 2 + 34, height * 2.1
    return f'<ellipse cx="{x}" cy="{y}" rx="{rx:g}" ry="{ry:g}" fill="url(#shade)"/>'


def rect(x: float, y: float, w: float, h: float, r: float, fill: str, more: str = "") -> str:
    """A rounded rectangle."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="{r:g}" fill="{fill}" {more}/>'
    )


def disc(x: float, y: float, r: float, fill: str, more: str = "") -> str:
    """A circle."""
    return f'<circle cx="{x:g}" cy="{y:g}" r="{r:g}" fill="{fill}" {more}/>'


def path(d: str, fill: str, more: str = "") -> str:
    """A shape by its outline."""
    return f'<path d="{d}" fill="{fill}" {more}/>'


def line(d: str, stroke: str, width: float, more: str = "") -> str:
    """A stroke with round ends."""
    return (
        f'<path d="{d}" fill="none" stroke="{stroke}" stroke-width="{width:g}" '
        f'stroke-linecap="round" stroke-linejoin="round" {more}/>'
    )


def landscape(x: float, y: float, w: float, h: float, glow: str) -> str:
    """What our screens show: a sun over hills, clipped to the screen."""
    name = f"clip{x:g}-{y:g}"
    far, near, end = y + h * 0.72, y + h * 0.9, y + h
    sun = (x + w * 0.68, y + h * 0.46)
    return (
        f'<clipPath id="{name}"><rect x="{x}" y="{y}" width="{w}" height="{h}" rx="4"/></clipPath>'
        f'<g clip-path="url(#{name})">'
        + rect(x, y, w, h, 0, "url(#screen)")
        + disc(*sun, h * 0.3, glow, 'opacity=".18"')
        + disc(*sun, h * 0.17, glow, 'opacity=".95"')
        + path(
            f"M{x} {far:g} q{w * 0.25:g} {-h * 0.3:g} {w * 0.5:g} 0 "
            f"t{w * 0.5:g} {-h * 0.1:g} V{end:g} H{x} z",
            "#16233f",
            'opacity=".55"',
        )
        + path(
            f"M{x} {near:g} q{w * 0.3:g} {-h * 0.28:g} {w * 0.62:g} {-h * 0.02:g} "
            f"t{w * 0.38:g} {-h * 0.1:g} V{end:g} H{x} z",
            "#0d1730",
            'opacity=".8"',
        )
        + path(f"M{x} {y} h{w * 0.42:g} l{-w * 0.3:g} {h} H{x} z", "#fff", 'opacity=".06"')
        + "</g>"
    )


def _gradient(name: str, colours: tuple[str, ...], line_ends: str) -> str:
    x1, y1, x2, y2 = line_ends.split()
    stops = "".join(
        f'<stop offset="{index / (len(colours) - 1):g}" stop-color="{colour}"/>'
        for index, colour in enumerate(colours)
    )
    ends = f'x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"'
    return f'<linearGradient id="{name}" {ends}>{stops}</linearGradient>'
