"""SAP Commerce OCC v2 as a Saccade adapter: what OCC is, and nothing about proxying."""

from saccade.deliveries import Delivery
from saccade.ports import Adapter
from saccade.tenants import Tenant
from saccade_gateway.calls import Calls
from saccade_gateway.pinned import pinned
from saccade_sap_occ.catalog import OccCatalog
from saccade_sap_occ.events import OccEvents
from saccade_sap_occ.rendering import CAPABILITIES, OccRendering
from saccade_sap_occ.settings import read_client, read_destination, read_settings
from saccade_sap_occ.targets import PATHS, OccTargets
from saccade_sap_occ.tokens import Tokens

__all__ = ["factory"]


class SapOccFactory:
    """Named by the entry point ``sap_occ``."""

    name = "sap_occ"
    capabilities = CAPABILITIES

    def identify(self, delivery: Delivery) -> str | None:
        """A Commerce webhook names its tenant by the path it is sent to."""
        return delivery.path_tenant

    def build(self, tenant: Tenant) -> Adapter:
        """Raises `saccade.tenants.ConfigurationError` for settings OCC cannot work with."""
        settings = read_settings(tenant)
        client = read_client(tenant, settings)
        calls = Calls(pinned(allow_private=tenant.upstream.allow_private))
        tokens = None if client is None else Tokens(client, calls)
        return Adapter(
            name=self.name,
            capabilities=CAPABILITIES,
            catalog=OccCatalog(settings, calls, tokens),
            events=OccEvents(settings, destination=read_destination(tenant, settings)),
            rendering=OccRendering(settings),
            target=OccTargets(settings),
            paths=PATHS,
            credential=tokens,
        )


factory = SapOccFactory()
