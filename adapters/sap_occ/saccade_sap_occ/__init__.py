"""SAP Commerce OCC v2 as a Saccade adapter: what OCC is, and nothing about proxying."""

from saccade.ports import Adapter, Delivery
from saccade.tenants import Tenant
from saccade_gateway.pinned import PinnedTransport
from saccade_sap_occ.catalog import OccCatalog
from saccade_sap_occ.events import OccEvents
from saccade_sap_occ.rendering import CAPABILITIES, OccRendering
from saccade_sap_occ.settings import read_settings
from saccade_sap_occ.targets import PATHS, OccTargets

__all__ = ["factory"]


class SapOccFactory:
    """Named by the entry point ``sap_occ``."""

    name = "sap_occ"

    def identify(self, delivery: Delivery) -> str | None:
        """A Commerce webhook names its tenant by the path it is sent to."""
        return delivery.path_tenant

    def build(self, tenant: Tenant) -> Adapter:
        """Raises `saccade.tenants.ConfigurationError` for settings OCC cannot work with."""
        settings = read_settings(tenant)
        return Adapter(
            name=self.name,
            capabilities=CAPABILITIES,
            catalog=OccCatalog(
                settings,
                lambda: PinnedTransport(allow_private=tenant.upstream.allow_private),
            ),
            events=OccEvents(settings),
            rendering=OccRendering(settings),
            target=OccTargets(settings),
            paths=PATHS,
        )


factory = SapOccFactory()
