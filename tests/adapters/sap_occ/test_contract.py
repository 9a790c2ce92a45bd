"""The SAP adapter keeps the contract every adapter keeps with the other carrier too (R35).

With the one it has by default it is certified in `adapters.test_certified`.
"""

import dataclasses

from saccade.tenants import Tenant
from saccade.testing import AdapterContract, Passing, Samples, Subject
from saccade_sap_occ import factory
from saccade_sap_occ.samples import samples


def beside(tenant: Tenant | None) -> Samples:
    """OCC's pages pass undecided; only our own route carries a block, whatever the carrier."""
    proxied = samples(tenant)
    own = tuple(page for page in proxied.pages if page.own)
    others = tuple(
        Passing(path=page.path, query=page.query, body=page.body)
        for page in proxied.pages
        if not page.own
    )
    assert own
    assert others
    table = {**proxied.tenant, "adapter": {"carrier": "standalone_json"}}
    return dataclasses.replace(
        proxied, tenant=table, pages=own, passing=(*others, *proxied.passing)
    )


class TestStandalone(AdapterContract):
    """See `AdapterContract`."""

    subject = Subject(factory, beside)
