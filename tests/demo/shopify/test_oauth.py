"""Shopify 16 from the other side: the stand-in gives and takes tokens as the platform does."""

import base64
import hashlib
import hmac
import json
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from aiohttp import ClientError

from demo.shopify.conftest import SECRET, Client
from saccade.domain import JsonObject
from saccade_demo.shopify import Clock, Shop
from saccade_demo.shopify.oauth import EXCHANGE, ID_TOKEN, OFFLINE

TOKEN = "/admin/oauth/access_token"  # noqa: S105 - a path
API = "/admin/api/2026-10/graphql.json"
APP = {"client_id": "client", "client_secret": SECRET}


async def exchanged(client: Client, shop: Shop, **other: str) -> JsonObject:
    """The pair a session token is exchanged for."""
    asked = exchange(shop.session_token()) | other
    async with client.post(TOKEN, json=asked) as answer:
        return {"status": answer.status, **await answer.json()}


def exchange(session_token: str) -> dict[str, str]:
    return {
        **APP,
        "grant_type": EXCHANGE,
        "subject_token": session_token,
        "subject_token_type": ID_TOKEN,
        "requested_token_type": OFFLINE,
        "expiring": "1",
    }


async def refreshed(client: Client, token: str) -> JsonObject:
    asked = {**APP, "grant_type": "refresh_token", "refresh_token": token}
    async with client.post(TOKEN, json=asked) as answer:
        return {"status": answer.status, **await answer.json()}


async def works(client: Client, token: str) -> int:
    """The status the Admin API answers with."""
    headers = {"X-Shopify-Access-Token": token}
    async with client.post(API, json={"query": "{ shop { id } }"}, headers=headers) as answer:
        return answer.status


async def test_a_session_token_is_exchanged_for_a_pair_that_expires(
    client: Client, shop: Shop, clock: Clock
) -> None:
    pair = await exchanged(client, shop)
    assert pair["status"] == 200
    assert (pair["expires_in"], pair["refresh_token_expires_in"]) == (3_600, 7_776_000)
    assert pair["scope"] == "read_products,read_inventory"
    assert await works(client, pair["access_token"]) == 200
    clock.ahead(3_599)
    assert await works(client, pair["access_token"]) == 200
    clock.ahead(1)
    assert await works(client, pair["access_token"]) == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "another"},
        {"dest": "https://other.myshopify.com"},
        {"exp": 1_789_999_999},
        {"nbf": 1_790_000_001},
    ],
)
async def test_a_session_token_that_is_not_this_shops_and_apps_now_is_a_400(
    client: Client, shop: Shop, changed: JsonObject
) -> None:
    told = jwt.decode(shop.session_token(), options={"verify_signature": False})
    forged = exchange(jwt.encode(told | changed, SECRET, algorithm="HS256"))
    otherwise_signed = exchange(jwt.encode(told, SECRET[::-1], algorithm="HS256"))
    for asked in (forged, otherwise_signed):
        async with client.post(TOKEN, json=asked) as answer:
            assert answer.status == 400
            assert (await answer.json())["error"] == "invalid_subject_token"


async def test_the_grant_by_code_is_signed_and_its_code_is_good_once(
    client: Client, shop: Shop
) -> None:
    query = {
        "client_id": "client",
        "scope": "read_products",
        "redirect_uri": "https://app.example/back",
        "state": "nonce",
    }
    async with client.get("/admin/oauth/authorize", params=query, allow_redirects=False) as answer:
        assert answer.status == 302
        back = urlsplit(answer.headers["Location"])
    told = dict(parse_qsl(back.query))
    signed = "&".join(f"{key}={told[key]}" for key in sorted(told) if key != "hmac")
    assert told["hmac"] == hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest()
    assert (back.netloc, told["state"], told["shop"]) == ("app.example", "nonce", shop.domain)
    padding = "=" * (-len(told["host"]) % 4)
    assert base64.b64decode(told["host"] + padding) == b"admin.shopify.com/store/lab"

    asked = {**APP, "code": told["code"], "expiring": "1"}
    async with client.post(TOKEN, data=asked) as answer:  # a form is taken too
        pair = await answer.json()
    assert pair["scope"] == "read_products"
    assert await works(client, pair["access_token"]) == 200
    async with client.post(TOKEN, json=asked) as answer:
        assert answer.status == 400
    query["redirect_uri"] = "https://elsewhere.example/"
    async with client.get("/admin/oauth/authorize", params=query, allow_redirects=False) as answer:
        assert answer.status == 400


