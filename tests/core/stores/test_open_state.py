"""Which store a URL names."""

import pytest

from core.stores.shopper import Clock, Shopper
from saccade.state import State
from saccade.stores import open_state
from saccade.stores.memory import MemoryState
from saccade.stores.redis import RedisState
from saccade.tenants import ConfigurationError


async def test_memory(clock: Clock) -> None:
    store = open_state("memory://", clock)
    assert isinstance(store, MemoryState)
    assert await Shopper(store, clock, "lab").state() == State()


@pytest.mark.redis
async def test_redis(redis_url: str, clock: Clock) -> None:
    store = open_state(redis_url, clock)
    assert isinstance(store, RedisState)
    assert await store.ping()
    await store.close()


@pytest.mark.parametrize(
    "url",
    [
        "rediss://127.0.0.1:1/0",
        "redis+cluster://127.0.0.1:1,127.0.0.1:2",
        "rediss+cluster://user:word@127.0.0.1:1,127.0.0.1:2/0",
    ],
)
async def test_tls_and_clusters_contact_nothing_yet(url: str, clock: Clock) -> None:
    store = open_state(url, clock)
    assert isinstance(store, RedisState)
    await store.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "postgres://127.0.0.1/saccade",
        "redis:",
        "redis://",
        "redis://127.0.0.1:port/0",
        "redis://127.0.0.1:99999/0",
        "redis://127.0.0.1/0?db=first",
        "redis://[::1/0",
        "redis+cluster://",
        "redis+cluster://127.0.0.1:1/3",
        "redis+cluster://127.0.0.1:1,127.0.0.1:port",
        "redis+cluster://127.0.0.1:1,",
        "redis+sentinel://127.0.0.1:1",
        "memory",
    ],
)
def test_anything_else_names_the_setting_and_the_fix(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_state(url)
    message = str(caught.value)
    assert "SACCADE_STATE_URL" in message
    assert "memory://" in message
    assert "redis://" in message
    assert "\n" not in message


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_state("redis://user:canary@127.0.0.1:port/0")
    assert "canary" not in str(caught.value)
