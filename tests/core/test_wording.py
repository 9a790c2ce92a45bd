"""Texts by language and currency, chosen for each request (R90)."""

from typing import Any

import pytest

from making import ready, request, tenant
from saccade.campaigns import Campaign
from saccade.candidates import candidates
from saccade.domain import DecisionRequest, Moment, Op
from saccade.parameters import TemplateError
from saccade.state import State
from saccade.tenants import Site, Tenant

NBSP = "\u00a0"
BOTH = {"de": "Ab {threshold} frei Haus", "en": "Free delivery from {threshold}"}
IN_BOTH = {"EUR": "50.00", "USD": "60"}


def campaign(**parameters: Any) -> Campaign:
    return Campaign(
        id="free",
        moment=Moment.PRODUCT,
        slot="cta",
        template="free_shipping",
        parameters=parameters,
    )


def shop(language: str = "en", currency: str | None = "EUR") -> Tenant:
    site = Site(key="lab", open=True, language=language, currency=currency)
    return tenant().model_copy(update={"site": site})


def asked(language: str | None, currency: str | None) -> DecisionRequest:
    plain = request()
    return DecisionRequest(
        plain.tenant,
        plain.identity,
        plain.moment,
        plain.subject,
        language=language,
        currency=currency,
    )


def told(one: Campaign, language: str | None, currency: str | None, site: Tenant) -> str | None:
    """The text a request gets; ``None`` where the campaign is not for it."""
    shelf = ready(site, one).shelves[Moment.PRODUCT]
    wanted = asked(language, currency)
    found = candidates(shelf, wanted, None, State(), 0.0).eligible
    if not found:
        return None
    return next(one.text for one in found[0].told(wanted) if one.op is Op.SET_TEXT)


@pytest.mark.parametrize(
    ("language", "currency", "text"),
    [
        ("de", "EUR", f"Ab 50,00{NBSP}€ frei Haus"),
        ("de-AT", "EUR", f"Ab 50,00{NBSP}€ frei Haus"),
        ("de_AT", "USD", f"Ab 60,00{NBSP}$ frei Haus"),
        ("en", "EUR", "Free delivery from €50.00"),
        ("en-GB", "USD", "Free delivery from $60.00"),
        ("fr", "EUR", "Free delivery from €50.00"),
        (None, None, "Free delivery from €50.00"),
    ],
)
def test_each_reads_their_own(language: str | None, currency: str | None, text: str) -> None:  # R90
    assert told(campaign(text=BOTH, threshold=IN_BOTH), language, currency, shop()) == text


def test_a_region_of_its_own_is_nearer_than_its_language() -> None:
    texts = {"de": "Ab {threshold}", "de-AT": "Schon ab {threshold}", "default": "From {threshold}"}
    one = campaign(text=texts, threshold={"EUR": "50.00"})
    assert told(one, "de-at", None, shop()) == f"Schon ab €{NBSP}50,00"
    assert told(one, "de-CH", None, shop()) == f"Ab 50,00{NBSP}€"
    assert told(one, "it", None, shop()) == "From €50.00"


def test_the_sites_language_is_read_where_a_page_names_none() -> None:
    assert told(campaign(text={"de": "Frei Haus", "en": "Free"}), None, None, shop("de-AT")) == (
        "Frei Haus"
    )


def test_an_amount_that_is_not_stated_in_the_currency_is_no_offer() -> None:
    one = campaign(text=BOTH, threshold=IN_BOTH)
    assert told(one, "en", "GBP", shop()) is None
    assert told(campaign(text=BOTH["en"][:4]), "en", "GBP", shop()) == "Free"
    assert told(one, "en", None, shop(currency="GBP")) is None


@pytest.mark.parametrize(
    ("parameters", "site", "parameter", "problem"),
    [
        ({"text": {"de": "Frei"}}, shop("en"), "text", "those who read none of de"),
        ({"text": {"de": 7}}, shop("de"), "text", "7 is no text"),
        ({"text": {"german": "Frei"}}, shop(), "text.german", "neither a language nor a currency"),
        ({"text": {"de": "Frei", "EUR": "5"}}, shop("de"), "text.EUR", "neither a language nor"),
        ({"text": {}}, shop(), "text", "is an empty table"),
        ({"text": BOTH, "threshold": {"EUR": "5,00"}}, shop(), "threshold.EUR", "is no amount"),
        ({"text": BOTH, "threshold": {"EUR": -5}}, shop(), "threshold.EUR", "is no amount"),
        ({"text": BOTH, "threshold": IN_BOTH}, shop(currency=None), "threshold", "several"),
        (
            {"text": "{a} {b}", "a": {"EUR": 1}, "b": {"USD": 1}},
            shop(),
            "b",
            "the same currencies (EUR, USD)",
        ),
    ],
)
def test_what_somebody_could_not_read_is_refused(
    parameters: dict[str, Any], site: Tenant, parameter: str, problem: str
) -> None:
    with pytest.raises(TemplateError) as caught:
        campaign(**parameters).wordings(site)
    assert caught.value.parameter == parameter
    assert problem in caught.value.problem
