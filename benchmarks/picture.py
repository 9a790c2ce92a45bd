"""Draws what one run of ``bench page --json FILE`` measured: CPU time a page, as bars, in SVG.

python3 dev.py bench picture FILE docs/pictures/speed.svg
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

WIDTH, ROW, TOP, BOTTOM = 860, 38, 78, 46
LEFT, RIGHT = 150, 180
"""Of the bars: room for names, and for what is said of each."""
SHOWN = ("nginx proxy", "Node proxy", "Saccade, memory", "Saccade, Redis", "three services")

STYLE = """
text { font: 14px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 17px } .small { font-size: 12px; fill: #59636e }
.bar { fill: #afb8c1 } .ours { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .small { fill: #9198a1 } .bar { fill: #656c76 } .ours { fill: #4493f8 }
}
"""


def main() -> None:
    """Read, draw, write."""
    parser = argparse.ArgumentParser(description="A picture of one run.")
    parser.add_argument("figures", type=Path, help="what bench page --json wrote")
    parser.add_argument("picture", type=Path, help="the SVG to write")
    options = parser.parse_args()
    figures = json.loads(options.figures.read_text("utf-8"))
    if not any(row["name"] in SHOWN for row in figures["page"]):
        parser.error("no pages were measured in that run")
    options.picture.write_text(drawn(figures), "utf-8")


def drawn(figures: dict[str, Any]) -> str:
    """The SVG."""
    rows = [row for name in SHOWN for row in figures["page"] if row["name"] == name]
    widest = max(row["cpu_us"] for row in rows)
    height = TOP + ROW * len(rows) + BOTTOM
    load, where = figures["load"], figures["machine"]
    how = (
        f"{figures['product_bytes']:,} bytes of product, {load['connections']} connections, "
        f"medians of {load['rounds']} interleaved rounds of {load['requests']:,}; "
        f"one core of {where['cpu']}"
    )
    title = "CPU time for one page, decided and whole"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            f"<title>{title}</title>",
            f"<style>{STYLE}</style>",
            text(16, 30, title, "title"),
            text(
                16, 52, "Microseconds of all processes, Redis included; shorter is better", "small"
            ),
            *bars(rows, widest),
            text(16, height - 16, how, "small"),
            "</svg>\n",
        ]
    )


def bars(rows: Sequence[dict[str, Any]], widest: float) -> list[str]:
    """One bar a contender, its length in proportion to its time."""
    found: list[str] = []
    for number, row in enumerate(rows):
        top = TOP + ROW * number
        length = (WIDTH - LEFT - RIGHT) * row["cpu_us"] / widest
        kind = "ours" if row["name"].startswith("Saccade") else "bar"
        found += [
            text(16, top + 20, row["name"]),
            f'<rect class="{kind}" x="{LEFT}" y="{top + 4}" width="{length:.1f}" height="24"/>',
            text(LEFT + length + 8, top + 20, said(row)),
        ]
    return found


def said(row: dict[str, Any]) -> str:
    """A contender's time, and what it is to the three services where that is a gain."""
    over = row["over"].get("three services")
    gain = f", {over['median'] ** -1:.1f} × fewer" if over and row["cpu_us"] and ours(row) else ""
    return f"{row['cpu_us']:,.0f} µs{gain}"


def ours(row: dict[str, Any]) -> bool:
    """Whether the contender decides with every duty on."""
    return str(row["name"]).startswith("Saccade")


def text(x: float, y: float, words: str, kind: str = "") -> str:
    """A line of text."""
    marked = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y}"{marked}>{escape(words)}</text>'


if __name__ == "__main__":
    main()
