"""The contract every state store passes: adopt `StateContract` and give it a ``store``."""

import pytest

from core.stores.caps_contract import CapsContract
from core.stores.consent_contract import ConsentContract
from core.stores.heard_contract import HeardContract
from core.stores.session_contract import SessionContract
from core.stores.shopper import Clock, Shopper
from core.stores.standing_contract import StandingContract
from core.stores.trail_contract import TrailContract
from saccade.ports import StatePort


class StateContract(
    SessionContract,
    HeardContract,
    CapsContract,
    ConsentContract,
    StandingContract,
    TrailContract,
):
    """Fixtures to give: ``store``, and ``second``, another worker's store of the same state."""

    @pytest.fixture
    def shopper(self, store: StatePort, clock: Clock, tenant: str) -> Shopper:
        """Somebody nobody knows yet."""
        return Shopper(store, clock, tenant)
