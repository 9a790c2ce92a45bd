"""The laptop from four sides, the battery among them."""

from saccade_demo.drawings.stage import Palette, disc, landscape, line, path, rect, shadow


def front(c: Palette) -> str:
    """Open, as it stands on a desk."""
    return (
        shadow(320, 462, 560)
        + rect(112, 132, 416, 284, 17, "url(#body)")
        + rect(118, 138, 404, 274, 12, "#0c0e12")
        + landscape(128, 150, 384, 246, c.glow)
        + disc(320, 144, 2.4, "#2b3442")
        + rect(150, 411, 340, 9, 3, c.dark)
        + path("M72 420 H568 L586 438 Q588 456 566 456 H74 Q52 456 54 438 Z", "url(#edge)")
        + path("M54 438 H586 Q588 456 566 456 H74 Q52 456 54 438 Z", c.dark, 'opacity=".35"')
        + path("M272 421 H368 Q366 431 354 431 H286 Q274 431 272 421 Z", c.dark, 'opacity=".7"')
    )


def keys(c: Palette) -> str:
    """From above: keyboard and trackpad."""
    rows = ((14, 0.0), (14, 4.0), (13, 12.0), (12, 22.0), (11, 34.0))
    caps: list[str] = []
    for row, (count, inset) in enumerate(rows):
        width = (440 - inset * 2) / count
        caps.extend(
            rect(100 + inset + column * width + 2, 190 + row * 33, width - 5, 27, 5, "#1c1f25")
            for column in range(count)
        )
    space = rect(232, 356, 176, 27, 5, "#1c1f25") + "".join(
        rect(x, 356, 34, 27, 5, "#1c1f25") for x in (102, 144, 186, 416, 458, 500)
    )
    return (
        shadow(320, 540, 520)
        + rect(70, 140, 500, 396, 26, "url(#body)")
        + rect(70, 140, 500, 396, 26, "none", f'stroke="{c.dark}" stroke-width="2" opacity=".5"')
        + rect(92, 180, 456, 212, 12, c.dark, 'opacity=".55"')
        + "".join(caps)
        + space
        + rect(222, 410, 196, 106, 12, c.light, 'opacity=".55"')
        + rect(222, 410, 196, 106, 12, "none", f'stroke="{c.dark}" opacity=".5"')
        + disc(528, 160, 8, c.dark)
    )


def side(c: Palette) -> str:
    """From the side: how thin it is, and its ports."""
    ports = "".join(rect(x, 400, w, 10, 5, "#14171c") for x, w in ((150, 34), (200, 34), (470, 20)))
    return (
        shadow(320, 446, 520)
        + line("M508 388 L430 168", c.dark, 12)
        + line("M505 386 L428 170", c.light, 5)
        + path(
            "M84 388 H552 Q562 388 560 400 L552 420 Q550 426 540 426 H104 Q90 426 88 416 Z",
            "url(#body)",
        )
        + path("M88 416 Q90 426 104 426 H540 Q550 426 552 420 L553 416 Z", c.dark, 'opacity=".6"')
        + ports
        + disc(250, 405, 6, "#14171c")
        + rect(120, 426, 46, 7, 3, "#2a2d33")
        + rect(474, 426, 46, 7, 3, "#2a2d33")
    )


def battery(c: Palette) -> str:
    """From below with the cover off: four cells, two fans, four screws."""
    cells = "".join(
        rect(104 + index * 110, 380, 102, 130, 8, "#2f343c")
        + rect(112 + index * 110, 388, 86, 8, 4, "#4c5461")
        + rect(112 + index * 110, 494, 86, 6, 3, "#23272e")
        for index in range(4)
    )
    fans = "".join(
        disc(x, 240, 58, "#1b1e24")
        + disc(x, 240, 50, "#30353e")
        + "".join(
            line(f"M{x} 240 q26 -8 40 -28", "#555d69", 4, f'transform="rotate({turn} {x} 240)"')
            for turn in range(0, 360, 30)
        )
        + disc(x, 240, 16, "#1b1e24")
        for x in (164, 476)
    )
    screws = "".join(
        disc(x, y, 8, c.light) + line(f"M{x - 4} {y} h8 M{x} {y - 4} v8", c.dark, 2)
        for x, y in ((86, 160), (554, 160), (86, 522), (554, 522))
    )
    board = (
        rect(236, 176, 168, 176, 8, "#1f5a4a")
        + rect(262, 200, 66, 66, 5, "#15181d")
        + rect(270, 208, 50, 50, 3, "#8b929d")
        + rect(340, 200, 46, 24, 3, "#15181d")
        + rect(340, 232, 46, 24, 3, "#15181d")
        + rect(256, 292, 130, 40, 4, "#123a30")
    )
    label = path("M326 430 L300 454 H318 L312 470 L342 444 H322 Z", "#8ef0b0")
    return (
        shadow(320, 556, 520)
        + rect(64, 136, 512, 412, 26, "url(#body)")
        + rect(84, 156, 472, 372, 14, "#3a3f47")
        + fans
        + board
        + line("M222 240 H238 M402 240 H418", "#b5763f", 14)
        + cells
        + rect(204, 424, 232, 44, 22, "#23272e", 'opacity=".82"')
        + label
        + screws
    )
