"""The inbox with its worker: each delivery takes effect once, in whatever order and company."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from saccade.deliveries import Delivery, Fact
from saccade_webhooks.claiming import LOAN_S, Room
from saccade_webhooks.database import Database
from saccade_webhooks.effects import NotNow
from saccade_webhooks.ending import Ending
from saccade_webhooks.inbox import InboxUnavailable
from saccade_webhooks.records import again, dead, listed
from saccade_webhooks.tables import State
from webhooks.conftest import Post, secret_of
from webhooks.posting import PostingEvents, order


def everything_in(folder: Path) -> bytes:
    """The bytes of database and log."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def until(post: Post, kind: str, count: int) -> None:
    async with asyncio.timeout(20):
        while len(post.effects.of(kind)) < count:  # noqa: ASYNC110 - nothing tells but the effects
            await asyncio.sleep(0.01)


async def test_a_delivery_takes_effect_once_however_often_it_is_sent(post: Post) -> None:
    """F28: duplicates before, while and after it is processed."""
    assert await post.send(order(1), "a") is True
    assert await post.send(order(1), "a") is False
    async with post.working():
        await post.settled()
        assert await asyncio.gather(*(post.send(order(1), "a") for _ in range(20))) == [False] * 20
        assert sorted(await asyncio.gather(*(post.send(order(2), "b") for _ in range(20)))) == (
            [False] * 19 + [True]
        )
        await post.settled()
    assert post.effects.of("event") == [
        ("lab", "order_placed", "1"),
        ("lab", "order_placed", "2"),
    ]
    assert (post.counted("received"), post.counted("duplicates")) == (2, 40)
    assert post.counted("done") == 2


async def test_the_same_key_of_another_tenant_is_another_delivery(post: Post) -> None:
    assert await post.send(order(1), "a") is True
    assert await post.send(order(1), "a", tenant="other") is True
    async with post.working():
        await post.settled()
    assert {one[0] for one in post.effects.of("event")} == {"lab", "other"}


async def test_the_newest_state_of_a_resource_wins_in_any_order(post: Post) -> None:
    """F28: shuffled before they are processed, and late after."""
    for version in (3.0, 1.0, 5.0, 2.0):
        body = {"kind": "product", "id": "p", "name": f"v{version:g}"}
        await post.send(body, f"k{version}", resource="products/p", version=version)
    async with post.working():
        await post.settled()
        late = {"kind": "product", "id": "p", "name": "late"}
        await post.send(late, "k4", resource="products/p", version=4.0)
        await post.send({"kind": "gone", "id": "p"}, "k6", resource="products/p", version=6.0)
        await until(post, "removed", 1)
    names = [name for _, _, name in post.effects.of("product")]
    assert names == ["v5"]
    assert post.counted("stale") == 4
    assert post.counted("done") == 2


async def test_of_one_time_the_later_to_come_wins(post: Post) -> None:
    for name in ("first", "second"):
        body = {"kind": "product", "id": "p", "name": name}
        await post.send(body, name, resource="products/p", version=1.0)
    async with post.working():
        await until(post, "product", 1)
        await post.settled()
    assert post.effects.of("product")[-1] == ("lab", "p", "second")


async def test_what_says_nothing_of_use_is_counted(post: Post) -> None:
    await post.send({"kind": "nothing"}, "a")
    await post.send(order(1), "b")
    async with post.working():
        await post.settled()
    assert (post.counted("done"), post.counted("passed_over")) == (2, 1)


async def test_a_poison_delivery_is_dead_lettered_and_holds_nothing_up(post: Post) -> None:
    """F29."""
    await post.send({"kind": "poison"}, "p1", resource="orders/1", version=1.0)
    for number in range(200):
        await post.send(order(number), f"o{number}")
    async with post.working(attempts=3):
        await post.settled()
        assert len(post.effects.of("event")) == 200
        assert (post.counted("retried"), post.counted("dead")) == (2, 1)
        records = await post.inbox._read(lambda c: listed(c, (State.DEAD,)))
        assert [(one.attempts, one.error) for one in records] == [
            (3, "ValueError: kind: is none that is known")
        ]


async def test_one_that_hangs_holds_up_neither_others_nor_other_tenants(post: Post) -> None:
    """F29: a platform that does not answer takes its own tenant's places, and those in time."""
    for number in range(100):
        await post.send({"kind": "refetch", "ids": ["hangs"]}, f"h{number}")
    await post.send(order(1), "o", tenant="other")
    async with post.working(attempts=1, patience_s=0.3):
        await until(post, "event", 1)
        assert post.effects.of("event") == [("other", "order_placed", "1")]
        await post.settled()
    assert post.counted("dead") == 100


