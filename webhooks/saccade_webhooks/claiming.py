"""Who processes what: deliveries are lent to one worker at a time, and come back by themselves.

All of it runs inside the transaction of a process whose turn it is, so no two see one as free. A
worker that dies keeps nothing: what it held is due again when the loan ends (F27). Of one resource
one delivery is lent at a time, the newest first; what is older by then has no effect (F28).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import asdict
from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    exists,
    false,
    func,
    literal_column,
    select,
    tuple_,
    update,
)

from saccade.deliveries import Delivery
from saccade.domain import Frozen
from saccade_webhooks.tables import State, deliveries, resources

LOAN_S = 10.0
"""Renewed while a worker lives; so long after its death others take over."""

LONGEST_WAIT_S = 1_800.0
"""Between two tries. What is due later than that was put off by a clock that has since gone back,
and is due now (F26)."""

MOST_CLAIMS = 40
"""A delivery lent so often never came to an end: it takes the process with it."""

MOST_BYTES = 32 * 1024 * 1024
"""Of bodies lent at once."""

Resource = tuple[str, str, str]
"""Adapter, tenant, resource."""
Rank = tuple[float, int]
"""Time of the change, number of the delivery."""
NONE: Rank = (float("-inf"), 0)

WAITING = literal_column(f"'{State.WAITING.value}'", Text)
"""Said in the statement itself: only then may an index of what waits be used."""

_table = deliveries.c


class Candidate(Frozen, frozen=True):
    """A delivery that is due, without what was sent."""

    sequence: int
    adapter: str
    tenant: str
    topic: str
    key: str
    resource: str | None
    version: float
    received: float
    size: int
    attempts: int

    @property
    def of(self) -> Resource | None:
        """Whose state it tells."""
        return None if self.resource is None else (self.adapter, self.tenant, self.resource)

    @property
    def rank(self) -> Rank:
        """Of two of one resource the higher is newer; of one time the later to come."""
        return self.version, self.sequence


class Held(Candidate, frozen=True):
    """A delivery lent to this process. ``attempts`` counts this one."""

    delivery: Delivery


class Room(NamedTuple):
    """How much a worker can take: ``most`` in all, of one tenant no more than its ``share``, of
    which it has so many ``taken``."""

    most: int
    share: int
    taken: Mapping[str, int]

    def full(self) -> list[str]:
        """Tenants that have their share."""
        return [tenant for tenant, count in self.taken.items() if count >= self.share]


class Claimed(NamedTuple):
    """What was lent, and what turned out to need no processing, by adapter."""

    held: tuple[Held, ...] = ()
    stale: tuple[str, ...] = ()
    dead: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there was anything at all."""
        return bool(self.held or self.stale or self.dead)


def claim(
    connection: Connection,
    owner: str,
    now: float,
    room: Room,
    named: Collection[int] | None = None,
) -> Claimed:
    """Lend as much as there is room for: retries that are due, then the oldest.

    ``named`` are the only ones to be looked at.
    """
    found = _candidates(connection, now, room, named)
    newest = applied(connection, {of for row in found if (of := row.of) is not None})
    stale = [row for row in found if row.of is not None and row.rank < newest.get(row.of, NONE)]
    old = {row.sequence for row in stale}
    dead = [row for row in found if row.sequence not in old and row.attempts >= MOST_CLAIMS]
    gone = old | {row.sequence for row in dead}
    taken = _fitting(_one_a_resource(row for row in found if row.sequence not in gone), room)
    end(connection, [row.sequence for row in stale], State.STALE)
    _bury(connection, [row.sequence for row in dead])
    held = _lend(connection, owner, now, taken)
    return Claimed(held, tuple(row.adapter for row in stale), tuple(row.adapter for row in dead))


def end(connection: Connection, sequences: Sequence[int], state: State) -> None:
    """They ended: of what was sent nothing is kept but what knows it again."""
    if sequences:
        nothing = {"headers": None, "body": None, "error": None, "owner": None}
        change = update(deliveries).where(_table.sequence.in_(sequences))
        connection.execute(change.values(state=state.value, **nothing))


def renew(connection: Connection, owner: str, sequences: Sequence[int], now: float) -> None:
    """Go on holding what is still ours."""
    mine = and_(_table.sequence.in_(sequences), _table.owner == owner)
    connection.execute(update(deliveries).where(mine, _waiting()).values(due=now + LOAN_S))


def give_back(connection: Connection, owner: str) -> None:
    """Everything at once, as if it had not been taken: this process stops."""
    mine = update(deliveries).where(_table.owner == owner, _waiting())
    connection.execute(mine.values(owner=None, due=0.0, attempts=_table.attempts - 1))


