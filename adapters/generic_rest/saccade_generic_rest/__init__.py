"""Any REST platform as a Saccade adapter, from one mapping file (R40)."""

from saccade.deliveries import Delivery
from saccade.ports import Adapter
from saccade.tenants import Tenant
from saccade_gateway.calls import Calls
from saccade_gateway.pinned import pinned
from saccade_generic_rest.catalog import RestCatalog
from saccade_generic_rest.events import RestEvents
from saccade_generic_rest.rendering import AT_MOST, RestRendering, RestTargets, capabilities
from saccade_generic_rest.settings import read_settings

__all__ = ["factory"]


class GenericRestFactory:
    """Named by the entry point ``generic_rest``."""

    name = "generic_rest"
    capabilities = AT_MOST

    def identify(self, delivery: Delivery) -> str | None:
        """A webhook names its tenant by the path it is sent to."""
        return delivery.path_tenant

    def build(self, tenant: Tenant) -> Adapter:
        """Raises `saccade.tenants.ConfigurationError` for a mapping that cannot be used."""
        settings = read_settings(tenant)
        return Adapter(
            name=self.name,
            capabilities=capabilities(settings.mapping),
            catalog=RestCatalog(
                settings, Calls(pinned(allow_private=tenant.upstream.allow_private))
            ),
            events=RestEvents(settings),
            rendering=RestRendering(settings),
            target=RestTargets(settings),
            paths=settings.mapping.paths,
            revision=settings.revision,
        )


factory = GenericRestFactory()
