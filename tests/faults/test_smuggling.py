"""Request smuggling: nginx and the whole server before the same kind of recording platform (F19).

The platform must never see through us what its sender did not say beyond doubt (`unambiguous`),
never two requests for one, and never bytes that are no request. Where nginx refuses what we pass,
the case stands in `REVIEWED`, with why that is right.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from faults.nginx import nginx
from faults.report import FaultReport
from faults.smuggling import Message, Recorder, Said, say, unambiguous
from faults.smuggling_cases import Case, cases
from faults.smuggling_corpus import BY_HAND, SOUND
from faults.waits import added_ms
from security.house import served, shop

AT_ONCE = 64

NGINX = """
  upstream platform { server 127.0.0.1:%d; keepalive 16; }
  server {
    listen 127.0.0.1:@PORT@ backlog=512;
    location / {
      proxy_pass http://platform;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
"""

REVIEWED: Mapping[str, re.Pattern[bytes]] = {
    "a tab is white space around a value (RFC 9110, 5.6.3); nginx takes it for part of the value": (
        re.compile(rb":[ \t]*\t|\t\r\n")
    ),
    "Expect is answered here and goes no further, however often it is said": re.compile(
        rb"(?:Expect: 100-continue\r\n){2}"
    ),
    "the parser tells no protocol's name; one message in HTTP's form stays one message": re.compile(
        rb" (?:ICE|RTSP)/1"
    ),
}
"""What we pass and nginx refuses: the reason, and by what such a case is known."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A case, and what came of it on either side."""

    case: Case
    meant: Sequence[Message]
    ours: Sequence[Message]
    theirs: Sequence[Message]
    heard: Said

    @property
    def passed(self) -> int:
        """Requests of it that reached the platform whole, through us."""
        return sum(message.whole for message in self.ours)

    @property
    def faithful(self) -> bool:
        """Whether the platform saw nothing but what was said beyond doubt, in that order.

        A request may be refused and a later one be served: then the first was read to its end.
        """
        said = iter(self.meant)
        return all(any(_same(saw, one) for one in said) for saw in self.ours)


def _same(saw: Message, said: Message) -> bool:
    return saw == said if saw.whole else saw.start == said.start


@dataclass(slots=True)
class Run:
    """All cases of a run."""

    seen: list[Seen]
    unreadable: list[bytes]
    unexplained: list[Message]
    """Requests of no case: some sender's bytes were taken for another's."""
    added_ms: float
    """The worst of what an honest call waited longer through us than straight, after all that."""

    @property
    def unfaithful(self) -> list[Seen]:
        """The attacks that succeeded."""
        return [one for one in self.seen if not one.faithful and not _foreign(one)]

    @property
    def laxer(self) -> list[Seen]:
        """Where nginx let less through than we did, and nobody has said why that is right."""
        return [
            one
            for one in self.seen
            if one.passed > sum(message.whole for message in one.theirs)
            and not any(pattern.search(one.case.data) for pattern in REVIEWED.values())
        ]


def _foreign(one: Seen) -> bool:
    """Another protocol's name on one message of HTTP's form, and nothing hidden behind it."""
    return b" HTTP/" not in one.case.data and len(one.ours) == 1


@contextlib.asynccontextmanager
async def recording(folder: Path) -> AsyncGenerator[tuple[Recorder, int]]:
    """Our server, and the platform behind it."""
    async with Recorder() as platform, served(folder, shop(platform.port)) as server:
        yield platform, server.port


async def attack(port: int, all_cases: Sequence[Case]) -> list[Said]:
    """Each case on a connection of its own, many at a time."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(case: Case) -> Said:
        async with places:
            return await say(port, case.data)

    heard = await asyncio.gather(*(one(case) for case in all_cases))
    await asyncio.sleep(0.5)  # what was left behind in a pool would come to light now
    return heard


async def run(folder: Path, all_cases: Sequence[Case]) -> Run:
    """Both sides."""
    async with Recorder() as beside, recording(folder) as (platform, port):
        with nginx(folder, NGINX % beside.port) as other:
            heard, _ = await asyncio.gather(attack(port, all_cases), attack(other, all_cases))
        told = {id(message) for case in all_cases for message in platform.of(case.mark)}
        strangers = [one for one in platform.seen if id(one) not in told]
        strangers = [one for one in strangers if not one.target.startswith(SYNC)]
        seen = [
            Seen(case, unambiguous(case.data), platform.of(case.mark), beside.of(case.mark), said)
            for case, said in zip(all_cases, heard, strict=True)
        ]
        return Run(
            seen, platform.unreadable, strangers, await added_ms(port, platform.port, HONEST)
        )


HONEST = "/occ/v2/electronics/products/honest"
SYNC = b"/occ/v2/electronics/products/search?fields="
"""What the server asks by itself, for its catalog."""


def check(ran: Run) -> None:
    """The rule."""
    assert ran.unreadable == []
    assert ran.unexplained == []
    assert [(one.case.name, one.case.data, one.ours, one.meant) for one in ran.unfaithful] == []
    for one in ran.seen:
        assert len(one.heard.statuses) <= len(one.meant) + 1, one
    assert [(one.case.name, one.case.data, one.ours) for one in ran.laxer] == []


async def test_the_platform_sees_what_was_sent_and_no_more(
    tmp_path: Path, fault_report: FaultReport
) -> None:
    ran = await run(tmp_path, list(cases(60)))
    check(ran)
    by_name = {one.case.name: one for one in ran.seen}
    refused = [name for name in SOUND if by_name[name].ours != by_name[name].meant]
    assert refused == []  # or all of this would hold for a server that serves nobody
    assert len(BY_HAND) >= 60
    fault_report("F19", broken=len(ran.unfaithful), added_ms=ran.added_ms, runs=len(ran.seen))


@pytest.mark.full
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_chance_puts_together(
    tmp_path: Path, seed: int, fault_report: FaultReport
) -> None:
    ran = await run(tmp_path, list(cases(1_000, seed)))
    check(ran)
    fault_report(
        "F19", broken=len(ran.unfaithful), added_ms=ran.added_ms, runs=len(ran.seen), load=True
    )
