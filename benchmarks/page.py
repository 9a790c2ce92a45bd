"""The page path, side by side in one run: direct, nginx as a proxy, Saccade.

One product of about 15 KB, one upstream (nginx serving it), rounds interleaved, every body checked
against the reference, only decided answers counted. CPU a request is what the kernel charged to the
processes of a target, Redis included; ratios are medians of per-round ratios. The servers under
test share one core, client and upstream another.
"""

import argparse
import asyncio
import itertools
import json
import secrets
import statistics
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from load import Check, Round, run
from processes import Server, cores, free_port, nginx, redis

SITE = "electronics"
PATH = f"/occ/v2/{SITE}/products/816324?fields=FULL&lang=en&curr=USD"

LAPTOP_SHOPPER = {
    "product_id": "816324",
    "visit_count": 3,
    "spec_hover_ms": 14_200,
    "review_dwell_ms": 48_000,
    "scroll_reversals": 6,
    "compare_tool_opened": True,
    "checkout_clicked": False,
    "session_duration_ms": 92_000,
    "scroll_speed_px_sec": 180,
}

TENANT = """
name = "bench"
platform = "sap_occ"
platform_site = "{site}"
[upstream]
url = "http://127.0.0.1:{port}"
allow_private = true
[consent]
basis = "opt_out"
[site]
key = "bench"
open = true
[decisioning]
phase = "live"
holdout = 0.10
[slots.battery-guarantee]
moment = "product"
[slots.reviews]
moment = "product"
[slots.cta]
moment = "product"
[slots.comparison]
moment = "product"
"""

CAMPAIGN = """
[[campaign]]
id = "battery-fear"
moment = "product"
slot = "battery-guarantee"
template = "reassure"
modes = ["hesitating"]
caps = {{ per_day = {cap} }}
[campaign.parameters]
topic = "battery"
cta = "Add to cart — 30-day battery guarantee"
"""


@dataclass(slots=True)
class Target:
    """One way from the client to the product."""

    name: str
    port: int
    accounted: list[Server]
    requests: Iterator[bytes]
    check: Check
    batch: Callable[[], tuple[float, float]] | None = None
    """Reads taken and asks they carried so far, where the target says so."""
    rounds: list[Round] = field(default_factory=list[Round])
    batches: list[float] = field(default_factory=list[float])


def main() -> None:
    """Parse, run, print; exit 1 where any answer was wrong."""
    parser = argparse.ArgumentParser(description="The page path, side by side in one run.")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--requests", type=int, default=1_500, help="a round and target")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--product", type=Path, help="a product document to serve instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(asyncio.run(measure(options, Path(folder))))


async def measure(options: argparse.Namespace, folder: Path) -> int:
    """Start everything, warm up, run the rounds interleaved, print the table."""
    product = options.product.read_bytes() if options.product else await lab_product()
    serving, driving = cores()
    servers: list[Server] = []
    try:
        targets = start(folder, product, serving, driving, servers)
        for target in targets:
            await one_round(target, options, warm_up=True)
        for number in range(options.rounds):
            for target in targets:
                await one_round(target, options)
            Console(stderr=True).print(f"round {number + 1} of {options.rounds}", style="dim")
    finally:
        for server in reversed(servers):
            server.stop()
    show(targets, len(product), options)
    return 1 if any(each.wrong for target in targets for each in target.rounds) else 0


async def lab_product() -> bytes:
    """The lab's laptop with FULL fields, as its stand-in OCC server answers."""
    from saccade_demo.lab import start_platform  # noqa: PLC0415 - only without --product

    runner, base = await start_platform(0)
    try:
        url = f"{base}/occ/v2/{SITE}/products/816324?fields=FULL"
        return await asyncio.to_thread(get, url)
    finally:
        await runner.cleanup()


def get(url: str, body: bytes | None = None) -> bytes:
    """One plain call to loopback."""
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 - built here
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
        return bytes(answer.read())


