"""``saccade serve`` as a process before a scripted platform, and how its pages are judged."""

import asyncio
import contextlib
import json
import os
import re
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import ClientSession

from conftest import unused_port
from faults import upstream as up
from faults.page import PRODUCT
from faults.upstream import Line, Received, Script, ScriptedUpstream
from faults.wire import Caller, Wire, request
from server.program import NONE, Program, write_tenant
from server.shopfront import LAPTOP

BODY = b'{"code":"816324","price":{"value":1249.00},"summary":"' + b"s" * 12_000 + b'"}'
NO_PRODUCTS = b'{"products":[],"pagination":{"currentPage":0,"totalPages":0}}'
_CATALOG = up.json(NO_PRODUCTS)
_PRODUCT = up.json(BODY)
_FIGURE = re.compile(r"^(\w+)(?:\{([^}]*)\})? ([0-9.e+-]+)$", re.MULTILINE)


async def shop(received: Received, line: Line) -> None:
    """A platform with one product and an empty catalog."""
    await (_CATALOG if b"/search" in received.target else _PRODUCT)(received, line)


@dataclass(slots=True)
class Tally:
    """Pages asked for, and what became of them."""

    asked: int = 0
    decided: int = 0
    wrong: list[str] = field(default_factory=list[str])
    """Each page that broke the contract (FAULTS.md, P), and each call without an answer."""
    times_ms: list[float] = field(default_factory=list[float])

    def judge(self, answer: Wire, body: bytes = BODY) -> None:
        """Take one page in: the platform's own bytes, or those with our one key."""
        self.asked += 1
        if answer.status != 200 or not answer.complete:
            self.wrong.append(f"{answer.status}, {len(answer.body)} bytes: {answer.body[:80]!r}")
        elif answer.body == body:
            return
        elif not _ours(answer.body, body):
            self.wrong.append(f"not the platform's bytes: {answer.body[-80:]!r}")
        elif b'"served":"default"' not in answer.body:
            self.decided += 1

    def failed(self, error: BaseException) -> None:
        """Take in a call that got no answer."""
        self.asked += 1
        self.wrong.append(repr(error))

    def share(self, part: float) -> float:
        """The wait below which this part of the pages stayed, in milliseconds."""
        ordered = sorted(self.times_ms)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def _ours(answer: bytes, body: bytes) -> bool:
    kept = body[:-1] + b',"saccade":'
    if not (answer.startswith(kept) and answer.endswith(b"}")):
        return False
    try:
        return isinstance(json.loads(answer[len(kept) : -1]), dict)
    except ValueError:
        return False


@dataclass(slots=True)
class Served:
    """A process that serves, and the platform behind it."""

    program: Program
    port: int
    platform: ScriptedUpstream

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pages_upstream(self) -> int:
        """Calls of the product the platform got so far."""
        return sum(target.startswith(PRODUCT.encode()) for target in self.platform.targets())

    async def figures(self) -> dict[str, float]:
        """``/metrics`` as ``name`` or ``name{labels}`` to value."""
        async with ClientSession() as client, client.get(f"{self.url}/metrics") as answer:
            text = await answer.text()
        return {
            f"{name}{{{labels}}}" if labels else name: float(value)
            for name, labels, value in _FIGURE.findall(text)
        }

    async def readiness(self) -> dict[str, object]:
        """``/readyz``."""
        async with ClientSession() as client, client.get(f"{self.url}/readyz") as answer:
            found: dict[str, object] = await answer.json()
            return found

    async def behave(self, *sessions: str) -> None:
        """The laptop shopper's signals, sent until they are kept."""
        async with ClientSession() as client:
            for session in sessions:
                body = {**LAPTOP, "session_id": session}
                for _ in range(50):
                    async with client.post(f"{self.url}/v1/signals", json=body) as answer:
                        if answer.status == 200:
                            break
                    await asyncio.sleep(0.05)

    async def added_ms(self, tally: Tally, direct: Tally | None = None) -> float:
        """The worst wait of ``tally`` beyond that of the same call made directly: the worst of
        ``direct`` where they were made together, else the median of some made now."""
        if direct is not None:
            return max(0.0, max(tally.times_ms) - max(direct.times_ms))
        calm = Tally()
        await browse(self.platform.port, calm, calls=50)
        assert calm.wrong == []
        return max(0.0, max(tally.times_ms) - calm.share(0.5))

    @contextlib.asynccontextmanager
    async def beside(self, direct: Tally, port: int | None = None) -> AsyncGenerator[None]:
        """One shopper more, who asks the platform itself for the same page all the while."""
        over = asyncio.Event()
        task = asyncio.create_task(browse(port or self.platform.port, direct, until=over))
        try:
            yield
        finally:
            over.set()
            await task
        assert direct.wrong == []

    async def page(self, tally: Tally, *headers: tuple[str, str], session: str = "s1") -> Wire:
        """One product page on a connection of its own, judged."""
        async with await Caller.connect(self.port) as caller:
            return await ask(caller, tally, *headers, session=session)

    async def shows(self, tally: Tally, wanted: bytes) -> None:
        """Pages, each a new view, until one holds this: on a machine that is short of time some are
        undecided."""
        for number in range(500):
            answer = await self.page(tally, ("x-saccade-view", f"w{tally.asked}-{number}"))
            if wanted in answer.body:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"no page holds {wanted!r}")