async def test_a_refresh_token_works_until_its_replacement_is_used(
    client: Client, shop: Shop
) -> None:
    first = await exchanged(client, shop)
    second = await refreshed(client, first["refresh_token"])
    again = await refreshed(client, first["refresh_token"])  # its answer may have been lost
    assert (second["status"], again["status"]) == (200, 200)
    assert len({first["refresh_token"], second["refresh_token"], again["refresh_token"]}) == 3
    third = await refreshed(client, again["refresh_token"])
    assert third["status"] == 200
    over = await refreshed(client, first["refresh_token"])
    assert (over["status"], over["error"]) == (400, "invalid_grant")
    assert await works(client, third["access_token"]) == 200
    assert await works(client, first["access_token"]) == 401  # one at a time


@pytest.mark.parametrize(("used_after", "then"), [(0, 30 * 86_400), (89 * 86_400, 86_400)])
async def test_a_used_refresh_token_lasts_thirty_days_and_never_more_than_ninety(
    client: Client, shop: Shop, clock: Clock, used_after: float, then: float
) -> None:
    first = await exchanged(client, shop)
    clock.ahead(used_after)
    assert (await refreshed(client, first["refresh_token"]))["status"] == 200
    clock.ahead(then - 1)
    assert (await refreshed(client, first["refresh_token"]))["status"] == 200
    clock.ahead(1)
    assert (await refreshed(client, first["refresh_token"]))["status"] == 400


async def test_an_answer_is_lost_after_the_token_was_rotated(client: Client, shop: Shop) -> None:
    first = await exchanged(client, shop)
    shop.faults.lost_token_answers = 1
    with pytest.raises(ClientError):
        await refreshed(client, first["refresh_token"])
    assert await works(client, first["access_token"]) == 401  # it was rotated all the same
    assert (await refreshed(client, first["refresh_token"]))["status"] == 200


async def test_a_token_that_does_not_expire_is_given_and_refused(
    client: Client, shop: Shop
) -> None:
    old = await exchanged(client, shop, expiring="0")
    assert "refresh_token" not in old
    assert await works(client, old["access_token"]) == 403


async def test_uninstalling_ends_every_token_and_a_wrong_secret_gets_none(
    client: Client, shop: Shop
) -> None:
    pair = await exchanged(client, shop)
    assert (await exchanged(client, shop, client_secret=SECRET[::-1]))["status"] == 400
    shop.uninstall()
    assert await works(client, pair["access_token"]) == 401
    assert (await refreshed(client, pair["refresh_token"]))["status"] == 400
    assert (await exchanged(client, shop))["status"] == 400
    shop.install()  # a clean start: what was given before stays void
    assert await works(client, pair["access_token"]) == 401
    assert (await refreshed(client, pair["refresh_token"]))["status"] == 400
    assert (await exchanged(client, shop))["status"] == 200


async def test_opening_the_app_brings_a_session_token_in_a_signed_query(
    client: Client, shop: Shop
) -> None:
    link = "/admin/oauth/install?client_id=client"
    async with client.get(link, allow_redirects=False) as answer:
        told = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    assert told["shop"] == shop.domain
    header = json.loads(base64.urlsafe_b64decode(told["id_token"].split(".")[0] + "=="))
    assert header["alg"] == "HS256"
    pair = await exchanged(client, shop, subject_token=told["id_token"])
    assert pair["status"] == 200
