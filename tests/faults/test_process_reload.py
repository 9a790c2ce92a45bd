"""F21 and F35 against a process: what cannot be used is refused, and what is served stays."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import AsyncGenerator
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from faults import upstream as up
from faults.page import PRODUCT
from faults.report import FaultReport
from faults.serving import Served, Tally, browse, served, together
from faults.upstream import ScriptedUpstream
from faults.wire import call
from saccade.manifest import MANIFEST, MODEL, PROOF
from server.program import CAMPAIGNS

FILES = (MANIFEST, MODEL, PROOF)


async def hang_up(shop: Served, event: str) -> dict[str, object]:
    """SIGHUP, and the line it leads to."""
    before = len(shop.program.events(event))
    shop.program.process.send_signal(signal.SIGHUP)
    return (await shop.program.logged(event, before + 1))[-1]


@contextlib.asynccontextmanager
async def load(shop: Served, tally: Tally, connections: int) -> AsyncGenerator[None]:
    """Pages all the while, on so many connections."""
    over = asyncio.Event()
    tasks = [asyncio.create_task(browse(shop.port, tally, until=over)) for _ in range(connections)]
    try:
        yield
    finally:
        over.set()
        await asyncio.gather(*tasks)


def campaigns(cta: str) -> str:
    return CAMPAIGNS.replace("Add to cart — 30-day battery guarantee", cta)


BAD = (
    ("campaigns.toml", CAMPAIGNS.replace('"battery-guarantee"', '"footer"'), "no slot of product"),
    ("campaigns.toml", "[[campaign", "is not TOML"),
    ("tenant.toml", None, "holds no tenant"),
)


async def test_f35_a_broken_configuration_leaves_the_old_one(
    tmp_path: Path, fault_report: FaultReport
) -> None:
    async with served(tmp_path) as shop:
        own = tmp_path / "tenants" / "lab"
        good = {name: (own / name).read_text("utf-8") for name in ("tenant.toml", "campaigns.toml")}
        await shop.behave(*(f"s{number}" for number in range(20)))
        tally, calm, direct = Tally(), Tally(), Tally()
        async with load(shop, tally, 4), shop.beside(direct):
            for name, text, why in BAD:
                if text is None:
                    (own / name).unlink()
                else:
                    (own / name).write_text(text, "utf-8")
                refused = await hang_up(shop, "reload_refused")
                assert refused["part"] == "configuration"
                assert why in str(refused["text"])
                readiness = await shop.readiness()
                assert readiness["status"] == "ready"
                assert "configuration" in str(readiness["degraded"])
                assert why in str(readiness["refused"])
                await shop.shows(calm, b"30-day battery guarantee")
                (own / name).write_text(good[name], "utf-8")
            (own / "campaigns.toml").write_text(campaigns("Yours for 30 days"), "utf-8")
            await hang_up(shop, "configuration_reloaded")
            await shop.shows(calm, b"Yours for 30 days")
            readiness = await shop.readiness()
            assert "configuration" not in str(readiness["degraded"])
            assert "refused" not in readiness
        assert tally.wrong == calm.wrong == []
        assert tally.decided > 0
        added = await shop.added_ms(tally, direct)
    fault_report("F35", broken=0, added_ms=added, runs=tally.asked, load=True)


@pytest.mark.full
async def test_f35_one_shopper_feels_no_reload(tmp_path: Path, fault_report: FaultReport) -> None:
    async with served(tmp_path) as shop:
        campaign = tmp_path / "tenants" / "lab" / "campaigns.toml"
        tally, direct = Tally(), Tally()
        async with load(shop, tally, 1), shop.beside(direct):
            for event, text in (("reload_refused", "[[campaign"), ("configuration_reloaded", "")):
                campaign.write_text(text, "utf-8")
                await hang_up(shop, event)
        assert tally.wrong == []
        added = await shop.added_ms(tally, direct)
    fault_report("F35", broken=0, added_ms=added, runs=tally.asked)


@pytest.mark.parametrize("turn", [1, *(pytest.param(n, marks=pytest.mark.full) for n in (2, 3))])
async def test_f35_told_at_once_it_reloads_and_does_not_end(tmp_path: Path, turn: int) -> None:
    """Of its threads, those of libraries begin before its own code could block a signal."""
    async with served(tmp_path) as shop:
        await hang_up(shop, "configuration_reloaded")
        assert shop.program.process.poll() is None, turn


@pytest.mark.full
async def test_f35_a_tenant_comes_moves_and_goes(tmp_path: Path) -> None:
    elsewhere = up.json(b'{"code":"elsewhere"}')
    async with served(tmp_path) as shop, ScriptedUpstream(elsewhere) as other:
        own, second = tmp_path / "tenants" / "lab" / "tenant.toml", tmp_path / "tenants" / "second"
        text = own.read_text("utf-8")

        # It comes.
        second.mkdir()
        also = text.replace('"lab"', '"second"').replace('"electronics"', '"apparel"')
        (second / "tenant.toml").write_text(also.replace(shop.platform.url, other.url), "utf-8")
        (second / "campaigns.toml").write_text("", "utf-8")
        await hang_up(shop, "configuration_reloaded")
        product = "/occ/v2/apparel/products/1"
        assert (await call(shop.port, product)).body == b'{"code":"elsewhere"}'
        assert (await call(shop.port, "/tracker.js?site=second")).status == 200

        # The first moves: the next call finds its new platform.
        own.write_text(text.replace(shop.platform.url, other.url), "utf-8")
        await hang_up(shop, "configuration_reloaded")
        assert (await call(shop.port, PRODUCT)).body == b'{"code":"elsewhere"}'

        # The second goes: a call of it that is under way ends, and there is no other.
        shutil.rmtree(second)
        await hang_up(shop, "configuration_reloaded")
        assert (await call(shop.port, product)).status == 404
        assert (await call(shop.port, PRODUCT)).status == 200


def copied(folder: Path) -> tuple[Path, Path]:
    """The core's package, to be found before the installed one, and the model in it."""
    packages = folder / "packages"
    with resources.as_file(resources.files("saccade")) as source:
        shutil.copytree(source, packages / "saccade", ignore=shutil.ignore_patterns("__pycache__"))
    return packages, packages / "saccade" / "models" / "first"