def start(
    folder: Path, product: bytes, serving: int, driving: int, servers: list[Server]
) -> list[Target]:
    """The upstream and each target; whatever was started is in ``servers``, also on failure."""
    (folder / "product.json").write_bytes(product)
    upstream = free_port()
    served = f"root {folder}; default_type application/json; rewrite ^ /product.json break;"
    http = (
        f"keepalive_requests 1000000; sendfile on; open_file_cache max=10;"
        f"server {{ listen 127.0.0.1:{upstream}; location / {{ {served} }} }}"
    )
    servers.append(nginx(folder, "upstream", http, upstream, driving))

    proxy = free_port()
    passed = (
        "proxy_pass http://platform; proxy_http_version 1.1; proxy_set_header Connection '';"
        "proxy_buffers 8 32k;"
    )
    http = (
        f"keepalive_requests 1000000;"
        f"upstream platform {{ server 127.0.0.1:{upstream}; keepalive 64; }}"
        f"server {{ listen 127.0.0.1:{proxy}; location / {{ {passed} }} }}"
    )
    servers.append(nginx(folder, "proxy", http, proxy, serving))
    plain = plain_requests()
    targets = [
        Target("direct", upstream, [servers[0]], plain, same_as(product)),
        Target("nginx proxy", proxy, [servers[1]], plain, same_as(product)),
    ]
    store = redis(folder, serving)
    servers.append(store)
    for name, state, extra in (
        ("Saccade, memory", "memory://", []),
        ("Saccade, Redis", f"redis://127.0.0.1:{store.port}/0", [store]),
    ):
        server = saccade(folder, name, state, upstream, serving)
        servers.append(server)
        targets.append(
            Target(
                name,
                server.port,
                [server, *extra],
                decided_requests(shoppers(server.port, 1_000)),
                decided(product),
                batch=partial(batches, server.port),
            )
        )
    return targets


def saccade(folder: Path, name: str, state: str, upstream: int, core: int) -> Server:
    """A server of one tenant, with every duty on: consent, holdout, caps, journal, metrics."""
    home = folder / name.replace(", ", "-")
    settings = home / "tenants" / "bench"
    settings.mkdir(parents=True)
    (settings / "tenant.toml").write_text(TENANT.format(site=SITE, port=upstream), "utf-8")
    (settings / "campaigns.toml").write_text(CAMPAIGN.format(cap=10_000), "utf-8")
    port = free_port()
    arguments = [sys.executable, "-m", "saccade_server.cli", "serve", "--adapter", "sap_occ"]
    arguments += ["--config", str(home / "tenants"), "--port", str(port)]
    environment = {
        "SACCADE_STATE_URL": state,
        "SACCADE_DATABASE_URL": f"sqlite:///{home}/journal.db",
    }
    log = home / "server.log"
    return Server(arguments, port, core=core, environment=environment, log=log)


def shoppers(port: int, count: int) -> list[str]:
    """Sessions of hesitating shoppers that this server treats: the holdout's are left out."""
    found: list[str] = []
    while len(found) < count:
        session = secrets.token_hex(16)
        body = json.dumps({"session_id": session, **LAPTOP_SHOPPER}).encode()
        get(f"http://127.0.0.1:{port}/v1/signals", body)
        query = f"session={session}&product=816324&moment=product"
        experience = json.loads(get(f"http://127.0.0.1:{port}/v1/experience?{query}"))
        if experience["served"] == "model":
            found.append(session)
        elif experience["reason"] != "HOLDOUT":
            sys.exit(f"a hesitating shopper is not treated: {experience}")
    return found


def plain_requests() -> Iterator[bytes]:
    """The product, asked for by nobody in particular."""
    return itertools.repeat(f"GET {PATH} HTTP/1.1\r\nHost: shop.test\r\n\r\n".encode())