def _due(now: float) -> tuple[ColumnElement[bool], ...]:
    """Of what was put off: since some time, or by a clock that has gone back (F26)."""
    late = and_(_table.due > 0, _table.due <= now)
    return late, _table.due > now + LONGEST_WAIT_S + LOAN_S


def any_due(connection: Connection, now: float) -> bool:
    """Whether a claim may find anything: a look that takes nobody's turn."""
    wanted = select(_table.sequence).where(_waiting()).limit(1)
    ranges = (_table.due == 0, *_due(now))  # one by one: each is a look into an index
    return any(connection.scalar(wanted.where(each)) is not None for each in ranges)


def _waiting() -> ColumnElement[bool]:
    return _table.state == WAITING


def _candidates(
    connection: Connection,
    now: float,
    room: Room,
    named: Collection[int] | None,
) -> Sequence[Candidate]:
    other = deliveries.alias("other")
    lent = exists().where(
        *(other.c.adapter == _table.adapter, other.c.tenant == _table.tenant),
        *(other.c.resource == _table.resource, other.c.state == WAITING),
        other.c.owner.is_not(None),
        *(other.c.due > now, other.c.due <= now + LONGEST_WAIT_S + LOAN_S),
    )
    wanted = (
        select(*(_table[name] for name in Candidate.__struct_fields__))
        .where(_waiting(), ~lent)
        .limit(room.most)
    )
    if full := room.full():
        wanted = wanted.where(_table.tenant.not_in(full))
    if named is not None:
        wanted = wanted.where(_table.sequence.in_(named) if named else false())
    put_off = [wanted.where(each).order_by(_table.due, _table.sequence) for each in _due(now)]
    fresh = wanted.where(_table.due == 0).order_by(_table.due, _table.sequence)
    return [Candidate(*row) for look in (*put_off, fresh) for row in connection.execute(look)]


def applied(connection: Connection, wanted: Collection[Resource]) -> dict[Resource, Rank]:
    """What took effect last, of those of which anything did."""
    if not wanted:
        return {}
    table = resources.c
    of = (table.adapter, table.tenant, table.resource)
    rows = connection.execute(
        select(*of, table.version, table.sequence).where(tuple_(*of).in_(sorted(wanted)))
    )
    return {(row[0], row[1], row[2]): (row[3], row[4]) for row in rows}


def _one_a_resource(rows: Iterable[Candidate]) -> list[Candidate]:
    """The newest of each resource, and all that are of none."""
    found: dict[object, Candidate] = {}
    for row in rows:
        name: object = row.of or row.sequence
        if name not in found or row.rank > found[name].rank:
            found[name] = row
    return list(found.values())


def _fitting(rows: Sequence[Candidate], room: Room) -> list[Candidate]:
    """The first of them, at least one, that are not too much to keep in memory."""
    taken: list[Candidate] = []
    counts = Counter(room.taken)
    size = 0
    for row in rows:
        size += row.size
        if len(taken) == room.most or (taken and size > MOST_BYTES):
            break
        if counts[row.tenant] < room.share:
            counts[row.tenant] += 1
            taken.append(row)
    return taken


def _bury(connection: Connection, sequences: Sequence[int]) -> None:
    if sequences:
        why = "it never came to an end: whatever processed it was gone before"
        change = update(deliveries).where(_table.sequence.in_(sequences))
        connection.execute(change.values(state=State.DEAD.value, error=why, owner=None))


def _lend(
    connection: Connection, owner: str, now: float, rows: Sequence[Candidate]
) -> tuple[Held, ...]:
    if not rows:
        return ()
    sequences = [row.sequence for row in rows]
    connection.execute(
        update(deliveries)
        .where(_table.sequence.in_(sequences))
        .values(owner=owner, due=now + LOAN_S, attempts=_table.attempts + 1)
    )
    kept = connection.execute(
        select(_table.sequence, _table.headers, _table.path_tenant, _table.body).where(
            _table.sequence.in_(sequences)
        )
    )
    told = {row[0]: Delivery(_headers(row[1]), row[2], bytes(row[3] or b"")) for row in kept}
    return tuple(_held(row, told[row.sequence]) for row in rows)


def _held(row: Candidate, delivery: Delivery) -> Held:
    told: dict[str, Any] = asdict(row)  # Any: fields of several kinds
    told["attempts"] += 1
    return Held(**told, delivery=delivery)


def _headers(kept: str | None) -> dict[str, str]:
    return msgspec.json.decode(kept or "{}", type=dict[str, str])


def backlog(connection: Connection) -> tuple[int, float | None]:
    """How many wait, and since when the oldest does."""
    count, oldest = connection.execute(
        select(func.count(), func.min(_table.received)).where(_waiting())
    ).one()
    return int(count), oldest
