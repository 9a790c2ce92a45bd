"""Make the README's pictures from a running demo: one product page, before and after.

    saccade demo --no-browser                               # in one terminal
    python scripts/screenshots.py [http://127.0.0.1:8080]   # in another; needs Chromium

``docs/pictures/before.png`` is what a new visitor sees; ``after.png`` is the same page as it is
drawn when the laptop shopper, played by the panel's button, loads it. Both show the same three
bands of it: the call to action, the first block, the reviews.
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

BANDS = ((".hero", -8, 578), (".blocks > :first-child", -20, 572), ("#reviews .shown", -6, 446))
"""Above which element a band begins, how far from its top, and its height: CSS pixels."""

ATTEMPTS = 12
"""One visitor in ten is held out; so many in a row are not."""

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


async def taken(url: str) -> dict[str, bytes]:
    """Both pictures by file name."""
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
        await browser.close()
    return pictures


async def _picture(browser: Browser, address: str, *, is_fearful: bool) -> bytes:
    context = await browser.new_context(
        viewport={"width": WIDTH, "height": 800}, device_scale_factor=SCALE
    )
    page = await context.new_page()
    await page.goto(address)
    await page.wait_for_selector(".blocks")
    if is_fearful:
        await _be_the_laptop_shopper(page)
    bands = await _bands(page)
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


async def _bands(page: Page) -> list[str]:
    """Each as a PNG in base64, once every picture on the page has come."""
    await page.evaluate("document.querySelector('.saccade-panel').style.display = 'none'")
    await page.evaluate(
        "document.querySelectorAll('img').forEach((img) => (img.loading = 'eager'))"
    )
    await page.wait_for_load_state("networkidle")
    bands: list[str] = []
    for selector, above, height in BANDS:
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


def main(url: str) -> None:
    """Write both."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, picture in asyncio.run(taken(url)).items():
        (FOLDER / name).write_bytes(picture)
        print(f"{name}: {len(picture) // 1024} KB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:8080")
    main(parser.parse_args().url.rstrip("/"))
