"""A clock moved by hand, and a tenant of each test's own."""

import pytest

pytest.register_assert_rewrite(
    "core.stores.session_contract",
    "core.stores.caps_contract",
    "core.stores.consent_contract",
    "core.stores.standing_contract",
)

from core.stores.shopper import Clock, own_tenant  # noqa: E402 - after its asserts are registered


@pytest.fixture
def clock() -> Clock:
    """The stores' clock, which the test moves."""
    return Clock()


@pytest.fixture
def tenant() -> str:
    """See `own_tenant`."""
    return own_tenant()
