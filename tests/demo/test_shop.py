"""What the shop serves, before any browser reads it."""

import re

import aiohttp
import pytest

from demo.window import Shopfront
from saccade_demo.shop.pages import CONTENT_SECURITY_POLICY

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASSET = re.compile(r'"(/shop-assets/[^"]+)"')
IMPORT = re.compile(r'from "\./([^"]+)"')


async def _text(url: str, status: int = 200) -> str:
    async with aiohttp.ClientSession() as client, client.get(url) as response:
        assert response.status == status
        return await response.text()


@pytest.mark.parametrize("path", ["/", "/shop/816324", "/shop/nosuch"])
async def test_pages_come_under_a_strict_policy(shopfront: Shopfront, path: str) -> None:
    async with aiohttp.ClientSession() as client, client.get(shopfront.url + path) as response:
        assert response.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        text = await response.text()
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", text)
    assert "{{" not in text
    assert '<script src="/tracker.js?site=demo" defer></script>' in text


async def test_everything_a_page_loads_is_there_and_ours(shopfront: Shopfront) -> None:
    waiting = [
        name
        for path in ("/", "/shop/816324")
        for name in ASSET.findall(await _text(shopfront.url + path))
    ]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            text = await _text(shopfront.url + path)
            waiting += [f"/shop-assets/{name}" for name in IMPORT.findall(text)]
            assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), path
    assert "/shop-assets/panel.js" in seen


async def test_the_product_is_named_to_the_tracker(shopfront: Shopfront) -> None:
    text = await _text(shopfront.url + "/shop/816324")
    assert 'data-saccade-product="816324"' in text
    assert "<title>Kestrel Aero 14 — Northlight</title>" in text


@pytest.mark.parametrize(
    "path",
    [
        "/shop/%3Cscript%3E",
        "/shop/a%2Fb",
        "/shop-assets/nosuch.js",
        "/shop-assets/..%2Fpages.py",
        "/shop-assets/frame.html",
    ],
)
async def test_nothing_else_is_served(shopfront: Shopfront, path: str) -> None:
    await _text(shopfront.url + path, 404)
