"""A client secret in the environment, as the shops of `making_shopify` name it."""

import pytest

from adapters.shopify import making_shopify as making


@pytest.fixture(autouse=True)
def client_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_SHOPIFY_SECRET", making.SECRET)
    monkeypatch.setenv("TEST_SHOPIFY_FORMER", making.FORMER)
