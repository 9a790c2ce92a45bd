"""Proof that a control is what stops an attack: with it the attack fails, without it it succeeds.

An attack is a call that says whether it succeeded, made over real sockets. A control is taken away
by the smallest edit that removes it: one function or one constant, named where it is looked up.
"""

from collections.abc import Awaitable, Callable

import pytest

from saccade_gateway.headers import RawHeaders, upstream

Attack = Callable[[], Awaitable[bool]]


async def proves(patch: pytest.MonkeyPatch, attack: Attack, *removal: tuple[str, object]) -> None:
    """The attack is stopped, and succeeds once ``removal`` (place, replacement) is done.

    A test that calls this fails where the control is gone, and where something else stops the
    attack, so that the control was never tried.
    """
    assert not await attack(), "the attack succeeds"
    with patch.context() as without:
        for place, replacement in removal:
            without.setattr(place, replacement)
        assert await attack(), (
            f"without {[place for place, _ in removal]} it is stopped all the same"
        )


Lines = Callable[..., list[bytes]]


def letting_through(*names: bytes) -> Lines:
    """`headers.upstream` that also passes on what begins with one of these names."""

    def lines(headers: RawHeaders, named: frozenset[bytes], *, trusted: bool) -> list[bytes]:
        passed = [b"%b: %b" % one for one in headers if one[0].lower().startswith(names)]
        return upstream(headers, named, trusted=trusted) + passed

    return lines