async def ask(caller: Caller, tally: Tally, *headers: tuple[str, str], session: str = "s1") -> Wire:
    """One product page on an open connection, judged and timed."""
    started = time.perf_counter()
    await caller.send(request(PRODUCT, ("x-session-id", session), *headers))
    answer = await caller.answer()
    tally.times_ms.append((time.perf_counter() - started) * 1_000)
    tally.judge(answer)
    return answer


async def browse(
    port: int, tally: Tally, *, calls: int = 1_000_000, until: asyncio.Event | None = None
) -> None:
    """Pages one after another on a kept connection, a new one where the server ends it.

    A call that is lost is no page: it is counted as broken, and never sent again.
    """
    number = 0
    while number < calls and not (until is not None and until.is_set()):
        try:
            async with await Caller.connect(port) as caller:
                last = False
                while number < calls and not last and not (until is not None and until.is_set()):
                    number += 1
                    answer = await ask(
                        caller, tally, ("x-saccade-view", f"v{number}"), session=f"s{number % 20}"
                    )
                    last = answer.value(b"connection") == b"close"
        except (OSError, asyncio.IncompleteReadError) as error:
            tally.failed(error)
            await asyncio.sleep(0.01)


async def together(port: int, tally: Tally, *, connections: int, calls: int) -> None:
    """`browse` on several connections, so many calls on each."""
    await asyncio.gather(*(browse(port, tally, calls=calls) for _ in range(connections)))


@contextlib.asynccontextmanager
async def served(
    folder: Path,
    *arguments: str,
    script: Script = shop,
    settings: Mapping[str, str] = NONE,
    workers: int = 1,
    prefix: Sequence[str] = (),
    adapter: str = "sap_occ",
    instead: str | None = None,
) -> AsyncGenerator[Served]:
    """Serve the lab's tenant with its platform scripted; ended at the end, however it is.

    ``instead`` is the base URL of another platform.
    """
    async with ScriptedUpstream(script) as platform:
        write_tenant(folder, instead or platform.url)
        tenant = folder / "tenants" / "lab" / "tenant.toml"
        tenant.write_text(tenant.read_text("utf-8").replace("sap_occ", adapter), "utf-8")
        port = unused_port()
        program = Program(
            folder,
            *("serve", "--adapter", adapter, "--port", str(port)),
            *("--workers", str(workers), *arguments),
            settings=settings,
            prefix=prefix,
        )
        try:
            await program.logged("serving", workers)
            yield Served(program, port, platform)
        finally:
            program.kill()


def cpu_s(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def installed_beside(folder: Path, module: str, name: str, source: str) -> Path:
    """A package a process finds through ``PYTHONPATH``, its ``factory`` an adapter of ``name``:
    an integrator's own, for what ours never does."""
    packages = folder / "packages"
    own = packages / f"{module}-1.dist-info"
    own.mkdir(parents=True)
    (packages / f"{module}.py").write_text(source, "utf-8")
    (own / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1\n", "utf-8")
    points = f"[saccade.adapters]\n{name} = {module}:factory\n"
    (own / "entry_points.txt").write_text(points, "utf-8")
    return packages


def note(test: pytest.FixtureRequest, fault: str, figures: Mapping[str, float]) -> None:
    """Keep what was measured beside the test's result, as `fault_report` does."""
    test.node.user_properties.append((f"{fault} measured", json.dumps(figures)))
