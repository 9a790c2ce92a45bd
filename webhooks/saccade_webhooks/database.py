"""The inbox's database: opened by URL, its schema made and brought up to date by Alembic."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, make_url, text

from saccade.stores.sqlite_file import open_engine, take_turn, without_log
from saccade_webhooks.tables import VERSIONS, deliveries

_MIGRATIONS = Path(__file__).parent / "migrations"

PATIENCE_S = 1.0
"""How long others that read or write are waited for before the log is tried again later."""

_TURN = 0x5ACCADE
"""Names the advisory lock by which processes on one PostgreSQL take turns."""


class Database:
    """One inbox's database. Every method may block: call it in a thread."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = open_engine(url)
        self.serves = self.engine.dialect.name != "sqlite"
        """Whether it is a server, not a file."""
        self._file = None if self.serves else Path(str(make_url(url).database))

    def there(self) -> bool:
        """Whether anything can be in it: a look that makes nothing."""
        if self._file is not None:
            return self._file.exists()
        return inspect(self.engine).has_table(deliveries.name)

    def prepare(self) -> None:
        """Make or bring up to date what is not; one process at a time."""
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        with self.engine.begin() as connection:
            self.take_turn(connection)
            _upgrade(connection)

    def take_turn(self, connection: Connection) -> None:
        """Become the one process that claims and ends, until the transaction's end."""
        if self.serves:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_TURN})"))
        else:
            take_turn(connection)

    def take_turn_to_add(self, connection: Connection) -> None:
        """Adding needs no turn where the database queues its writers itself."""
        take_turn(connection)

    def shrink(self) -> bool:
        """Leave nothing of what was deleted in SQLite's log; false where that is in use."""
        return without_log(self.engine, PATIENCE_S)

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - a quarter of a second, and needed once
    from alembic.config import Config  # noqa: PLC0415 - as above

    if _is_newest(connection):
        return
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _is_newest(connection: Connection) -> bool:
    from alembic.migration import MigrationContext  # noqa: PLC0415 - as above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as above

    options = {"version_table": VERSIONS}
    current = MigrationContext.configure(connection, opts=options).get_current_revision()
    return current is not None and current == ScriptDirectory(str(_MIGRATIONS)).get_current_head()
