"""Who a call of ``/v1`` is about: its tenant by site key, its origin, its session, its rights."""

import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from aiohttp import web

from saccade import identity
from saccade.actions import TenantRuntime
from saccade.domain import Identity, Preview
from saccade.preview import opened
from saccade.tenants import Tenant
from saccade_server.problems import Kind, Problem, bad_field
from saccade_server.site_keys import NO_KEYS, Keys

BEARER = "Bearer "


class Site:
    """One tenant as browsers and servers address it."""

    __slots__ = ("_keys", "_origins", "_server_key", "runtime", "tenant")

    def __init__(self, runtime: TenantRuntime, server_key: str, keys: Keys = NO_KEYS) -> None:
        self.runtime = runtime
        self.tenant: Tenant = runtime.tenant
        self._server_key = server_key
        self._keys = keys
        self._origins = frozenset(origin.rstrip("/") for origin in self.tenant.site.origins)

    @property
    def name(self) -> str:
        """The tenant's name."""
        return self.tenant.name

    @property
    def open(self) -> bool:
        """Whether it is a demo or a test: unsigned sessions, any origin, readable decisions."""
        return self.tenant.site.open

    def admits(self, origin: str) -> bool:
        """Whether pages of this origin may call; one that names its origins is held to them."""
        return origin in self._origins or (self.open and not self._origins)

    def holds_key(self, request: web.Request) -> bool:
        """Whether the call carries a server key of the tenant's that is good now."""
        sent = request.headers.get("Authorization", "")
        if not sent.startswith(BEARER):
            return False
        key, now = sent.removeprefix(BEARER).strip(), datetime.now(UTC)
        derived = hmac.compare_digest(key.encode("utf-8", "replace"), self._server_key.encode())
        return (derived and self._keys.takes_derived(now)) or self._keys.takes_server(key, now)

    @property
    def public_keys(self) -> tuple[str, ...]:
        """Site keys, those among them that are over."""
        return tuple(key for key in (self.tenant.site.key, *self._keys.site_keys) if key)

    def takes(self, key: str) -> bool:
        """Whether one of `public_keys` is not over."""
        return self._keys.takes_site(key, datetime.now(UTC))

    def identity(self, token: str) -> Identity | None:
        """The identity a token stands for on this site."""
        return identity.parse(token, self.runtime.secret, open_site=self.open)

    def identified(self, token: str) -> Identity:
        """As `identity`. Raises `Problem` where the token is none of this site's."""
        found = self.identity(token)
        if found is None:
            raise bad_field(
                "session_id",
                "is no session of this site",
                "send the token this site issued"
                + (", or 1 to 64 letters, digits, - and _" if self.open else ""),
                Kind.SESSION,
            )
        return found

    def preview(self, token: str | None, now: float) -> Preview | None:
        """What a preview's token forces on pages of this site; ``None`` where it is none."""
        return opened(self.runtime.secret, self.name, token, now) if token else None

    def token(self, visitor: str | None = None, session: str | None = None) -> str:
        """A token of this site, signed where it is not open."""
        secret = None if self.open else self.runtime.secret
        return identity.issue(secret, visitor, session)


class Sites:
    """Every tenant by its site key."""

    def __init__(self, sites: Iterable[Site]) -> None:
        known = tuple(sites)
        self._by_key: Mapping[str, Site] = {key: site for site in known for key in site.public_keys}
        open_sites = [site for site in known if site.open]
        if len(open_sites) > 1:  # those that are held to an origin say who they are
            open_sites = [site for site in open_sites if not site.tenant.site.origins]
        self.only_open = open_sites[0] if len(open_sites) == 1 else None
        self.all = known

    def named(self, key: str | None) -> Site:
        """The site of ``key``; without one the only open site. Raises `Problem`."""
        if key is None:
            if self.only_open is None:
                raise bad_field("site", "is missing", "add ?site=KEY to the address", Kind.SITE)
            return self.only_open
        site = self._by_key.get(key)
        if site is None or not site.takes(key):
            raise bad_field(
                "site", "is not known here", "use the key `saccade tenant list` shows", Kind.SITE
            )
        return site


def admitted(site: Site, request: web.Request) -> str | None:
    """The origin a browser names, where it may call. Raises `Problem` where it may not.

    A call without an origin comes from no page of another site, and passes.
    """
    origin = request.headers.get("Origin")
    if origin is None or site.admits(origin) or origin == _own(request):
        return origin
    raise Problem(
        HTTPStatus.FORBIDDEN,
        Kind.ORIGIN,
        f"pages of {origin[:100]} may not call this site; add the origin to site.origins",
    )


def _own(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}"
