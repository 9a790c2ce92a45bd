"""``saccade certify``: every check of the conformance kit, as text or as JSON."""

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Generator
from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape

from saccade.testing import Certificate, Subject, certify
from saccade.testing.certificate import certificate, examined
from saccade.testing.checks import Outcome, Result
from saccade_gateway.testing import CHECKS
from saccade_server.certifying import subject

_MARKS = {
    Outcome.KEPT: "[green]✓[/]",
    Outcome.BROKEN: "[red]✗[/]",
    Outcome.EXEMPT: "[yellow]–[/]",
    Outcome.BLOCKED: "[dim]·[/]",
}


def run(adapter: str, folder: Path | None, *, as_json: bool) -> int:
    """The program's exit code: 0 where the adapter is certified, else 1."""
    try:
        examinee = subject(adapter, folder)
        with _gateway_unheard():
            return 0 if _examined(examinee, as_json=as_json).passed else 1
    except SystemExit as error:  # what asks for it is the adapter: nothing of it is certified
        sys.stderr.write(f"{adapter}: not certified: it ends the program ({error.code!r})\n")
        return 1


@contextlib.contextmanager
def _gateway_unheard() -> Generator[None]:
    """It says what broke while the platform is broken on purpose."""
    log = logging.getLogger("saccade_gateway")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)


def _examined(examinee: Subject, *, as_json: bool) -> Certificate:
    if not as_json:
        return asyncio.run(_told(examinee))
    with contextlib.redirect_stdout(sys.stderr):  # an adapter may print what it likes
        found = asyncio.run(certify(examinee, CHECKS))
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    return found


async def _told(examinee: Subject) -> Certificate:
    """Each result as it comes, then the sum."""
    console = Console(soft_wrap=True, highlight=False)
    began = time.perf_counter()
    results: list[Result] = []
    async for result in examined(examinee, CHECKS):
        results.append(result)
        _tell(console, result)
    found = certificate(examinee, results)
    counts = ", ".join(f"{count} {outcome}" for outcome, count in found.counts.items())
    seconds = time.perf_counter() - began
    verdict = "[green]certified[/]" if found.passed else "[red]not certified[/]"
    console.print(f"{escape(found.adapter)}: {verdict} ({counts}; {seconds:.1f} s)")
    return found


def _tell(console: Console, result: Result) -> None:
    line = f"{_MARKS[result.outcome]} {result.id:<20} {result.title} [dim]({result.rule})[/]"
    console.print(line)
    if result.reason:
        console.print(f"    {result.outcome}: {escape(result.reason)}")
    if result.outcome is Outcome.BROKEN:
        for name in ("request", "expected", "got", "fix"):
            console.print(f"    {name + ':':<10}{escape(getattr(result, name))}")
