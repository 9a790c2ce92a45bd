"""Where an OCC call goes: the same path and query, below ``/occ/v2`` and the tenant's site."""

from urllib.parse import unquote

from saccade.ports import Call, Target
from saccade_gateway.folders import leaves_its_folder
from saccade_sap_occ.codes import is_resource
from saccade_sap_occ.fields import asks_for_fields, without_token
from saccade_sap_occ.settings import OccSettings

OCC = "/occ/v2/"
PRODUCT = "/api/product/"
PATHS = (OCC, PRODUCT)

_SHARED = "basesites"
"""The one resource beside the base sites: front ends ask it which site they are."""

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""What our own route is asked: a page of another origin asks first whether it may (OCC 13)."""


class OccTargets:
    """The upstream rule of one tenant."""

    def __init__(self, settings: OccSettings) -> None:
        self._site = settings.site
        self._key = settings.key

    def __call__(self, call: Call) -> Target | None:
        """``None`` for what is not below the tenant's base site, by any spelling."""
        if leaves_its_folder(call.path):
            return None
        query = without_token(call.query, self._key)
        if call.path.startswith(PRODUCT):
            return self._product(call, query)
        first, slash, _ = call.path[len(OCC) :].partition("/")
        if not call.path.startswith(OCC):
            return None
        mine = unquote(first) == self._site and bool(slash)
        return Target(call.path, query) if mine or first == _SHARED else None

    def _product(self, call: Call, query: str) -> Target | None:
        """Our own route: OCC's product in full, unless the caller asks for other fields."""
        code = call.path[len(PRODUCT) :]
        if not code or "/" in code or is_resource(code) or call.method not in _READING:
            return None
        if not asks_for_fields(query):
            query = f"fields=FULL&{query}" if query else "fields=FULL"
        return Target(f"{OCC}{self._site}/products/{code}", query, own=True)
