"""Which tenant a call belongs to, and where its platform is."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from saccade.ports import Adapter
from saccade.tenants import Tenant
from saccade_gateway.client import Platform


class Site(msgspec.Struct, frozen=True):
    """A tenant with the adapter that speaks for its platform and the client that reaches it."""

    tenant: Tenant
    adapter: Adapter
    platform: Platform
    keys: tuple[str, ...] = ()
    """Public site keys beside the tenant's own: they name it, and give no right."""


class Sites:
    """Every tenant behind this gateway."""

    def __init__(self, sites: Iterable[Site]) -> None:
        self._all: Sequence[Site] = tuple(sites)
        self.keyed: Mapping[str, Site] = {
            key: site for site in self._all for key in (site.tenant.site.key, *site.keys) if key
        }
        """By public site key."""

    def serving(self, path: str, key: str | None) -> Sequence[Site]:
        """The sites whose adapters serve a path; a key names the one that is meant."""
        named = self.keyed.get(key) if key else None
        among = self._all if named is None else (named,)
        return [site for site in among if path.startswith(site.adapter.paths)]

    async def close(self) -> None:
        """Close every platform's connections."""
        for site in self._all:
            await site.platform.close()
