"""What is proposed for a mapping: a value for each key, and how sure it is."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

SURE = 0.7
"""What is below is a doubt: somebody should look at it."""


@dataclass(frozen=True, slots=True)
class Guess:
    """One key of the mapping."""

    key: str
    value: str
    confidence: float
    others: tuple[str, ...] = ()
    """What fits nearly as well."""

    @property
    def doubtful(self) -> bool:
        """Whether somebody should look at it."""
        return self.confidence < SURE


@dataclass(slots=True)
class Proposal:
    """All of them, in the order of the file."""

    guesses: list[Guess] = field(default_factory=list[Guess])

    def add(self, key: str, value: str, confidence: float, others: Sequence[str] = ()) -> None:
        """One more."""
        self.guesses.append(Guess(key, value, round(confidence, 2), tuple(others)))

    def value(self, key: str) -> str:
        """What is guessed for a key; empty for nothing."""
        return next((guess.value for guess in self.guesses if guess.key == key), "")

    def doubt(self, prefixes: tuple[str, ...], confidence: float) -> None:
        """What hangs on something doubtful is no surer than that."""
        self.guesses = [
            replace(guess, confidence=min(guess.confidence, confidence))
            if guess.key.startswith(prefixes)
            else guess
            for guess in self.guesses
        ]

    def correct(self, key: str, value: str) -> None:
        """Another value, no surer than the one before."""
        self.guesses = [
            replace(guess, value=value) if guess.key == key else guess for guess in self.guesses
        ]

    def replace(self, key: str, value: str) -> None:
        """Somebody knows better."""
        self.guesses = [
            Guess(key, value, 1.0) if guess.key == key else guess for guess in self.guesses
        ]

    def forget(self, key: str) -> None:
        """As if it had never been said."""
        self.guesses = [guess for guess in self.guesses if guess.key != key]
