"""What a site knows beside products: its languages, stores, consent templates, and who may ask."""

from saccade.domain import JsonObject
from saccade_demo.catalog.pricing import CURRENCY
from saccade_demo.occ.authorization import Authorization
from saccade_demo.occ.errors import OccError

LANGUAGE = "en"
_STORES = (("Northlight Harbour", "0.8 km", 3), ("Northlight Station", "2.4 km", 7))
"""Name, distance, and which share of the stock the store holds, as a divisor."""


def check_context(language: str | None, currency: str | None) -> None:
    """Raises `OccError` 400 for a language or currency the site does not have."""
    if language not in {None, LANGUAGE}:
        raise OccError(400, "UnsupportedLanguageError", f"Language {language} is not supported")
    if currency not in {None, CURRENCY}:
        raise OccError(400, "UnsupportedCurrencyError", f"Currency {currency} is not supported")


def check_access(issued: Authorization, authorization: str | None, user: str | None) -> None:
    """Raises `OccError` 401: a token must be one we gave, and only guests need none."""
    if authorization is not None:
        token = authorization.partition(" ")[2]
        if not issued.knows(token):
            raise OccError(401, "InvalidTokenError", f"Invalid access token: {token}")
    if user not in {None, "anonymous"}:
        message = "Full authentication is required to access this resource"
        raise OccError(401, "UnauthorizedError", message)


def base_site(uid: str) -> JsonObject:
    """The one base site."""
    english = {"active": True, "isocode": LANGUAGE, "name": "English", "nativeName": "English"}
    dollar = {"active": True, "isocode": CURRENCY, "name": "US Dollar", "symbol": "$"}
    return {
        "channel": "B2C",
        "defaultLanguage": english,
        "name": "Northlight Electronics",
        "stores": [{"currencies": [dollar], "languages": [english], "name": "Northlight"}],
        "uid": uid,
    }


def consent_templates() -> JsonObject:
    """What a guest may be asked."""
    return {
        "consentTemplates": [
            {
                "description": "I agree that my visits may shape what the shop shows me.",
                "id": "PROFILE",
                "name": "Personalised shop",
                "version": 0,
            }
        ]
    }


def store_stock(product: JsonObject) -> JsonObject:
    """How many pieces each store has."""
    level = product["stock"]["stockLevel"]
    return {
        "pagination": {"currentPage": 0, "pageSize": 20, "totalPages": 1, "totalResults": 2},
        "product": {"code": product["code"], "name": product["name"]},
        "stores": [
            {
                "formattedDistance": distance,
                "name": name,
                "stockInfo": {
                    "stockLevel": level // share,
                    "stockLevelStatus": "inStock" if level // share else "outOfStock",
                },
            }
            for name, distance, share in _STORES
        ],
    }
