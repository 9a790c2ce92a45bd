"""New deliveries as rows: each once, whoever sends it again (F28)."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from saccade.deliveries import Delivery, Label
from saccade_webhooks.tables import State, deliveries

_ONCE = ("adapter", "tenant", "key")
_BACK = (deliveries.c.sequence, *(deliveries.c[name] for name in _ONCE))


class New(msgspec.Struct, frozen=True):
    """A verified delivery, to be kept. ``received`` is in seconds since the epoch."""

    adapter: str
    tenant: str
    label: Label
    delivery: Delivery
    received: float

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return len(self.delivery.body)


def add(connection: Connection, new: Sequence[New]) -> list[int | None]:
    """The number of each, in order; ``None`` where it is there already."""
    if not new:
        return []
    made = connection.execute(_insert(connection).returning(*_BACK), [_row(one) for one in new])
    numbers: dict[tuple[str, str, str], int] = {(row[1], row[2], row[3]): row[0] for row in made}
    return [numbers.pop((one.adapter, one.tenant, one.label.key), None) for one in new]


def _insert(connection: Connection) -> "postgresql.Insert | sqlite.Insert":
    if connection.dialect.name == "postgresql":
        return postgresql.insert(deliveries).on_conflict_do_nothing(index_elements=_ONCE)
    return sqlite.insert(deliveries).on_conflict_do_nothing(index_elements=_ONCE)


def _row(new: New) -> dict[str, Any]:  # Any: a row as the driver takes it
    label, delivery = new.label, new.delivery
    return {
        "adapter": new.adapter,
        "tenant": new.tenant,
        "key": label.key,
        "topic": label.topic,
        "resource": label.resource,
        # Where the platform tells no time of the change, later is newer.
        "version": new.received if label.version is None else label.version,
        "received": new.received,
        "path_tenant": delivery.path_tenant,
        "headers": msgspec.json.encode(delivery.headers).decode(),
        "body": delivery.body,
        "size": len(delivery.body),
        "state": State.WAITING.value,
        "attempts": 0,
        "due": 0.0,  # at once, whatever the clock says (F26)
        "owner": None,
        "error": None,
    }
