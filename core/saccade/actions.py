"""A tenant's campaigns made ready to decide: nothing is looked up or validated on the page path."""

from collections.abc import Iterable, Mapping

import msgspec

from saccade.campaigns import Campaign, Campaigns
from saccade.domain import DO_NOTHING, DecisionRequest, Frozen, Instruction, Mode, Moment
from saccade.slots import Slot, placed
from saccade.state import Limit
from saccade.tenants import Tenant
from saccade.wording import Wordings


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
    pursues: bool
    """Whether an order in the visit suppresses it (R18)."""
    wordings: Wordings

    def speaks(self, request: DecisionRequest) -> bool:
        """Whether it can be told in the request's currency."""
        return self.wordings.of(request.language, request.currency) is not None

    def told(self, request: DecisionRequest) -> tuple[Instruction, ...]:
        """Its instructions in the request's language and currency (R90)."""
        return self.wordings.of(request.language, request.currency) or ()


class Candidates:
    """Eligible actions in order of priority, and those only a cap or a purchase holds back.

    ``by_mode`` may say of each mode who answers it, where that was found out before.
    """

    __slots__ = ("_by_mode", "capped", "eligible", "names", "suppressed")

    def __init__(
        self,
        eligible: tuple[Action, ...],
        capped: tuple[Action, ...] = (),
        by_mode: Mapping[Mode, tuple[Action, ...]] | None = None,
        suppressed: tuple[Action, ...] = (),
    ) -> None:
        self.eligible, self.capped, self.suppressed = eligible, capped, suppressed
        self.names = (DO_NOTHING, *[one.id for one in eligible])
        """What may be chosen; a view's decision is made anew when it changes."""
        self._by_mode = by_mode or {}

    def answering(self, mode: Mode) -> tuple[Action, ...]:
        """The eligible actions that answer ``mode``, others perhaps among them."""
        return self._by_mode.get(mode, self.eligible)


class Shelf(Frozen, frozen=True):
    """A moment's actions in order of priority, and what can be said of them before any call."""

    actions: tuple[Action, ...]
    named: Mapping[str, Action]
    always: bool
    """Whether each is for every product, time and currency, so that only caps hold any back."""
    everything: Candidates
    """All of them, where nothing holds any back."""
    pursues: bool
    """Whether a purchase suppresses any."""


class TenantRuntime(Frozen, frozen=True):
    """What the engine knows of a tenant. ``secret`` keys its hashes and is never sent."""

    tenant: Tenant
    campaigns: Campaigns
    secret: bytes
    shelves: Mapping[Moment, Shelf]
    uncapped: Mapping[Moment, Shelf]
    """Of the same actions those without a cap, for where no state is at hand."""


def runtime(tenant: Tenant, campaigns: Campaigns, secret: bytes) -> TenantRuntime:
    """Resolve a tenant's validated campaigns into actions, by moment and in order of priority."""
    shelves = {
        moment: shelf(
            action(tenant, campaign) for campaign in campaigns.of(moment) if not campaign.paused
        )
        for moment in Moment
    }
    uncapped = {
        moment: shelf(one for one in kept.actions if not one.limits)
        for moment, kept in shelves.items()
    }
    return TenantRuntime(tenant, campaigns, secret, shelves, uncapped)


def shelf(actions: Iterable[Action]) -> Shelf:
    """These actions, in their order."""
    kept = tuple(actions)
    always = not any(_depends(one) for one in kept)
    by_mode = {
        mode: tuple(one for one in kept if not one.modes or mode in one.modes) for mode in Mode
    }
    everything = Candidates(kept, by_mode=by_mode)
    pursues = any(one.pursues for one in kept)
    return Shelf(kept, {one.id: one for one in kept}, always, everything, pursues)


def _depends(action: Action) -> bool:
    scheduled = action.starts > float("-inf") or action.ends < float("inf")
    return action.bound or scheduled or bool(action.wordings.currencies)


def action(tenant: Tenant, campaign: Campaign) -> Action:
    """A campaign as its tenant's slots resolve it, paused or not."""
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
        pursues=campaign.ends_with_a_purchase,
        wordings=_placed(campaign.wordings(tenant), tenant.slots),
    )


def _placed(wordings: Wordings, slots: Mapping[str, Slot]) -> Wordings:
    variants = {name: placed(made, slots) for name, made in wordings.variants.items()}
    return msgspec.structs.replace(wordings, variants=variants)
