"""The stand-in's storefront over real HTTP: the app's own Liquid, the cart's calls, a checkout."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession, CookieJar

pytest.importorskip("liquid", reason="python-liquid is not installed: pip install 'saccade[lab]'")

from saccade_demo.shopify.liquid import Extension, ThemeError, extension_folder, handleize
from saccade_demo.shopify.products import gid
from saccade_demo.shopify.scene import AFTER, PRODUCT, Scene, opened

SERVER = "http://127.0.0.1:9"
TAG = re.compile(r'<script\s+src="(/extensions/[^"]+)"([^>]*)>')


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with opened(SERVER, tmp_path, delivering=False) as one:
        one.shop.install()
        yield one


@pytest_asyncio.fixture
async def visit(scene: Scene) -> AsyncIterator[ClientSession]:
    async with ClientSession(scene.url, cookie_jar=CookieJar(unsafe=True)) as session:
        yield session


async def read(visit: ClientSession, path: str) -> str:
    async with visit.get(path) as answer:
        assert answer.status == 200, path
        return await answer.text()


async def test_the_embed_stands_on_every_page_and_says_what_page_it_is(
    visit: ClientSession,
) -> None:
    moments = {
        f"/products/{PRODUCT}": "product",
        "/collections/speakers": "listing",
        "/": "home",
        "/cart": "cart",
    }
    for path, moment in moments.items():
        (tag,) = TAG.findall(await read(visit, path))
        assert f'data-moment="{moment}"' in tag[1]
        assert f'data-server="{SERVER}"' in tag[1]
        assert 'data-site="small-hours"' in tag[1]
        assert "saccadeEmbed" in await read(visit, tag[0])
    page = await read(visit, f"/products/{PRODUCT}")
    assert 'data-product="7000000650404"' in TAG.findall(page)[0][1]
    block = page[page.index('data-saccade-slot="reassurance"') :]
    assert "hidden" in block[: block.index(">")]
    assert "Thirty nights to change your mind" in block
    assert "{%" not in page
    assert "{{" not in page
    assert "Translation missing" not in page


async def test_uninstalled_or_switched_off_nothing_of_the_app_is_left_on_a_page(
    scene: Scene, visit: ClientSession
) -> None:
    asset = TAG.findall(await read(visit, f"/products/{PRODUCT}"))[0][0]
    scene.shop.uninstall()
    page = await read(visit, f"/products/{PRODUCT}")
    assert "saccade" not in page.lower()
    async with visit.get(asset) as answer:
        assert answer.status == 404


async def test_a_cart_carries_attributes_to_the_order(scene: Scene, visit: ClientSession) -> None:
    variant = scene.shop.products[7_000_000_650_404].variants[0].id
    async with visit.post("/cart/add.js", json={"items": [{"id": variant, "quantity": 2}]}) as told:
        assert (await told.json())["item_count"] == 2
    wanted = {"attributes": {"saccade_session": "v.s", "saccade_arm": "treatment"}}
    async with visit.post("/cart/update.js", json=wanted) as told:
        assert (await told.json())["attributes"] == wanted["attributes"]
    async with visit.post("/cart/update.js", json={"attributes": {"saccade_arm": ""}}) as told:
        assert (await told.json())["attributes"] == {"saccade_session": "v.s"}
    assert 'data-cart-session="v.s"' in await read(visit, "/cart")
    async with visit.post("/checkout") as answer:
        assert "Order #1001" in await answer.text()
    (order,) = scene.storefront.till.orders.values()
    assert order.cart.attributes == {"saccade_session": "v.s"}
    assert (await read(visit, "/cart")).count("Your cart is empty") == 1


async def test_a_cart_cannot_be_changed_to_what_is_not_sold(visit: ClientSession) -> None:
    for path, told in (
        ("/cart/add.js", {"id": 1}),
        ("/cart/add.js", {"id": "x"}),
        ("/cart/change.js", {"id": 1}),
        ("/cart/nothing.js", {}),
    ):
        async with visit.post(path, json=told) as answer:
            assert answer.status == 422, path


async def test_a_form_adds_to_the_cart_and_a_draft_is_not_shown(
    scene: Scene, visit: ClientSession
) -> None:
    variant = scene.shop.products[7_000_000_650_404].variants[0].id
    async with visit.post("/cart/add", data={"id": str(variant)}) as answer:
        assert answer.url.path == "/cart"
        assert "Sola Room Wood" in await answer.text()
    scene.shop.publish(7_000_000_650_404, "DRAFT")
    async with visit.get(f"/products/{PRODUCT}") as answer:
        assert answer.status == 404


@pytest.mark.parametrize("tag", ["javascript", "include", "section"])
def test_an_extension_with_a_tag_shopify_forbids_is_refused(tmp_path: Path, tag: str) -> None:
    (tmp_path / "blocks").mkdir()
    schema = '{% schema %}{"name": "x", "target": "body"}{% endschema %}'
    (tmp_path / "blocks" / "bad.liquid").write_text(f"{{% {tag} 'x' %}}{schema}")
    with pytest.raises(ThemeError, match=tag):
        Extension(tmp_path)


def test_ours_is_within_what_shopify_takes() -> None:
    found = Extension(extension_folder())
    assert {block.target for block in found.blocks.values()} == {"body", "section"}


def test_a_handle_is_what_shopify_makes_of_a_title() -> None:
    assert handleize(" Größe & Farbe! ") == "gr-e-farbe"
    assert handleize("Sola Room Wood") == "sola-room-wood"


async def test_the_page_after_the_purchase_hands_the_extension_what_it_asks_for_and_no_more(
    scene: Scene, visit: ClientSession
) -> None:  # R72
    product = scene.shop.products[7_000_000_650_404]
    space = f"app--{scene.shop.app.number}"
    for key in ("saccade_offers", "another"):
        held = {"type": "json", "value": f'"{key}"'}
        scene.shop.metafields[gid("Product", product.id), space, key] = held
    placed = {**AFTER, "another": "one it does not define"}
    scene.storefront.customised = replace(scene.storefront.customised, offer_block=placed)
    await visit.post("/cart/add.js", json={"id": product.variants[0].id, "quantity": 2})
    await visit.post("/cart/update.js", json={"attributes": {"saccade_arm": "control"}})
    async with visit.post("/checkout") as answer:
        assert answer.url.path.endswith("/thank-you")
        page = await answer.text()
    (order,) = scene.storefront.till.orders
    assert 'id="checkout-extension"' in await read(visit, f"/orders/{order}")
    told = json.loads(re.findall(r'-setup">(.*?)</script>', page, re.DOTALL)[0])
    assert told["attributes"] == [{"key": "saccade_arm", "value": "control"}]
    assert told["settings"] == AFTER
    (line,) = told["lines"]
    assert line["merchandise"]["product"]["id"] == gid("Product", product.id)
    assert line["cost"]["totalAmount"] == {"amount": 758.0, "currencyCode": "USD"}
    (given,) = told["appMetafields"]
    assert given["target"] == {"type": "product", "id": gid("Product", product.id)}
    assert given["metafield"] == {
        "namespace": "$app",
        "key": "saccade_offers",
        "value": '"saccade_offers"',
    }
    scene.shop.uninstall()
    assert "checkout-extension" not in await read(visit, f"/orders/{order}")
