"""The two tenants an adapter is built for, and the variables it finds while it is."""

import dataclasses
import os

from making import tenant
from saccade.deliveries import Delivery
from saccade.ports import Adapter
from saccade.tenants import Tenant
from saccade.testing import Samples, Subject
from saccade_sap_occ import factory

VARIABLE = "SECRET_OF_A_SUBJECT"

SAMPLES = Samples(
    tenant={"platform_site": "electronics", "adapter": {"catalog_page_size": 2}},
    other={"platform_site": "apparel"},
    environment={VARIABLE: "first's"},
    other_environment={VARIABLE: "other's"},
)


class Looking:
    """A factory that notes what stands in the variable."""

    name = factory.name

    def __init__(self) -> None:
        self.found: list[tuple[str, str | None]] = []

    def identify(self, delivery: Delivery) -> str | None:
        """Nobody asks."""
        return delivery.path_tenant

    def build(self, tenant: Tenant) -> Adapter:
        """As it should be."""
        self.found.append((tenant.name, os.environ.get(VARIABLE)))
        return factory.build(tenant)


def test_each_tenant_has_its_own_secret_and_nobody_has_it_afterwards() -> None:
    looking = Looking()
    subject = Subject(looking, lambda _: SAMPLES)
    for other in (False, True, False):
        subject.adapter(other=other)
    first, second = ("certified", "first's"), ("another", "other's")
    assert looking.found == [first, second, first]
    assert VARIABLE not in os.environ


def test_the_two_tell_their_settings_names_and_blocks_apart() -> None:
    subject = Subject(factory, lambda _: SAMPLES)
    first, other = subject.tenant(), subject.tenant(other=True)
    assert (first.name, first.platform_site, first.decisioning.key) == (
        *("certified", "electronics"),
        "saccade",
    )
    assert (other.name, other.platform_site) == ("another", "apparel")
    assert other.decisioning.key not in {"saccade", first.name}
    assert first.adapter == other.adapter == {"catalog_page_size": 2}


def test_a_real_tenants_settings_hold_but_for_those_the_samples_make() -> None:
    real = tenant(name="shop", url="http://10.0.0.1").model_copy(
        update={"adapter": {"catalog_page_size": 50, "carrier": "standalone_json"}}
    )
    given: list[Tenant | None] = []

    def sampler(one: Tenant | None) -> Samples:
        given.append(one)
        return dataclasses.replace(SAMPLES, tenant={"adapter": {"catalog_page_size": 2}})

    found = Subject(factory, sampler, real).tenant("http://127.0.0.1:9")
    assert given == [real]
    assert found.name == "shop"
    assert found.adapter == {"catalog_page_size": 2, "carrier": "standalone_json"}
    assert found.slots == real.slots
    assert found.upstream.base == "http://127.0.0.1:9"  # never the real platform
