"""The compliance topics, and a customer deleted: whose data is to be shown or to go (Shopify 14).

Shopify may withhold all of it (Shopify 22): what is told is passed on, be it the orders alone.
"""

import hashlib

from saccade.deliveries import PersonalData
from saccade.joining import By
from saccade_shopify.payloads import Compliance, Customer, Id, plain

_NOT_OF_A_NUMBER = str.maketrans("", "", " -()./")


def access(told: Compliance) -> PersonalData | None:
    """``customers/data_request``."""
    people, orders = _people(told.customer), _orders(told.orders_requested)
    return PersonalData("access", people, orders) if people or orders else None


def erasure(told: Compliance) -> PersonalData | None:
    """``customers/redact``."""
    people, orders = _people(told.customer), _orders(told.orders_to_redact)
    return PersonalData("erasure", people, orders) if people or orders else None


def deletion(customer: Customer) -> PersonalData | None:
    """``customers/delete``: the merchant did it, and what is kept here goes as well."""
    people = _people(customer)
    return PersonalData("erasure", people) if people else None


def _people(customer: Customer | None) -> tuple[str, ...]:
    """By all they may be known by here, in the form `/v1/identify` takes."""
    if customer is None:
        return ()
    known: list[str] = []
    if (name := plain(customer.id)) is not None:
        known.append(f"{By.CUSTOMER}:{name}")
    if email := (customer.email or "").strip().lower():
        known.append(f"{By.EMAIL}:{_sha256(email)}")
    if phone := (customer.phone or "").translate(_NOT_OF_A_NUMBER):
        known.append(f"{By.PHONE}:{_sha256(phone)}")
    return tuple(known)


def _orders(ids: tuple[Id, ...] | None) -> tuple[str, ...]:
    return tuple(filter(None, map(plain, ids or ())))


def _sha256(said: str) -> str:
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()
