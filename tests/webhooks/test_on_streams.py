"""Every test of the inbox again, its deliveries distributed by a Redis stream."""

import pytest

from saccade_webhooks.distributing import Distributor
from saccade_webhooks.inbox import Inbox
from saccade_webhooks.stream import Stream, stream_key
from saccade_webhooks.streaming import Streams
from webhooks import test_inbox
from webhooks.conftest import Post

pytestmark = pytest.mark.redis

SLOW = {
    "test_a_poison_delivery_is_dead_lettered_and_holds_nothing_up",
    "test_a_store_of_ours_that_is_away_kills_no_delivery",
    "test_a_tenant_that_leaves_is_purged",
    "test_one_that_hangs_holds_up_neither_others_nor_other_tenants",
    "test_several_workers_on_one_database_share_and_never_repeat",
}


@pytest.fixture(autouse=True)
def _on_streams(monkeypatch: pytest.MonkeyPatch, redis_url: str, url: str) -> None:
    def streams(inbox: Inbox) -> Distributor:
        return Streams(inbox, Stream(redis_url, stream_key(url), inbox.owner), look_s=0.05)

    monkeypatch.setattr(Post, "distributed", staticmethod(streams))


for _name in dir(test_inbox):
    if _name.startswith("test_"):
        _test = getattr(test_inbox, _name)
        globals()[_name] = pytest.mark.full(_test) if _name in SLOW else _test
