"""Orders seen passing (R50)."""

import pytest

from making import tenant
from saccade.domain import Event, EventKind, Identity
from saccade.ports import Call, Delivery
from saccade_sap_occ import factory
from saccade_sap_occ.events import OccEvents
from saccade_sap_occ.settings import read_settings

ORDERS = "/occ/v2/electronics/users/anonymous/orders"
ORDER = b'{"code":"00001","totalPriceWithTax":{"value":1249.90,"currencyIso":"EUR"}}'


def observed(
    body: bytes = ORDER,
    *,
    method: str = "POST",
    path: str = ORDERS,
    query: str = "cartId=4c1f-guid&fields=FULL",
    status: int = 201,
    identity: Identity | None = Identity("v", "s"),  # noqa: B008 - frozen
) -> list[Event]:
    """Events of one call."""
    events = OccEvents(read_settings(tenant()), clock=lambda: 1_000.0)
    return list(events.observe(Call("lab", method, path, query, {}, identity), status, body))


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


@pytest.mark.parametrize("path", [ORDERS, "/occ/v2/electronics/orgUsers/current/orders"])
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
    ],
)
def test_other_calls_are_no_orders(method: str, path: str) -> None:
    assert observed(method=method, path=path) == []


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
    assert "4c1f" not in str(event)
    assert observed(b"{}", query="")[0].reference is None


def test_an_order_without_a_session_is_still_one() -> None:
    (event,) = observed(identity=None)
    assert (event.visitor, event.session) == (None, None)


def test_deliveries_are_refused_as_long_as_no_credential_can_be_given() -> None:
    adapter = factory.build(tenant())
    delivery = Delivery({"authorization": "Basic eDp5"}, "lab", b"{}")
    assert not adapter.events.verify(delivery)
    assert adapter.events.translate(delivery) == ()
    assert factory.identify(delivery) == "lab"
