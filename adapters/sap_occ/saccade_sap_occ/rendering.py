"""OCC calls that are decided, and OCC's JSON with an experience in it."""

import re

import msgspec

from saccade.domain import DecisionRequest, Experience, Moment, Op
from saccade.ports import Call, Capabilities
from saccade_gateway.splice import splice
from saccade_sap_occ.codes import product_code
from saccade_sap_occ.consents import given
from saccade_sap_occ.settings import OccSettings
from saccade_sap_occ.targets import PRODUCT

CAPABILITIES = Capabilities(
    carriers=frozenset({"proxied_json"}), operations={Moment.PRODUCT: frozenset(Op)}
)

CONSENTS = "x-anonymous-consents"
AGENT = "sap-commerce-cloud-user-id"
"""Set while an agent of the shop acts for the shopper."""

_LANGUAGE = re.compile(r"(?:^|&)lang=([A-Za-z0-9_-]{1,35})(?:&|$)")
_encode = msgspec.json.Encoder().encode


class OccRendering:
    """Product details are decided; every other call passes."""

    def __init__(self, settings: OccSettings) -> None:
        self._settings = settings
        site = re.escape(settings.site)
        self._product = re.compile(rf"/occ/v2/{site}/products/([^/]+)")

    def read(self, call: Call) -> DecisionRequest | None:
        """A shopper's GET of one product; without an identity nothing is decided."""
        if call.identity is None or call.method != "GET":
            return None
        code = self._code(call.path)
        if code is None:
            return None
        language = _LANGUAGE.search(call.query)
        return DecisionRequest(
            tenant=call.tenant,
            identity=call.identity,
            moment=Moment.PRODUCT,
            subject=code,
            view=call.view,
            consent=given(call.headers.get(CONSENTS), self._settings.consent_template),
            assisted=bool(call.headers.get(AGENT)),
            language=language[1] if language else None,
        )

    def merge(self, body: bytes, experience: Experience) -> bytes:
        """OCC's product with our key spliced in (R38)."""
        return splice(body, self._settings.key, _encode(experience))

    def _code(self, path: str) -> str | None:
        if path.startswith(PRODUCT):
            return product_code(path[len(PRODUCT) :])
        match = self._product.fullmatch(path)
        return product_code(match[1]) if match is not None else None
