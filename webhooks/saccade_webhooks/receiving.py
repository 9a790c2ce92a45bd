"""The door: who sends, whether it is authentic, and then, before anything else, durable.

Nothing reads a body before it is verified. Errors of an adapter are refusals: what makes it fail is
no delivery of a platform's.
"""

import hashlib
import math
import time
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import TypeVar

import structlog
from msgspec.structs import replace

from saccade.deliveries import Delivery, Label
from saccade.hosting import Installs
from saccade.ports import AdapterFactory
from saccade_webhooks.adding import New
from saccade_webhooks.counting import Counted, Counters
from saccade_webhooks.distributing import Distributor
from saccade_webhooks.effects import Platforms
from saccade_webhooks.inbox import Inbox

MOST_NAMED = 256
"""Characters of a key or a resource; longer ones are known by their hash."""

SECRETS = frozenset({"authorization", "proxy-authorization", "cookie"})
"""Headers that prove who sends, and are not kept with what was sent."""

OTHER = "other"
"""In metrics, an adapter that is none."""

T = TypeVar("T")

_log = structlog.get_logger("saccade.webhooks")


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """Not kept: the status, and what to say."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class Door:
    """``clock`` tells seconds since the epoch."""

    def __init__(
        self,
        inbox: Inbox,
        platforms: Platforms,
        counters: Counters,
        distributor: Distributor | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._inbox = inbox
        self._platforms = platforms
        self._counters = counters
        self._distributor = distributor
        self._clock = clock

    def refused(self, adapter: str, status: int) -> None:
        """Count one that was answered so."""
        known = self._platforms.factory(adapter) is not None
        self._counters.refused(adapter if known else OTHER, status)

    def expected(self, adapter: str) -> AdapterFactory:
        """Raises `Refused` for a platform nobody here is on: looked at before a body is read."""
        factory = self._platforms.factory(adapter)
        if factory is None:
            raise Refused(HTTPStatus.NOT_FOUND, "no tenant here is on this platform")
        return factory

    async def receive(
        self, adapter: str, path_tenant: str | None, headers: Mapping[str, str], body: bytes
    ) -> bool:
        """Returns once it is durable: whether it is new. ``headers`` by lower-case name.

        One that asks nothing of us, its tenant being gone already, is as one that came before.

        Raises `Refused` and `InboxUnavailable`; nothing was kept then.
        """
        delivery = Delivery(
            {name: clean(value) for name, value in headers.items()}, path_tenant, body
        )
        admitted = self._admitted(adapter, delivery)
        if admitted is None:
            return False
        tenant, label = admitted
        kept = {name: value for name, value in delivery.headers.items() if name not in SECRETS}
        number = await self._inbox.add(
            New(adapter, tenant, label, replace(delivery, headers=kept), self._clock())
        )
        if number is None:
            self._counters.count(Counted.DUPLICATES, adapter)
            return False
        self._counters.count(Counted.RECEIVED, adapter)
        if self._distributor is not None:
            await self._distributor.added(number)
        return True

    def _admitted(self, adapter: str, delivery: Delivery) -> tuple[str, Label] | None:
        """The tenant that was verified, and the label; ``None``: nothing is to be done."""
        factory = self.expected(adapter)
        tenant = _tried(adapter, lambda: factory.identify(delivery))
        serving = None if tenant is None else self._platforms.adapter(adapter, tenant)
        if tenant is None or serving is None:
            if (
                tenant is not None
                and isinstance(factory, Installs)
                and _tried(adapter, partial(factory.of_nobody, delivery))
            ):
                return None
            raise _unverified()
        authentic = _tried(adapter, lambda: serving.events.verify(delivery))
        if authentic is not True or delivery.path_tenant not in {None, tenant}:
            raise _unverified()
        return tenant, tidy(serving.events.label(delivery))


def _unverified() -> Refused:
    """In the same words whether or not the tenant is served here: that is nobody's business who
    cannot sign for it."""
    return Refused(HTTPStatus.UNAUTHORIZED, "its signature or credential is wrong or missing")


def _tried(adapter: str, look: Callable[[], T]) -> T:
    try:
        return look()
    except Exception as error:  # noqa: BLE001 - what an adapter cannot verify is not verified
        _log.error("webhook not verified", adapter=adapter, exc_info=error)
        raise _unverified() from None


def tidy(label: Label) -> Label:
    """As any database can hold it."""
    version = label.version
    return Label(
        key=_short(label.key),
        topic=clean(label.topic)[:MOST_NAMED],
        resource=None if label.resource is None else _short(label.resource),
        version=version if version is not None and math.isfinite(version) else None,
    )


def _short(name: str) -> str:
    name = clean(name)
    if len(name) <= MOST_NAMED:
        return name
    return f"blake2b:{hashlib.blake2b(name.encode(), digest_size=32).hexdigest()}"


def clean(text: str) -> str:
    """Without what no database takes: lone surrogates and NUL."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
