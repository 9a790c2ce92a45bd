"""Catalogs followed and kept: a walk goes on after a fault and after a restart."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import msgspec
import pytest
import structlog

import making
from saccade.catalog import CatalogError
from saccade.deliveries import CatalogPage
from saccade.domain import Product
from saccade.tenants import Tenant
from saccade_sap_occ import factory
from saccade_server import catalogs
from saccade_server.catalogs import keep_synced
from saccade_server.kept_catalogs import KNOWN_FOR_S, RESUMED_FOR_S, KeptCatalog
from saccade_server.tenancy import Installed
from server.shopfront import Serve, Shop, until

PAGES = 6


class Shelf:
    """Six pages of two products. Fails at a page, or waits there, when it is told to."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self.fails_at: str | None = "never"
        self.waits_at: str | None = "never"
        self.error: Exception = CatalogError("the platform answered 503")
        self.gone: set[str] = set()
        self.lost: set[int] = set()

    async def changes(self, cursor: str | None) -> CatalogPage:
        self.asked.append(cursor)
        if cursor == self.fails_at:
            raise self.error
        if cursor == self.waits_at:
            await asyncio.Event().wait()
        number = int(cursor or 0)
        following = str(number + 1) if number + 1 < PAGES else None
        if number in self.lost:
            return CatalogPage((), (), following, PAGES, lost="not_json")
        codes = [f"{number}{letter}" for letter in "ab"]
        found = tuple(Product(code, price="1.00") for code in codes if code not in self.gone)
        return CatalogPage(found, (), following, PAGES, ("product_without_code",))

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        raise NotImplementedError


class Clock:
    """What is used of `time`."""

    def __init__(self, at: float) -> None:
        self.at = at

    def monotonic(self) -> float:
        return self.at


ALL = [f"{number}{letter}" for number in range(PAGES) for letter in "ab"]


def installed(shelf: Shelf, tenant: Tenant | None = None) -> Installed:
    runtime = making.ready(tenant or making.tenant())
    adapter = msgspec.structs.replace(factory.build(runtime.tenant), catalog=shelf)
    return Installed(runtime.tenant, adapter, runtime)


def known(shop: Shop) -> list[str]:
    return [code for code in ALL if shop.house.engine.catalog.find("lab", code)]


@contextlib.asynccontextmanager
async def following(shop: Shop, shelf: Shelf, folder: Path | None) -> AsyncGenerator[None]:
    """As a server does from its start to its end."""
    shop.house.catalogs = folder
    task = asyncio.create_task(keep_synced(shop.house, installed(shelf)))
    yield
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_fault_is_gone_on_from_and_not_begun_anew(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogs, "FIRST_RETRY_S", 0.01)
    monkeypatch.setattr(catalogs, "LAST_RETRY_S", 0.01)
    shelf = Shelf()
    shelf.fails_at = "3"
    async with following(shop, shelf, tmp_path):
        await until(lambda: shelf.asked.count("3") >= 3)
        assert shop.house.unsynced == {"lab"}
        assert known(shop) == ALL[:6]
        shelf.fails_at = "never"
        await until(lambda: known(shop) == ALL and not shop.house.unsynced)
    assert shelf.asked[:3] == [None, "1", "2"]
    assert shelf.asked.count(None) == 1
    assert shelf.asked[-3:] == ["3", "4", "5"]


async def test_after_a_restart_it_is_known_at_once_and_gone_on_from(
    serve: Serve, tmp_path: Path
) -> None:
    first = Shelf()
    one = await serve()
    async with following(one, first, tmp_path):
        await until(lambda: "lab" in one.house.synced)
    second = Shelf()
    second.gone, second.waits_at = {"0a", "5b"}, "4"
    two = await serve()
    async with following(two, second, tmp_path):
        await until(lambda: "4" in second.asked)
        assert known(two) == ALL  # nothing is gone before the walk's end
    third = Shelf()
    third.gone, third.waits_at = {"0a", "5b"}, "4"
    three = await serve()
    async with following(three, third, tmp_path):
        await until(lambda: third.asked == ["4"])
        assert known(three) == ALL  # from the disk, while the platform is silent
    fourth = Shelf()
    fourth.gone = {"0a", "5b"}
    four = await serve()
    async with following(four, fourth, tmp_path):
        await until(lambda: "lab" in four.house.synced)
        assert fourth.asked == ["4", "5"]
        assert known(four) == [code for code in ALL if code not in {"0a", "5b"}]