async def test_a_dead_letter_is_replayed(post: Post) -> None:
    post.effects.fault = lambda: RuntimeError("whatever")
    await post.send(order(1), "a")
    async with post.working(attempts=2):
        await post.settled()
        assert post.counted("dead") == 1
        post.effects.fault = lambda: None
        (number,) = await post.inbox._read(dead)
        assert await post.inbox._writer.do(lambda c: again(c, [number])) == 1
        await post.settled()
        assert await post.inbox._writer.do(lambda c: again(c, [number])) == 0
    assert post.effects.of("event") == [("lab", "order_placed", "1")]


async def test_a_store_of_ours_that_is_away_kills_no_delivery(post: Post) -> None:
    """F4, F5: as long as it takes."""
    tries = iter(range(10))
    post.effects.fault = lambda: NotNow("away") if next(tries, None) is not None else None
    await post.send(order(1), "a")
    async with post.working(attempts=2):
        await post.settled()
    assert post.counted("retried") == 10
    assert post.counted("dead") == 0
    assert len(post.effects.of("event")) == 1


async def test_what_was_sent_is_gone_once_it_took_effect(post: Post, tmp_path: Path) -> None:
    """Of a person nothing stays in the database or its log; keys stay, to know what comes again."""
    told = order("canary-reference")
    await post.send({**told, "note": "canary-of-a-person"}, "canary-key")
    async with post.working():
        await post.settled()
    await post.inbox.shrink()
    await post.inbox.close()
    kept = everything_in(tmp_path)
    assert b"canary-key" in kept
    assert b"canary-of-a-person" not in kept


async def test_a_tenant_that_leaves_is_purged(post: Post, tmp_path: Path) -> None:
    for number in range(50):
        body = {"kind": "poison", "note": "canary-of-a-tenant"}
        await post.send(body, f"k{number}", resource=f"canary-of-a-tenant/{number}", version=1.0)
    await post.send({"kind": "product", "id": "canary-product", "name": "x"}, "p")
    await post.send(order(1), "stays", tenant="other")
    async with post.working(attempts=1):
        await post.settled()
        await until(post, "product", 1)
        await post.send({"kind": "leave", "purge": True}, "leave")
        await post.settled()
    assert post.effects.of("departed") == [("lab", "purge")]
    await post.inbox.shrink()
    await post.inbox.close()
    kept = everything_in(tmp_path)
    assert b"canary-of-a-tenant" not in kept
    assert b"canary-product" not in kept
    assert b"stays" in kept


class AskingEvents(PostingEvents):
    """Asks a database who left, and says which thread read what."""

    def __init__(self) -> None:
        super().__init__("lab", secret_of("lab"))
        self.read_by: dict[str, int] = {}

    def asks(self, delivery: Delivery) -> bool:
        return b"leave" in delivery.body

    def translate(self, delivery: Delivery) -> Sequence[Fact]:
        self.read_by[self.label(delivery).key] = threading.get_ident()
        return super().translate(delivery)


async def test_what_asks_a_database_is_read_beside_the_event_loop(post: Post) -> None:
    """Pages wait on it."""
    events = AskingEvents()
    post.shops.adapters["lab"] = replace(post.shops.adapters["lab"], events=events)
    async with post.working():
        await post.send(order(1), "order")
        await post.send({"kind": "leave", "purge": False}, "leave")
        await post.settled()
    ours = threading.get_ident()
    assert {key: one == ours for key, one in events.read_by.items()} == {
        "order": True,
        "leave": False,
    }


