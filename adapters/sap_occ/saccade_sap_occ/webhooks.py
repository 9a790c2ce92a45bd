"""Commerce's webhooks: who sent one, what tells it from others, and what it says.

Commerce signs nothing. Its destination logs in, by HTTP Basic with a user and a password that only
the two sides know; one whose login is OAuth is refused, for whether its token is good only the
authorization server can tell. What is sent is an integration object as the merchant composed it:
JSON with an ``integrationKey``, its attributes as they were named there. Two shapes are known by
attributes that Commerce's own types have: a product of a catalog version, and an order with its
total. Anything else says nothing.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec
from pydantic import SecretStr

from saccade.catalog import CatalogError
from saccade.deliveries import Delivery, Fact, Label, Refetch
from saccade.domain import Event, EventKind
from saccade_sap_occ.codes import is_code

ONLINE = "Online"
"""The catalog version shoppers see, as Commerce names it unless told otherwise."""

_DATE = re.compile(r"/Date\(([0-9]{1,15})(?:[+-][0-9]{4})?\)/")
"""A time as OData 2 writes it, in milliseconds."""

Secret = Callable[[], SecretStr]


class _CatalogVersion(msgspec.Struct):
    version: str | None = None


class _Currency(msgspec.Struct):
    isocode: str | None = None


class _Item(msgspec.Struct, rename="camel"):
    """What is looked at of an integration object."""

    code: str
    integration_key: str
    catalog_version: _CatalogVersion | None = None
    total_price: Decimal | None = None
    currency: _Currency | None = None
    modifiedtime: str | None = msgspec.field(default=None, name="modifiedtime")

    @property
    def at(self) -> float | None:
        """When it was changed, where its object tells."""
        found = _DATE.fullmatch(self.modifiedtime or "")
        return int(found[1]) / 1_000 if found else None


_item = msgspec.json.Decoder(_Item)


class Destination:
    """A destination's login. ``secret`` reads its password; without one nobody is let in."""

    def __init__(self, user: str = "", secret: Secret | None = None) -> None:
        self._user = user
        self._secret = secret

    def sent(self, delivery: Delivery) -> bool:
        """Whether it did. In constant time for a secret of one length; a secret that cannot be
        read lets nobody in."""
        if self._secret is None:
            return False
        try:
            secret = self._secret().get_secret_value()
        except CatalogError:
            return False
        login = base64.b64encode(f"{self._user}:{secret}".encode())
        told = delivery.headers.get("authorization", "").encode("utf-8", "replace")
        return hmac.compare_digest(b"Basic " + login, told)


def labelled(delivery: Delivery) -> Label:
    """By its content: Commerce numbers no delivery.

    So an item changed there and back again looks as if sent twice, unless its integration object
    has the attribute ``modifiedtime``.
    """
    key = hashlib.blake2b(delivery.body, digest_size=16, person=b"delivery").hexdigest()
    item = _read(delivery.body)
    if item is None or item.catalog_version is None:
        return Label(key, "item")
    resource = f"products/{item.code}/{item.catalog_version.version}"
    return Label(key, "product", resource, item.at)


def translated(tenant: str, delivery: Delivery, now: float) -> Sequence[Fact]:
    """A product's change or an order. Raises `ValueError` for what is no integration object."""
    item = _read(delivery.body)
    if item is None:
        raise ValueError("integrationKey, code: the body is no integration object with them")
    if item.catalog_version is not None:
        shown = item.catalog_version.version == ONLINE and is_code(item.code)
        return (Refetch((item.code,)),) if shown else ()
    if item.total_price is None or item.currency is None:
        return ()
    value = str(item.total_price) if item.total_price.is_finite() else None
    order = Event(
        tenant=tenant,
        kind=EventKind.ORDER_PLACED,
        at=item.at or now,
        value=value,
        currency=item.currency.isocode,
        reference=item.code,
        trusted=True,
    )
    return (order,)


def _read(body: bytes) -> _Item | None:
    try:
        return _item.decode(body)
    except (ValueError, RecursionError):
        return None
