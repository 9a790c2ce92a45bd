"""Shopify 24: a session token is verified, whole: key, audience, times, shop."""

import jwt
import pytest

from adapters.shopify import making_shopify as making
from saccade_shopify.session_tokens import SessionTokens

CHECKOUT = {"iss": None, "dest": making.SHOP, "sub": "gid://shopify/Customer/9"}


@pytest.fixture
def tokens() -> SessionTokens:
    return SessionTokens(
        making.CLIENT_ID,
        lambda: making.secrets(making.SECRET, making.FORMER),
        lambda: making.NOW,
    )


def test_an_embedded_pages(tokens: SessionTokens) -> None:
    found = tokens.of(f"Bearer {making.token()}")
    assert found is not None
    assert (found.shop, found.customer) == (making.SHOP, None)
    assert (found.staff, found.since) == (True, making.NOW)


def test_a_checkouts(tokens: SessionTokens) -> None:
    found = tokens.read(making.token(changed=CHECKOUT))
    assert found is not None
    assert (found.shop, found.customer) == (making.SHOP, "9")
    assert not found.staff


def test_signed_by_the_former_secret(tokens: SessionTokens) -> None:
    assert tokens.read(making.token(secret=making.FORMER)) is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "another-app"},
        {"aud": None},
        {"exp": int(making.NOW) - 11},
        {"exp": None},
        {"exp": True},
        {"exp": "tomorrow"},
        {"nbf": int(making.NOW) + 11},
        {"nbf": None},
        {"dest": None},
        {"dest": "https://evil.example"},
        {"dest": "https://acme.myshopify.com.evil.example"},
        {"dest": "http://acme.myshopify.com"},
        {"dest": 7},
        {"iss": "https://bolt.myshopify.com/admin"},
    ],
    ids=str,
)
def test_refused(tokens: SessionTokens, changed: dict[str, object]) -> None:
    assert tokens.read(making.token(changed=changed)) is None


def test_within_ten_seconds_clocks_may_differ(tokens: SessionTokens) -> None:
    now = int(making.NOW)
    assert tokens.read(making.token(changed={"exp": now - 9})) is not None
    assert tokens.read(making.token(changed={"nbf": now + 9})) is not None


def test_no_other_algorithm(tokens: SessionTokens) -> None:
    unsigned = jwt.encode(making.claims(), "", algorithm="none")
    longer = jwt.encode(making.claims(), making.SECRET * 2, algorithm="HS512")
    same = jwt.encode(making.claims(), making.SECRET * 2, algorithm="HS256")
    assert [tokens.read(one) for one in (unsigned, longer, same)] == [None, None, None]


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer ", "Basic x", "Bearer a.b.c", "é" * 9_000])
def test_no_authorization_raises(tokens: SessionTokens, sent: str) -> None:
    assert tokens.of(sent) is None


def test_a_changed_byte_is_refused(tokens: SessionTokens) -> None:
    token = making.token()
    for at, char in enumerate(token):
        other = "A" if char != "A" else "B"
        changed = token[:at] + other + token[at + 1 :]
        if at == len(token) - 1:  # its last character holds four bits that say nothing
            continue
        assert tokens.read(changed) is None, at
