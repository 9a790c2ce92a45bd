"""Values that tests are made of: a tenant with slots and campaigns, a request, signals."""

from saccade.actions import TenantRuntime, runtime
from saccade.campaigns import Campaign, Caps, versioned
from saccade.domain import Basis, DecisionRequest, Identity, Mode, Moment
from saccade.signals import Signals
from saccade.tenants import Consent, Decisioning, Phase, Site, Slot, Tenant, Upstream

SECRET = b"a key of the test's own"
TENANT = "lab"

LAPTOP_SHOPPER = Signals(
    spec_hover_ms=14_200,
    scroll_reversals=6,
    compare_tool_opened=True,
    visit_count=3,
    review_dwell_ms=48_000,
    checkout_clicked=False,
    session_duration_ms=92_000,
    scroll_speed_px_sec=180.0,
)
"""The shopper of R10, word for word."""

SLOTS = (
    "battery-guarantee",
    "reviews",
    "cta",
    "comparison",
    "specifications",
    "configurations",
)


def tenant(
    *,
    name: str = TENANT,
    holdout: float = 0.0,
    gate: float = 0.6,
    phase: Phase = Phase.LIVE,
    basis: Basis = Basis.OPT_OUT,
    open_site: bool = True,
    paused: bool = False,
    url: str = "http://127.0.0.1:9",
) -> Tenant:
    """A live, open, opt-out tenant on loopback, unless said otherwise."""
    return Tenant(
        name=name,
        platform="sap_occ",
        platform_site="electronics",
        upstream=Upstream.model_validate({"url": url, "allow_private": True}),
        consent=Consent(basis=basis),
        site=Site(key=name, open=open_site),
        decisioning=Decisioning(phase=phase, holdout=holdout, gate=gate, paused=paused),
        slots={slot: Slot(moment=Moment.PRODUCT) for slot in SLOTS},
    )


def reassurance(
    *,
    id: str = "battery-fear",  # noqa: A002 - the field's own name
    modes: tuple[Mode, ...] = (Mode.HESITATING,),
    caps: Caps | None = None,
    priority: int = 0,
    products: tuple[str, ...] = (),
    categories: tuple[str, ...] = (),
) -> Campaign:
    """The campaign that answers the laptop shopper's fear."""
    return Campaign(
        id=id,
        moment=Moment.PRODUCT,
        slot="battery-guarantee",
        template="reassure",
        modes=modes,
        caps=caps or Caps(),
        priority=priority,
        products=products,
        categories=categories,
        parameters={"topic": "battery", "cta": "Add to cart — 30-day battery guarantee"},
    )


def ready(shop: Tenant | None = None, *campaigns: Campaign) -> TenantRuntime:
    """A tenant as the engine wants it, with the reassuring campaign unless others are given."""
    return runtime(shop or tenant(), versioned(campaigns or (reassurance(),)), SECRET)


def request(
    *,
    session: str = "s1",
    visitor: str | None = None,
    subject: str | None = "816324",
    view: str | None = None,
    consent: bool | None = None,
    assisted: bool = False,
    tenant_name: str = TENANT,
) -> DecisionRequest:
    """A product page asked for by one visitor."""
    return DecisionRequest(
        tenant_name,
        Identity(visitor or session, session),
        Moment.PRODUCT,
        subject,
        view,
        consent,
        assisted,
    )
