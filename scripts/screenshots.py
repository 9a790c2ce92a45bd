"""Make the README's pictures from a running demo: product pages, before and after.

    saccade demo --no-browser                               # in one terminal
    python scripts/screenshots.py [http://127.0.0.1:8080] [--foreign http://127.0.0.1:PORT]

The second needs Chromium; the demo says where its foreign page is. ``docs/pictures/before.png`` is
what a new visitor sees; ``after.png`` is the same page as it is drawn when the laptop shopper,
played by the panel's button, loads it. Both show the same three bands of it: the call to action,
the first block, the reviews. ``foreign-before.png`` and ``foreign-after.png`` are a page that knows
nothing but the tag, and the same page once somebody has compared figures on it for half a minute.
"""

import argparse
import asyncio
import base64
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Browser, Page, async_playwright

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
PRODUCT = "816324"
WIDTH, SCALE = 1000, 1.28
"""CSS pixels, and what makes 1280 of them: letters are larger where the picture is shown small."""

Bands = tuple[tuple[str, int, int], ...]

BANDS: Bands = (
    (".hero", -8, 578),
    (".blocks > :first-child", -20, 572),
    ("#reviews .shown", -6, 446),
)
"""Above which element a band begins, how far from its top, and its height: CSS pixels."""

ATTEMPTS = 12
"""One visitor in ten is held out; so many in a row are not."""

FOREIGN_BANDS: Bands = (("body", 0, 770), (".chapters > :first-child", 2, 600))

PATIENCE_S = 90
"""The model is sure of somebody who rests on figures within less."""

GAP = 12
"""Pixels between two bands."""

_STACK = """async ([bands, gap]) => {
  const pictures = await Promise.all(bands.map(async (band) =>
    createImageBitmap(await (await fetch("data:image/png;base64," + band)).blob())));
  const width = pictures[0].width;
  const height = pictures.reduce((sum, picture) => sum + picture.height + gap, -gap);
  const drawing = new OffscreenCanvas(width, height).getContext("2d", { alpha: false });
  drawing.fillStyle = "#b4c3c8";
  drawing.fillRect(0, 0, width, height);
  let y = 0;
  for (const picture of pictures) {
    drawing.drawImage(picture, 0, y);
    y += picture.height + gap;
  }
  const bytes = drawing.getImageData(0, 0, width, height).data;
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return [width, height, btoa(text)];
}"""


async def taken(url: str, foreign: str | None) -> dict[str, bytes]:
    """The pictures by file name."""
    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    program = next(filter(None, found), None)
    if program is None:
        raise SystemExit("Chromium is not installed: apt-get install chromium")
    pictures: dict[str, bytes] = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name, is_fearful in (("before.png", False), ("after.png", True)):
            address = f"{url}/shop/{PRODUCT}"
            pictures[name] = await _picture(browser, address, is_fearful=is_fearful)
        if foreign:
            pictures["foreign-before.png"] = await _foreign(browser, foreign, compares=False)
            pictures["foreign-after.png"] = await _foreign(browser, foreign, compares=True)
        await browser.close()
    return pictures


async def _opened(browser: Browser) -> Page:
    context = await browser.new_context(
        viewport={"width": WIDTH, "height": 800}, device_scale_factor=SCALE
    )
    return await context.new_page()


async def _picture(browser: Browser, address: str, *, is_fearful: bool) -> bytes:
    page = await _opened(browser)
    await page.goto(address)
    await page.wait_for_selector(".blocks")
    if is_fearful:
        await _be_the_laptop_shopper(page)
    await page.evaluate("document.querySelector('.saccade-panel').style.display = 'none'")
    return await _drawn(page, BANDS)


