"""Deliveries are distributed by Redis where the state is there, else by looks alone."""

from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from conftest import RedisServer
from saccade_server.settings import Settings
from saccade_server.webhooks import distributing
from saccade_webhooks.distributing import Polling
from saccade_webhooks.inbox import Inbox


async def test_without_redis_processes_look(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    inbox = Inbox(settings.inbox_url)
    async with distributing(settings, inbox) as distributor:
        assert isinstance(distributor, Polling)
    await inbox.close()


@pytest.mark.redis
async def test_with_redis_a_stream_tells(tmp_path: Path, own_redis: RedisServer) -> None:
    settings = Settings(data=tmp_path, state_url=own_redis.url)
    inbox = Inbox(settings.inbox_url)
    async with distributing(settings, inbox) as distributor:
        await distributor.added(7)
    redis: Any = Redis(port=own_redis.port)  # Any: redis-py's commands are typed in part
    (key,) = await redis.keys()
    assert [fields for _, fields in await redis.xrange(key)] == [{b"delivery": b"7"}]
    await redis.aclose()
    await inbox.close()
