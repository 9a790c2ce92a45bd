"""A person's rights: what is kept of them is found by any of their names, and goes."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

import making
from saccade.breaker import StateUnavailable
from saccade.domain import Identity, Moment, Outcome, OutcomeKind
from saccade.joining import By, Joining
from saccade.people import People, hashed
from saccade.signals import Signals
from saccade.state import SignalBatch, ViewKey
from saccade.stores.journal import SqlJournal
from saccade.stores.memory import MemoryState

T = TypeVar("T")
NOW = 1_000.0
JANE, JOHN = Identity("jane", "s1"), Identity("john", "s2")
EMAIL = hashlib.sha256(b"jane@shop.example").hexdigest()


class Kept:
    """Two visitors with an order each; one of them is known."""

    def __init__(self, folder: Path) -> None:
        self.tenants = {making.TENANT: making.ready()}
        self.state = MemoryState(lambda: NOW)
        self.journal = SqlJournal(f"sqlite:///{folder / 'journal.db'}")
        self.joining = Joining(self.tenants, self.state, lambda: NOW)
        self.people = People(self.tenants, self.joining, self.state, self.journal, lambda: NOW)

    async def fill(self) -> None:
        for who in (JANE, JOHN):
            key = ViewKey(making.TENANT, who, Moment.HOME)
            await self.state.record([SignalBatch(key, "", Signals(scroll_reversals=1), NOW)])
            await self.placed(who)
        await self.joining.identify(making.TENANT, JANE, By.EMAIL, EMAIL)

    async def placed(self, who: Identity) -> None:
        await self.journal.followed(
            Outcome(
                tenant=making.TENANT,
                session=who.session,
                visitor=who.visitor,
                kind=OutcomeKind.CONVERTED,
                at=NOW,
                order_id=f"order-{who.visitor}",
                trusted=True,
            )
        )

    async def visits(self, visitor: str) -> int:
        found = await self.journal.about(making.TENANT, [visitor])
        return len(found["outcomes"])

    async def known(self, visitor: str) -> bool:
        return (await self.state.trail(making.TENANT, visitor)).profile is not None


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    made = Kept(tmp_path)
    await made.fill()
    yield made
    await made.journal.close()


@pytest.mark.parametrize(
    ("people", "orders"),
    [
        ([f"email_sha256:{EMAIL}"], []),
        (["email_sha256: Jane@Shop.example "], []),
        ([], ["order-jane"]),
        (["unknown_kind:7"], ["order-jane", "another"]),
    ],
)
async def test_a_person_is_erased_and_nobody_else(
    kept: Kept, people: list[str], orders: list[str]
) -> None:
    for _ in range(2):  # told twice, it is done once
        await kept.people.erase(making.TENANT, people, orders)
        assert (await kept.known("jane"), await kept.visits("jane")) == (False, 0)
        assert (await kept.known("john"), await kept.visits("john")) == (True, 1)


@pytest.mark.parametrize("breaks_at", range(4))
async def test_what_broke_off_is_ended_when_it_is_told_again(
    kept: Kept, breaks_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by an order alone, on a device that is another visitor's by now."""
    await kept.joining.identify(making.TENANT, JANE, By.CUSTOMER, "jane")
    laptop = Identity("laptop", "s3")
    key = ViewKey(making.TENANT, laptop, Moment.HOME)
    await kept.state.record([SignalBatch(key, "", Signals(scroll_reversals=1), NOW + 1)])
    await kept.placed(laptop)
    await kept.joining.identify(making.TENANT, laptop, By.CUSTOMER, "jane")
    left = breaks_at

    def breaking(method: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
        async def run(*given: object) -> T:
            nonlocal left
            left -= 1
            if left < 0:
                raise StateUnavailable("away")
            return await method(*given)

        return run

    with monkeypatch.context() as patch:
        patch.setattr(kept.state, "forget", breaking(kept.state.forget))
        patch.setattr(kept.journal, "anonymise", breaking(kept.journal.anonymise))
        with pytest.raises(StateUnavailable):
            await kept.people.erase(making.TENANT, [], ["order-laptop"])
    await kept.people.erase(making.TENANT, [], ["order-laptop"])
    for visitor in ("jane", "laptop"):
        assert (await kept.known(visitor), await kept.visits(visitor)) == (False, 0)
    assert (await kept.known("john"), await kept.visits("john")) == (True, 1)


async def test_who_is_not_known_loses_nobody_anything(kept: Kept) -> None:
    await kept.people.erase(making.TENANT, ["customer_id:7", "nonsense"], ["order"])
    assert await kept.known("jane")
    assert await kept.visits("jane") == 1


async def test_an_export_is_all_of_one_and_nothing_of_another(kept: Kept) -> None:
    found = await kept.people.export(making.TENANT, [f"email_sha256:{EMAIL}"], [])
    assert [one["order_id"] for one in found["journal"]["outcomes"]] == ["order-jane"]
    assert len(found["state"]) == 1
    assert found["state"][0]["profile"]["people"]
    assert "john" not in str(found)


async def test_a_tenant_is_forgotten_whole(kept: Kept) -> None:
    await kept.people.forget_all(making.TENANT)
    for visitor in ("jane", "john"):
        assert (await kept.known(visitor), await kept.visits(visitor)) == (False, 0)


def test_a_name_is_hashed_under_the_tenants_secret() -> None:
    plain, sent = (hashed(b"s", f"email_sha256:{one}") for one in ("Jane@shop.example", EMAIL))
    assert plain == sent
    assert hashed(b"other", f"email_sha256:{EMAIL}") != sent
    assert hashed(b"s", "email:jane") is None
    assert hashed(b"s", "customer_id:") is None
