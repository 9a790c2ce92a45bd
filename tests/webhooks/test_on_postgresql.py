"""Every test of the inbox again, its records in PostgreSQL."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, inspect, text

import postgres
from saccade_webhooks.database import Database
from server.posted import PostedServer
from webhooks import test_inbox
from webhooks.posting import order

pytestmark = pytest.mark.full

NOT_HERE = {
    "test_what_was_sent_is_gone_once_it_took_effect",  # looks into SQLite's files
    "test_a_tenant_that_leaves_is_purged",  # as above
    "test_what_asks_to_forget_somebody_is_in_no_file_either",  # as above
    "test_the_file_is_synced_at_every_commit",
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    yield from postgres.cluster()


@pytest.fixture
def url(cluster: str) -> Iterator[str]:
    """An empty one."""
    yield cluster
    database = Database(cluster)
    with database.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    database.close()


for _name in dir(test_inbox):
    if _name.startswith("test_") and _name not in NOT_HERE:
        globals()[_name] = getattr(test_inbox, _name)


async def test_a_server_keeps_journal_and_inbox_there(cluster: str, tmp_path: Path) -> None:
    """Orders from the door to the journal."""
    settings = {"SACCADE_DATABASE_URL": cluster}
    server = PostedServer(tmp_path, settings)
    try:
        await server.program.ready(server.url)
        for number in range(20):
            assert await server.send(order(number), f"k{number}") == 200
        engine = create_engine(cluster, poolclass=NullPool)

        def journaled() -> int:
            with engine.connect() as connection:
                if not inspect(connection).has_table("outcomes"):
                    return 0
                return int(connection.scalar(text("SELECT count(*) FROM outcomes")) or 0)

        async with asyncio.timeout(30):
            while await asyncio.to_thread(journaled) < 20:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
        assert journaled() == 20
    finally:
        server.program.kill()
