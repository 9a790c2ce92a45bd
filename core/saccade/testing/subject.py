"""The adapter under examination: its factory, its samples, and the two tenants it is built for."""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from saccade.deliveries import Delivery
from saccade.domain import Identity
from saccade.ports import Adapter, AdapterFactory, Call
from saccade.tenants import Tenant
from saccade.testing.samples import Page, Sampler, Samples, Sent, Table

SHOPPER = Identity("visitor-1", "session-1")
VIEW = "view-1"

FIRST, OTHER = "certified", "another"
"""Names of the two tenants, where samples name none."""

OTHERS_KEY = "elsewhere"
"""The second tenant's `saccade.tenants.Decisioning.key`: blocks of the two can be told apart."""

NOWHERE = "http://127.0.0.1:9"
"""Where ports that are pure never call."""


class Subject:
    """What every check is given. Nothing is kept between checks: each builds its own adapters."""

    def __init__(
        self, factory: AdapterFactory, samples: Sampler, tenant: Tenant | None = None
    ) -> None:
        self.factory = factory
        self._sampler = samples
        self._tenant = tenant

    @property
    def samples(self) -> Samples:
        """Made anew: signatures are of now."""
        return self._sampler(self._tenant)

    def tenant(
        self, url: str = NOWHERE, *, other: bool = False, read_timeout_s: float | None = None
    ) -> Tenant:
        """One of the two, its platform at ``url``.

        Of a real tenant all settings but those the samples make for themselves, such as secrets.
        """
        samples = self.samples
        own: dict[str, Any] = dict(samples.tenant)
        if self._tenant is not None:
            own = _overlaid(self._tenant.model_dump(mode="json", exclude_unset=True), own)
        if other:
            own = _overlaid(own, {"name": OTHER, "decisioning": {"key": OTHERS_KEY}})
            own = _overlaid(own, samples.other)
        upstream = {"url": url, "allow_private": True, "read_timeout_s": read_timeout_s}
        fixed = {"platform": self.factory.name, "upstream": upstream}
        name = str(own.get("name", FIRST))
        site = {"key": name, "open": True}
        defaults = {"name": name, "consent": {"basis": "opt_out"}, "decisioning": {"phase": "live"}}
        return Tenant.model_validate(_overlaid(defaults, own) | fixed | {"site": site})

    def build(self, tenant: Tenant) -> Adapter:
        """For one tenant, with the samples' variables set."""
        samples = self.samples
        variables = dict(samples.environment)
        if tenant.name == self.tenant(other=True).name:
            variables |= samples.other_environment
        with _environment(variables):
            return self.factory.build(tenant)

    def built(self) -> tuple[Tenant, Adapter]:
        """The first tenant, and its adapter."""
        tenant = self.tenant()
        return tenant, self.build(tenant)

    def adapter(self, url: str = NOWHERE, *, other: bool = False) -> Adapter:
        """The same by the tenant's platform."""
        return self.build(self.tenant(url, other=other))


def call(
    tenant: Tenant,
    path: str,
    query: str = "",
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    identity: Identity | None = SHOPPER,
) -> Call:
    """A shopper's, unless said otherwise."""
    return Call(tenant.name, method, path, query, headers or {}, identity, VIEW)


def page_call(tenant: Tenant, page: Page, headers: Mapping[str, str] | None = None) -> Call:
    """The call of a sample that is decided."""
    return call(tenant, page.path, page.query, headers=headers)


def delivery(tenant: Tenant, sent: Sent, *, body: bytes | None = None) -> Delivery:
    """A sample delivered to the tenant's own address."""
    return Delivery(sent.headers, tenant.name, sent.body if body is None else body)


def target(path: str, query: str) -> str:
    """As it stands in a request line."""
    return f"{path}?{query}" if query else path


def _overlaid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """``above``, and of ``below`` what it does not say; tables within are overlaid alike."""
    both = dict(below)
    for key, value in above.items():
        under = both.get(key)
        tables = isinstance(value, Mapping) and isinstance(under, Mapping)
        both[key] = _overlaid(cast("Table", under), cast("Table", value)) if tables else value
    return both


@contextmanager
def _environment(variables: Mapping[str, str]) -> Generator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
