"""What stands on or under a desk: monitors, chargers, cables, docks, keyboards, stands."""

from saccade_demo.drawings.stage import Palette, disc, landscape, line, path, rect, shadow


def monitor(c: Palette) -> str:
    """A screen on its stand."""
    return (
        shadow(320, 546, 360)
        + path("M284 420 H356 L366 520 H274 Z", "url(#edge)")
        + path("M196 520 H444 Q462 520 464 536 V542 H176 V536 Q178 520 196 520 Z", "url(#body)")
        + rect(60, 112, 520, 320, 16, "#14171c")
        + rect(60, 112, 520, 320, 16, "none", f'stroke="{c.body}" stroke-width="4"')
        + landscape(74, 126, 492, 280, c.glow)
        + rect(300, 414, 40, 6, 3, "#4c5461")
    )


def charger(c: Palette) -> str:
    """A plug with two ports."""
    return (
        shadow(320, 530, 340)
        + rect(112, 262, 74, 22, 6, "#b9bfc9")
        + rect(112, 372, 74, 22, 6, "#b9bfc9")
        + rect(170, 180, 330, 320, 58, "url(#body)")
        + rect(186, 196, 20, 288, 10, c.light, 'opacity=".55"')
        + rect(486, 212, 26, 256, 13, c.dark)
        + rect(410, 250, 54, 24, 12, "#14171c")
        + rect(410, 330, 54, 24, 12, "#14171c")
        + rect(420, 258, 34, 8, 4, "#3a4250")
        + rect(420, 338, 34, 8, 4, "#3a4250")
        + disc(437, 412, 6, "#8ef0b0")
        + path("M316 264 L264 346 H300 L286 416 L342 328 H306 Z", "#fff", 'opacity=".8"')
    )


def cable(c: Palette) -> str:
    """A braided coil with two plugs."""
    coil = (
        "M470 250 C470 120 170 120 170 300 C170 470 450 470 450 320 "
        "C450 200 220 200 220 310 C220 400 360 420 400 540"
    )
    return (
        shadow(320, 560, 380)
        + line(coil, c.dark, 24)
        + line(coil, c.body, 18)
        + line(coil, c.light, 4, 'stroke-dasharray="3 9" opacity=".75"')
        + _plug(470, 250, 0)
        + _plug(400, 540, 164)
    )


def _plug(x: float, y: float, turn: float) -> str:
    return (
        f'<g transform="translate({x} {y}) rotate({turn})">'
        + rect(-24, -8, 48, 72, 14, "#2b3038")
        + rect(-16, 60, 32, 42, 9, "#c9ced6")
        + rect(-10, 88, 20, 8, 4, "#8b929d")
        + "</g>"
    )


def dock(c: Palette) -> str:
    """A bar of ports."""
    ports = "".join(
        rect(x, 336, w, 22, 6, "#14171c")
        for x, w in ((120, 40), (176, 40), (232, 56), (304, 56), (376, 66), (460, 60))
    )
    return (
        shadow(320, 420, 520)
        + path("M84 262 H556 L584 300 H56 Z", c.light)
        + rect(56, 298, 528, 104, 22, "url(#body)")
        + ports
        + disc(96, 348, 6, "#8ef0b0")
        + line("M56 330 C-10 330 20 480 130 500", "#2b3038", 13)
    )


def keyboard(c: Palette) -> str:
    """Low and wide, from above."""
    caps = "".join(
        rect(74 + column * 35.4, 240 + row * 40, 30, 33, 7, "#fdfdfb" if row else c.light)
        for row in range(4)
        for column in range(14)
    )
    last = "".join(
        rect(x, 400, w, 33, 7, "#fdfdfb")
        for x, w in ((74, 48), (128, 48), (182, 212), (400, 48), (454, 113))
    )
    return (
        shadow(320, 470, 580)
        + rect(52, 216, 536, 244, 26, "url(#body)")
        + rect(52, 216, 536, 244, 26, "none", f'stroke="{c.dark}" opacity=".5"')
        + f'<g stroke="{c.dark}" stroke-opacity=".25">{caps}{last}</g>'
        + rect(530, 240, 36, 33, 7, c.dark)
    )


def mouse(c: Palette) -> str:
    """From above, wheel in the middle."""
    return (
        shadow(320, 540, 290)
        + path(
            "M320 112 C430 112 456 214 456 330 C456 460 404 532 320 532 "
            "C236 532 184 460 184 330 C184 214 210 112 320 112 Z",
            "url(#body)",
        )
        + line("M320 114 V300", c.dark, 3)
        + line("M188 316 Q320 282 452 316", c.dark, 3, 'opacity=".7"')
        + rect(306, 172, 28, 78, 14, "#14171c")
        + rect(312, 188, 16, 46, 8, "#596273")
        + line("M222 250 Q226 170 286 138", c.light, 8, 'opacity=".55"')
    )


def sleeve(c: Palette) -> str:
    """Felt, with a flap and a pocket."""
    return (
        shadow(320, 540, 500)
        + rect(84, 166, 472, 366, 30, "url(#body)")
        + "".join(
            line(f"M{x} 176 l-40 340", c.light, 1.3, 'opacity=".22"') for x in range(130, 570, 12)
        )
        + path(
            "M84 196 Q84 166 114 166 H526 Q556 166 556 196 V266 Q440 330 320 330 T84 266 Z",
            c.dark,
            'opacity=".55"',
        )
        + line("M92 262 Q206 322 320 322 T548 262", c.light, 2.4, 'stroke-dasharray="7 7"')
        + disc(320, 322, 14, "#d8b45c")
        + disc(320, 322, 7, "#a98536")
        + rect(108, 396, 200, 112, 16, c.dark, 'opacity=".35"')
        + line("M116 404 h184", c.light, 2, 'stroke-dasharray="7 7"')
    )


def stand(c: Palette) -> str:
    """Holds a laptop at eye height."""
    return (
        shadow(320, 548, 440)
        + path("M170 540 H470 L486 556 H154 Z", c.dark)
        + line("M236 540 L392 258", c.dark, 26)
        + line("M234 536 L388 258", c.light, 12)
        + line("M404 540 L250 300", c.dark, 22)
        + line("M402 536 L252 302", c.body, 12)
        + path("M150 300 L490 222 L500 240 L158 322 Z", "url(#body)")
        + path("M150 300 l-8 -30 14 -4 8 34 z", c.dark)
        + path("M180 286 L470 220 L420 60 Q416 50 404 52 L150 108 Q138 112 142 124 Z", "#23272e")
        + path("M192 272 L452 212 L408 70 L156 126 Z", "url(#screen)")
    )


def pad(c: Palette) -> str:
    """A disc to put a phone on."""
    return (
        shadow(320, 480, 440)
        + '<ellipse cx="320" cy="420" rx="220" ry="84" fill="#14171c" opacity=".55"/>'
        + '<ellipse cx="320" cy="404" rx="222" ry="86" fill="url(#edge)"/>'
        + f'<ellipse cx="320" cy="394" rx="210" ry="78" fill="{c.body}"/>'
        + '<ellipse cx="320" cy="394" rx="120" ry="44" fill="none" '
        + f'stroke="{c.light}" stroke-width="5"/>'
        + line("M300 394 h40 M320 380 v28", c.light, 7)
        + line("M320 480 C320 540 380 566 470 560", "#2b3038", 12)
        + disc(496, 420, 5, "#8ef0b0")
    )
