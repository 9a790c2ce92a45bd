"""What came of processed deliveries, written in one transaction with what they say of products.

An ending counts only while the delivery is still lent to who processed it, and what it says of a
resource only while nothing newer took effect: a worker that was held up writes nothing stale.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from saccade.deliveries import CatalogPage
from saccade_webhooks.claiming import NONE, Held, Rank, Resource, applied, end
from saccade_webhooks.tables import State, deliveries, products, resources

_table = deliveries.c
_AGAIN = frozenset({State.WAITING, State.DEAD})


class Ending(NamedTuple):
    """What came of one. ``WAITING`` puts it off until ``due``; ``error`` says why."""

    held: Held
    state: State
    pages: tuple[CatalogPage, ...] = ()
    error: str | None = None
    due: float = 0.0
    counts: bool = True
    """Whether this attempt does: not where it was our own stores that were away."""
    forgets: bool = False
    """Whether somebody was to be forgotten: what was sent names them, so nothing of it may stay in
    the database's log either."""


def end_all(
    connection: Connection, owner: str, endings: Sequence[Ending], now: float
) -> list[State | None]:
    """The state each has now; ``None`` where it was no longer this worker's to end."""
    mine = _still_held(connection, owner, [one.held.sequence for one in endings])
    kept = [one for one in endings if one.held.sequence in mine]
    newest = applied(connection, {of for one in kept if (of := one.held.of) is not None})
    settled = [_settled(one, newest) for one in kept]
    for state in (State.DONE, State.STALE):
        end(connection, [one.held.sequence for one in settled if one.state is state], state)
    _put_off(connection, [one for one in settled if one.state in _AGAIN])
    done = [one for one in settled if one.state is State.DONE]
    _remember(connection, done, now)
    _tell(connection, done, now)
    states = {one.held.sequence: one.state for one in settled}
    return [states.get(one.held.sequence) for one in endings]


def _still_held(connection: Connection, owner: str, sequences: Sequence[int]) -> set[int]:
    wanted = select(_table.sequence).where(
        *(_table.sequence.in_(sequences), _table.owner == owner),
        _table.state == State.WAITING.value,
    )
    return set(connection.scalars(wanted))


def _settled(one: Ending, newest: dict[Resource, Rank]) -> Ending:
    """As it is, or stale; what took effect is the newest from here on."""
    of, rank = one.held.of, one.held.rank
    if one.state is not State.DONE or of is None:
        return one
    if rank < newest.get(of, NONE):
        return Ending(one.held, State.STALE)
    newest[of] = rank
    return one


_PUT_OFF = (
    update(deliveries)
    .where(_table.sequence == bindparam("row"))
    .values(
        state=bindparam("now"),
        error=bindparam("why"),
        due=bindparam("again"),
        attempts=bindparam("tried"),
        owner=None,
    )
)


def _put_off(connection: Connection, ended: Sequence[Ending]) -> None:
    """What may be tried again keeps its headers and its body."""
    rows = [
        {
            "row": one.held.sequence,
            "now": one.state.value,
            "why": one.error,
            "again": one.due,
            "tried": one.held.attempts - (not one.counts),
        }
        for one in ended
    ]
    if rows:
        connection.execute(_PUT_OFF, rows)


def _remember(connection: Connection, done: Sequence[Ending], now: float) -> None:
    """The newest of each resource."""
    newest = {one.held.of: one.held for one in done if one.held.of is not None}
    rows = [
        {
            "adapter": held.adapter,
            "tenant": held.tenant,
            "resource": held.resource,
            "version": held.version,
            "sequence": held.sequence,
            "at": now,
        }
        for held in newest.values()
    ]
    if not rows:
        return
    server = connection.dialect.name == "postgresql"
    insert = postgresql.insert(resources) if server else sqlite.insert(resources)
    of = ("adapter", "tenant", "resource")
    new = {name: insert.excluded[name] for name in ("version", "sequence", "at")}
    connection.execute(insert.on_conflict_do_update(index_elements=of, set_=new), rows)


def _tell(connection: Connection, done: Sequence[Ending], now: float) -> None:
    """What they say of products, under a new number, so that every process sees it."""
    said: dict[tuple[str, str], str | None] = {}
    for one in done:
        for page in one.pages:
            for product in page.products:
                said[one.held.tenant, product.id] = msgspec.json.encode(product).decode()
            said.update({(one.held.tenant, removed): None for removed in page.removed})
    if not said:
        return
    named = [{"of": tenant, "named": product} for tenant, product in said]
    table = products.c
    connection.execute(
        delete(products).where(
            table.tenant == bindparam("of"), table.product == bindparam("named")
        ),
        named,
    )
    rows = [
        {"tenant": tenant, "product": product, "record": record, "at": now}
        for (tenant, product), record in said.items()
    ]
    connection.execute(products.insert(), rows)
