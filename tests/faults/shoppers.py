"""Shoppers behind one cache: what each asks for, and what in an answer is another's."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import msgspec
from aiohttp import ClientSession

import making
from faults import upstream as up
from faults.upstream import Line, Received
from faults.wire import Caller, Wire, request
from saccade.signals import Signals

SITE = "/occ/v2/electronics"
PUBLIC = (b"Cache-Control", b"public, max-age=2")

BELIEVES = {
    "alice": making.LAPTOP_SHOPPER,
    "bob": Signals(scroll_reversals=16, variant_switches=6, products_viewed=9),
}
"""Two shoppers whose signals name two modes; anybody else has none."""

MARKS = {name: f"{name}-7f3a9c" for name in BELIEVES}
"""Their sessions: found nowhere in an answer, least of all in another's."""


async def platform(received: Received, line: Line) -> None:
    """Products for everybody, which caches may keep; a cart of one's own, with a cookie."""
    who = next(
        (name for name in BELIEVES if b"shopper=%b" % name.encode() in _cookies(received)), ""
    )
    if received.target.startswith(f"{SITE}/users/".encode()):
        cookie = (b"Set-Cookie", b"JSESSIONID=of-%b; Path=/" % who.encode())
        kept = (b"Cache-Control", b"private")
        body = b'{"cart":"of-%b","cookies":%b}' % (
            who.encode(),
            msgspec.json.encode(_cookies(received).decode()),
        )
        await up.json(body, cookie, kept)(received, line)
    else:
        code = received.target.split(b"?")[0].rpartition(b"/")[2]
        await up.json(b'{"code":"%b","summary":"%b"}' % (code, b"s" * 600), PUBLIC)(received, line)


def _cookies(received: Received) -> bytes:
    return b"; ".join(received.values(b"cookie"))


@dataclass(slots=True)
class Shopper:
    """One of them, with as many connections as are asked at once."""

    name: str
    leaks: list[str] = field(default_factory=list[str])
    decisions: set[str] = field(default_factory=set[str])
    modes: Counter[str] = field(default_factory=Counter[str])
    shown: set[bytes] = field(default_factory=set[bytes])
    """What pages were told to do, where they were told anything."""
    cached: Counter[str] = field(default_factory=Counter[str])
    """By what the cache says it did, of answers that hold nothing of ours."""
    asked: int = 0
    worst_ms: float = 0.0
    _turn: "itertools.count[int]" = field(default_factory=itertools.count)

    def _next(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What it asks for now: a product all look at, one only shoppers look at, or its cart."""
        turn = next(self._turn)
        known = self.name in MARKS
        if known and turn % 8 == 0:
            target = f"{SITE}/users/current/carts?turn={turn}"
        elif turn % 8 in {1, 2} or not known:
            target = f"{SITE}/products/all-{turn % 20}?fields=FULL"
        else:
            target = f"{SITE}/products/known-{turn % 50}?fields=FULL"
        if not known:
            return target, ()
        cookies = f"shopper={self.name}; saccade_session={MARKS[self.name]}"
        if turn % 2:
            return target, (("Cookie", cookies),)
        return target, (("x-session-id", MARKS[self.name]), ("Cookie", f"shopper={self.name}"))

    async def shop(self, port: int, count: int, connections: int) -> None:
        """Ask so often, over so many connections."""
        left = itertools.repeat(None, count)

        async def one() -> None:
            async with await Caller.connect(port) as caller:
                for _ in left:
                    target, headers = self._next()
                    began = perf_counter()
                    await caller.send(request(target, *headers))
                    wire = await caller.answer()
                    self.worst_ms = max(self.worst_ms, (perf_counter() - began) * 1_000)
                    self.look(target, wire)

        await asyncio.gather(*(one() for _ in range(connections)))

    def look(self, target: str, wire: Wire) -> None:
        """Note what an answer holds, and what of it is somebody else's."""
        self.asked += 1
        if wire.status != 200 or not wire.complete:
            self.leaks.append(f"{target}: answered {wire.status}")
            return
        for name, mark in MARKS.items():
            whole = wire.body + b"".join(value for _, value in wire.headers)
            if mark.encode() in whole:
                self.leaks.append(f"{target}: the session of {name}")
            if name != self.name and b"of-" + name.encode() in whole:
                self.leaks.append(f"{target}: a cart or cookie of {name}")
        body: dict[str, Any] = msgspec.json.decode(wire.body)
        if "saccade" not in body:
            self.cached[(wire.value(b"x-cache") or b"?").decode()] += 1
            return
        self._decided(target, body["saccade"])

    def _decided(self, target: str, block: dict[str, Any]) -> None:
        if self.name not in MARKS:
            self.leaks.append(f"{target}: a decision for nobody, {block['mode']}")
        self.modes[block["mode"]] += 1
        if block["instructions"]:
            self.shown.add(msgspec.json.encode(block["instructions"]))
        if block["decision_id"] is not None:
            self.decisions.add(block["decision_id"])


def crossed(shoppers: Sequence[Shopper], modes: Mapping[str, str]) -> list[str]:
    """What one saw that was another's: a decision, instructions, the mode its signals name.

    A mode that nobody's signals name is nobody's: a decision made without them says so.
    """
    found: list[str] = []
    for one, other in itertools.permutations(shoppers, 2):
        found += [
            f"{one.name} saw {id_} of {other.name}" for id_ in one.decisions & other.decisions
        ]
        if other.name in modes and one.modes[modes[other.name]]:
            found.append(f"{one.name} saw the mode of {other.name}")
        if one.shown & other.shown:
            found.append(f"{one.name} saw what {other.name} was shown")
    return found


async def introduce(port: int) -> dict[str, str]:
    """Tell the server what each believes, past the cache; the modes it reads from that."""
    modes: dict[str, str] = {}
    async with ClientSession() as session:
        for name, signals in BELIEVES.items():
            told = {key: getattr(signals, key) for key in signals.__struct_fields__}
            body = {key: value for key, value in told.items() if value is not None}
            url = f"http://127.0.0.1:{port}/v1/signals"
            while name not in modes:
                async with session.post(url, json={"session_id": MARKS[name], **body}) as answer:
                    assert answer.status in {200, 503}, await answer.text()
                    if answer.status == 200:
                        modes[name] = (await answer.json())["mode_detected"]
                        break
                await asyncio.sleep(1.1)  # one that has just started on a busy machine sheds
    return modes
