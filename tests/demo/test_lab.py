"""The lab starts, and its tenant and campaigns hold against the real adapter."""

import aiohttp
import pytest

from saccade.campaigns import read_campaigns
from saccade.domain import Basis, Mode, Moment
from saccade.tenants import Phase, read_tenants
from saccade_demo import catalog, lab
from saccade_sap_occ import factory


async def test_serves_on_a_free_port_and_stops() -> None:
    runner, base_url = await lab.start_platform()
    async with aiohttp.ClientSession(base_url) as client:
        async with client.get("/occ/v2/basesites") as response:
            assert response.status == 200
        await runner.cleanup()
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.get("/occ/v2/basesites")


async def test_a_port_that_is_taken_is_said() -> None:
    runner, base_url = await lab.start_platform()
    try:
        with pytest.raises(OSError, match="address"):
            await lab.start_platform(int(base_url.rpartition(":")[2]))
    finally:
        await runner.cleanup()


def test_tenant_points_to_the_stand_in_and_is_open() -> None:
    tenant, folder = lab.demo_tenant("http://127.0.0.1:4711")
    assert tenant.upstream.base == "http://127.0.0.1:4711"
    assert tenant.upstream.allow_private
    assert tenant.site.open
    assert tenant.site.key == "demo"
    assert tenant.consent.basis is Basis.OPT_OUT
    assert tenant.decisioning.phase is Phase.LIVE
    assert tenant.decisioning.holdout == 0.10
    assert read_tenants(folder.parent).keys() == {"demo"}


def test_campaigns_hold_against_the_adapter_and_answer_the_modes() -> None:  # R41
    tenant, folder = lab.demo_tenant("http://127.0.0.1:4711")
    operations = factory.build(tenant).capabilities.operations
    found = read_campaigns(folder, tenant, operations).of(Moment.PRODUCT)
    answered = {mode: campaign for campaign in found for mode in campaign.modes}
    assert answered.keys() == {Mode.HESITATING, Mode.ANALYTICAL, Mode.OVERWHELMED}
    assert answered[Mode.HESITATING].slot == "battery-guarantee"
    assert answered[Mode.ANALYTICAL].slot == "comparison"
    assert answered[Mode.OVERWHELMED].slot == "configurations"
    assert all(campaign.caps.limits() for campaign in found)


def test_campaigns_name_products_that_exist() -> None:
    tenant, folder = lab.demo_tenant("http://127.0.0.1:4711")
    operations = factory.build(tenant).capabilities.operations
    for campaign in read_campaigns(folder, tenant, operations).all:
        assert set(campaign.products) <= catalog.load().products.keys()
