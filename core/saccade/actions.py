"""A tenant's campaigns made ready to decide: nothing is looked up or validated on the page path."""

from collections.abc import Iterable, Mapping

from saccade.campaigns import Campaign, Campaigns
from saccade.domain import Frozen, Instruction, Mode, Moment
from saccade.experience import TEMPLATES
from saccade.slots import placed
from saccade.state import Limit
from saccade.tenants import Tenant


class Action(Frozen, frozen=True):
    """A candidate treatment with its gate, limits and instructions resolved."""

    id: str
    campaign: Campaign
    modes: frozenset[Mode]
    """Modes it answers; empty means any, and then no confidence is asked for."""
    gate: float
    fallback: bool
    """Whether it is the cached rule of its leading slot (R23)."""
    limits: tuple[Limit, ...]
    starts: float
    ends: float
    bound: bool
    """Whether it is for some products or categories only."""
    instructions: tuple[Instruction, ...]


class Shelf(Frozen, frozen=True):
    """A moment's actions in order of priority, and what can be said of them before any call."""

    actions: tuple[Action, ...]
    named: Mapping[str, Action]
    always: bool
    """Whether every one is for every product at every time, so that only caps hold any back."""


class TenantRuntime(Frozen, frozen=True):
    """What the engine knows of a tenant. ``secret`` keys its hashes and is never sent."""

    tenant: Tenant
    campaigns: Campaigns
    secret: bytes
    shelves: Mapping[Moment, Shelf]


def runtime(tenant: Tenant, campaigns: Campaigns, secret: bytes) -> TenantRuntime:
    """Resolve a tenant's validated campaigns into actions, by moment and in order of priority."""
    shelves = {
        moment: shelf(
            _action(tenant, campaign) for campaign in campaigns.of(moment) if not campaign.paused
        )
        for moment in Moment
    }
    return TenantRuntime(tenant, campaigns, secret, shelves)


def shelf(actions: Iterable[Action]) -> Shelf:
    """These actions, in their order."""
    kept = tuple(actions)
    always = not any(
        one.bound or one.starts > float("-inf") or one.ends < float("inf") for one in kept
    )
    return Shelf(kept, {one.id: one for one in kept}, always)


def _action(tenant: Tenant, campaign: Campaign) -> Action:
    slot = tenant.slots[campaign.slot]
    return Action(
        id=campaign.id,
        campaign=campaign,
        modes=frozenset(campaign.modes),
        gate=tenant.decisioning.gate if slot.gate is None else slot.gate,
        fallback=slot.fallback == "rule",
        limits=campaign.caps.limits(),
        starts=campaign.starts.timestamp() if campaign.starts else float("-inf"),
        ends=campaign.ends.timestamp() if campaign.ends else float("inf"),
        bound=bool(campaign.products or campaign.categories),
        instructions=placed(
            TEMPLATES[campaign.template](campaign.slot, campaign.parameters), tenant.slots
        ),
    )
