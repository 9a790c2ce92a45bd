"""Orders and changes of carts seen passing (R50)."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote

import pytest

from making import tenant
from saccade.domain import Event, EventKind, Identity
from saccade.ports import Call
from saccade_sap_occ.events import OccEvents
from saccade_sap_occ.settings import read_settings

ORDERS = "/occ/v2/electronics/users/anonymous/orders"
ENTRIES = "/occ/v2/electronics/users/anonymous/carts/4c1f-guid/entries"
ADDED = b'{"quantityAdded":1,"statusCode":"success","entry":{"product":{"code":"816324"}}}'
NONE: Mapping[str, str] = MappingProxyType({})
ORDER = b'{"code":"00001","totalPriceWithTax":{"value":1249.90,"currencyIso":"EUR"}}'


def observed(
    body: bytes = ORDER,
    *,
    method: str = "POST",
    path: str = ORDERS,
    query: str = "cartId=4c1f-guid&fields=FULL",
    status: int = 201,
    identity: Identity | None = Identity("v", "s"),  # noqa: B008 - frozen
    headers: Mapping[str, str] = NONE,
) -> list[Event]:
    """Events of one call."""
    events = OccEvents(read_settings(tenant()), clock=lambda: 1_000.0)
    return list(events.observe(Call("lab", method, path, query, headers, identity), status, body))


def test_an_accepted_order_is_a_trusted_one() -> None:
    assert observed() == [
        Event(
            tenant="lab",
            kind=EventKind.ORDER_PLACED,
            at=1_000.0,
            visitor="v",
            session="s",
            value="1249.90",
            currency="EUR",
            reference="00001",
            trusted=True,
        )
    ]


@pytest.mark.parametrize(
    "path", [ORDERS, f"{ORDERS}/", "/occ/v2/electronics/orgUsers/current/orders"]
)
@pytest.mark.parametrize("status", [200, 201, 299])
def test_every_2xx_counts(path: str, status: int) -> None:
    assert len(observed(path=path, status=status)) == 1


@pytest.mark.parametrize("status", [199, 302, 400, 401, 500, 502])
def test_nothing_else_does(status: int) -> None:
    assert observed(status=status) == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ORDERS),
        ("PUT", ORDERS),
        ("POST", f"{ORDERS}/00001/cancellation"),
        ("POST", "/occ/v2/apparel/users/anonymous/orders"),
        ("POST", "/occ/v2/electronics/users/anonymous/carts"),
        ("PATCH", "/occ/v2/electronics/users/anonymous/carts/guid"),
        ("GET", "/occ/v2/electronics/users/anonymous/carts/guid/entries"),
        ("POST", "/occ/v2/apparel/users/anonymous/carts/guid/entries"),
    ],
)
def test_other_calls_are_no_orders(method: str, path: str) -> None:
    assert observed(method=method, path=path) == []


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"totalPrice":{"value":10.00},"totalPriceWithTax":{"value":11.90}}', "11.90"),
        (b'{"totalPrice":{"value":10.00}}', "10.00"),
        (b'{"totalPrice":{"value":10.00},"totalPriceWithTax":null}', "10.00"),
        (b'{"totalPrice":{"value":10.00},"totalPriceWithTax":{}}', "10.00"),
    ],
)
def test_an_order_is_worth_what_is_paid(body: bytes, value: str) -> None:
    assert observed(body)[0].value == value


def test_money_keeps_its_digits() -> None:
    body = b'{"code":"1","totalPrice":{"value":0.10000000000000000001,"currencyIso":"USD"}}'
    assert observed(body)[0].value == "0.10000000000000000001"


@pytest.mark.parametrize("body", [b"", b"{}", b"<order/>", b'{"code":7}', b"[" * 100_000])
def test_an_answer_cut_down_or_unreadable_is_still_an_order(body: bytes) -> None:
    (event,) = observed(body)
    assert (event.value, event.currency) == (None, None)
    assert event.reference is not None  # the cart's hash


def test_a_carts_guid_is_a_credential_and_only_its_hash_is_kept() -> None:  # sap-occ 18
    (event,) = observed(b"{}")
    (again,) = observed(b"{}")
    (other,) = observed(b"{}", query="cartId=another")
    assert event.reference == again.reference != other.reference
    assert observed(b"{}", query="cartId=4c1f%2Dguid")[0].reference == event.reference
    (added,) = observed(ADDED, path=ENTRIES, status=200)
    assert added.reference == event.reference  # one cart, however a call spells it
    assert "4c1f" not in str(event)
    assert observed(b"{}", query="")[0].reference is None


def test_an_order_without_a_session_is_still_one() -> None:
    (event,) = observed(identity=None)
    assert (event.visitor, event.session) == (None, None)


def test_an_added_entry_is_told_with_its_product() -> None:
    (event,) = observed(ADDED, path=ENTRIES, query="", status=200)
    (order,) = observed(b"{}")
    assert (event.kind, event.product, event.trusted) == (EventKind.ADD_TO_CART, "816324", True)
    assert (event.visitor, event.session, event.at) == ("v", "s", 1_000.0)
    assert event.reference == order.reference  # the cart the order was placed from


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", ENTRIES, EventKind.ADD_TO_CART),
        ("POST", f"{ENTRIES}/", EventKind.ADD_TO_CART),
        ("POST", ENTRIES.replace("users/anonymous", "orgUsers/x"), EventKind.ADD_TO_CART),
        ("POST", f"{ENTRIES}/0/configurator", EventKind.CART_CHANGED),
        ("PUT", f"{ENTRIES}/0", EventKind.CART_CHANGED),
        ("PATCH", f"{ENTRIES}/0", EventKind.CART_CHANGED),
        ("DELETE", f"{ENTRIES}/0", EventKind.CART_CHANGED),
    ],
)
def test_every_change_of_entries_is_told(method: str, path: str, kind: EventKind) -> None:
    (event,) = observed(ADDED, method=method, path=path, status=200)
    assert event.kind is kind
    assert "4c1f" not in str(event)  # OCC 18


@pytest.mark.parametrize("status", [302, 400, 401, 404, 500])
def test_a_change_that_was_refused_is_none(status: int) -> None:
    assert observed(ADDED, path=ENTRIES, status=status) == []


def test_what_was_not_added_for_want_of_stock_changed_nothing() -> None:
    body = b'{"quantityAdded":0,"statusCode":"noStock","entry":{"product":{"code":"1"}}}'
    assert observed(body, path=ENTRIES, status=200) == []
    assert len(observed(body, method="PATCH", path=f"{ENTRIES}/0", status=200)) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<x/>",
        b'{"cartModifications":[{"quantityAdded":1}]}',
        b'{"entry":{"product":{"code":"%b"}}}' % (b"x" * 129),
        b'{"entry":{"product":{"code":7}}}',
        b'{"entry":null}',
    ],
    ids=range(6),
)
def test_an_answer_that_names_no_product_is_still_a_change(body: bytes) -> None:
    (event,) = observed(body, path=ENTRIES, status=200)
    assert (event.kind, event.product) == (EventKind.ADD_TO_CART, None)


@pytest.mark.parametrize(("path", "body"), [(ORDERS, ORDER), (ENTRIES, ADDED)])
def test_an_agents_doings_are_none_of_the_shoppers(path: str, body: bytes) -> None:  # OCC 22, R89
    agent = {"sap-commerce-cloud-user-id": "customer-7"}
    assert observed(body, path=path, headers=agent) == []


@pytest.mark.parametrize(
    ("state", "expected"), [("GIVEN", [True]), ("WITHDRAWN", []), (None, [None])]
)
def test_what_the_call_says_of_consent_goes_along(
    state: str | None, expected: list[bool | None]
) -> None:  # OCC 14, R60
    said = quote(json.dumps([{"templateCode": "PROFILE", "consentState": state}]))
    events = observed(headers={"x-anonymous-consents": said})
    assert [event.consent for event in events] == expected
