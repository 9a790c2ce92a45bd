"""What the inbox holds, for those who run it: looked at, tried again, and let go in time.

All of it is called inside a transaction.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update

from saccade.domain import Product
from saccade_webhooks.claiming import WAITING
from saccade_webhooks.tables import State, deliveries, products, resources

DAY_S = 86_400.0
KEPT_S = 8 * DAY_S
"""Keys of what ended: platforms send again for two days, attackers for longer (at least seven)."""
DEAD_KEPT_S = 14 * DAY_S
"""Dead letters hold what was sent, which may tell of people: well within the month that a platform
gives to erase them (Shopify 8)."""
RESOURCES_KEPT_S = 30 * DAY_S
PRODUCTS_KEPT_S = DAY_S
"""By then every walk through a catalog has met them."""

CHUNK = 1_000
"""Rows let go in one transaction: nobody waits long for its turn."""

_table = deliveries.c


class Record(NamedTuple):
    """A delivery as it stands."""

    sequence: int
    adapter: str
    tenant: str
    topic: str
    resource: str | None
    received: float
    state: str
    attempts: int
    due: float
    error: str | None


class Said(NamedTuple):
    """What was said of a product: ``None``, it is gone."""

    sequence: int
    tenant: str
    id: str
    product: Product | None


def listed(
    connection: Connection,
    states: Sequence[State] = (),
    tenant: str | None = None,
    most: int = 50,
) -> list[Record]:
    """The latest first."""
    wanted = select(*(_table[name] for name in Record._fields)).order_by(_table.sequence.desc())
    if states:
        wanted = wanted.where(_table.state.in_([state.value for state in states]))
    if tenant is not None:
        wanted = wanted.where(_table.tenant == tenant)
    return [Record(*row) for row in connection.execute(wanted.limit(most))]


def counted(connection: Connection) -> dict[str, int]:
    """How many are in each state."""
    wanted = select(_table.state, func.count()).group_by(_table.state)
    return {row[0]: row[1] for row in connection.execute(wanted)}


def found(connection: Connection, sequences: Sequence[int]) -> list[Record]:
    """Those there are, oldest first."""
    wanted = select(*(_table[name] for name in Record._fields)).where(
        _table.sequence.in_(sequences)
    )
    return [Record(*row) for row in connection.execute(wanted.order_by(_table.sequence))]


def unfinished(connection: Connection, sequences: Sequence[int]) -> set[int]:
    """Those that are new or lent to a worker: neither over nor put off."""
    at_hand = or_(_table.due == 0, _table.owner.is_not(None))
    wanted = select(_table.sequence).where(
        _table.sequence.in_(sequences), _table.state == State.WAITING.value, at_hand
    )
    return set(connection.scalars(wanted))


def dead(connection: Connection, tenant: str | None = None) -> list[int]:
    """The numbers of all dead letters, oldest first."""
    is_dead = _table.state == State.DEAD.value
    wanted = select(_table.sequence).where(_table.state != WAITING, is_dead)
    if tenant is not None:
        wanted = wanted.where(_table.tenant == tenant)
    return list(connection.scalars(wanted.order_by(_table.sequence)))


def again(connection: Connection, sequences: Sequence[int]) -> int:
    """Try these once more, now and from the first attempt on; how many there were.

    Dead ones and those put off: of others nothing is kept, or a worker holds them.
    """
    idle = or_(
        _table.state == State.DEAD.value,
        and_(_table.state == State.WAITING.value, _table.owner.is_(None)),
    )
    change = update(deliveries).where(_table.sequence.in_(sequences), idle)
    return connection.execute(
        change.values(state=State.WAITING.value, attempts=0, due=0.0, owner=None)
    ).rowcount


def let_go(connection: Connection, now: float) -> int:
    """A chunk of what was kept long enough; how much that was."""
    ended = _table.state.in_([State.DONE.value, State.STALE.value, State.DROPPED.value])
    return sum(
        (
            _delete_some(connection, and_(ended, _table.received < now - KEPT_S)),
            _delete_some(
                connection,
                and_(_table.state == State.DEAD.value, _table.received < now - DEAD_KEPT_S),
            ),
            connection.execute(
                delete(resources).where(resources.c.at < now - RESOURCES_KEPT_S)
            ).rowcount,
            connection.execute(
                delete(products).where(products.c.at < now - PRODUCTS_KEPT_S)
            ).rowcount,
        )
    )


def _delete_some(connection: Connection, those: ColumnElement[bool]) -> int:
    some = select(_table.sequence).where(_table.state != WAITING, those).limit(CHUNK)
    return connection.execute(delete(deliveries).where(_table.sequence.in_(some))).rowcount


def purge(connection: Connection, tenant: str, but: int | None = None) -> None:
    """Nothing that was sent for a tenant, or told of it, is left; keys are, for replays.

    ``but`` is the delivery that says so: it is ended by who processes it.
    """
    nothing = {"headers": None, "body": None, "resource": None, "error": None, "owner": None}
    mine = update(deliveries).where(_table.tenant == tenant, _table.sequence != (but or 0))
    connection.execute(
        mine.where(_table.state.in_([State.WAITING.value, State.DEAD.value])).values(
            state=State.DROPPED.value, **nothing
        )
    )
    connection.execute(mine.values(**nothing))
    for table in (resources, products):
        connection.execute(delete(table).where(table.c.tenant == tenant))


def said_after(connection: Connection, sequence: int, most: int = CHUNK) -> list[Said]:
    """What was said of products after that number, in order."""
    table = products.c
    wanted = select(table.sequence, table.tenant, table.product, table.record).where(
        table.sequence > sequence
    )
    rows = connection.execute(wanted.order_by(table.sequence).limit(most))
    return [Said(row[0], row[1], row[2], _product(row[3])) for row in rows]


def _product(record: str | None) -> Product | None:
    return None if record is None else msgspec.json.decode(record, type=Product)