async def _foreign(browser: Browser, address: str, *, compares: bool) -> bytes:
    """The page as it was made, or as somebody finds it who has compared figures there."""
    for _ in range(ATTEMPTS if compares else 1):
        page = await _opened(browser)
        if not compares:
            await page.route("**/tracker.js*", lambda route: route.abort())
        await page.goto(address)
        if not compares or await _compare(page):
            return await _drawn(page, FOREIGN_BANDS)
        await page.context.close()
    raise SystemExit(f"{ATTEMPTS} shoppers in a row saw the plain page")


async def _compare(page: Page) -> bool:
    """Rest on the figures until the page may answer; whether it did: some are held out."""
    await page.evaluate(
        "document.addEventListener('saccade:experience', ({ detail }) => (window.told = detail))"
    )
    row = page.locator(".data tr").nth(4)
    await row.scroll_into_view_if_needed()
    for second in range(PATIENCE_S):
        await row.hover(position={"x": 40.0 + second % 2, "y": 20.0})
        await page.wait_for_timeout(1_000)
        told = await page.evaluate("window.told")
        if told and told["reason"] == "MODEL":
            break
    await page.evaluate("scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
    await page.wait_for_timeout(1_500)
    await page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    await page.wait_for_timeout(1_500)
    return bool(await page.locator(".chapters > .data:first-child").count())


async def _drawn(page: Page, wanted: Bands) -> bytes:
    """The bands of a page, one below the other, as a PNG."""
    bands = await _bands(page, wanted)
    context = page.context
    await page.goto("about:blank")
    width, height, pixels = await page.evaluate(_STACK, [bands, GAP])
    await context.close()
    drawn = np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(height, width, 4)
    return _png(drawn[:, :, :3])


async def _be_the_laptop_shopper(page: Page) -> None:
    """Until one is not held out."""
    await page.click(".saccade-pill")
    for _ in range(ATTEMPTS):
        async with page.expect_navigation():
            await page.click("[data-name=laptop]")
        await page.wait_for_selector(".blocks")
        if await page.locator(".blocks > .guarantee:first-child").count():
            return
    raise SystemExit(f"{ATTEMPTS} laptop shoppers in a row saw the plain page")


async def _bands(page: Page, wanted: Bands) -> list[str]:
    """Each as a PNG in base64, once every picture on the page has come."""
    await page.evaluate(
        "document.querySelectorAll('img').forEach((img) => (img.loading = 'eager'))"
    )
    await page.wait_for_load_state("networkidle")
    bands: list[str] = []
    for selector, above, height in wanted:
        top = await page.evaluate(
            "s => document.querySelector(s).getBoundingClientRect().top + scrollY", selector
        )
        clip = {"x": 0.0, "y": round(top) + above, "width": WIDTH, "height": height}
        picture = await page.screenshot(clip=clip, full_page=True)  # type: ignore[arg-type]  # a FloatRect
        bands.append(base64.b64encode(picture).decode())
    return bands


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG of these rows of red, green and blue, half as large as a browser's own.

    Each row is filtered by whichever of none, left and above leaves least; colours are rounded to
    multiples of 5, white among them, for the noise of gradients is most of a picture's size.
    """
    rounded = (np.rint(pixels / 5) * 5).astype(np.uint8)
    height, width, _ = rounded.shape
    left, above = np.zeros_like(rounded), np.zeros_like(rounded)
    left[:, 1:], above[1:] = rounded[:, :-1], rounded[:-1]
    filtered = np.stack([rounded, rounded - left, rounded - above]).reshape(3, height, width * 3)
    best = np.abs(filtered.view(np.int8).astype(np.int32)).sum(axis=2).argmin(axis=0)
    rows = [bytes([kind]) + filtered[kind, y].tobytes() for y, kind in enumerate(best)]
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def main(url: str, foreign: str | None) -> None:
    """Write them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, picture in asyncio.run(taken(url, foreign)).items():
        (FOLDER / name).write_bytes(picture)
        print(f"{name}: {len(picture) // 1024} KB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:8080")
    parser.add_argument("--foreign", help="the foreign page; left out, it is not photographed")
    asked = parser.parse_args()
    main(asked.url.rstrip("/"), asked.foreign)
