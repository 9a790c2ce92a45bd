"""Whether a visitor may be decided for (R60)."""

from saccade.domain import Basis


def allowed(basis: Basis, *answers: bool | None) -> bool:
    """A no anywhere is a no; a yes anywhere else is a yes; silence is as the basis says.

    ``answers`` come from the call itself and from the profile; ``None`` says nothing.
    """
    if False in answers:
        return False
    return True in answers or basis is Basis.OPT_OUT


def must_be_kept(basis: Basis, answer: bool | None) -> bool:
    """True where only a kept yes lets signals in: opt-in, and the call itself says nothing."""
    return basis is Basis.OPT_IN and answer is not True
