"""What is carried or worn: phones, tablets, watches, power banks."""

from math import cos, radians, sin

from saccade_demo.drawings.stage import Palette, disc, landscape, line, rect, shadow


def phone(c: Palette) -> str:
    """Back and front, one before the other."""
    cameras = "".join(
        disc(x, y, 27, "#14171c") + disc(x, y, 17, "url(#glass)") + disc(x - 5, y - 6, 5, "#cfe0ff")
        for x, y in ((218, 156), (218, 222))
    )
    return (
        shadow(330, 566, 400)
        + '<g transform="rotate(-7 250 320)">'
        + rect(148, 84, 236, 470, 40, "url(#body)")
        + rect(148, 84, 236, 470, 40, "none", f'stroke="{c.light}" stroke-width="3" opacity=".8"')
        + rect(174, 112, 88, 154, 40, c.dark, 'opacity=".75"')
        + cameras
        + disc(296, 140, 9, "#fff3cf")
        + "</g>"
        + '<g transform="rotate(6 400 350)">'
        + rect(282, 118, 220, 446, 38, "#14171c")
        + rect(282, 118, 220, 446, 38, "none", f'stroke="{c.body}" stroke-width="5"')
        + f'<g transform="translate(0 0)">{landscape(294, 132, 196, 418, c.glow)}</g>'
        + rect(362, 142, 60, 16, 8, "#0b0d11")
        + '<text x="392" y="236" text-anchor="middle" font-size="58" font-weight="300" '
        'font-family="Arial, sans-serif" fill="#fff">9:41</text>' + "</g>"
    )


def tablet(c: Palette) -> str:
    """Upright, with a page of notes and its pen."""
    notes = "".join(
        line(f"M196 {y} h{w}", "#5b6473", 5, 'opacity=".65"')
        for y, w in ((236, 150), (264, 196), (292, 174), (320, 190), (348, 96))
    )
    return (
        shadow(310, 572, 420)
        + rect(134, 76, 348, 488, 30, "url(#body)")
        + rect(142, 84, 332, 472, 24, "#101318")
        + rect(160, 104, 296, 432, 8, "#fbfaf6")
        + rect(160, 104, 296, 92, 8, "url(#screen)")
        + rect(184, 134, 150, 16, 8, "#ffffff", 'opacity=".9"')
        + rect(184, 160, 90, 10, 5, "#ffffff", 'opacity=".6"')
        + notes
        + line("M190 470 C230 380 262 500 300 430 S392 400 424 440", c.body, 7)
        + disc(424, 440, 8, c.dark)
        + '<g transform="rotate(14 520 330)">'
        + rect(512, 128, 17, 372, 8, "#f5f7fa", 'stroke="#c5cbd4"')
        + rect(512, 128, 17, 34, 8, c.body)
        + '<path d="M512 498 h17 l-8.500 32 z" fill="#3b4048"/></g>'
    )


def watch(c: Palette) -> str:
    """On its strap, hands at ten past ten."""
    marks = "".join(
        line(
            f"M{320 + 108 * sin(radians(a)):.1f} {320 - 108 * cos(radians(a)):.1f} "
            f"L{320 + 94 * sin(radians(a)):.1f} {320 - 94 * cos(radians(a)):.1f}",
            "#dfe6ee",
            4 if a % 90 == 0 else 2,
        )
        for a in range(0, 360, 30)
    )
    return (
        shadow(320, 596, 250)
        + rect(248, 44, 144, 220, 34, "url(#body)")
        + rect(248, 376, 144, 220, 34, "url(#body)")
        + "".join(disc(320, y, 6, c.dark, 'opacity=".6"') for y in range(488, 580, 26))
        + line("M262 70 V250 M262 400 V580", c.light, 3, 'opacity=".5"')
        + rect(452, 300, 20, 42, 8, "#8b929d")
        + disc(320, 320, 146, "#8b929d")
        + disc(320, 320, 138, "#c9ced6")
        + disc(320, 320, 128, "#0e1116")
        + marks
        + line("M320 320 L262 258", "#fff", 9)
        + line("M320 320 L386 250", "#fff", 6)
        + line("M320 320 L320 412", c.glow, 3)
        + disc(320, 320, 9, c.glow)
        + '<text x="320" y="386" text-anchor="middle" font-size="22" '
        'font-family="Arial, sans-serif" fill="#9fb0c6">TUE 12</text>'
        + '<ellipse cx="272" cy="256" rx="60" ry="26" fill="#fff" opacity=".07" '
        'transform="rotate(-40 272 256)"/>'
    )


def powerbank(c: Palette) -> str:
    """A slab that says how full it is."""
    return (
        shadow(320, 566, 300)
        + rect(194, 96, 252, 462, 46, "url(#body)")
        + rect(210, 112, 14, 430, 7, c.light, 'opacity=".5"')
        + "".join(disc(x, 150, 7, "#8ef0b0") for x in (280, 307, 334))
        + disc(361, 150, 7, c.dark)
        + '<path d="M338 250 L280 346 H318 L302 430 L364 326 H324 Z" fill="#fff" opacity=".85"/>'
        + rect(278, 544, 34, 12, 6, "#14171c")
        + rect(330, 544, 34, 12, 6, "#14171c")
    )
