"""SAP Commerce OCC v2 as a Saccade adapter: what OCC is, and nothing about proxying."""

import ssl
from functools import cache

import httpx

from saccade.deliveries import Delivery
from saccade.ports import Adapter
from saccade.tenants import Tenant
from saccade_gateway.pinned import PinnedTransport
from saccade_sap_occ.calls import PlatformCalls
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
        private, trusted = tenant.upstream.allow_private, _trusted()
        calls = PlatformCalls(lambda: _transport(private, trusted))
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


@cache
def _trusted() -> ssl.SSLContext:
    """The system's certificates, as the page path trusts them.

    Read once, before a loop serves pages: it takes tens of milliseconds. So does httpx's first
    transport, which imports its engine.
    """
    trusted = ssl.create_default_context()
    httpx.AsyncHTTPTransport(verify=trusted, trust_env=False)
    return trusted


def _transport(allow_private: bool, trusted: ssl.SSLContext) -> PinnedTransport:
    inner = httpx.AsyncHTTPTransport(verify=trusted, trust_env=False)
    return PinnedTransport(allow_private=allow_private, inner=inner)


factory = SapOccFactory()
