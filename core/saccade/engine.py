"""The decision, as a story read from top to bottom.

    pause → consent → state → features → intent → candidates → policy → treatment → experience

``decide`` never raises and never outlives its budget. Calls that come while a state read is under
way share the next one, and its reply is decided as one batch: features and scores as matrices, one
row's failure its own. A choice under a cap costs one more batched trip (`flights`).
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from saccade import consent, fallback, features, treatment, views
from saccade.actions import TenantRuntime
from saccade.assisted import Assisted
from saccade.candidates import candidates
from saccade.catalog import CatalogIndex
from saccade.deadline import Deadline
from saccade.defaults import UNKNOWN, undecided
from saccade.domain import (
    Decision,
    DecisionRequest,
    Experience,
    Instruction,
    Intent,
    Reason,
    Versions,
)
from saccade.drawn import Drawn, decided, reservation
from saccade.experience import served_experience
from saccade.flights import Ask, Draft, Flights, Fold
from saccade.pause import NOTHING_KEPT, refusal
from saccade.policy import Policy, RulePolicy
from saccade.ports import JournalPort, ModelPort, StatePort
from saccade.preview import previewed
from saccade.scoring import Scored, Scoring
from saccade.settling import Settling
from saccade.signals import Signals
from saccade.state import NOTHING_HEARD, Heard, SignalBatch, State

Answer = asyncio.Future[Decision]


class Engine:
    """Decides for every tenant it is given; the one object the page path talks to."""

    def __init__(
        self,
        tenants: Mapping[str, TenantRuntime],
        state: StatePort,
        journal: JournalPort,
        models: ModelPort,
        *,
        catalog: CatalogIndex | None = None,
        policy: Policy | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.tenants = tenants
        self.catalog = catalog or CatalogIndex()
        self._state = state
        self._journal = journal
        self.scoring = Scoring(models)
        self._policy: Policy = policy or RulePolicy()
        self._clock, self.assisted = clock, Assisted(clock)
        self._flights = Flights(state, self._story, self._failed, self._late, self.batched)
        self._settling = Settling(state, journal, clock)

    # --- asking and settling --------------------------------------------------------------

    async def decide(self, request: DecisionRequest, deadline: Deadline) -> Decision:
        """The decision within the budget, journaled; when that is spent the default, TIMEOUT."""
        return await self._within(self.ask(request, deadline), request, deadline)

    def ask(self, request: DecisionRequest, deadline: Deadline) -> Answer:
        """Start deciding now; the future never holds an exception.

        Its asker waits no longer than the budget, then calls `abandon`, else `settle`.
        """
        ask = self._open(request, deadline)
        if not ask.future.done():
            self._flights.read(ask)
        return ask.future

    async def flush(
        self,
        request: DecisionRequest,
        signals: Signals,
        deadline: Deadline,
        heard: Heard = NOTHING_HEARD,
    ) -> Decision:
        """Take signals in and decide on the state after them, in one trip."""
        ask = self._open(request, deadline)
        if not ask.future.done():
            self._flights.fold(Fold(self._batch(request, signals, heard), ask=ask))
        return await self._within(ask.future, request, deadline)

    async def ingest(
        self, request: DecisionRequest, signals: Signals, heard: Heard = NOTHING_HEARD
    ) -> Intent:
        """Take signals in and answer the intent they now amount to.

        Raises `saccade.breaker.StateUnavailable`: who sends signals is told they were not kept.
        """
        state = await self.keep(request, signals, heard)
        return UNKNOWN if state is None else self._scored([state])[1].intents[0]

    async def keep(
        self, request: DecisionRequest, signals: Signals, heard: Heard = NOTHING_HEARD
    ) -> State | None:
        """Take signals in, and no more; the state after them, ``None`` where nothing may be kept.

        Raises as `ingest`.
        """
        request = self.assisted.told(request)
        refused = refusal(self.tenants[request.tenant].tenant, request)
        if refused in NOTHING_KEPT or request.preview is not None:
            return None
        future: asyncio.Future[State] = asyncio.get_running_loop().create_future()
        self._flights.fold(Fold(self._batch(request, signals, heard), future=future))
        return await future

    def fallback(self, request: DecisionRequest, reason: Reason) -> Experience | None:
        """The cached rule of the moment, for where there is no decision (R23).

        ``None`` where the page stays as it is: no slot falls back to a rule, the visitor is in the
        control or must consent first. Nothing of the visitor is read. Never raises.
        """
        rule = self._cached_rule(request)
        return served_experience(None, UNKNOWN, reason, rule, Reason.RULE) if rule else None

    def settle(self, decision: Decision, *, delivered: bool) -> None:
        """Journal a decision once its page has gone out, with or without it."""
        if delivered:
            tenant = self.tenants[decision.request.tenant].tenant
            assumed = tenant.decisioning.exposure == "assumed"
            self._settling.delivered(decision, assumed=assumed)
        else:
            self._settling.missed(decision, Reason.ERROR)

    def abandon(self, answer: Answer) -> None:
        """The asker gave up: what is decided later is journaled as TIMEOUT, shown to nobody."""
        answer.cancel()

    def batched(self, asks: int) -> None:
        """Called with the number of asks each state read carries: for those who measure."""

    async def close(self) -> None:
        """Finish what is under way; stores are closed by whoever opened them."""
        await self._flights.drain()
        await self._settling.drain()

    # --- the story --------------------------------------------------------------------------

    def _open(self, request: DecisionRequest, deadline: Deadline) -> Ask:
        """Pause, a refusal and an assisted session are answered before anything is read."""
        request = self.assisted.told(request)
        runtime = self.tenants[request.tenant]
        answer: Answer = asyncio.get_running_loop().create_future()
        if (reason := refusal(runtime.tenant, request)) is not None:
            answer.set_result(undecided(request, reason))
        elif request.preview is not None:
            product, now = self.catalog.find(request.tenant, request.subject), self._clock()
            shown = previewed(request, request.preview, runtime, product, self._policy, now)
            answer.set_result(shown)
        return Ask(request, deadline, runtime, views.key(request), answer)

    def _story(self, asks: Sequence[Ask], states: Sequence[State]) -> Sequence[Draft]:
        """The batch as one matrix, then row by row."""
        rows, scored = self._scored(states)
        for ask in asks:
            ask.deadline.mark("scoring")
        drafts: list[Draft] = []
        for ask, state, row, intent in zip(asks, states, rows, scored.intents, strict=True):
            try:
                drafts.append(self._row(ask, state, tuple(row), intent, scored.version))
            except Exception:  # noqa: BLE001 - the law: decide never raises, and a row fails alone
                drafts.append(Draft(ask, self._failed(ask)))
        return drafts

    def _scored(self, states: Sequence[State]) -> tuple[list[list[float]], Scored]:
        matrix = features.matrix(states, self._clock())
        return matrix.tolist(), self.scoring.scored(matrix)

    def _row(
        self, ask: Ask, state: State, row: tuple[float, ...], intent: Intent, model: str
    ) -> Draft:
        """One decision, from consent to experience."""
        request, runtime, now = ask.request, ask.runtime, self._clock()
        tenant, profile = runtime.tenant, state.profile
        answer = profile.consent if profile else None
        if not consent.allowed(tenant.consent.basis, request.consent, answer):
            return Draft(ask, undecided(request, Reason.NO_CONSENT))
        if ask.deadline.expired:
            return Draft(ask, undecided(request, Reason.TIMEOUT, recorded=True))

        product = self.catalog.find(request.tenant, request.subject)
        standing = views.lasting(state.standing, request, now)
        ask.request = request = views.worded(request, standing)
        found = candidates(runtime.shelves[request.moment], request, product, state, now)
        held = standing if standing is not None and standing.mode is intent.mode else None
        choice = self._policy.choose(intent, found, tenant.decisioning.gate, held)
        arm = treatment.arm(
            runtime.secret,
            request.identity.visitor,
            tenant.decisioning.holdout,
            profile.arm if profile else None,
        )
        sequence = state.standing.sequence + 1 if state.standing else 0
        mixed = profile is not None and profile.mixed
        drawn = Drawn(now, row, intent, choice, arm, sequence, mixed)
        versions = Versions(
            features.FEATURES.version, model, self._policy.version, runtime.campaigns.version
        )
        if standing is not None and views.repeats(standing, intent, choice):
            ask.deadline.mark("selection")
            again = views.retold(standing, choice, request)
            return Draft(ask, decided(request, drawn, again, versions, repeat=True))

        name = views.decision_id(runtime.secret, ask.key, sequence, choice, intent, now)
        withheld = treatment.withheld(arm, tenant.decisioning.phase)
        ask.deadline.mark("selection")

        instructions = choice.action.told(request) if choice.action and not withheld else ()
        reason = withheld or choice.reason
        experience = served_experience(name, intent, reason, instructions, choice.by)
        ask.deadline.mark("rendering")
        return Draft(
            ask,
            decided(request, drawn, experience, versions),
            reservation(request, choice, name, now),
        )

    # --- around it --------------------------------------------------------------------------

    async def _within(
        self, answer: Answer, request: DecisionRequest, deadline: Deadline
    ) -> Decision:
        if not answer.done():
            await asyncio.wait((answer,), timeout=deadline.remaining_s())
        if not answer.done():
            self.abandon(answer)
            rule = self._cached_rule(request)
            return undecided(request, Reason.TIMEOUT, instructions=rule)
        decision = answer.result()
        self.settle(decision, delivered=True)
        return decision

    def _late(self, decision: Decision) -> None:
        self._settling.missed(decision, Reason.TIMEOUT)

    def _batch(self, request: DecisionRequest, signals: Signals, heard: Heard) -> SignalBatch:
        basis = self.tenants[request.tenant].tenant.consent.basis
        return SignalBatch(
            views.key(request),
            request.subject or "",
            signals,
            self._clock(),
            opt_in=consent.must_be_kept(basis, request.consent),
            heard=heard,
        )

    def _cached_rule(self, request: DecisionRequest) -> tuple[Instruction, ...]:
        try:
            runtime = self.tenants[request.tenant]
            return fallback.instructions(runtime, self.catalog, request, self._clock())
        except Exception:  # noqa: BLE001 - the last resort of every failure must not fail itself
            return ()

    def _failed(self, ask: Ask) -> Decision:
        """Recorded only where the call itself brings consent: what the visitor said before is not
        known now."""
        return undecided(
            ask.request,
            Reason.ERROR,
            recorded=ask.request.consent is True,
            instructions=self._cached_rule(ask.request),
        )
