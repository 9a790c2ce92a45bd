"""The SAP adapter keeps the contract every adapter keeps with the other carrier too (R35).

OCC's pages then pass undecided; only our own route carries a block, whatever the carrier. With the
carrier it has by default it is certified in `adapters.test_certified`.
"""

from making import tenant
from saccade.testing import AdapterContract, Subject
from saccade_sap_occ import factory
from saccade_sap_occ.samples import samples

STANDALONE = tenant().model_copy(update={"adapter": {"carrier": "standalone_json"}})


def test_its_samples_tell_the_carriers_apart() -> None:
    proxied, standalone = samples(), samples(STANDALONE)
    assert {page.own for page in standalone.pages} == {True}
    passing = {one.path for one in standalone.passing} - {one.path for one in proxied.passing}
    assert passing == {page.path for page in proxied.pages if not page.own}


class TestStandalone(AdapterContract):
    """See `AdapterContract`."""

    subject = Subject(factory, samples, STANDALONE)
