"""Campaigns as their owner writes them: ``campaigns.toml`` beside ``tenant.toml``.

A campaign is one action the policy may choose at a moment: which template it shows, in which
leading slot, for whom, when, and how often. Its version is the hash of what was written.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from itertools import chain
from pathlib import Path

import msgspec
from pydantic import Field, ValidationError

from saccade.domain import Mode, Moment, Op
from saccade.limits import LimitError, Limits, held
from saccade.parameters import TemplateError
from saccade.slots import placed
from saccade.state import Limit
from saccade.templates import PURSUING
from saccade.tenants import ConfigurationError, SlotName, Strict, Tenant, explained, read_toml
from saccade.wording import Wordings, wordings


class Caps(Strict):
    """How often one visitor may be shown a campaign; absent means no limit."""

    per_session: int | None = Field(default=None, ge=1)
    per_day: int | None = Field(default=None, ge=1)

    def limits(self) -> tuple[Limit, ...]:
        """As the state store counts them."""
        limits: list[Limit] = []
        if self.per_session is not None:
            limits.append(Limit(self.per_session))
        if self.per_day is not None:
            limits.append(Limit(self.per_day, 86_400.0))
        return tuple(limits)


class Campaign(Strict):
    """One action: a template with its parameters, an audience, a schedule, caps."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    moment: Moment
    slot: SlotName
    """The leading slot: it holds the confidence gate and the fallback."""
    template: str
    modes: tuple[Mode, ...] = ()
    """Modes it answers; none means any."""
    categories: tuple[str, ...] = ()
    """Catalog categories its subject must be in; none means any."""
    products: tuple[str, ...] = ()
    """Product ids its subject must be among; none means any."""
    priority: int = Field(default=0, ge=-1000, le=1000)
    starts: datetime | None = None
    ends: datetime | None = None
    paused: bool = False
    after_purchase: bool | None = None
    """Whether it is shown in a visit that has bought (R18); absent: where it pursues no purchase,
    and on the confirmation page, which comes after one."""
    caps: Caps = Caps()
    limits: Limits = Limits()
    parameters: dict[str, str | int | bool | dict[str, str | int]] = Field(default_factory=dict)
    """The template's; a table is a text by language or an amount by currency."""

    @property
    def ends_with_a_purchase(self) -> bool:
        """Whether an order in the visit suppresses it (R18)."""
        if self.after_purchase is not None:
            return not self.after_purchase
        return self.template in PURSUING and self.moment is not Moment.CONFIRMATION

    def wordings(self, tenant: Tenant) -> Wordings:
        """In every language and currency it is written in. Raises `TemplateError`."""
        return wordings(self.template, self.slot, self.parameters, tenant.site.reading)


class CampaignFile(Strict):
    """The file's one table."""

    campaign: tuple[Campaign, ...] = ()


class Campaigns(msgspec.Struct, frozen=True):
    """A tenant's campaigns in one version."""

    version: str
    all: tuple[Campaign, ...]

    def of(self, moment: Moment) -> tuple[Campaign, ...]:
        """Those of a moment, the higher priority first, then by id."""
        mine = [campaign for campaign in self.all if campaign.moment == moment]
        return tuple(sorted(mine, key=lambda campaign: (-campaign.priority, campaign.id)))


def versioned(campaigns: tuple[Campaign, ...]) -> Campaigns:
    """Campaigns with the hash that names exactly this set."""
    digest = hashlib.blake2b(digest_size=8)
    for campaign in campaigns:
        digest.update(campaign.model_dump_json().encode())
    return Campaigns(digest.hexdigest(), campaigns)


def read_campaigns(
    folder: Path, tenant: Tenant, operations: Mapping[Moment, frozenset[Op]]
) -> Campaigns:
    """The campaigns of a tenant's folder, checked against its slots and its adapter.

    ``operations`` are the adapter's capabilities. A missing file means no campaigns. Raises
    `ConfigurationError`.
    """
    path = folder / "campaigns.toml"
    if not path.exists():
        return versioned(())
    try:
        found = CampaignFile.model_validate(read_toml(path)).campaign
    except ValidationError as error:
        raise explained(path, error) from None
    check(str(path), found, tenant, operations)
    return versioned(found)


def check(
    file: str,
    campaigns: tuple[Campaign, ...],
    tenant: Tenant,
    operations: Mapping[Moment, frozenset[Op]],
) -> None:
    """Every slot a template touches exists, and every operation can be carried there."""
    seen: set[str] = set()
    for index, campaign in enumerate(campaigns):
        where = f"campaign.{index}"
        if campaign.id in seen:
            raise ConfigurationError(
                file, f"{where}.id", f"{campaign.id!r} stands twice", "give each its own id"
            )
        seen.add(campaign.id)
        _check_template(file, where, campaign, tenant, operations)


def _check_template(
    file: str,
    where: str,
    campaign: Campaign,
    tenant: Tenant,
    operations: Mapping[Moment, frozenset[Op]],
) -> None:
    try:
        held(campaign.template, campaign.parameters, campaign.limits)
        variants = campaign.wordings(tenant).variants.values()
    except TemplateError as error:
        key = "template" if error.parameter == "template" else f"parameters.{error.parameter}"
        raise ConfigurationError(file, f"{where}.{key}", error.problem, error.fix) from None
    except LimitError as error:
        raise ConfigurationError(file, f"{where}.{error.key}", error.problem, error.fix) from None
    if campaign.slot not in tenant.slots:
        raise _no_slot(file, where, campaign.slot, campaign.moment)
    for instruction in placed(tuple(chain.from_iterable(variants)), tenant.slots):
        slot = tenant.slots.get(instruction.slot)
        if slot is None or slot.moment != campaign.moment:
            raise _no_slot(file, where, instruction.slot, campaign.moment)
        allowed = frozenset(slot.operations) & operations.get(campaign.moment, frozenset())
        if instruction.op not in allowed:
            raise ConfigurationError(
                file,
                f"{where}.template",
                f"{instruction.op} cannot be carried on slot {instruction.slot!r}",
                "allow it in tenant.toml, or use a template without it",
            )


def _no_slot(file: str, where: str, slot: str, moment: Moment) -> ConfigurationError:
    return ConfigurationError(
        file,
        f"{where}.slot",
        f"{slot!r} is no slot of {moment}",
        f'add [slots.{slot}] with moment = "{moment}" to tenant.toml',
    )
