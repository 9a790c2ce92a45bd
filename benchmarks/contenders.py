"""Who takes part, started on the one server core: each a port, its processes, and right answers."""

import asyncio
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

import answers
import shop
from load import UNDECIDED, Check, Request, drive
from processes import Server, free_port, nginx

READY = 8
"""Connections shoppers are made known with."""
ATTEMPTS, REST_S = 10, 0.5


@dataclass(slots=True)
class Contender:
    """One way from the client to the product."""

    name: str
    port: int
    accounted: list[Server]
    """Every process whose CPU time is its own."""
    pages: Iterator[Request]
    flushes: Iterator[Request] | None = None
    beacons: Iterator[Request] | None = None
    batch: Callable[[], tuple[float, float]] | None = None
    """State reads so far and the decisions they carried, where it says so."""
    state: Server | None = None
    """The Redis of its own."""
    journal: Path | None = None
    """Where it journals its decisions, as far as it does."""

    @property
    def decides(self) -> bool:
        """Whether it decides, or only passes."""
        return self.flushes is not None

    def journaled(self) -> int:
        """Decisions in its journal."""
        if self.journal is None:
            return 0
        with closing(sqlite3.connect(self.journal, timeout=10)) as opened:
            return int(opened.execute("SELECT COUNT(*) FROM decisions").fetchone()[0])


def platform(folder: Path, product: bytes, core: int) -> Server:
    """The platform: nginx serving one product from a file."""
    (folder / "product.json").write_bytes(product)
    port = free_port()
    served = f"root {folder}; default_type application/json; rewrite ^ /product.json break;"
    http = (
        f"keepalive_requests 1000000; sendfile on; open_file_cache max=10;"
        f"server {{ listen 127.0.0.1:{port}; location / {{ {served} }} }}"
    )
    return nginx(folder, "upstream", http, port, core)


def nginx_proxy(folder: Path, upstream: int, core: int) -> Server:
    """nginx as a proxy and nothing else: kept-alive connections, buffers the product fits."""
    port = free_port()
    passed = (
        "proxy_pass http://platform; proxy_http_version 1.1; proxy_set_header Connection '';"
        "proxy_buffers 8 32k;"
    )
    http = (
        f"keepalive_requests 1000000;"
        f"upstream platform {{ server 127.0.0.1:{upstream}; keepalive 64; }}"
        f"server {{ listen 127.0.0.1:{port}; location / {{ {passed} }} }}"
    )
    return nginx(folder, "proxy", http, port, core)


@dataclass(frozen=True, slots=True)
class Wiring:
    """How one Saccade is set up: every duty on, unless it says otherwise."""

    state: str = "memory://"
    holdout: float = 0.10
    candidates: int = shop.CANDIDATES
    cap: int | None = 10_000
    consent: bool = True
    """Calls carry the shopper's consents, to be read."""
    without: tuple[str, ...] = ()
    """Parts replaced from outside: see `wired`."""

    @property
    def rules(self) -> bool:
        """Whether rules decide instead of the model."""
        return "model" in self.without


def saccade(
    folder: Path, name: str, state: str, upstream: int, core: int, wiring: Wiring | None = None
) -> Server:
    """A server of one tenant. ``state`` is the state store's URL."""
    wiring = wiring or Wiring()
    home = home_of(folder, name)
    settings = home / "tenants" / "bench"
    settings.mkdir(parents=True)
    tenant = shop.tenant_toml(upstream, holdout=wiring.holdout)
    (settings / "tenant.toml").write_text(tenant, "utf-8")
    campaigns = shop.campaigns_toml(candidates=wiring.candidates, cap=wiring.cap)
    (settings / "campaigns.toml").write_text(campaigns, "utf-8")
    port = free_port()
    program = ["-m", "saccade_server.cli"]
    if wiring.without:
        program = ["-c", "import wired; wired.main()", ",".join(wiring.without)]
    arguments = [sys.executable, *program, "serve", "--adapter", "sap_occ"]
    arguments += ["--config", str(home / "tenants"), "--port", str(port)]
    environment = {
        "SACCADE_STATE_URL": state,
        "SACCADE_DATABASE_URL": f"sqlite:///{journal_of(home)}",
        "PYTHONPATH": str(Path(__file__).parent),
        "WIRED_HOLD": str(hold_of(home)),
    }
    log = home / "server.log"
    return Server(arguments, port, core=core, environment=environment, log=log)


def home_of(folder: Path, name: str) -> Path:
    """The folder of one Saccade: its tenant, its log, its journal."""
    return folder / name.replace(", ", "-").replace(" ", "-")


def journal_of(home: Path) -> Path:
    """Where the Saccade of this folder keeps its journal."""
    return home / "journal.db"


def hold_of(home: Path) -> Path:
    """The file that holds the model of this folder's Saccade up (`wired`)."""
    return home / "hold"


