"""``POST /v1/consent`` (R60): a shopper's answer, in the words of the site's banner, of Shopify's
Customer Privacy API or of IAB TCF v2. A no purges before it is answered.
"""

import msgspec
from aiohttp import web

from saccade import tcf
from saccade_server.admission import begun, held_to_rate
from saccade_server.bodies import ConsentBody, Receipt, ShopifyConsent
from saccade_server.house import House
from saccade_server.problems import Kind, bad_field
from saccade_server.reading import read_body
from saccade_server.routes.answers import json_answer
from saccade_server.sites import Site

ROUTE = "/v1/consent"
SOURCES = ("purposes", "shopify", "tcf")

_DECODER = msgspec.json.Decoder(ConsentBody)


async def post_consent(request: web.Request, house: House, site: Site) -> web.Response:
    """Keep the answer; without a session a yes begins one and a no leaves no trace."""
    body = await read_body(request, _DECODER)
    source, given = _answer(body, site.tenant.consent.tcf_vendor)
    token = None
    if body.session_id is not None:
        who = site.identified(body.session_id)
        held_to_rate(house, ROUTE, site.name, who.session)
        if given:
            await house.consents.given(site.name, who)
        else:
            await house.consents.withdrawn(site.name, who)
    elif given:
        token = begun(house, ROUTE, site, request)
        await house.consents.given(site.name, site.identified(token))
    basis = site.tenant.consent.basis
    return json_answer(Receipt(given, basis, source, round(house.clock(), 3), token))


def _answer(body: ConsentBody, vendor: int | None) -> tuple[str, bool]:
    """The source, and whether it says yes. Raises `Problem`."""
    named = [source for source in SOURCES if getattr(body, source) is not None]
    if len(named) != 1:
        raise bad_field(
            "purposes", f"or one of {SOURCES[1:]} is wanted", "send exactly one", Kind.MISSING_FIELD
        )
    if body.purposes is not None:
        return "purposes", body.purposes.personalization
    if body.shopify is not None:
        return "shopify", _shopify(body.shopify)
    try:
        return "tcf", tcf.allows(body.tcf or "", vendor)
    except tcf.NoConsentString as error:
        raise bad_field(
            "tcf", f"is no TCF v2 string: {error}", "send what __tcfapi gives"
        ) from None


def _shopify(said: ShopifyConsent) -> bool:
    """Behaviour is kept (analytics) and pages are made for the shopper (preferences): both."""
    analytics = (said.analytics_allowed, said.analytics_processing_allowed)
    preferences = (said.preferences_allowed, said.preferences_processing_allowed)
    return all(True in pair and False not in pair for pair in (analytics, preferences))
