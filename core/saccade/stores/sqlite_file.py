"""One SQLite file written by several processes: how it is opened, and how they take turns.

SQLite's own busy handler sleeps longer the longer it waits, up to 100 ms, so a process that commits
without a break keeps all others out for seconds. Short sleeps of random length get their turn.
"""

import random
import sqlite3
import time
from typing import cast

from sqlalchemy import Connection, Engine, create_engine, event, make_url

TURN_S = 0.2
"""How long one try waits for other processes."""


CONNECT_S = 5
"""How long a server may take to accept a connection, where its URL does not say: threads that wait
for one that hangs are missing elsewhere."""

PAGE = 8_192
"""Bytes, of a new file. Three decisions with fifty candidates fit one, where SQLite's own 4,096
hold one and waste the rest: each commit writes whole pages."""


def open_engine(url: str) -> Engine:
    """An engine that is durable at commit (WAL, every commit synced) and logs no values.

    Raises `ValueError` for SQLite in memory, which is gone with the process.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        patience = {} if "connect_timeout" in parsed.query else {"connect_timeout": CONNECT_S}
        return create_engine(parsed, hide_parameters=True, connect_args=patience)
    if parsed.database in {None, "", ":memory:"}:
        raise ValueError(f"{url!r} keeps nothing: name a file, such as sqlite:///journal.db")
    engine = create_engine(parsed, hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    return engine


def take_turn(connection: Connection) -> None:
    """Become the one process that writes, before anything is read or written.

    Nothing to do where the database is a server, which queues its writers itself. Raises
    `sqlite3.OperationalError` after `TURN_S`.
    """
    if connection.dialect.name == "sqlite":
        _patiently(
            cast("sqlite3.Connection", connection.connection.driver_connection), "BEGIN IMMEDIATE"
        )


def without_log(engine: Engine, patience_s: float) -> bool:
    """Leave nothing in SQLite's log, which keeps pages as they were before something was erased.

    Readers and writers may be in the way: tried for so long. False where they still were. A
    server's log is its own affair.
    """
    if engine.dialect.name != "sqlite":
        return True
    until = time.monotonic() + patience_s
    with engine.connect() as connection:
        while connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar():
            if time.monotonic() > until:
                return False
            time.sleep(random.uniform(0.002, 0.02))  # noqa: S311 - spreads tries, guards nothing
    return True


def _prepare(connection: sqlite3.Connection, _entry: object) -> None:
    connection.execute(f"PRAGMA page_size = {PAGE}")
    connection.execute("PRAGMA busy_timeout = 5")
    _patiently(connection, "PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    # What is deleted or moved is overwritten, whatever this build of SQLite does by itself (R70).
    connection.execute("PRAGMA secure_delete = ON")


def _patiently(connection: sqlite3.Connection, statement: str) -> None:
    until = time.monotonic() + TURN_S
    while True:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(random.uniform(0.0005, 0.002))  # noqa: S311 - spreads tries, guards nothing
        else:
            return
