"""Commerce's webhooks: let in by their destination's login alone, and read modestly."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import making
from saccade.deliveries import Delivery, Refetch
from saccade.domain import Event, EventKind
from saccade.ports import EventPort
from saccade.tenants import ConfigurationError
from saccade_sap_occ import factory

PASSWORD = "a password of the tests' own"  # noqa: S105 - guards nothing
PRODUCT = {
    "code": "816324",
    "integrationKey": "Online|electronics|816324",
    "catalogVersion": {"version": "Online", "integrationKey": "Online|electronics"},
    "modifiedtime": "/Date(1700000000000)/",
}
ORDER = {
    "code": "00001",
    "integrationKey": "00001",
    "totalPrice": 1249.5,
    "currency": {"isocode": "EUR", "integrationKey": "EUR"},
}


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> EventPort:
    monkeypatch.setenv("COMMERCE_WEBHOOKS", PASSWORD)
    return made(webhook_user="commerce", webhook_secret_env="COMMERCE_WEBHOOKS")  # noqa: S106 - a variable's name


def made(**settings: str) -> EventPort:
    return factory.build(making.tenant().model_copy(update={"adapter": settings})).events


def basic(user: str = "commerce", password: str = PASSWORD) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def delivery(body: object = None, login: str | None = None) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Delivery({} if login is None else {"authorization": login}, "lab", raw)


def test_the_destinations_login_lets_it_in(events: EventPort) -> None:
    assert events.verify(delivery(ORDER, basic()))


@pytest.mark.parametrize(
    "login",
    [
        None,
        "",
        basic(password="another"),  # noqa: S106 - a wrong one
        basic(user="another"),
        basic().lower(),
        "Bearer " + PASSWORD,
        basic() + " ",
        "Basic żółw\udc80",
    ],
)
def test_any_other_is_refused(events: EventPort, login: str | None) -> None:
    assert not events.verify(delivery(ORDER, login))


def test_a_tenant_without_a_login_takes_none() -> None:
    assert not made().verify(delivery(ORDER, basic("", "")))


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"webhook_user": "commerce"}, "webhook_secret_env"),
        ({"webhook_secret_env": "COMMERCE_WEBHOOKS"}, "webhook_user"),
        ({"webhook_user": "c", "webhook_secret_env": "NOT_SET_ANYWHERE"}, "webhook_secret_env"),
        ({"webhook_user": "c", "webhook_secret_env": "SACCADE_SECRET"}, "webhook_secret_env"),
        ({"webhook_user": "c", "webhook_secret_env": "pass word!"}, "webhook_secret_env"),
        ({"webhook_user": "a:b", "webhook_secret_env": "X"}, "webhook_user"),
    ],
)
def test_a_login_that_cannot_be_used_is_told(settings: dict[str, str], key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        made(**settings)
    assert caught.value.key == f"adapter.{key}"
    assert "pass word!" not in str(caught.value)


def test_a_product_that_changed_is_asked_for_anew(events: EventPort) -> None:
    assert events.translate(delivery(PRODUCT)) == (Refetch(("816324",)),)
    label = events.label(delivery(PRODUCT))
    assert (label.topic, label.resource, label.version) == (
        "product",
        "products/816324/Online",
        1_700_000_000.0,
    )


def test_what_shoppers_do_not_see_is_no_change(events: EventPort) -> None:
    assert events.translate(delivery({**PRODUCT, "catalogVersion": {"version": "Staged"}})) == ()
    assert events.translate(delivery({"code": "c", "integrationKey": "c"})) == ()


def test_an_order_is_placed_by_its_code(events: EventPort) -> None:
    """As it is when it is seen passing: told by both, it is one (R50)."""
    (order,) = events.translate(delivery(ORDER))
    assert isinstance(order, Event)
    assert (order.kind, order.reference) == (EventKind.ORDER_PLACED, "00001")
    assert (order.value, order.currency, order.trusted) == ("1249.5", "EUR", True)


def test_a_delivery_sent_again_is_known(events: EventPort) -> None:
    one, again = (events.label(delivery(ORDER, login)) for login in (basic(), None))
    assert one == again
    assert events.label(delivery({**ORDER, "code": "00002"})).key != one.key


@pytest.mark.parametrize("body", [b"", b"[]", b'{"code":"c"}', b"<order/>", b"[" * 100_000])
def test_what_is_no_integration_object_names_the_field(events: EventPort, body: bytes) -> None:
    with pytest.raises(ValueError, match="integrationKey"):
        events.translate(delivery(body))


@given(body=st.binary())
def test_any_body_has_a_label(body: bytes) -> None:
    label = made().label(delivery(body))
    assert label.key
    assert label.version is None
