"""Who is signed in, told by Shopify: Shopify 19 through the app proxy, 24 from a checkout."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr

from adapters.shopify import making_shopify as making
from adapters.shopify.hosted import Hosted, hosted, said
from saccade_shopify import signatures

PROXIED, CHECKOUT = "/apps/saccade/identify", "/shopify/identify"


@pytest.fixture
async def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hosted]:
    made = hosted(tmp_path, monkeypatch)
    yield made
    await made.close()


def proxied(secret: str = making.SECRET, **changed: str) -> str:
    pairs = {
        "saccade_session": "v1.s1",
        "logged_in_customer_id": "7",
        "path_prefix": "/apps/saccade",
        "shop": making.SHOP,
        "timestamp": str(int(time.time())),
        **changed,
    }
    split = {name: [one] for name, one in pairs.items()}
    return urlencode({**pairs, "signature": signatures.app_proxy(SecretStr(secret), split)})


def checkout(**changed: object) -> dict[str, str]:
    told = {"iss": None, "dest": making.SHOP, "sub": "gid://shopify/Customer/7", **changed}
    return {"authorization": f"Bearer {making.token(time.time(), changed=told)}"}


async def test_shopify_19_a_signed_in_customer_is_joined(app: Hosted) -> None:
    for secret in (making.SECRET, making.FORMER):
        answered = await app.call(PROXIED, proxied(secret), method="POST")
        assert said(answered) == {"session_id": "v1.s1.joined", "identified": True}
        assert (answered.status, answered.headers["Cache-Control"]) == (200, "no-store")
    assert app.desk.identified == [("acme", "v1.s1", "customer_id", "7")] * 2


async def test_shopify_19_nobody_signed_in_is_joined_to_nobody(app: Hosted) -> None:
    answered = await app.call(PROXIED, proxied(logged_in_customer_id=""), method="POST")
    assert said(answered) == {"session_id": "v1.s1", "identified": False}
    assert app.desk.identified == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        proxied("another-client-secret"),
        proxied(timestamp="1"),
        proxied() + "&shop=bolt.myshopify.com",
        proxied() + "&extra=1",
        proxied().replace("logged_in_customer_id=7", "logged_in_customer_id=8"),
    ],
)
async def test_shopify_19_what_shopify_did_not_sign_joins_nobody(app: Hosted, query: str) -> None:
    answered = await app.call(PROXIED, query, method="POST")
    assert (answered.status, answered.headers["Cache-Control"]) == (401, "no-store")
    assert app.desk.identified == []


def test_shopify_19_a_link_joins_nobody(app: Hosted) -> None:
    """A shopper who follows a link to the shop has its cookies with them: whose session the link
    names would be joined to them. A form sent from elsewhere has none."""
    assert app.routes[PROXIED].methods == {"POST"}


async def test_a_session_of_another_shop_is_refused(app: Hosted) -> None:
    assert (await app.call(PROXIED, proxied(saccade_session="v9.s9"), method="POST")).status == 400


async def test_shopify_24_a_checkouts_customer_is_joined(app: Hosted) -> None:
    answered = await app.call(
        CHECKOUT, method="POST", body=b'{"session_id":"v1.s1"}', headers=checkout()
    )
    assert said(answered) == {"session_id": "v1.s1.joined", "identified": True}
    assert answered.headers["Access-Control-Allow-Origin"] == "*"
    assert app.desk.identified == [("acme", "v1.s1", "customer_id", "7")]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer none"},
        checkout(aud="another-app"),
        checkout(dest="evil.example"),
        checkout(exp=1),
    ],
)
async def test_shopify_24_without_a_session_token_nobody_is(
    app: Hosted, headers: dict[str, str]
) -> None:
    answered = await app.call(CHECKOUT, method="POST", body=b"{}", headers=headers)
    assert (answered.status, answered.headers["Access-Control-Allow-Origin"]) == (401, "*")
    assert app.desk.identified == []


async def test_shopify_24_a_checkout_asks_first_whether_it_may(app: Hosted) -> None:
    answered = await app.call(CHECKOUT, method="OPTIONS")
    assert answered.status == 204
    assert answered.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in answered.headers["Access-Control-Allow-Headers"]
    assert "POST" in answered.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"session_id":7}', b"\xff", b"[" * 50_000])
async def test_shopify_24_a_body_that_cannot_be_read(app: Hosted, body: bytes) -> None:
    answered = await app.call(CHECKOUT, method="POST", body=body, headers=checkout())
    assert (answered.status, answered.headers["Access-Control-Allow-Origin"]) == (400, "*")


async def test_a_member_of_staff_is_no_customer(app: Hosted) -> None:
    answered = await app.call(
        CHECKOUT, method="POST", body=b'{"session_id":"v1.s1"}', headers=checkout(sub="42")
    )
    assert said(answered) == {"session_id": "v1.s1", "identified": False}
