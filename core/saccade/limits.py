"""What a campaign may give away: a discount stands only within limits its owner stated (R84)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from saccade.money import AMOUNT
from saccade.parameters import TemplateError
from saccade.strict import Strict
from saccade.templates import GIVING
from saccade.wording import Written

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Amount = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}(\.[0-9]{1,2})?$")]


class Limits(Strict):
    """The most one shopper is given; absent means nothing."""

    percent: int | None = Field(default=None, ge=1, le=100)
    amount: dict[Currency, Amount] = Field(default_factory=dict)


class LimitError(Exception):
    """A gift without a limit, or beyond it. ``key`` is below the campaign."""

    def __init__(self, key: str, problem: str, fix: str) -> None:
        super().__init__(f"{key}: {problem}. Fix: {fix}")
        self.key, self.problem, self.fix = key, problem, fix


def held(template: str, written: Written, limits: Limits) -> None:
    """Refuse a campaign that gives more than it may. Raises `LimitError` and `TemplateError`."""
    if template not in GIVING:
        return
    percent, amount = written.get("percent"), written.get("amount")
    if percent is not None:
        _within("percent", _percent(percent), limits.percent)
    if amount is None:
        return
    if not isinstance(amount, Mapping):
        raise TemplateError("amount", f"{amount!r} has no currency", 'write amount.EUR = "…"')
    for currency, value in amount.items():
        most = limits.amount.get(currency)
        given = Decimal(str(value)) if AMOUNT.match(str(value)) else None
        if given is not None:  # else it is told what an amount is
            _within(f"amount.{currency}", given, None if most is None else Decimal(most))


def _percent(written: object) -> Decimal:
    if isinstance(written, bool) or not isinstance(written, int) or not 1 <= written <= 100:  # noqa: PLR2004 - of a hundred
        raise TemplateError("percent", f"{written!r} is no percentage", "write 1 to 100")
    return Decimal(written)


def _within(name: str, given: Decimal, most: Decimal | int | None) -> None:
    if most is None:
        raise LimitError(
            f"limits.{name}", "is missing", f"state the most this campaign may give: {given}, say"
        )
    if given > most:
        raise LimitError(
            f"parameters.{name}",
            f"{given} is more than the {most} of limits.{name}",
            "give less, or raise the limit",
        )
