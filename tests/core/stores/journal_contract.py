"""What every `JournalPort` does. A test class inherits it and says how to make one."""

import asyncio
from contextlib import suppress

import msgspec
import pytest

from core.stores.journal_records import LAPTOP, decision, exposure, outcome
from saccade.domain import Decision, JsonObject, OutcomeKind
from saccade.ports import JournalPort


def as_json(value: msgspec.Struct) -> JsonObject:
    """The value as JSON would carry it."""
    return msgspec.json.decode(msgspec.json.encode(value), type=JsonObject)


class JournalContract:
    """R44: decisions, exposures and outcomes, append-only, each its own record."""

    @pytest.fixture
    def journal(self) -> JournalPort:
        """An empty journal, closed afterwards: the inheriting class says which."""
        raise NotImplementedError

    async def found(self, journal: JournalPort, id: str, tenant: str = "shop") -> JsonObject:  # noqa: A002 - the field's name
        """The record, which must be there."""
        record = await journal.find(tenant, id)
        assert record is not None, f"{id} is not in the journal"
        return record

    async def test_an_unknown_decision_is_none(self, journal: JournalPort) -> None:
        assert await journal.find("shop", "laptop") is None

    async def test_a_decision_reads_back_whole(self, journal: JournalPort) -> None:  # R63
        journal.decided(LAPTOP)
        record = await self.found(journal, "laptop")
        assert record.pop("exposures") == []
        assert record.pop("outcomes") == []
        assert record == as_json(LAPTOP)
        assert record["features"] == [3.0, 14_200.0, None]

    async def test_a_decision_reads_back_as_a_decision(self, journal: JournalPort) -> None:  # R63
        whole = msgspec.structs.replace(LAPTOP, features=(1.0, 0.1 + 0.2))
        journal.decided(whole)
        record = await self.found(journal, "laptop")
        assert msgspec.convert(record, Decision) == whole

    async def test_the_first_record_of_a_decision_stays(self, journal: JournalPort) -> None:
        journal.decided(LAPTOP)
        journal.decided(msgspec.structs.replace(LAPTOP, chosen="do_nothing"))
        assert (await self.found(journal, "laptop"))["chosen"] == "battery-guarantee"

    async def test_what_followed_comes_in_order(self, journal: JournalPort) -> None:
        journal.decided(LAPTOP)
        await journal.exposed(exposure(at=5.0))
        await journal.exposed(exposure(at=4.0))
        await journal.followed(outcome(kind=OutcomeKind.CLICKED))
        await journal.followed(outcome(kind=OutcomeKind.CONVERTED))
        record = await self.found(journal, "laptop")
        assert [row["at"] for row in record["exposures"]] == [5.0, 4.0]
        assert [row["kind"] for row in record["outcomes"]] == ["clicked", "converted"]
        assert record["exposures"][0] == as_json(exposure(at=5.0))
        assert record["outcomes"][0] == as_json(outcome())

    async def test_an_exposure_repeated_is_two_records(self, journal: JournalPort) -> None:
        journal.decided(LAPTOP)
        await journal.exposed(exposure())
        await journal.exposed(exposure())
        assert len((await self.found(journal, "laptop"))["exposures"]) == 2

    async def test_an_outcome_may_belong_to_no_decision(self, journal: JournalPort) -> None:
        journal.decided(LAPTOP)
        await journal.followed(outcome(None))
        assert (await self.found(journal, "laptop"))["outcomes"] == []

    async def test_exposure_may_come_before_its_decision(self, journal: JournalPort) -> None:
        await journal.exposed(exposure())
        assert await journal.find("shop", "laptop") is None
        journal.decided(LAPTOP)
        assert len((await self.found(journal, "laptop"))["exposures"]) == 1

    async def test_tenants_never_meet(self, journal: JournalPort) -> None:
        journal.decided(decision(tenant="shop"))
        journal.decided(decision(tenant="other"))
        await journal.exposed(exposure(tenant="shop"))
        await journal.followed(outcome(tenant="other"))
        assert await journal.find("third", "laptop") is None
        mine = await self.found(journal, "laptop")
        theirs = await self.found(journal, "laptop", "other")
        assert (len(mine["exposures"]), len(mine["outcomes"])) == (1, 0)
        assert (len(theirs["exposures"]), len(theirs["outcomes"])) == (0, 1)

    async def test_many_at_once_are_all_there(self, journal: JournalPort) -> None:
        for number in range(300):
            journal.decided(decision(f"d{number}"))
        await asyncio.gather(*(journal.exposed(exposure(f"d{n}")) for n in range(300)))
        records = await asyncio.gather(*(self.found(journal, f"d{n}") for n in range(300)))
        assert [record["id"] for record in records] == [f"d{n}" for n in range(300)]
        assert all(len(record["exposures"]) == 1 for record in records)

    async def test_a_long_queue_is_seen_to_its_end(self, journal: JournalPort) -> None:
        for number in range(1_000):
            journal.decided(decision(f"d{number}"))
        assert (await self.found(journal, "d999"))["id"] == "d999"

    async def test_a_caller_who_leaves_disturbs_nobody(self, journal: JournalPort) -> None:
        leaving = asyncio.ensure_future(journal.exposed(exposure()))
        await asyncio.sleep(0)
        leaving.cancel()
        with suppress(asyncio.CancelledError):
            await leaving
        journal.decided(LAPTOP)
        await journal.followed(outcome())
        assert len((await self.found(journal, "laptop"))["outcomes"]) == 1

    async def test_what_no_record_can_hold_stops_nothing(self, journal: JournalPort) -> None:
        """A lone surrogate has no UTF-8; handing it over must neither raise nor block others."""
        journal.decided(decision("\ud800"))
        journal.decided(LAPTOP)
        with pytest.raises(ValueError, match="surrogate"):
            await journal.exposed(exposure(session="\ud800"))
        assert (await self.found(journal, "laptop"))["exposures"] == []

    async def test_closing_twice_is_closing(self, journal: JournalPort) -> None:
        journal.decided(LAPTOP)
        await journal.close()
        await journal.close()
        journal.decided(decision("late"))
