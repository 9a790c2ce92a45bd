"""Shared cookies: no jar is kept, so what the platform sets for one shopper goes to nobody else."""

from typing import Any

import pytest

from faults import upstream as up
from faults.page import PRODUCT, page_path
from faults.upstream import Line, Received
from faults.wire import call
from saccade_gateway.answer import Answer
from saccade_gateway.client import Outgoing, Platform
from security.controls import proves


async def logs_in(received: Received, line: Line) -> None:
    """A platform that opens a session for whoever names itself."""
    cookies = [
        (b"Set-Cookie", b"JSESSIONID=of-%b; Path=/" % who) for who in received.values(b"x-who")
    ]
    await up.json(b"{}", *cookies)(received, line)


async def test_no_shopper_is_sent_with_anothers_cookie(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> bool:  # OCC 23
        async with page_path(logs_in) as page:
            alice = await call(page.port, PRODUCT, ("X-Who", "alice"))
            assert alice.value(b"set-cookie") == b"JSESSIONID=of-alice; Path=/"
            bob = await call(page.port, PRODUCT)
            assert bob.values(b"set-cookie") == []
            return bool(page.upstream.last.values(b"cookie"))

    jar: list[bytes] = []
    plainly = Platform.send

    async def with_a_jar(self: Platform, outgoing: Outgoing, *rest: Any) -> Answer:
        lines = [*outgoing.lines, *(b"Cookie: " + cookie for cookie in jar)]
        answer = await plainly(
            self, Outgoing(outgoing.method, outgoing.target, lines, outgoing.body), *rest
        )
        jar.extend(value.split(b";")[0] for name, value in answer.headers if name == b"Set-Cookie")
        return answer

    await proves(monkeypatch, run, ("saccade_gateway.client.Platform.send", with_a_jar))