async def saccade_contender(
    name: str, server: Server, product: bytes, names: list[str], wiring: Wiring
) -> Contender:
    """A running Saccade with its shoppers, those of the holdout known as such."""
    control = await arms(server.port, names, wiring)
    readers: dict[bool, tuple[Check, Check]] = {}
    for held_out in (False, True):
        expected = answers.experience(control=held_out, rules=wiring.rules)
        readers[held_out] = (answers.decided(product, expected), answers.told(expected))
    return Contender(
        name,
        server.port,
        [server],
        pages(names, lambda one: readers[control[one]][0], consent=wiring.consent),
        flushes(names, lambda one: readers[control[one]][1]),
        beacons(),
        partial(batches, server.port),
    )


async def arms(port: int, names: list[str], wiring: Wiring) -> Mapping[str, bool]:
    """Make shoppers known, and learn which of them the holdout took: true for control.

    Ends the program where one is neither treated as expected nor held out as expected.
    """
    await acquaint(port, names)
    found: dict[str, bool] = {}
    expected = {
        held_out: answers.experience(control=held_out, rules=wiring.rules)
        for held_out in (False, True)
    }

    def read(session: str, status: int, body: bytes) -> str:
        if status != 200:
            return f"{UNDECIDED}: {status}"
        said: Any = msgspec.json.decode(body)
        if said["reason"] in answers.MISHAPS:
            return f"{UNDECIDED}: {said['reason']}"
        found[session] = said["reason"] == "HOLDOUT"
        return answers.complaint_about(said, expected[found[session]])

    asked = {
        one: (
            f"GET /v1/experience?session={one}&product={shop.PRODUCT}&moment=product HTTP/1.1\r\n"
            "Host: shop.test\r\n\r\n"
        ).encode()
        for one in names
    }
    await patiently(port, asked, read)
    share = sum(found.values()) / len(found)
    chance = (wiring.holdout * (1 - wiring.holdout) / len(found)) ** 0.5
    if abs(share - wiring.holdout) > 6 * chance:
        sys.exit(f"the holdout is {share:.3f} of {len(found)} shoppers, not {wiring.holdout}")
    return found


async def acquaint(port: int, names: list[str]) -> None:
    """Tell the contender on ``port`` of these shoppers; each is the laptop shopper."""

    def taken(_session: str, status: int, _body: bytes) -> str:
        return "" if status in {200, 204} else f"{UNDECIDED}: {status}"

    told = {one: shop.signals_call(one, shop.LAPTOP_SHOPPER, "application/json") for one in names}
    await patiently(port, told, taken)


async def patiently(
    port: int, calls: Mapping[str, bytes], read: Callable[[str, int, bytes], str]
) -> None:
    """Make these calls, and again those that a busy machine left undone.

    Ends the program where an answer is wrong, or still undone.
    """
    left: dict[str, str] = dict.fromkeys(calls, "")
    for _ in range(ATTEMPTS):
        undone: dict[str, str] = {}

        def reader(name: str, status: int, body: bytes, undone: dict[str, str] = undone) -> str:
            if complaint := read(name, status, body):
                undone[name] = complaint
            return complaint

        asked = ((calls[name], partial(reader, name)) for name in left)
        await drive(port, asked, connections=READY, count=len(left))
        left = undone
        if not left or not all(each.startswith(UNDECIDED) for each in left.values()):
            break
        await asyncio.sleep(REST_S)
    if left:
        sys.exit(f"shoppers could not be made known: {next(iter(left.values()))}")


def pages(
    names: list[str], reader: Callable[[str], Check], *, consent: bool = True
) -> Iterator[Request]:
    """The product for one shopper after another, each time a new page view: a new decision."""
    for number in count():
        one = names[number % len(names)]
        yield shop.page_call(one, f"v{number}", consent=consent), reader(one)


def flushes(names: list[str], reader: Callable[[str], Check]) -> Iterator[Request]:
    """What the tracker flushes from a product page: folded in, decided, answered."""
    for number in count():
        one = names[number % len(names)]
        fields = {**shop.LAPTOP_SHOPPER, "view": f"f{number}"}
        yield shop.signals_call(one, fields), reader(one)


def beacons() -> Iterator[Request]:
    """What the tracker sends from a page that is no product's: taken in and kept."""
    fields = {name: value for name, value in shop.LAPTOP_SHOPPER.items() if name != "product_id"}
    names = shop.sessions(5_000)
    for number in count():
        yield shop.signals_call(names[number % len(names)], fields), answers.stored


def batches(port: int) -> tuple[float, float]:
    """State reads taken so far, and the asks they carried."""
    counts = {"saccade_batch_size_count": 0.0, "saccade_batch_size_sum": 0.0}
    for line in shop.get(f"http://127.0.0.1:{port}/metrics").decode().splitlines():
        name, _, value = line.partition(" ")
        if name in counts:
            counts[name] = float(value)
    return counts["saccade_batch_size_count"], counts["saccade_batch_size_sum"]