async def test_a_tenant_is_purged_though_the_inbox_was_away_meanwhile(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its files it is served no more: nobody would come back for what is in the inbox."""
    purge, away = post.inbox.purge, [InboxUnavailable("away"), None, InboxUnavailable("away")]

    async def purged(tenant: str, but: int | None = None) -> None:
        if (error := away.pop(0)) is not None:
            raise error
        await purge(tenant, but)

    async def departed(tenant: str, *, purge: bool) -> None:
        del post.shops.adapters[tenant]
        post.effects.said.append(("departed", tenant, "purge" if purge else "stay"))

    monkeypatch.setattr(post.inbox, "purge", purged)
    monkeypatch.setattr(post.effects, "departed", departed)
    async with post.working(attempts=2):
        await post.send({"kind": "poison"}, "a")
        await post.settled()
        await post.send({"kind": "leave", "purge": True}, "b")
        await post.settled()
    assert (post.counted("done"), post.counted("dead")) == (1, 1)
    assert await post.inbox._read(dead) == [], "what was poison held what somebody had sent"
    assert away == []


async def test_a_tenant_that_leaves_much_behind_is_not_given_up(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that is kept of it is walked through: longer than any other attempt may take."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def departed(tenant: str, *, purge: bool) -> None:
        begun.set()
        await ended.wait()
        post.effects.said.append(("departed", tenant, "purge" if purge else "stay"))

    monkeypatch.setattr(post.effects, "departed", departed)
    async with post.working(attempts=1, patience_s=0.05):
        await post.send({"kind": "leave", "purge": True}, "a")
        await begun.wait()
        await asyncio.sleep(0.2)
        ended.set()
        await post.settled()
    assert post.effects.of("departed") == [("lab", "purge")]
    assert (post.counted("done"), post.counted("dead")) == (1, 0)


async def test_a_tenant_that_came_back_stays_and_its_people_are_forgotten(post: Post) -> None:
    await post.send({"kind": "leave", "purge": True, "returned": True}, "redact")
    await post.send({"kind": "leave", "purge": False, "returned": True}, "uninstall")
    await post.send(order(1), "goes on")
    async with post.working():
        await post.settled()
    assert post.effects.of("departed") == []
    assert post.effects.of("forgotten") == [("lab",)]
    assert len(post.effects.of("event")) == 1


async def test_what_asks_to_forget_somebody_is_in_no_file_either(
    post: Post, tmp_path: Path
) -> None:  # R70
    """It names them; nobody empties the log but the worker, though others read meanwhile."""
    person = {"kind": "person", "people": ["customer_id:canary-7"], "right": "erasure"}
    await post.send(order("canary-8"), "o")
    with post.inbox._database.engine.connect() as reader:
        reader.exec_driver_sql("BEGIN")
        assert reader.exec_driver_sql("SELECT count(*) FROM webhook_deliveries").scalar() == 1
        async with post.working():
            await post.send({**person, "references": []}, "p")
            await post.settled()
            assert b"canary-7" in everything_in(tmp_path)
            reader.rollback()
            async with asyncio.timeout(30):
                while b"canary-" in everything_in(tmp_path):  # noqa: ASYNC110 - bytes of a file
                    await asyncio.sleep(0.02)


async def test_a_persons_rights_are_passed_on(post: Post) -> None:
    people = {"kind": "person", "people": ["customer_id:7"], "references": ["o-1"]}
    await post.send({**people, "right": "access"}, "a")
    await post.send({**people, "right": "erasure"}, "b")
    async with post.working():
        await post.settled()
    assert post.effects.of("erase") == [("lab", "customer_id:7", "o-1")]
    assert post.effects.of("export") == [("lab", "customer_id:7", "o-1", "posting-1")]


async def test_products_are_asked_for_anew(post: Post) -> None:
    await post.send({"kind": "refetch", "ids": ["a", "none"]}, "a")
    async with post.working():
        await until(post, "removed", 1)
    assert post.effects.of("product") == [("lab", "a", "fetched a")]
    assert post.effects.of("removed") == [("lab", "none")]


async def test_an_order_that_names_itself_by_nothing_is_known_by_its_delivery(post: Post) -> None:
    body = order(1)
    del body["id"]
    await post.send(body, "key-7")
    async with post.working():
        await post.settled()
    assert post.effects.of("event") == [("lab", "order_placed", "posting:key-7")]


async def test_another_process_knows_what_was_said_of_products(post: Post, url: str) -> None:
    """Each follows from where it is, one that starts from the beginning."""
    other = Post(url)
    async with post.working():
        await post.send({"kind": "product", "id": "p", "name": "told"}, "a")
        await until(post, "product", 1)
    async with other.working():
        await until(other, "product", 1)
    await other.inbox.close()
    assert other.effects.of("product") == [("lab", "p", "told")]


async def test_several_workers_on_one_database_share_and_never_repeat(post: Post, url: str) -> None:
    """Each delivery takes effect in one of them, and none is left behind."""
    others = [Post(url) for _ in range(2)]
    for number in range(300):
        await post.send(order(number), f"k{number}")
    async with others[0].working(), others[1].working(), post.working():
        await post.settled()
    every = [one for each in (post, *others) for one in each.effects.of("event")]
    assert sorted(every, key=lambda one: int(one[2])) == [
        ("lab", "order_placed", str(number)) for number in range(300)
    ]
    for other in others:
        await other.inbox.close()


@pytest.mark.parametrize("late", [False, True])
async def test_what_a_dead_worker_held_is_taken_over(post: Post, url: str, late: bool) -> None:
    """F27: it comes back by itself when the loan ends, and a worker that was only held up ends
    nothing that is no longer its own."""
    await post.send(order(1), "a")
    now = 1_000_000.0
    room = Room(10, 10, {})
    (held,) = (await post.inbox.claim(now, room)).held
    other = Post(url)
    assert (await other.inbox.claim(now + LOAN_S - 1, room)).held == ()
    (taken,) = (await other.inbox.claim(now + LOAN_S + 1, room)).held
    assert (taken.sequence, taken.attempts) == (held.sequence, 2)
    if late:
        assert await post.inbox.end([Ending(held, State.DONE)], now + LOAN_S + 2) == [None]
    assert await other.inbox.end([Ending(taken, State.DONE)], now + LOAN_S + 2) == [State.DONE]
    await other.inbox.close()


def test_the_file_is_synced_at_every_commit(tmp_path: Path) -> None:
    """WAL, `synchronous=FULL`, and what is deleted is overwritten."""
    database = Database(f"sqlite:///{tmp_path / 'inbox.db'}")
    database.prepare()
    with database.engine.connect() as connection:
        told = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete")
        }
    database.close()
    assert told == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}
