"""Who uninstalled is served no more; what a database that is away says is not taken for that."""

import threading

import pytest

import making
from saccade.deliveries import Delivery
from saccade.ports import Adapter, AdapterFactory
from saccade.tenants import Tenant
from saccade_server import tenants
from saccade_server.settings import SettingError
from saccade_server.tenancy import Installed
from webhooks import posting


class Shops:
    """An `Installs`: of three shops one went, and of one nothing is known."""

    name = "shops"

    def identify(self, delivery: Delivery) -> str | None:
        raise AssertionError(delivery)

    def build(self, tenant: Tenant) -> Adapter:
        raise AssertionError(tenant)

    def is_installed(self, tenant: str) -> bool:
        if tenant == "unknown":
            raise OSError("the database is away")
        return tenant != "gone"

    def of_nobody(self, delivery: Delivery) -> bool | None:
        raise AssertionError(delivery)


def test_only_who_is_said_to_have_gone_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def factory(name: str) -> AdapterFactory:
        asked.append(name)
        if name == "absent":
            raise SettingError("--adapter", "'absent'", "is not installed", "use another")
        return Shops() if name == "shops" else posting.factory

    monkeypatch.setattr(tenants, "adapter_factory", factory)
    installed = [
        _installed(name, platform)
        for name, platform in (
            *(("gone", "shops"), ("here", "shops"), ("unknown", "shops")),
            *(("plain", "posting"), ("foreign", "absent")),
        )
    ]
    assert tenants.uninstalled(installed) == {"gone"}
    assert sorted(asked) == ["absent", "posting", "shops"], "entry points are slow to look up"


def test_a_database_that_is_away_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question may take a minute to fail, and there are hundreds of tenants."""
    asked: list[str] = []

    class Away(Shops):
        def is_installed(self, tenant: str) -> bool:
            asked.append(tenant)
            raise OSError("the database is away")

    _only(monkeypatch, Away())
    many = [_installed(f"shop-{number}", "shops") for number in range(3)]
    assert tenants.uninstalled(many) == frozenset()
    assert asked == ["shop-0"]


async def test_a_database_that_hangs_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = threading.Event()

    class Hanging(Shops):
        def is_installed(self, tenant: str) -> bool:
            return not answers.wait(60)

    _only(monkeypatch, Hanging())
    monkeypatch.setattr(tenants, "PATIENCE_S", 0.05)
    try:
        assert await tenants._uninstalled([_installed("shop", "shops")]) == frozenset()
    finally:
        answers.set()


def _only(monkeypatch: pytest.MonkeyPatch, shops: AdapterFactory) -> None:
    def factory(_: str) -> AdapterFactory:
        return shops

    monkeypatch.setattr(tenants, "adapter_factory", factory)


def _installed(name: str, platform: str) -> Installed:
    tenant = making.tenant(name=name).model_copy(update={"platform": platform})
    ready = making.ready(tenant)
    return Installed(tenant, posting.factory.build(tenant), ready)
