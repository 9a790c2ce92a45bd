"""Checks of the page path fail where the page path itself is broken.

A good adapter stands before a gateway with a fault in it: what an adapter cannot get wrong by
itself is checked all the same.
"""

from collections.abc import Callable, Mapping
from functools import partial

import pytest

from gateway.testing.corner import Corner, corner
from saccade.deadline import Deadline
from saccade.testing import Subject
from saccade.testing.checks import Outcome, examine
from saccade_gateway import answer, client, exchange, handler, race
from saccade_gateway.answer import Answer, TruncatedError, Wired
from saccade_gateway.testing import CHECKS

BY_ID = {one.id: one for one in CHECKS}

Plant = Callable[[pytest.MonkeyPatch], None]


def _ends_cleanly(patch: pytest.MonkeyPatch) -> None:
    """What breaks off is taken for whole."""
    read = Wired.read

    async def clean(self: Wired) -> bytes:
        try:
            return await read(self)
        except TruncatedError:
            return b""

    patch.setattr(Wired, "read", clean)


def _loses_headers(patch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> list[bytes]:
        return []

    patch.setattr(answer, "downstream", none)


def _merges_anything(patch: pytest.MonkeyPatch) -> None:
    def always(*_: object) -> bool:
        return True

    patch.setattr(exchange, "can_carry", always)


def _waits_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(handler, "Deadline", partial(Deadline, budget_ms=1_000.0))


def _holds_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(exchange, "HOLD_S", 5.0)


def _knows_no_rule(patch: pytest.MonkeyPatch) -> None:
    def none(_: race.Asked) -> None:
        return None

    patch.setattr(race.Asked, "fallback", none)


def _lets_caches_keep(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Answer, "personal_lines", Answer.lines)


def _never_tries_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(client, "_REPEATABLE", frozenset[str]())


def _never_gives_up(patch: pytest.MonkeyPatch) -> None:
    send = client.Platform.__init__

    def patient(self: client.Platform, upstream: object, **options: object) -> None:
        send(self, upstream.model_copy(update={"read_timeout_s": 1.0}), **options)  # type: ignore[attr-defined, arg-type]  # as the client itself takes them

    patch.setattr(client.Platform, "__init__", patient)


def _mends_json(patch: pytest.MonkeyPatch) -> None:
    def mended(_: Answer, body: bytes) -> bytes:
        return body if body[:1] == b"{" else b"{}"

    patch.setattr(exchange, "plain", mended)


PLANTED: Mapping[str, Plant] = {
    "page.default": _waits_for_ever,
    "page.rule": _knows_no_rule,
    "page.cached": _lets_caches_keep,
    "page.passing": _loses_headers,
    "page.unknown": _merges_anything,
    "chaos.hang": _never_gives_up,
    "chaos.drip": _holds_for_ever,
    "chaos.truncate": _ends_cleanly,
    "chaos.reset": _never_tries_again,
    "chaos.error": _merges_anything,
    "chaos.json": _mends_json,
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Corner:
    """The adapter of the guide."""
    return corner(tmp_path_factory.mktemp("corner"))


@pytest.mark.full
@pytest.mark.parametrize("name", PLANTED)
async def test_a_broken_page_path_breaks_its_check(
    good: Corner, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = Subject(good.factory, good.samples)
    before = await examine(subject, BY_ID[name])
    assert before.outcome is Outcome.KEPT, before
    PLANTED[name](monkeypatch)
    after = await examine(subject, BY_ID[name])
    assert after.outcome is Outcome.BROKEN
    assert "raised" not in after.got, after
