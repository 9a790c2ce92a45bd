"""A session an agent acts in is assisted until it ends, whoever calls in it (R89)."""

import pytest

import making
from saccade import assisted
from saccade.assisted import Assisted
from saccade.domain import SESSION_LIFE_S


class Clock:
    """Moved by hand."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def asks(register: Assisted, session: str = "s1", tenant: str = making.TENANT) -> bool:
    """Whether a call that says nothing itself is taken for an assisted one."""
    request = making.request(session=session, tenant_name=tenant)
    told = register.told(request)
    assert told.subject == request.subject
    return told.assisted


def agent(register: Assisted, session: str = "s1") -> None:
    """An agent's call."""
    request = making.request(session=session, assisted=True)
    assert register.told(request) is request


def test_what_one_call_says_holds_for_its_session_alone() -> None:
    register = Assisted()
    assert not asks(register)
    agent(register)
    assert asks(register)
    assert not asks(register, "s2")
    assert not asks(register, tenant="another")


def test_it_lasts_as_long_as_a_session_after_the_last_assisted_call() -> None:
    clock = Clock()
    register = Assisted(clock)
    agent(register)
    clock.now += SESSION_LIFE_S - 1
    assert asks(register)
    agent(register)
    clock.now += SESSION_LIFE_S - 1
    assert asks(register)  # and asking has not prolonged it
    clock.now += 1
    assert not asks(register)


def test_it_is_bounded_by_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assisted, "MOST", 2)
    register = Assisted()
    for session in ("s1", "s2", "s1", "s3"):
        agent(register, session)
    assert [asks(register, session) for session in ("s1", "s2", "s3")] == [True, False, True]
