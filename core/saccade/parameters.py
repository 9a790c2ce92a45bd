"""A campaign's parameters as a template reads them; what no template reads is a mistake."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

LONGEST_TEXT = 200
"""Characters: a button's or a notice's text, not a page."""

MOST = 100
"""A page shows no more of anything."""

Plain = str | int | bool


class TemplateError(Exception):
    """A parameter that a template cannot use."""

    def __init__(self, parameter: str, problem: str, fix: str) -> None:
        super().__init__(f"{parameter}: {problem}. Fix: {fix}")
        self.parameter, self.problem, self.fix = parameter, problem, fix


class Parameters:
    """Reads each by name and kind. Its methods raise `TemplateError`."""

    def __init__(self, given: Mapping[str, Plain], used: AbstractSet[str] = frozenset()) -> None:
        self._given = given
        self._read = set(used)

    def text(self, name: str, default: str | None = None) -> str:
        """A text that must be there, unless there is a ``default``."""
        value = self._value(name, default)
        if value is None:
            raise TemplateError(name, "is missing", f'add {name} = "…"')
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TEXT:
            raise TemplateError(
                name, f"{value!r} is no text of 1 to {LONGEST_TEXT} characters", "write it as text"
            )
        return value

    def count(self, name: str, default: int) -> int:
        """A count of what a page shows."""
        value = self._value(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST:
            raise TemplateError(
                name, f"{value!r} is no count of 1 to {MOST}", "write a whole number"
            )
        return value

    def slot(self, name: str, default: str | None = None) -> str:
        """The slot ``<name>_slot`` names; without it the one called so."""
        return self.text(f"{name}_slot", default or name)

    def end(self, name: str) -> str:
        """One of the two ends a move can go to."""
        value = self.text(name, "top")
        if value not in {"top", "bottom"}:
            raise TemplateError(name, f"{value!r} is no end", 'write "top" or "bottom"')
        return value

    def has(self, name: str) -> bool:
        """Whether it was given."""
        return name in self._given

    def one_of(self, *names: str, needed: bool) -> None:
        """Refuse several of ``names``, and none where one is ``needed``."""
        given = [name for name in names if self.has(name)]
        if len(given) > 1:
            raise TemplateError(given[1], f"stands beside {given[0]}", "leave out one of them")
        if needed and not given:
            raise TemplateError(names[0], "is missing", f"add {' or '.join(names)}")

    def all_read(self) -> None:
        """Refuse what was given and read by nobody."""
        for name in self._given:
            if name not in self._read:
                raise TemplateError(
                    name,
                    "is used by nothing",
                    f"correct its spelling, or say {{{name}}} in a text",
                )

    def _value(self, name: str, default: Plain | None) -> Plain | None:
        self._read.add(name)
        return self._given.get(name, default)