def damage(file: Path, rng: np.random.Generator, number: int) -> None:
    """One file is away, cut short or, mostly, has a byte with another highest bit."""
    content = bytearray(file.read_bytes())
    match number % 10:
        case 0:
            file.unlink()
        case 1:
            file.write_bytes(content[: rng.integers(len(content))])
        case _:
            content[rng.integers(len(content))] ^= 0x80
            file.write_bytes(content)


async def fuzzed(folder: Path, fault_report: FaultReport, times: int, others: int = 0) -> None:
    """Damage the model a process serves, again and again, while so many others shop."""
    packages, model = copied(folder)
    contents = {name: (model / name).read_bytes() for name in FILES}
    rng = np.random.default_rng(21)
    tally, direct = Tally(), Tally()
    async with served(folder, settings={"PYTHONPATH": str(packages)}) as shop:
        await shop.behave("s1")
        await shop.shows(tally, b'"reason":"MODEL"')
        async with shop.beside(direct), load(shop, tally, others):
            for number in range(times):
                name = FILES[rng.integers(3)]
                damage(model / name, rng, number)
                refused = await hang_up(shop, "reload_refused")
                assert refused["part"] == "model", refused
                await shop.shows(tally, b'"reason":"MODEL"')
                (model / name).write_bytes(contents[name])
        assert (await shop.readiness())["degraded"] == ["model"]
        await hang_up(shop, "model_reloaded")
        assert (await shop.readiness())["degraded"] == []
        assert shop.program.process.poll() is None
        added = await shop.added_ms(tally, direct)
    assert tally.wrong == []
    fault_report("F21", broken=0, added_ms=added, runs=tally.asked, load=others > 0)


@pytest.mark.full
async def test_f21_sixty_damaged_models(tmp_path: Path, fault_report: FaultReport) -> None:
    await fuzzed(tmp_path, fault_report, 60)


@pytest.mark.full
async def test_f21_damaged_models_under_load(tmp_path: Path, fault_report: FaultReport) -> None:
    await fuzzed(tmp_path, fault_report, 60, others=8)


@pytest.mark.full
@pytest.mark.timeout(600)
async def test_f21_a_thousand_damaged_models(tmp_path: Path, fault_report: FaultReport) -> None:
    await fuzzed(tmp_path, fault_report, 1_000)


@pytest.mark.full
@pytest.mark.redis
async def test_f35_every_worker_reloads_and_none_dies_of_being_told_early(
    tmp_path: Path, redis_url: str
) -> None:
    async with served(tmp_path, "--state", redis_url, workers=2) as shop:
        own = tmp_path / "tenants" / "lab" / "campaigns.toml"
        own.write_text(campaigns("Yours for 30 days"), "utf-8")
        victim = int(shop.program.events("serving")[0]["pid"])
        os.kill(victim, signal.SIGKILL)
        await shop.program.logged("worker_died")
        for _ in range(30):  # from before the new worker is started to after it serves
            shop.program.process.send_signal(signal.SIGHUP)
            await asyncio.sleep(0.1)
        await shop.program.logged("serving", 3)
        shop.program.process.send_signal(signal.SIGHUP)
        await shop.program.logged("configuration_reloaded", 2)
        assert len(shop.program.events("worker_died")) == 1
        own.write_text("[[campaign", "utf-8")
        shop.program.process.send_signal(signal.SIGHUP)
        await shop.program.logged("reload_refused", 2)
        tally = Tally()
        await together(shop.port, tally, connections=8, calls=5)
        assert tally.wrong == []
