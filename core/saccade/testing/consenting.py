"""The shopper's answer as a call carries it (R60)."""

from saccade.ports import Adapter
from saccade.testing.checks import BrokenError, Check, NothingToCheckError, asking, check, same
from saccade.testing.samples import Consent, Headers, Page
from saccade.testing.subject import Subject, call, page_call, target


@check(
    "consent.read",
    "R60",
    "set DecisionRequest.consent to what this very call says; None where it says nothing",
    needs=["pages", "consent"],
)
async def read(subject: Subject) -> None:
    """A yes is a yes, a no is a no, and silence is neither."""
    answers, tenant = _answers(subject), subject.tenant()
    adapter = subject.build(tenant)
    told: tuple[tuple[Headers, bool | None], ...] = (
        (answers.given, True),
        (answers.refused, False),
        ({}, None),
    )
    for page in subject.samples.pages:
        for headers, expected in told:
            found = _consent(adapter, page, subject, headers)
            same(f"read(GET {target(page.path, page.query)}) with {dict(headers)}", expected, found)


@check(
    "consent.garbled",
    "R60",
    "take an answer that cannot be read for no answer, or for a no; never for a yes",
    needs=["pages", "consent"],
)
async def garbled(subject: Subject) -> None:
    """What cannot be read is never a yes."""
    answers = _answers(subject)
    adapter = subject.build(subject.tenant())
    for page in subject.samples.pages:
        for headers in (*answers.garbled, *_cut(answers.given)):
            shown = {name: value[:60] for name, value in headers.items()}
            request = f"read(GET {target(page.path, page.query)}) with {shown!a}"
            with asking(request):
                found = _consent(adapter, page, subject, headers)
            if found is True:
                raise BrokenError(request, "False or None", found)


@check(
    "consent.observed",
    "R60",
    "make no event of a call whose shopper says no, or say so in Event.consent",
    needs=["seen", "consent"],
)
async def observed(subject: Subject) -> None:
    """Who says no is not followed by what is seen passing either."""
    answers, tenant = _answers(subject), subject.tenant()
    adapter = subject.build(tenant)
    for seen in subject.samples.seen:
        headers = {**seen.headers, **answers.refused}
        one = call(tenant, seen.path, seen.query, method=seen.method, headers=headers)
        request = f"observe({seen.method} {target(seen.path, seen.query)}) with a no"
        with asking(request):
            events = adapter.events.observe(one, seen.status, seen.body)
        followed = [event.kind for event in events if event.consent is not False]
        same(request, [], followed)


CONSENTING: tuple[Check, ...] = (read, garbled, observed)


def _answers(subject: Subject) -> Consent:
    answers = subject.samples.consent
    if answers is None:
        raise NothingToCheckError("consent")
    return answers


def _consent(adapter: Adapter, page: Page, subject: Subject, headers: Headers) -> bool | None:
    request = adapter.rendering.read(page_call(subject.tenant(), page, headers))
    return None if request is None else request.consent


def _cut(given: Headers) -> list[Headers]:
    """A yes of which only the beginning arrived."""
    return [
        {name: value[: len(value) * part // 4] for name, value in given.items()}
        for part in (1, 2, 3)
    ]
