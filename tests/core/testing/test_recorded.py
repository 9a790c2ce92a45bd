"""Samples from a file say what samples in Python say, and a bad file says what to correct."""

from pathlib import Path

import pytest

from saccade.deliveries import CatalogPage, Refetch
from saccade.domain import Event, EventKind, Moment, Product
from saccade.strict import ConfigurationError
from saccade.testing import (
    Answered,
    Consent,
    Page,
    Passing,
    Samples,
    Seen,
    Sent,
    Shop,
    event,
    recorded,
)

FILE = """\
outside = ["/admin/"]
unknown = "0"
tenant = { adapter = { size = 2 } }
other = { adapter = { size = 3 } }
environment = { SECRET_OF_A_TEST = "x" }
other_environment = { SECRET_OF_A_TEST = "y" }
hostile = [{ "X-Consent" = "?" }]
exempt = { "tenants.deliveries" = "they share one secret, by the platform's design" }

[[pages]]
call = "GET /api/products/7?lang=en"
moment = "product"
subject = "7"
body = '{"id":"7"}'

[[passing]]
call = "POST /api/carts"

[[seen]]
call = "POST /api/orders?cart=1"
headers = { "X-Kind" = "web" }
body = '{"number":"A-1"}'
says = [{ kind = "order_placed", value = "19.90", currency = "EUR", reference = "A-1" }]

[consent]
given = { "X-Consent" = "yes" }
refused = { "X-Consent" = "no" }
garbled = [{ "X-Consent" = "%" }]

[[deliveries]]
headers = { "X-Topic" = "product.changed" }
signed = ["X-Signature"]
body = '{"id":"7"}'
refetch = ["7"]

[[deliveries]]
body = '{"id":"8"}'
removed = ["8"]
events = [{ kind = "refund", at = 1700000000.0, session = "s" }]

[shop]
products = [{ id = "7", name = "Lamp", categories = ["light"], price = "19.90", in_stock = true }]

[[shop.answers]]
call = "GET /api/products?page=1"
body = '{"items":[]}'
"""

SAID = Samples(
    tenant={"adapter": {"size": 2}},
    other={"adapter": {"size": 3}},
    environment={"SECRET_OF_A_TEST": "x"},
    other_environment={"SECRET_OF_A_TEST": "y"},
    outside=("/admin/",),
    unknown="0",
    hostile=({"x-consent": "?"},),
    exempt={"tenants.deliveries": "they share one secret, by the platform's design"},
    pages=(
        Page(
            path="/api/products/7",
            query="lang=en",
            moment=Moment.PRODUCT,
            subject="7",
            body=b'{"id":"7"}',
        ),
    ),
    passing=(Passing(method="POST", path="/api/carts"),),
    seen=(
        Seen(
            path="/api/orders",
            query="cart=1",
            headers={"x-kind": "web"},
            body=b'{"number":"A-1"}',
            says=(event(EventKind.ORDER_PLACED, value="19.90", currency="EUR", reference="A-1"),),
        ),
    ),
    consent=Consent(
        given={"x-consent": "yes"}, refused={"x-consent": "no"}, garbled=({"x-consent": "%"},)
    ),
    deliveries=(
        Sent(
            headers={"x-topic": "product.changed"},
            signed=("x-signature",),
            body=b'{"id":"7"}',
            says=(Refetch(("7",)),),
        ),
        Sent(
            headers={},
            body=b'{"id":"8"}',
            says=(
                Event("", EventKind.REFUND, 1_700_000_000.0, session="s", trusted=True),
                CatalogPage((), ("8",)),
            ),
        ),
    ),
    shop=Shop(
        answers=(Answered(path="/api/products", query="page=1", body=b'{"items":[]}'),),
        products=(Product("7", "Lamp", ("light",), "19.90", in_stock=True),),
    ),
)


def test_a_file_says_what_python_says(tmp_path: Path) -> None:
    path = tmp_path / "samples.toml"
    path.write_text(FILE, "utf-8")
    assert recorded(path) == SAID


def test_a_file_that_is_missing_says_what_belongs_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"does not exist\. Fix: record calls"):
        recorded(tmp_path / "samples.toml")


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ('[[pages]]\ncall = "POST /x"\nmoment = "product"\nbody = "{}"\n', "pages.0.call"),
        ('[[pages]]\ncall = "GET x"\nmoment = "product"\nbody = "{}"\n', "pages.0.call"),
        ('[[passing]]\ncall = "GET /x"\nnote = "why"\n', "passing.0.note"),
        ('[[seen]]\ncall = "POST /x"\nbody = ""\nstatus = 500\nsays = []\n', "seen.0.status"),
        ("[shop]\nproducts = []\n", "shop.answers"),
    ],
)
def test_a_bad_file_says_what_to_correct(tmp_path: Path, wrong: str, key: str) -> None:
    path = tmp_path / "samples.toml"
    path.write_text(wrong, "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        recorded(path)
    assert caught.value.key == key
    assert caught.value.fix
