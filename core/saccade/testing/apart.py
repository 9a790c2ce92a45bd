"""Two tenants of one platform: every answer, block, token and fact belongs to one."""

from saccade.deliveries import Delivery
from saccade.testing.checks import BrokenError, Check, asking, check, same
from saccade.testing.merging import EXPERIENCE, block_in
from saccade.testing.subject import Subject, call, delivery, page_call, target


@check(
    "tenants.pages",
    "R36",
    "keep a tenant's settings in the adapter built for it, never in a module or a class",
    needs=["pages"],
    after=["merge.superset", "call.decided"],
)
async def pages(subject: Subject) -> None:
    """With two tenants at once each page is read and merged by its own settings."""
    tenants = [subject.tenant(), subject.tenant(other=True)]
    adapters = [subject.build(tenant) for tenant in tenants]
    page = subject.samples.pages[0]
    for tenant, adapter in [*zip(tenants, adapters, strict=True)] * 2:
        request = f"{tenant.name}: GET {target(page.path, page.query)}"
        with asking(request):
            read = adapter.rendering.read(page_call(tenant, page))
            merged = adapter.rendering.merge(page.body, EXPERIENCE)
        if read is not None:
            same(f"{request}: tenant", tenant.name, read.tenant)
        block_in(request, page.body, merged, tenant.decisioning.key)


@check(
    "tenants.deliveries",
    "Webhook forgery",
    "verify with the secret of the adapter's own tenant, or name the tenant in identify()",
    needs=["deliveries"],
    after=["delivery.authentic", "delivery.claimed"],
)
async def deliveries(subject: Subject) -> None:
    """A delivery of one tenant is never another's."""
    first, other = subject.tenant(), subject.tenant(other=True)
    subject.build(first)
    adapter = subject.build(other)
    for sent in subject.samples.deliveries:
        request = f"{first.name}'s delivery at {other.name}'s address"
        with asking(request):
            claimed = subject.factory.identify(Delivery(sent.headers, other.name, sent.body))
            taken = adapter.events.verify(delivery(other, sent))
        if taken and claimed == other.name:
            raise BrokenError(request, "refused, or named as the first's", "taken for the other's")


@check(
    "tenants.observed",
    "R36",
    "give an event the tenant of its call",
    needs=["seen"],
    after=["observe.told"],
)
async def observed(subject: Subject) -> None:
    """What is seen passing at one tenant is told of that tenant."""
    tenants = [subject.tenant(), subject.tenant(other=True)]
    adapters = [subject.build(tenant) for tenant in tenants]
    for seen in subject.samples.seen:
        for tenant, adapter in [*zip(tenants, adapters, strict=True)] * 2:
            one = call(tenant, seen.path, seen.query, method=seen.method, headers=seen.headers)
            request = f"{tenant.name}: {seen.method} {target(seen.path, seen.query)}"
            with asking(request):
                events = adapter.events.observe(one, seen.status, seen.body)
            same(request, {tenant.name}, {event.tenant for event in events} or {tenant.name})


APART: tuple[Check, ...] = (pages, deliveries, observed)
