"""Headphones, earbuds and speakers."""

from saccade_demo.drawings.stage import Palette, disc, line, path, rect, shadow


def headphones(c: Palette) -> str:
    """Over the ear, seen from the front."""
    return (
        shadow(320, 548, 380)
        + line("M150 380 C130 90 510 90 490 380", c.dark, 30)
        + line("M152 372 C136 104 504 104 488 372", c.body, 18)
        + line("M168 300 C176 140 464 140 472 300", c.light, 4, 'opacity=".7"')
        + rect(138, 318, 26, 74, 13, "#9aa1ac")
        + rect(476, 318, 26, 74, 13, "#9aa1ac")
        + rect(168, 352, 56, 176, 28, "#15171b")
        + rect(416, 352, 56, 176, 28, "#15171b")
        + rect(104, 346, 92, 188, 44, "url(#body)")
        + rect(444, 346, 92, 188, 44, "url(#body)")
        + rect(118, 364, 18, 150, 9, c.light, 'opacity=".45"')
        + rect(458, 364, 18, 150, 9, c.light, 'opacity=".35"')
        + disc(150, 500, 4, "#dfe6ee")
        + rect(520, 420, 9, 38, 4.5, c.dark)
    )


def earbuds(c: Palette) -> str:
    """Two buds above their open case."""

    def bud(x: float, turn: float) -> str:
        return (
            f'<g transform="translate({x} 210) rotate({turn})">'
            + rect(-13, 8, 26, 112, 13, "url(#body)")
            + '<ellipse cx="0" cy="0" rx="40" ry="46" fill="url(#body)"/>'
            + '<ellipse cx="20" cy="-6" rx="25" ry="28" fill="#e9edf2"/>'
            + '<ellipse cx="28" cy="-8" rx="14" ry="17" fill="#2a2e35"/>'
            + rect(-5, 96, 10, 14, 5, c.dark)
            + "</g>"
        )

    return (
        shadow(320, 552, 360)
        + path("M176 400 Q180 318 320 318 Q460 318 464 400 Z", c.dark)
        + path("M190 396 Q196 332 320 332 Q444 332 450 396 Z", "#15171b", 'opacity=".75"')
        + bud(232, 12)
        + f'<g transform="translate(640 0) scale(-1 1)">{bud(232, 12)}</g>'
        + rect(168, 396, 304, 146, 62, "url(#body)")
        + rect(168, 396, 304, 30, 15, c.light, 'opacity=".35"')
        + disc(320, 462, 5, "#8ef0b0")
        + rect(300, 520, 40, 8, 4, c.dark)
    )


def speaker(c: Palette) -> str:
    """A rounded column in cloth with a metal crown."""
    threads = "".join(
        line(f"M192 {y} H448", c.dark, 1.4, 'opacity=".35"') for y in range(216, 530, 9)
    ) + "".join(line(f"M{x} 204 V536", c.light, 1.2, 'opacity=".3"') for x in range(198, 446, 9))
    return (
        shadow(320, 560, 330)
        + rect(184, 150, 272, 408, 76, "url(#body)")
        + '<clipPath id="cloth"><rect x="184" y="196" width="272" height="346" rx="60"/></clipPath>'
        + f'<g clip-path="url(#cloth)">{threads}</g>'
        + disc(320, 420, 78, c.dark, 'opacity=".28"')
        + disc(320, 420, 50, c.dark, 'opacity=".32"')
        + disc(320, 290, 34, c.dark, 'opacity=".3"')
        + '<ellipse cx="320" cy="178" rx="112" ry="26" fill="#14171c" opacity=".82"/>'
        + '<ellipse cx="320" cy="174" rx="104" ry="21" fill="url(#glass)"/>'
        + "".join(disc(x, 174, 4, "#e7edf5") for x in (282, 320, 358))
        + rect(296, 500, 48, 8, 4, "#f4f6f8", 'opacity=".75"')
    )
