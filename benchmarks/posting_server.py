"""A server that takes webhooks of the tests' own platform, and that platform's sender."""

import asyncio
import hashlib
import hmac
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from history import History, Sent
from processes import Server, free_port

ROOT = Path(__file__).resolve().parents[1]
PLATFORM = ROOT / "tests" / "webhooks" / "posting.py"
SECRET = b"a secret of the tests' own"
PADDING = "x" * 900
"""An order as platforms send it is a kilobyte and more."""
PRODUCTS_OF = 50
"""Deliveries of one product's state, on average."""

TENANT = """\
name = "lab"
platform = "posting"
platform_site = "electronics"
upstream = { url = "http://127.0.0.1:9", allow_private = true }
consent = { basis = "opt_out" }
site = { key = "lab", open = true }
"""

PLANTED = {
    "early": """
import asyncio
from saccade_webhooks import writer
async def add(self, new):
    asyncio.ensure_future(self._ask(writer._Asked(new, new.size)))
    return 1
writer.Writer.add = add
""",
    "twice": """
from saccade_webhooks import database
prepare = database.Database.prepare
def without(self):
    prepare(self)
    with self.engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX IF EXISTS webhook_deliveries_once")
database.Database.prepare = without
""",
    "stale": """
from saccade_webhooks import claiming, ending
claiming.applied = ending.applied = lambda connection, wanted: {}
ending._settled = lambda one, newest: one
""",
}
"""Faults the checker must find: acknowledged before it is durable, no deduplication, any state
written over a newer one."""

_MAIN = "import sys\n{plant}\nfrom saccade_server.cli import main\nsys.exit(main())"


def laid_out(folder: Path) -> None:
    """A tenant on a platform that is found by an entry point of its own."""
    own = folder / "tenants" / "lab"
    own.mkdir(parents=True)
    (own / "tenant.toml").write_text(TENANT, "utf-8")
    (own / "campaigns.toml").write_text("", "utf-8")
    packages = folder / "packages"
    told = packages / "posting_platform-1.dist-info"
    told.mkdir(parents=True)
    (packages / "posting_platform.py").write_text(PLATFORM.read_text("utf-8"), "utf-8")
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: posting\nVersion: 1\n", "utf-8")
    points = "[saccade.adapters]\nposting = posting_platform:factory\n"
    (told / "entry_points.txt").write_text(points, "utf-8")


def started(
    folder: Path, port: int, core: int, planted: str | None = None, state: str = "memory://"
) -> Server:
    """``saccade serve``, with a fault in it or without."""
    main = _MAIN.format(plant=PLANTED[planted] if planted else "")
    arguments = ["serve", "--adapter", "posting", "--port", str(port)]
    environment = {
        "PYTHONPATH": str(folder / "packages"),
        "SACCADE_DATA": str(folder / "data"),
        "SACCADE_LOG_FORMAT": "json",
        "SACCADE_STATE_URL": state,
    }
    return Server(
        [sys.executable, "-c", main, *arguments],
        port,
        core=core,
        environment=environment,
        folder=folder,
        log=folder / "server.log",
    )


def deliveries(count: int, seed: int) -> list[Sent]:
    """So many different ones: three orders to one state of a product."""
    random_ = random.Random(seed)
    versions: dict[str, int] = {}
    made: list[Sent] = []
    for number in range(count):
        if number % 4:
            made.append(Sent(f"order-{number}", order=f"o{number}"))
        else:
            product = f"p{random_.randrange(max(1, count // 4 // PRODUCTS_OF))}"
            versions[product] = version = versions.get(product, 0) + 1
            made.append(Sent(f"product-{number}", product=product, version=version))
    return made


def shuffled(made: Sequence[Sent], duplicates: float, seed: int) -> list[Sent]:
    """All of them and some again, in no order."""
    random_ = random.Random(seed)
    line = [*made, *random_.sample(list(made), int(len(made) * duplicates))]
    random_.shuffle(line)
    return line


def request(sent: Sent) -> bytes:
    """As it goes over the wire."""
    if sent.order is not None:
        session = f"s{hash(sent.order) % 1000}"
        told = {"kind": "order", "id": sent.order, "session": session, "visitor": session}
        told |= {"value": "10.00", "currency": "EUR", "note": PADDING}
        resource = ""
    else:
        told = {"kind": "product", "id": str(sent.product), "name": str(sent.version)}
        told |= {"note": PADDING}
        resource = (
            f"X-Posting-Resource: products/{sent.product}\r\n"
            f"X-Posting-Version: {float(sent.version)!r}\r\n"
        )
    body = json.dumps(told).encode()
    signature = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    head = (
        "POST /webhooks/posting HTTP/1.1\r\nHost: lab\r\nContent-Type: application/json\r\n"
        f"X-Posting-Tenant: lab\r\nX-Posting-Id: {sent.key}\r\nX-Posting-Topic: t\r\n{resource}"
        f"X-Posting-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass(slots=True)
class Sender:
    """A platform that sends again what was not acknowledged, as platforms do."""

    port: int
    line: Iterator[Sent]
    history: History
    said: Callable[[int], None]
    count: int = 0
    refused: int = 0
    latencies_ms: list[float] = field(default_factory=list[float])

    async def send(self, connections: int) -> None:
        """All of it."""
        async with asyncio.TaskGroup() as senders:
            for _ in range(connections):
                senders.create_task(self._one_after_another())

    async def _one_after_another(self) -> None:
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        for sent in self.line:
            self.history.sent[sent.key] = sent
            raw = request(sent)
            while True:
                try:
                    if connection is None:
                        connection = await asyncio.open_connection("127.0.0.1", self.port)
                    if await self._acknowledged(connection, raw):
                        break
                    self.refused += 1
                except (OSError, asyncio.IncompleteReadError):
                    connection = None
                await asyncio.sleep(0.05)
            self.history.acknowledged.add(sent.key)
            self.count += 1
            if self.count % 500 == 0:
                self.said(500)
        if connection is not None:
            connection[1].close()

    async def _acknowledged(
        self, connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], raw: bytes
    ) -> bool:
        reader, writer = connection
        begun = time.perf_counter()
        writer.write(raw)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        await reader.readexactly(int(length or 0))
        if not head.startswith(b"HTTP/1.1 200 "):
            if not head.startswith(b"HTTP/1.1 503 "):
                sys.exit(f"answered with {head[:80]!r}")
            return False
        self.latencies_ms.append((time.perf_counter() - begun) * 1_000)
        return True


class Killed:
    """A server that is killed every so often, and started again at once."""

    def __init__(
        self, folder: Path, core: int, every_s: float, planted: str | None, state: str
    ) -> None:
        self._folder, self._core, self._every_s = folder, core, every_s
        self._planted, self._state = planted, state
        self.port = free_port()
        self.server = self._started()
        self.kills = 0
        self.resident_mb = 0.0

    async def run(self) -> None:
        """Until cancelled."""
        until = time.monotonic() + self._every_s
        while True:
            await asyncio.sleep(0.25)
            self.looked()
            if time.monotonic() > until:
                await self.kill()
                until = time.monotonic() + self._every_s

    def looked(self) -> None:
        """Note how much memory it has."""
        with suppress(OSError):
            self.resident_mb = max(self.resident_mb, self.server.resident_mb())

    async def kill(self) -> None:
        """Now, and start it again."""
        self.server.process.kill()
        self.server.process.wait()
        self.kills += 1
        self.server = await asyncio.to_thread(self._started)

    def _started(self) -> Server:
        return started(self._folder, self.port, self._core, self._planted, self._state)
