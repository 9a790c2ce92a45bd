"""Consent by basis (R60): silence means no under opt-in, yes under opt-out; a no always wins."""

import itertools

import pytest

from saccade.consent import allowed, must_be_kept
from saccade.domain import Basis

ANSWERS = (True, False, None)


@pytest.mark.parametrize(("call", "kept"), list(itertools.product(ANSWERS, ANSWERS)))
@pytest.mark.parametrize("basis", list(Basis))
def test_every_combination(basis: Basis, call: bool | None, kept: bool | None) -> None:
    answers = {call, kept}
    if False in answers:
        expected = False
    elif True in answers:
        expected = True
    else:
        expected = basis is Basis.OPT_OUT
    assert allowed(basis, call, kept) is expected


def test_signals_need_a_kept_yes_only_where_the_call_says_nothing_under_opt_in() -> None:
    assert must_be_kept(Basis.OPT_IN, None)
    assert not must_be_kept(Basis.OPT_IN, True)
    assert not must_be_kept(Basis.OPT_OUT, None)
