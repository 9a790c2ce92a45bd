"""Genuine or not: Shopify 1, 2, 9, over every byte of body and signature."""

import base64
import random
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.shopify import making_shopify as making
from saccade.deliveries import Delivery
from saccade.ports import Adapter
from saccade_shopify import factory
from saccade_shopify.client_secrets import ClientSecrets, Place

BODY = b'{"id":1,"title":"Lamp","updated_at":"2026-09-21T10:00:00Z"}'


@pytest.fixture
def adapter() -> Adapter:
    return factory.build(making.tenant())


def either(body: bytes, family: str, shop: str = making.SHOP) -> Delivery:
    if family == "classic":
        return making.classic("products/update", body, shop=shop)
    delivery = making.next_gen("Product", "update", "gid://shopify/Product/1", shop=shop)
    return Delivery({**delivery.headers, "shopify-hmac-sha256": making.signed(body)}, None, body)


FAMILIES = pytest.mark.parametrize("family", ["classic", "next gen"])


@FAMILIES
def test_shopify_1_a_genuine_delivery_passes(adapter: Adapter, family: str) -> None:
    assert adapter.events.verify(either(BODY, family))
    assert adapter.events.verify(either(b"\xff\x00 no JSON", family)), "bytes, not text"
    assert adapter.events.verify(either(b"", family))


@FAMILIES
def test_shopify_1_every_byte_counts_and_nothing_is_parsed(adapter: Adapter, family: str) -> None:
    """Every bit flipped, in body and signature: refused, and no parser is entered."""
    genuine = either(BODY, family)
    name = next(each for each in genuine.headers if each.endswith("hmac-sha256"))
    digest = base64.b64decode(genuine.headers[name])
    with patch("msgspec.json.decode", side_effect=AssertionError("parsed")):
        assert adapter.events.verify(genuine)
        for at in range(len(BODY) * 8):
            assert not adapter.events.verify(Delivery(genuine.headers, None, _flipped(BODY, at)))
        for at in range(len(digest) * 8):
            sent = base64.b64encode(_flipped(digest, at)).decode()
            forged = Delivery({**genuine.headers, name: sent}, None, BODY)
            assert not adapter.events.verify(forged)


def _flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@given(body=st.binary(max_size=300), sent=st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_shopify_1_whatever_is_sent_as_a_signature_is_refused(body: bytes, sent: str) -> None:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TEST_SHOPIFY_SECRET", making.SECRET)
        events = factory.build(making.tenant()).events
    delivery = making.classic("products/update", body, headers={"x-shopify-hmac-sha256": sent})
    assert not events.verify(delivery)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-shopify-hmac-sha256": ""},
        {"x-shopify-shop-domain": ""},
        {"x-shopify-shop-domain": "other.myshopify.com"},
        {"shopify-hmac-sha256": "AAAA"},
    ],
    ids=["unsigned", "of no shop", "of another shop", "two families"],
)
def test_shopify_1_refused(adapter: Adapter, headers: Mapping[str, str]) -> None:
    assert not adapter.events.verify(making.classic("products/update", BODY, headers=headers))


def test_shopify_1_all_secrets_are_compared_in_constant_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The comparing is `hmac.compare_digest`, for each secret, whichever matches."""
    asked: list[tuple[bytes, bytes]] = []

    def compared(one: bytes, other: bytes) -> bool:
        asked.append((one, other))
        return one == other

    monkeypatch.setattr("hmac.compare_digest", compared)
    table = {**making.tenant().adapter, "former_secret_env": "TEST_SHOPIFY_FORMER"}
    events = factory.build(making.tenant(adapter=table)).events
    assert events.verify(making.classic("products/update", BODY))
    assert len(asked) == 2


def test_a_rotated_secret_is_good_beside_the_new_one() -> None:
    table = {**making.tenant().adapter, "former_secret_env": "TEST_SHOPIFY_FORMER"}
    events = factory.build(making.tenant(adapter=table)).events
    for secret, genuine in ((making.SECRET, True), (making.FORMER, True), ("x" * 32, False)):
        delivery = making.classic("products/update", BODY, secret=secret)
        assert events.verify(delivery) is genuine


@pytest.mark.parametrize("written", [b"hush\n", b" hush \r\n", b"\xef\xbb\xbfhush\n"])
def test_what_copying_adds_to_a_secret_is_none_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: bytes
) -> None:
    (tmp_path / "secret").write_bytes(written)
    monkeypatch.setenv("TEST_COPIED", "hush \n")
    places = [Place("", str(tmp_path / "secret")), Place("TEST_COPIED", "")]
    assert [one.get_secret_value() for one in ClientSecrets(places)()] == ["hush", "hush"]


def test_a_secret_in_a_file_is_read_anew(tmp_path: Path) -> None:
    file, now = tmp_path / "secret", [0.0]
    file.write_text("first\n")
    secrets = ClientSecrets([Place("", str(file))], clock=lambda: now[0])
    assert [one.get_secret_value() for one in secrets()] == ["first"]
    file.write_text("second\n")
    now[0] = 1.5
    assert [one.get_secret_value() for one in secrets()] == ["second"]
    file.unlink()
    now[0] = 3.0
    assert [one.get_secret_value() for one in secrets()] == ["second"], "the last that was there"


@FAMILIES
def test_shopify_9_the_claimed_tenant_is_the_shop(family: str) -> None:
    """By an expression anchored at both ends, of a header in any case."""
    for shop, tenant in {
        "acme.myshopify.com": "acme",
        "ACME.myshopify.com": "acme",
        "a-1.myshopify.com": "a-1",
        "acme.myshopify.com.evil.example": None,
        "evil.example/acme.myshopify.com": None,
        "acme.myshopify.com\n": "acme",  # white space around a header's value is none of it
        "acme.myshopify.com\nx": None,
        "-acme.myshopify.com": None,
        "a_b.myshopify.com": None,
        "..myshopify.com": None,
        f"{'a' * 64}.myshopify.com": None,
        "acme.myshopify.io": None,
        "ácme.myshopify.com": None,
        "": None,
    }.items():
        assert factory.identify(either(BODY, family, shop)) == tenant, shop


def test_what_a_path_says_is_not_what_is_claimed() -> None:
    assert factory.identify(Delivery({}, "acme", BODY)) is None


@pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=pytest.mark.full)])
def test_two_shops_with_one_secret_do_not_verify_each_other(count: int) -> None:
    """One app has one secret: the shop a delivery is sent for must be the tenant's (Shopify 23)."""
    shops = {name: factory.build(making.tenant(name)).events for name in ("acme", "bolt")}
    rng = random.Random(23)
    for number in range(count):
        sent, asked = rng.choice(("acme", "bolt")), rng.choice(("acme", "bolt"))
        order = {"id": number, "total_price": "1.00", "currency": "EUR"}
        delivery = making.classic("orders/create", order, shop=f"{sent}.myshopify.com")
        assert shops[asked].verify(delivery) is (sent == asked)
        if sent == asked:
            (event,) = shops[asked].translate(delivery)
            assert (event.tenant, event.reference) == (asked, str(number))  # type: ignore[union-attr]  # an order is an event