async def test_without_a_folder_it_is_followed_all_the_same(shop: Shop) -> None:
    async with following(shop, Shelf(), None):
        await until(lambda: known(shop) == ALL)


async def test_a_folder_that_cannot_be_written_costs_nothing(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with structlog.testing.capture_logs() as told:
        async with following(shop, Shelf(), tmp_path / "file"):
            await until(lambda: "lab" in shop.house.synced)
    assert known(shop) == ALL
    assert {"catalog_not_read", "catalog_not_kept"} <= {line["event"] for line in told}


async def test_progress_age_and_what_was_skipped_are_told(shop: Shop, tmp_path: Path) -> None:
    shelf = Shelf()
    shelf.lost = {2}
    assert "catalog_age_s" not in await (await shop.get("/readyz")).json()
    with structlog.testing.capture_logs() as told:
        async with following(shop, shelf, tmp_path):
            await until(lambda: "lab" in shop.house.synced)
            age = (await (await shop.get("/readyz")).json())["catalog_age_s"]
            assert 0 <= age < 60
    pages = [line for line in told if line["event"] == "catalog_page"]
    assert [(line["page"], line["pages"], line["count"]) for line in pages] == [
        (1, 6, 2),
        (2, 6, 4),
        (3, 6, 4),
        (4, 6, 6),
        (5, 6, 8),
        (6, 6, 10),
    ]
    assert shop.counted("saccade_catalog_skipped_total", tenant="lab", reason="not_json") == 1
    counted = shop.counted(
        "saccade_catalog_skipped_total", tenant="lab", reason="product_without_code"
    )
    assert counted == 5
    assert shop.counted("saccade_catalog_synced_timestamp_seconds", tenant="lab") > 1.7e9


async def test_the_fix_is_in_the_log_and_what_a_library_says_is_not(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogs, "FIRST_RETRY_S", 0.01)
    monkeypatch.setattr(catalogs, "LAST_RETRY_S", 0.01)
    shelf = Shelf()
    shelf.fails_at = None
    shelf.error = CatalogError("refused. Fix: correct it")
    with structlog.testing.capture_logs() as told:
        async with following(shop, shelf, None):
            await until(lambda: len(shelf.asked) > 1)
            shelf.error = ValueError("something of a shopper's")
            await until(lambda: any("exc_info" in line for line in told))
    ours = next(line for line in told if line["event"] == "catalog_not_synced")
    assert ours["error"] == "refused. Fix: correct it"
    assert "shopper's" not in str([line.get("error") for line in told])


async def test_a_platform_that_says_when_is_left_alone(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogs, "FIRST_RETRY_S", 0.01)
    shelf = Shelf()
    shelf.fails_at, shelf.error = None, CatalogError("not now", after_s=900.0)
    with structlog.testing.capture_logs() as told:
        async with following(shop, shelf, None):
            await until(lambda: bool(told))
            await asyncio.sleep(0.05)
    assert shelf.asked == [None]
    assert told[0]["seconds"] == 900.0


async def test_a_walk_that_stood_too_long_is_begun_anew(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform's pages will have shifted meanwhile."""
    monkeypatch.setattr(catalogs, "FIRST_RETRY_S", 0.01)
    monkeypatch.setattr(catalogs, "RESUMED_FOR_S", 0.0)
    shelf = Shelf()
    shelf.fails_at = "2"
    async with following(shop, shelf, None):
        await until(lambda: len(shelf.asked) > 3)
    assert shelf.asked[:4] == [None, "1", "2", None]


async def test_a_rest_before_the_first_page_does_not_age_the_walk(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour's rest, then a fault: it is gone on with, and no walk is begun anew."""
    monkeypatch.setattr(catalogs, "FIRST_RETRY_S", 0.01)
    shelf, now = Shelf(), Clock(time.monotonic())
    monkeypatch.setattr(catalogs, "time", now)
    changes = shelf.changes

    async def rested(cursor: str | None) -> CatalogPage:
        now.at += RESUMED_FOR_S + 1.0 if cursor is None else 0.0
        return await changes(cursor)

    monkeypatch.setattr(shelf, "changes", rested)
    shelf.fails_at = "2"
    async with following(shop, shelf, None):
        await until(lambda: len(shelf.asked) > 3)
    assert shelf.asked[:4] == [None, "1", "2", "2"]


# --- the two files ----------------------------------------------------------------------------


def page(number: int, cursor: str | None = "next") -> CatalogPage:
    return CatalogPage((Product(str(number), price="1.00"),), (), cursor)


def written(folder: Path, count: int, tenant: Tenant | None = None) -> KeptCatalog:
    kept = KeptCatalog(folder, tenant or making.tenant())
    kept.begin(anew=True)
    for number in range(count):
        kept.add(page(number))
    return kept


@pytest.mark.parametrize("missing", [1, 7])
def test_what_a_killed_process_left_is_read_up_to_its_last_whole_line(
    tmp_path: Path, missing: int
) -> None:
    """A line without its end is none, though all else of it be there: the next would join it."""
    written(tmp_path, 3).close()
    part = tmp_path / "lab.part"
    part.write_bytes(part.read_bytes()[:-missing])
    kept = KeptCatalog(tmp_path, making.tenant())
    assert kept.read() == ([], [page(0), page(1)])
    kept.begin(anew=False)
    kept.add(page(7))
    assert kept.read()[1] == [page(0), page(1), page(7)]
    kept.end()
    assert kept.read() == ([page(0), page(1), page(7)], [])
    kept.close()


@pytest.mark.parametrize("damage", [b"", b"\x00" * 9, b"{}\n", b'{"of":"another"}\n{"x":1}\n'])
def test_what_is_damaged_is_as_if_it_were_not_there(tmp_path: Path, damage: bytes) -> None:
    for name in ("lab.part", "lab.whole"):
        (tmp_path / name).write_bytes(damage)
    kept = KeptCatalog(tmp_path, making.tenant())
    assert kept.read() == ([], [])
    kept.begin(anew=False)
    kept.add(page(1))
    assert kept.read() == ([], [page(1)])
    kept.close()


def test_another_platforms_catalog_is_none_of_ours(tmp_path: Path) -> None:
    written(tmp_path, 2).close()
    elsewhere = making.tenant(url="http://127.0.0.1:10")
    assert KeptCatalog(tmp_path, elsewhere).read() == ([], [])
    resized = making.tenant().model_copy(update={"adapter": {"catalog_page_size": 5}})
    assert KeptCatalog(tmp_path, resized).read() == ([], [])
    assert KeptCatalog(tmp_path, making.tenant(), "another mapping").read() == ([], [])


def test_what_is_old_is_not_used(tmp_path: Path) -> None:
    kept = written(tmp_path, 2)
    kept.end()
    kept.begin(anew=True)
    kept.add(page(9))
    kept.close()
    now = (tmp_path / "lab.whole").stat().st_mtime
    later = KeptCatalog(tmp_path, making.tenant(), clock=lambda: now + RESUMED_FOR_S + 60)
    assert later.read() == ([page(0), page(1)], [])
    much_later = KeptCatalog(tmp_path, making.tenant(), clock=lambda: now + KNOWN_FOR_S + 60)
    assert much_later.read() == ([], [])


def test_one_writes_and_another_only_when_it_has_gone(tmp_path: Path) -> None:
    first = written(tmp_path, 1)
    second = written(tmp_path, 5)
    assert second.read()[1] == [page(0)]
    second.end()
    assert not (tmp_path / "lab.whole").exists()
    first.close()
    second.begin(anew=True)
    second.add(page(8))
    assert second.read()[1] == [page(8)]
    second.close()
