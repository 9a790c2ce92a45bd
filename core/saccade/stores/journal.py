"""The journal in a database: `ports.JournalPort` over SQLAlchemy (R44, R63).

Decisions are handed over and written behind the page path; exposures and outcomes are acknowledged
when they are durable. Several processes may write one SQLite file.
"""

import asyncio
import sqlite3
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Engine, Table, select
from sqlalchemy.exc import DBAPIError

from saccade.domain import Decision, Exposure, Identity, JsonObject, Outcome
from saccade.stores import journal_people, tables
from saccade.stores.acknowledgement import JournalUnavailable
from saccade.stores.journal_erasing import dropped, erased
from saccade.stores.journal_writer import PATIENCE_S, Writer
from saccade.stores.sqlite_file import open_engine, without_log

__all__ = ["JournalUnavailable", "SqlJournal"]


class SqlJournal:
    """Append-only tables behind one writing thread.

    ``url`` is SQLAlchemy's, such as ``sqlite:///journal.db``; a journal in memory is refused with
    `ValueError`. ``max_spool`` bounds the decisions kept while the database is away: beyond it the
    oldest are dropped and counted (F36).
    """

    def __init__(self, url: str, *, max_spool: int = 100_000) -> None:
        if max_spool < 1:
            raise ValueError(f"max_spool is {max_spool}: keep at least one decision")
        self._engine = open_engine(url)
        self._writer = Writer(self._engine, max_spool)

    @property
    def depth(self) -> int:
        """Decisions handed over and not yet durable."""
        return self._writer.depth

    @property
    def dropped(self) -> int:
        """Decisions given up since the start."""
        return self._writer.dropped

    @property
    def healthy(self) -> bool:
        """Whether the database took the last write."""
        return self._writer.healthy

    def decided(self, decision: Decision) -> None:
        """Hand over a decision, which must not be changed any more. Never raises, never waits."""
        self._writer.spool(decision)

    async def exposed(self, exposure: Exposure) -> None:
        """Return when durable. Raises `JournalUnavailable`, then nothing was written."""
        await self._writer.ask(tables.exposures, tables.exposure_row(exposure))

    async def followed(self, outcome: Outcome) -> None:
        """Return when durable. Raises `JournalUnavailable`, then nothing was written."""
        await self._writer.ask(tables.outcomes, tables.outcome_row(outcome))

    async def find(self, tenant: str, decision_id: str) -> JsonObject | None:
        """A decision with its exposures and outcomes in order of arrival.

        Sees all that was handed over before. Raises `JournalUnavailable` where the database cannot
        be read, or cannot be written and the decision may be among those still waiting.
        """
        if self._writer.closed:
            raise JournalUnavailable("the journal is closed")
        unwritten: JournalUnavailable | None = None
        try:
            await self._writer.ask()
        except JournalUnavailable as error:
            unwritten = error
        found = await asyncio.to_thread(self._read, tenant, decision_id)
        if found is None and unwritten is not None:
            raise unwritten
        return found

    async def anonymise(
        self, tenant: str, visitors: Sequence[str], visits: Sequence[Identity] = ()
    ) -> int:
        """Take out of every row, those handed over before included, who it was about: these
        visitors, or these visits of others.

        Such a row is of no arm, and an outcome of no order. Answers how many there were. Raises
        `JournalUnavailable`.
        """
        await self._writer.ask()
        return await asyncio.to_thread(erased, self._engine, tenant, visitors, visits)

    async def of_orders(self, tenant: str, orders: Sequence[str]) -> set[Identity]:
        """See `journal_people.of_orders`; sees all that was handed over before."""
        await self._writer.ask()
        return await asyncio.to_thread(journal_people.of_orders, self._engine, tenant, orders)

    async def about(
        self, tenant: str, visitors: Sequence[str], visits: Sequence[Identity] = ()
    ) -> dict[str, list[JsonObject]]:
        """See `journal_people.about`; sees all that was handed over before."""
        await self._writer.ask()
        return await asyncio.to_thread(journal_people.about, self._engine, tenant, visitors, visits)

    async def drop(self, tenant: str) -> None:
        """Delete every row of a tenant, those handed over before included. Raises
        `JournalUnavailable`; what was deleted by then is."""
        await self._writer.ask()
        await asyncio.to_thread(dropped, self._engine, tenant)

    async def shrink(self) -> None:
        """Leave nothing of what was anonymised in the database's log. Raises
        `JournalUnavailable`."""
        await self._writer.ask()
        if not await asyncio.to_thread(_shrunk, self._engine):
            raise JournalUnavailable("the journal's log is in use")

    async def close(self) -> None:
        """Write what was handed over, then close. May be called again."""
        await self._writer.close()
        self._engine.dispose()

    def _read(self, tenant: str, decision_id: str) -> JsonObject | None:
        table = tables.decisions
        wanted = select(table.c.record).where(table.c.tenant == tenant, table.c.id == decision_id)
        try:
            with self._engine.connect() as connection:
                found = connection.scalar(wanted)
                if found is None:
                    return None
                return {
                    **msgspec.json.decode(found, type=JsonObject),
                    "exposures": _following(connection, tables.exposures, tenant, decision_id),
                    "outcomes": _following(connection, tables.outcomes, tenant, decision_id),
                }
        except DBAPIError as error:
            raise JournalUnavailable(f"the journal cannot be read: {error.orig}") from None
        except sqlite3.Error as error:  # raised bare while a connection is being opened
            raise JournalUnavailable(f"the journal cannot be read: {error}") from None


def _shrunk(engine: Engine) -> bool:
    try:
        return without_log(engine, PATIENCE_S)
    except (DBAPIError, sqlite3.Error) as error:
        raise JournalUnavailable(f"the journal's log cannot be emptied: {error}") from None


def _following(
    connection: Connection, table: Table, tenant: str, decision_id: str
) -> list[JsonObject]:
    """What followed a decision, in order of arrival."""
    column = table.c
    wanted = (
        select(column.record)
        .where(column.tenant == tenant, column.decision_id == decision_id)
        .order_by(column.sequence)
    )
    return [msgspec.json.decode(text, type=JsonObject) for text in connection.scalars(wanted)]
