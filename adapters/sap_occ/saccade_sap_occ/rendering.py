"""OCC calls that are decided, and OCC's JSON with an experience in it."""

import re

import msgspec

from saccade.domain import DecisionRequest, Experience, Moment, Op
from saccade.ports import Call, Capabilities
from saccade_gateway.splice import splice
from saccade_sap_occ.callers import assisted, consent
from saccade_sap_occ.codes import product_code
from saccade_sap_occ.settings import OccCarrier, OccSettings
from saccade_sap_occ.targets import PRODUCT

CAPABILITIES = Capabilities(
    carriers=frozenset(carrier.value for carrier in OccCarrier),
    operations={Moment.PRODUCT: frozenset(Op), Moment.LISTING: frozenset(Op)},
)

_LANGUAGE = re.compile(r"(?:^|&)lang=([A-Za-z0-9_-]{1,35})(?:&|$)")
_CURRENCY = re.compile(r"(?:^|&)curr=([A-Z]{3})(?:&|$)")
_encode = msgspec.json.Encoder().encode

Page = tuple[Moment, str | None]
"""Where in the journey, and the product it is about."""


class OccRendering:
    """Product details and search pages are decided; every other call passes.

    With the standalone carrier OCC's own calls all pass, as cacheable as the platform made them:
    the page reads ``/v1/experience`` beside them. Only our own route carries a block then, for who
    calls it asks for one.
    """

    def __init__(self, settings: OccSettings) -> None:
        self._settings = settings
        self._proxied = settings.carrier is OccCarrier.PROXIED
        self._search = f"/occ/v2/{settings.site}/products/search"
        self._product = re.compile(rf"/occ/v2/{re.escape(settings.site)}/products/([^/]+)/?")

    def read(self, call: Call) -> DecisionRequest | None:
        """A shopper's GET of one product or of a search; without an identity nothing is decided."""
        if call.identity is None or call.method != "GET":
            return None
        page = self._page(call.path)
        if page is None:
            return None
        moment, subject = page
        language, currency = _LANGUAGE.search(call.query), _CURRENCY.search(call.query)
        return DecisionRequest(
            tenant=call.tenant,
            identity=call.identity,
            moment=moment,
            subject=subject,
            view=call.view,
            consent=consent(call, self._settings.consent_template),
            assisted=assisted(call),
            language=language[1] if language else None,
            currency=currency[1] if currency else None,
        )

    def merge(self, body: bytes, experience: Experience) -> bytes:
        """OCC's document with our key spliced in (R38)."""
        return splice(body, self._settings.key, _encode(experience))

    def _page(self, path: str) -> Page | None:
        """``None`` for what is no page. A search is one, whatever it finds: one decision."""
        if path.startswith(PRODUCT):
            return _of_product(path[len(PRODUCT) :])
        if not self._proxied:
            return None
        if path.removesuffix("/") == self._search:
            return Moment.LISTING, None
        match = self._product.fullmatch(path)
        return _of_product(match[1]) if match is not None else None


def _of_product(segment: str) -> Page | None:
    code = product_code(segment)
    return None if code is None else (Moment.PRODUCT, code)
