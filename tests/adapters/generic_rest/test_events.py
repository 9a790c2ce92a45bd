"""Webhooks by every common way of signing one, and calls seen passing that are facts (R50)."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from adapters.generic_rest.shops import MAPPING, settings
from saccade.deliveries import CatalogPage, Delivery, PersonalData, Refetch
from saccade.domain import Event, EventKind, Identity, JsonObject, Product
from saccade.ports import Call
from saccade_generic_rest.events import RestEvents

NOW = 1_614_265_330.0
BODY = b'{"test": 2432232314}'
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of a published test vector
"""With the time above and the id and signature below, the specification's own test vector."""
VECTOR = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
TOPIC = 'topic = "type"\n[events.topics."order.created"]\nkind = "order_placed"\nreference = "id"\n'


def digest(text: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.new(SECRET.encode(), text, algorithm).digest()


HEX, BASE64 = digest(BODY).hex(), base64.b64encode(digest(BODY)).decode()
TIMED = digest(b"1614265330." + BODY).hex()
SLACK = digest(b"v0:1614265330:" + BODY).hex()
OF_OTHERS = hmac.new(b"another", BODY, hashlib.sha256).hexdigest()

SIGNED: list[tuple[str, dict[str, str], str]] = [
    ('kind = "header", header = "X-Secret"', {"x-secret": SECRET}, "x-secret"),
    (
        'kind = "header", header = "Authorization", prefix = "Bearer "',
        {"authorization": f"Bearer {SECRET}"},
        "authorization",
    ),
    ('kind = "hmac", header = "X-Sig"', {"x-sig": HEX}, "x-sig"),
    ('kind = "hmac", header = "X-Sig", prefix = "sha256="', {"x-sig": f"sha256={HEX}"}, "x-sig"),
    ('kind = "hmac", header = "X-Sig", encoding = "base64"', {"x-sig": BASE64}, "x-sig"),
    (
        'kind = "hmac", header = "X-Sig", algorithm = "sha512"',
        {"x-sig": digest(BODY, "sha512").hex()},
        "x-sig",
    ),
    (
        'kind = "hmac", header = "X-Sig", time_header = "X-Time"',
        {"x-sig": TIMED, "x-time": "1614265330"},
        "x-sig",
    ),
    (
        (
            'kind = "hmac", header = "X-Sig", prefix = "v0=", time_header = "X-Time", '
            'separator = ":", signed_prefix = "v0:"'
        ),
        {"x-sig": f"v0={SLACK}", "x-time": "1614265330"},
        "x-sig",
    ),
    (
        'kind = "timestamped", header = "X-Sig"',
        {"x-sig": f"t=1614265330,v1={OF_OTHERS},v1={TIMED}"},
        "x-sig",
    ),
    ('kind = "standard"', VECTOR, "webhook-signature"),
]


def events(
    folder: Path, signature: str, monkeypatch: pytest.MonkeyPatch, now: float = NOW
) -> RestEvents:
    monkeypatch.setenv("HOOK", SECRET)
    table = f'\n[events]\nsignature = {{ {signature}, secret_env = "HOOK" }}\n{TOPIC}'
    return RestEvents(settings(folder, MAPPING + table), clock=lambda: now)


@pytest.mark.parametrize(
    ("signature", "headers", "signed"), SIGNED, ids=lambda value: str(value)[:60]
)
def test_what_is_signed_is_authentic_and_nothing_else(
    signature: str,
    headers: dict[str, str],
    signed: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = events(tmp_path, signature, monkeypatch)
    assert found.verify(Delivery(headers, "lab", BODY))
    if 'kind = "header"' not in signature:  # a shared secret signs no body
        assert not found.verify(Delivery(headers, "lab", BODY + b" "))
    sent = headers[signed]
    for wrong in ("", sent[:-1], sent + "0", " " + sent[1:], sent.replace(sent[-2], "~"), "\udce9"):
        assert not found.verify(Delivery({**headers, signed: wrong}, "lab", BODY)), wrong
    for name in headers:
        less = {key: value for key, value in headers.items() if key != name}
        assert not found.verify(Delivery(less, "lab", BODY)), name


@pytest.mark.parametrize("row", SIGNED[6:], ids=["hmac", "prefixed", "timestamped", "standard"])
def test_an_old_delivery_cannot_be_sent_again(
    row: tuple[str, dict[str, str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signature, headers, _ = row
    for seconds, authentic in ((298, True), (302, False), (-298, True), (-302, False)):
        found = events(tmp_path, signature, monkeypatch, NOW + seconds)
        assert found.verify(Delivery(headers, "lab", BODY)) is authentic
    found = events(tmp_path, signature, monkeypatch)
    for time in (
        "",
        "x",
        "-1",
        "1614265330.5",
        "9" * 17,
        "\uff11\uff16\uff11\uff14\uff12\uff16\uff15\uff13\uff13\uff10",
    ):
        changed = {
            name: value.replace("1614265330", time) for name, value in headers.items()
        }  # fmt: skip
        assert not found.verify(Delivery(changed, "lab", BODY))


@pytest.mark.parametrize("row", SIGNED[6:], ids=["hmac", "prefixed", "timestamped", "standard"])
@pytest.mark.parametrize("jump_s", [-30 * 86_400, -3_600, 3_600, 30 * 86_400])
def test_a_clock_that_jumps_makes_no_delivery_old(
    row: tuple[str, dict[str, str], str],
    jump_s: float,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # F26
    signature, headers, _ = row
    found = events(tmp_path, signature, monkeypatch)
    monkeypatch.setattr(found, "_clock", lambda: NOW + jump_s)
    assert found.verify(Delivery(headers, "lab", BODY))
    wrong = events(tmp_path, signature, monkeypatch, NOW + jump_s)
    monkeypatch.setattr(wrong, "_clock", lambda: NOW)  # it was wrong at the start, and is set right
    assert wrong.verify(Delivery(headers, "lab", BODY))


def test_without_a_table_nothing_is_authentic(tmp_path: Path) -> None:
    found = RestEvents(settings(tmp_path))
    assert not found.verify(Delivery({}, "lab", b"{}"))
    assert found.translate(Delivery({}, "lab", b"{}")) == ()
    assert found.label(Delivery({}, "lab", b"\xff")).key


TOPICS = """
[events]
signature = { kind = "none" }
topic_header = "X-Topic"
key_header = "X-Delivery"
version = "changed_at"
topics."order.created" = { kind = "order_placed", root = "order", reference = "number", \
value = "total", value_decimals = 2, currency = "currency", at = "at", shopper = "note.saccade", \
consent = "note.consent" }
topics."product.updated" = { kind = "product_changed" }
topics."stock.updated" = { kind = "product_touched", product = "sku" }
topics."product.deleted" = { kind = "product_removed", product = "sku" }
topics."customer.erase" = { kind = "erasure", customer = "id", email = "mail", phone = "tel", \
reference = "last_order" }
"""

ORDER: JsonObject = {
    "order": {
        "number": 1001,
        "total": 124910,
        "currency": "EUR",
        "at": "2026-11-21T12:00:00Z",
        "note": {"saccade": "visitor-1.session-1." + "0" * 32, "consent": True},
    }
}


def told(folder: Path, topic: str, document: object, **headers: str) -> tuple[RestEvents, Delivery]:
    body = document if isinstance(document, bytes) else msgspec.json.encode(document)
    named = {"x-topic": topic, **headers}
    return RestEvents(settings(folder, MAPPING + TOPICS), lambda: NOW), Delivery(named, "lab", body)


def facts(folder: Path, topic: str, document: object) -> Sequence[object]:
    found, delivery = told(folder, topic, document)
    assert found.verify(delivery)
    return found.translate(delivery)


def test_an_order_of_our_shopper(tmp_path: Path) -> None:  # R50
    (event,) = facts(tmp_path, "order.created", ORDER)
    assert event == Event(
        "lab",
        EventKind.ORDER_PLACED,
        1_795_262_400.0,
        visitor="visitor-1",
        session="session-1",
        value="1249.10",
        currency="EUR",
        reference="1001",
        trusted=True,
        consent=True,
    )


def test_products_people_and_topics_of_no_concern(tmp_path: Path) -> None:
    product = {"sku": "a", "title": "A", "price": {"amount": 1, "currency": "EUR"}}
    assert facts(tmp_path, "product.updated", product) == (
        CatalogPage((Product("a", "A", (), "1", "EUR"),)),
    )
    assert facts(tmp_path, "stock.updated", {"sku": "a"}) == (Refetch(("a",)),)
    assert facts(tmp_path, "product.deleted", {"sku": "a"}) == (CatalogPage((), ("a",)),)
    mail, phone = (hashlib.sha256(said).hexdigest() for said in (b"anna@shop.example", b"+3112345"))
    person = {"id": 7, "mail": " Anna@Shop.example", "tel": "+31 (12) 345", "last_order": "1001"}
    people = ("customer_id:7", f"email_sha256:{mail}", f"phone_sha256:{phone}")
    assert facts(tmp_path, "customer.erase", person) == (
        PersonalData("erasure", people, ("1001",)),
    )
    assert facts(tmp_path, "invoice.sent", {}) == ()


@pytest.mark.parametrize(
    ("topic", "document", "field"),
    [
        ("order.created", {"order": {"total": "a lot"}}, "value: no_amount"),
        ("order.created", {"order": {"at": "yesterday"}}, "at: no_time"),
        ("order.created", {"order": {"at": "0001-01-01T00:00:00Z"}}, "at: no_time"),
        ("order.created", {"order": {"total": 100}}, "reference: missing"),
        ("order.created", {"total": 100}, "root: missing"),
        ("order.created", [], "root: missing"),
        ("order.created", {"order": {"number": {}}}, "reference: of_wrong_type"),
        ("product.updated", {"title": "A"}, "id_missing"),
        ("stock.updated", {}, "product: missing"),
        ("customer.erase", {}, "customer, email or phone: missing"),
        ("order.created", b"{", "."),
        ("order.created", b"[" * 50_000, "."),
    ],
)
def test_what_cannot_be_read_names_the_field(
    topic: str, document: object, field: str, tmp_path: Path
) -> None:
    found, delivery = told(tmp_path, topic, document)
    with pytest.raises(ValueError, match=field):
        found.translate(delivery)
    assert found.label(delivery).topic == topic  # total, whatever the body is


def test_a_label_tells_deliveries_apart(tmp_path: Path) -> None:
    document = {"sku": "a", "changed_at": 1_795_262_400_000}
    found, delivery = told(tmp_path, "product.updated", document, **{"x-delivery": "d-1"})
    label = found.label(delivery)
    assert (label.key, label.topic, label.resource) == ("d-1", "product.updated", "products/a")
    assert label.version == 1_795_262_400.0
    unnamed = [found.label(told(tmp_path, "stock.updated", {"sku": name})[1]) for name in "aba"]
    assert unnamed[0] == unnamed[2] != unnamed[1]
    assert unnamed[0].resource == label.resource  # whatever tells of it, the newest wins
    assert found.label(told(tmp_path, "order.created", ORDER)[1]).resource is None


def test_standard_webhooks_are_told_apart_by_their_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same content may be told twice: of a product that changed again."""
    found = events(tmp_path, 'kind = "standard"', monkeypatch)
    assert found.label(Delivery(VECTOR, "lab", BODY)).key == VECTOR["webhook-id"]
    assert found.label(Delivery({}, "lab", BODY)).key != ""


def test_a_long_name_of_a_delivery_keeps_its_end(tmp_path: Path) -> None:
    labels = [
        told(tmp_path, "stock.updated", {"sku": "a"}, **{"x-delivery": "d" * 200 + end})
        for end in "aba"
    ]
    keys = [found.label(delivery).key for found, delivery in labels]
    assert keys[0] == keys[2] != keys[1]
    assert max(map(len, keys)) <= 128


@pytest.mark.parametrize(
    ("total", "currency", "value"),
    [(1999, "EUR", "19.99"), (1999, "JPY", "1999"), (1999, "KWD", "1.999"), (0, "jpy", "0")],
)
def test_amounts_in_the_smallest_unit_of_their_currency(
    total: int, currency: str, value: str, tmp_path: Path
) -> None:
    text = MAPPING + TOPICS.replace("value_decimals = 2", 'value_decimals = "iso4217"')
    order = {"number": 1, "total": total, "currency": currency}
    body = msgspec.json.encode({"order": order})
    found = RestEvents(settings(tmp_path, text), lambda: NOW)
    (event,) = found.translate(Delivery({"x-topic": "order.created"}, "lab", body))
    assert isinstance(event, Event)
    assert event.value == value
    unknown = msgspec.json.encode({"order": {"number": 1, "total": total}})
    with pytest.raises(ValueError, match="value: without_currency"):
        found.translate(Delivery({"x-topic": "order.created"}, "lab", unknown))


SHOPPER = Identity("v", "s")


def seen(
    folder: Path,
    method: str,
    path: str,
    body: object,
    status: int = 201,
    before: str = "",
    headers: dict[str, str] | None = None,
) -> Sequence[Event]:
    found = RestEvents(settings(folder, before + MAPPING), clock=lambda: NOW)
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return found.observe(Call("lab", method, path, "", headers or {}, SHOPPER), status, raw)


PLACED = {"data": {"number": "A-1", "total": {"amount": "19.90", "currency": "EUR"}}}


def test_an_accepted_order_is_an_order(tmp_path: Path) -> None:  # R50
    (event,) = seen(tmp_path, "POST", "/api/orders", PLACED)
    assert (event.kind, event.value, event.currency) == (EventKind.ORDER_PLACED, "19.90", "EUR")
    assert (event.reference, event.visitor, event.session) == ("A-1", "v", "s")
    assert event.trusted
    for status in (199, 302, 400, 500):
        assert seen(tmp_path, "POST", "/api/orders", PLACED, status) == ()
    for method, path in (("PUT", "/api/orders"), ("POST", "/api/orders/1")):
        assert seen(tmp_path, method, path, PLACED) == ()


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b'{"data":{"total":{"amount":[]}}}'])
def test_an_answer_that_says_nothing_was_accepted_all_the_same(body: bytes, tmp_path: Path) -> None:
    (event,) = seen(tmp_path, "POST", "/api/orders/", body)
    assert (event.kind, event.value, event.reference) == (EventKind.ORDER_PLACED, None, None)


def test_what_is_added_to_a_cart(tmp_path: Path) -> None:
    (event,) = seen(tmp_path, "POST", "/api/carts/1/lines/A%2F2", {"data": {"cart": "guid"}})
    assert (event.kind, event.product) == (EventKind.ADD_TO_CART, "A/2")
    assert event.reference is not None
    assert "guid" not in event.reference  # an open cart's id is as good as its key


def test_a_shopper_who_says_no_is_not_followed(tmp_path: Path) -> None:  # R60
    table = 'consent = { header = "X-Consent" }\n'
    path = "/api/orders"
    answers = {"yes": True, "no": False, None: None}
    for said, consent in answers.items():
        headers = {} if said is None else {"x-consent": said}
        found = seen(tmp_path, "POST", path, PLACED, before=table, headers=headers)
        assert [event.consent for event in found] == ([] if consent is False else [consent])
