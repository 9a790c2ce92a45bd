"""Cameras, lenses and memory cards."""

from saccade_demo.drawings.stage import Palette, disc, line, path, rect, shadow


def _front_glass(x: float, y: float, r: float) -> str:
    return (
        disc(x, y, r, "#111318")
        + disc(x, y, r * 0.9, "#2b3038")
        + disc(x, y, r * 0.8, "#0b0d11")
        + disc(x, y, r * 0.62, "url(#glass)")
        + disc(x, y, r * 0.42, "#0d1626")
        + disc(x, y, r * 0.3, "#243b66", 'opacity=".9"')
        + f'<ellipse cx="{x - r * 0.22:g}" cy="{y - r * 0.26:g}" rx="{r * 0.22:g}" '
        f'ry="{r * 0.13:g}" fill="#fff" opacity=".55" transform="rotate(-35 {x} {y})"/>'
        + disc(x + r * 0.22, y + r * 0.26, r * 0.07, "#b48cff", 'opacity=".7"')
    )


def camera(c: Palette) -> str:
    """Mirrorless, with its lens on."""
    return (
        shadow(320, 500, 470)
        + path("M254 190 L278 146 H372 L396 190 Z", "url(#body)")
        + rect(286, 134, 78, 14, 5, "#23272e")
        + rect(122, 172, 62, 26, 8, c.dark)
        + disc(462, 178, 29, c.dark)
        + disc(462, 172, 25, "#8b929d")
        + rect(196, 164, 44, 22, 8, "#23272e")
        + rect(88, 188, 464, 296, 42, "url(#body)")
        + rect(88, 250, 464, 176, 0, "#1b1e23", 'opacity=".88"')
        + path("M88 230 Q86 190 130 188 H196 Q176 300 196 484 H130 Q88 484 88 442 Z", "#16181d")
        + "".join(
            line(f"M104 {y} q40 10 76 0", "#2b2f36", 3, 'opacity=".8"') for y in range(262, 440, 18)
        )
        + disc(330, 336, 142, "#0f1115")
        + disc(330, 336, 134, "url(#body)")
        + "".join(
            line("M330 206 v12", "#101216", 4, f'transform="rotate({turn} 330 336)"')
            for turn in range(0, 360, 6)
        )
        + _front_glass(330, 336, 112)
        + disc(512, 226, 6, "#e5484d")
        + disc(512, 280, 12, "#0b0d11")
    )


def lens(c: Palette) -> str:
    """Standing on its mount, front element up."""
    ribs = "".join(line(f"M{x} 286 V354", "#101216", 4) for x in range(206, 440, 9))
    return (
        shadow(320, 556, 320)
        + rect(222, 500, 196, 52, 10, "#9aa1ac")
        + rect(222, 500, 196, 14, 4, "#c9ced6")
        + path("M196 250 H444 L428 506 H212 Z", "url(#body)")
        + rect(190, 274, 260, 92, 12, "#1b1e23")
        + ribs
        + rect(200, 412, 240, 34, 6, "#1b1e23")
        + "".join(
            f'<text x="{x}" y="396" font-size="17" font-family="Arial, sans-serif" '
            f'fill="#eef1f5" text-anchor="middle">{mark}</text>'
            for x, mark in ((246, "16"), (284, "8"), (320, "4"), (356, "2.8"), (394, "2"))
        )
        + line("M320 404 v10", "#e5484d", 4)
        + '<ellipse cx="320" cy="226" rx="140" ry="70" fill="#15181d"/>'
        + '<ellipse cx="320" cy="222" rx="130" ry="62" fill="#2e343d"/>'
        + '<ellipse cx="320" cy="224" rx="112" ry="50" fill="#0b0d11"/>'
        + '<ellipse cx="320" cy="228" rx="84" ry="35" fill="url(#glass)"/>'
        + f'<ellipse cx="300" cy="218" rx="36" ry="11" fill="{c.glow}" opacity=".4"/>'
        + '<ellipse cx="342" cy="240" rx="18" ry="6" fill="#7fc8f8" opacity=".5"/>'
    )


def card(c: Palette) -> str:
    """A memory card."""
    contacts = "".join(rect(230 + index * 25, 140, 15, 44, 3, "#d8b45c") for index in range(8))
    return (
        shadow(320, 560, 290)
        + path(
            "M206 118 H384 L446 180 V532 Q446 548 430 548 H206 "
            "Q190 548 190 532 V134 Q190 118 206 118 Z",
            "url(#body)",
        )
        + contacts
        + rect(190, 240, 9, 60, 2, "#f4f6f8")
        + rect(220, 236, 196, 260, 14, "#f7f8fa")
        + rect(220, 236, 196, 62, 14, c.dark)
        + '<text x="318" y="398" font-size="78" font-weight="700" text-anchor="middle" '
        'font-family="Arial, sans-serif" fill="#20242b">256</text>'
        '<text x="318" y="438" font-size="24" text-anchor="middle" '
        'font-family="Arial, sans-serif" fill="#596273">300 MB/s</text>'
        + line("M244 466 h148", c.body, 8)
    )