def decided_requests(sessions: list[str]) -> Iterator[bytes]:
    """The product for one shopper after another, each time a new page view: a new decision."""
    for number in itertools.count():
        session = sessions[number % len(sessions)]
        yield (
            f"GET {PATH} HTTP/1.1\r\nHost: shop.test\r\nx-session-id: {session}\r\n"
            f"x-saccade-view: v{number}\r\n\r\n"
        ).encode()


def same_as(product: bytes) -> Check:
    """The platform's own bytes and nothing else."""

    def check(status: int, body: bytes) -> str:
        return "" if (status, body) == (200, product) else f"{status}, {len(body)} bytes"

    return check


def decided(product: bytes) -> Check:
    """Every byte of the platform's, and a decision of the model in our one key."""
    kept = product.rstrip()[:-1]

    def check(status: int, body: bytes) -> str:
        if status != 200 or not body.startswith(kept):
            return f"{status}: the platform's bytes are not all there"
        ours = body[len(kept) :].strip()
        if not ours.startswith(b',"saccade":{') or b'"served":"model"' not in ours:
            return f"not decided: {ours[:120]!r}"
        return ""

    return check


def batches(port: int) -> tuple[float, float]:
    """State reads taken so far, and the asks they carried."""
    counts = {"saccade_batch_size_count": 0.0, "saccade_batch_size_sum": 0.0}
    for line in get(f"http://127.0.0.1:{port}/metrics").decode().splitlines():
        name, _, value = line.partition(" ")
        if name in counts:
            counts[name] = float(value)
    return counts["saccade_batch_size_count"], counts["saccade_batch_size_sum"]


async def one_round(target: Target, options: argparse.Namespace, *, warm_up: bool = False) -> None:
    """Load one target, and charge it what the kernel says it used meanwhile."""
    reads, asks = await asyncio.to_thread(target.batch) if target.batch else (0.0, 0.0)
    before = sum(server.cpu_ns() for server in target.accounted)
    result = await run(
        target.port,
        target.requests,
        target.check,
        connections=options.connections,
        count=options.requests,
    )
    await asyncio.sleep(0.1)  # what is owed off the path, the journal's commits, is charged too
    used = sum(server.cpu_ns() for server in target.accounted) - before
    result.cpu_us = used / 1_000 / max(1, result.requests)
    if warm_up:
        return
    target.rounds.append(result)
    if target.batch:
        reads_now, asks_now = await asyncio.to_thread(target.batch)
        target.batches.append((asks_now - asks) / max(1.0, reads_now - reads))


def show(targets: list[Target], size: int, options: argparse.Namespace) -> None:
    """The table, and what was wrong."""
    nginx_rounds = targets[1].rounds
    table = Table(
        title=f"{size:,} bytes of product, {options.connections} connections, "
        f"{options.rounds} rounds of {options.requests} requests"
    )
    for heading in (
        *("target", "CPU µs/request", "× nginx", "requests/CPU s", "p50 ms", "p99 ms", "max ms"),
        *("batch", "wrong"),
    ):
        table.add_column(heading, justify="left" if heading == "target" else "right")
    for target in targets:
        rounds = target.rounds
        cpu = statistics.median(each.cpu_us for each in rounds)
        ratio = statistics.median(
            mine.cpu_us / other.cpu_us for mine, other in zip(rounds, nginx_rounds, strict=True)
        )
        table.add_row(
            target.name,
            f"{cpu:.0f}",
            f"{ratio:.1f}",
            f"{1e6 / cpu:,.0f}",
            f"{statistics.median(each.percentile(0.5) for each in rounds):.1f}",
            f"{statistics.median(each.percentile(0.99) for each in rounds):.1f}",
            f"{max(each.percentile(1.0) for each in rounds):.0f}",
            f"{statistics.median(target.batches):.1f}" if target.batches else "",
            str(sum(len(each.wrong) for each in rounds)),
        )
    console = Console(width=120)
    console.print(table)
    for target in targets:
        complaints = [complaint for each in target.rounds for complaint in each.wrong]
        if complaints:
            console.print(f"{target.name}: {complaints[0]}", style="red", markup=False)


if __name__ == "__main__":
    main()
