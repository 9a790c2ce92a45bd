"""New deliveries as rows: each once, whoever sends it again (F28)."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select, tuple_
from sqlalchemy.dialects import postgresql

from saccade.deliveries import Delivery, Label
from saccade_webhooks.tables import State, deliveries

_ONCE = ("adapter", "tenant", "key")
_NAMES = [column.name for column in deliveries.columns if column.name != "sequence"]
Key = tuple[str, str, str]
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
    rows = [_row(one) for one in new]
    if connection.dialect.name == "sqlite":
        before = connection.scalar(select(func.max(deliveries.c.sequence))) or 0
        made = connection.exec_driver_sql(
            _statement(len(rows)), tuple(row[name] for row in rows for name in _NAMES)
        )
        if made.rowcount == len(rows):  # as nearly always; numbers of one statement are in a row
            last = int(made.lastrowid)
            return list(range(last - len(rows) + 1, last + 1))
        return _numbers(new, _after(connection, new, before))
    insert = postgresql.insert(deliveries).on_conflict_do_nothing(index_elements=_ONCE)
    found = connection.execute(insert.returning(*_BACK), rows)
    return _numbers(new, _by_key(found))


@cache
def _statement(count: int) -> str:
    """So many rows at once: each step of SQLite's costs this thread its turn among the others."""
    marks = f"({', '.join('?' * len(_NAMES))})"
    return (
        f"INSERT INTO {deliveries.name} ({', '.join(_NAMES)}) "  # noqa: S608 - names of our own table
        f"VALUES {', '.join([marks] * count)} ON CONFLICT DO NOTHING"
    )


def _after(connection: Connection, new: Sequence[New], number: int) -> dict[Key, int]:
    """Those of them that came after that number."""
    keys = {(one.adapter, one.tenant, one.label.key) for one in new}
    of = tuple_(*(deliveries.c[name] for name in _ONCE))
    rows = connection.execute(
        select(*_BACK).where(deliveries.c.sequence > number, of.in_(sorted(keys)))
    )
    return _by_key(rows)


def _by_key(rows: Iterable[Sequence[Any]]) -> dict[Key, int]:  # Any: columns of two kinds
    return {(row[1], row[2], row[3]): row[0] for row in rows}


def _numbers(new: Sequence[New], made: dict[Key, int]) -> list[int | None]:
    """The first of each key is the one that was made."""
    return [made.pop((one.adapter, one.tenant, one.label.key), None) for one in new]


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
