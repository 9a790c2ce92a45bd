"""Deliveries for tenants that are gone: authentic or not, and whether anything is to be done."""

from http import HTTPStatus

import pytest

from saccade.deliveries import Delivery
from saccade.hosting import Installs
from saccade.ports import Adapter, AdapterFactory
from saccade.tenants import Tenant
from saccade_webhooks.receiving import Door, Refused
from webhooks import posting
from webhooks.conftest import Post, Shops


class Installing:
    """The tests' own platform, as one where an app is installed."""

    name = "posting"

    def __init__(self, answer: bool | Exception) -> None:
        self._answer = answer

    def identify(self, delivery: Delivery) -> str | None:
        return posting.factory.identify(delivery)

    def build(self, tenant: Tenant) -> Adapter:
        return posting.factory.build(tenant)

    def is_installed(self, tenant: str) -> bool:
        raise AssertionError(tenant)

    def of_nobody(self, delivery: Delivery) -> bool:
        assert delivery.headers["x-posting-tenant"] == "stranger"
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


class Empty(Shops):
    """Nobody of them is served."""

    def __init__(self, factory: AdapterFactory) -> None:
        super().__init__()
        self.adapters = {}
        self._factory = factory

    def factory(self, adapter: str) -> AdapterFactory | None:
        return self._factory if adapter == "posting" else None


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (True, None),
        (False, HTTPStatus.UNAUTHORIZED),
        (RuntimeError("no key"), HTTPStatus.UNAUTHORIZED),
    ],
)
async def test_the_platform_says_what_is_to_be_done(
    post: Post, answer: bool | Exception, status: HTTPStatus | None
) -> None:
    factory = Installing(answer)
    assert isinstance(factory, Installs)
    door = Door(post.inbox, Empty(factory), post.counters)
    headers, body = posting.signed({"kind": "leave"}, "d", tenant="stranger")
    if status is None:
        assert await door.receive("posting", None, headers, body) is False
    else:
        with pytest.raises(Refused) as refused:
            await door.receive("posting", None, headers, body)
        assert refused.value.status is status
    assert not await post.inbox.there(), "nothing is kept of it"
