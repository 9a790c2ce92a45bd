"""What we sign and accept is what Shopify's own library signs and accepts, both ways (Shopify 1, 2,
16, 19, 24)."""

import random
import shutil
import string
import subprocess
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr

from adapters.shopify import making_shopify as making
from adapters.shopify.oracle_process import FOLDER, Oracle, installed
from saccade_shopify import factory, signatures
from saccade_shopify.app_proxy import AppProxy
from saccade_shopify.session_tokens import SessionTokens

APP = {"key": making.CLIENT_ID, "secret": making.SECRET}
SECRET = SecretStr(making.SECRET)
OTHER = "another-client-secret-than-the-app-has"


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    missing = installed()
    if missing:
        pytest.skip(missing)
    with subprocess.Popen(  # noqa: S603 - Node, looked for by `installed`
        [shutil.which("node") or "node", "oracle.mjs"],
        cwd=FOLDER,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        yield Oracle(process)
        assert process.stdin is not None
        process.stdin.close()


@pytest.mark.parametrize("family", ["classic", "next gen"])
def test_webhooks_of_both_families(oracle: Oracle, family: str) -> None:
    events = factory.build(making.tenant()).events
    for secret, genuine in ((making.SECRET, True), (OTHER, False)):
        for text in ('{"id":1}', '{"title":"Ü – 日本 \\u0000"}', " " * 70_000):
            body = text.encode()
            if family == "classic":
                delivery = making.classic("products/update", body, secret=secret)
            else:
                delivery = making.next_gen("Product", "update", "gid://shopify/Product/1")
                digest = making.signed(body, secret)
                delivery = type(delivery)(
                    {**delivery.headers, "shopify-hmac-sha256": digest}, None, body
                )
            asked = oracle.ask("webhook", **APP, body=text, headers=dict(delivery.headers))
            assert asked is events.verify(delivery) is genuine


def test_the_app_proxy_of_the_facts(oracle: Oracle) -> None:
    query = {
        "extra": ["1", "2"],
        "logged_in_customer_id": "",
        "path_prefix": "/apps/awesome_reviews",
        "shop": "shop-name.myshopify.com",
        "timestamp": "1317327555",
    }
    ours = signatures.app_proxy(
        SecretStr("hush"),
        {name: [said] if isinstance(said, str) else said for name, said in query.items()},
    )
    assert ours == "e072b6d7e6622d85912a5214b860d3100dc1e73d9bc29f43796ac8c9ff8093cb"
    app = {**APP, "secret": "hush"}
    told = oracle.ask("sign", **app, signator="appProxy", query=query)
    assert told == ours


def test_the_app_proxys_calls(oracle: Oracle) -> None:
    """It accepts what we accept. What we refuse beyond it (Shopify 19), `test_app_proxy` has."""
    proxy = AppProxy(lambda: (SECRET,), frozenset({"saccade_session"}))
    rng = random.Random(19)
    for _ in range(40):
        query = {
            "shop": making.SHOP,
            "timestamp": str(int(time.time()) + rng.choice((0, 30, -60, 300, -300))),
            "path_prefix": "/apps/saccade",
            "logged_in_customer_id": rng.choice(("", "7", "6543210987")),
            "saccade_session": "".join(rng.choices(string.ascii_letters + "0123456789._-", k=40)),
        }
        signed = oracle.ask("sign", **APP, signator="appProxy", query=query)
        signed = signed if rng.random() < 0.7 else signed[:-1] + ("0" if signed[-1] != "0" else "1")
        told = oracle.ask("query", **APP, signator="appProxy", query={**query, "signature": signed})
        call = proxy.read(urlencode({**query, "signature": signed}))
        assert (call is not None) is bool(told), query
        assert call is None or call.customer == (query["logged_in_customer_id"] or None)


def test_the_query_a_merchant_is_led_back_with(oracle: Oracle) -> None:
    rng = random.Random(16)
    for _ in range(60):
        query = {
            "code": "".join(rng.choices(string.hexdigits, k=32)),
            "host": "".join(rng.choices(string.ascii_letters + "+/=", k=30)),
            "shop": making.SHOP,
            "state": "".join(rng.choices(string.printable, k=20)) + "é – ~*'()!",
            "timestamp": str(int(time.time())),
        }
        ours = signatures.oauth(SECRET, query)
        assert oracle.ask("sign", **APP, signator="admin", query=query) == ours
        assert oracle.ask("query", **APP, signator="admin", query={**query, "hmac": ours}) is True


def test_session_tokens(oracle: Oracle) -> None:
    now = time.time()
    tokens = SessionTokens(making.CLIENT_ID, lambda: (SECRET,))
    cases = {
        "genuine": (making.token(now), True),
        "signed by another": (making.token(now, OTHER), False),
        "over": (making.token(now, changed={"exp": int(now) - 60}), False),
        "within the leeway": (making.token(now, changed={"exp": int(now) - 5}), True),
        "not yet": (making.token(now, changed={"nbf": int(now) + 60}), False),
        "another app's": (making.token(now, changed={"aud": "another"}), False),
        "none": ("nonsense", False),
    }
    for name, (token, genuine) in cases.items():
        told = oracle.ask("token", **APP, token=token)
        assert ((told is not None), tokens.read(token) is not None) == (genuine, genuine), name
