"""One call, from top to bottom: ask → forward → gather → merge → send.

The decision is asked before the call goes upstream and both run at once (R28). Whatever fails on
our side, the platform's own bytes go out (R27); whatever fails on the platform's, the shopper sees
what a direct call would have shown, or 502 where there is nothing to show.
"""

import logging
from http import HTTPStatus
from typing import NamedTuple

import msgspec

from saccade.deadline import BUDGET_MS, Deadline
from saccade.defaults import UNKNOWN
from saccade.domain import Decision, Experience, Reason, Served
from saccade.experience import default_experience
from saccade.ports import Call, Target
from saccade_gateway import preflight
from saccade_gateway.answer import Answer
from saccade_gateway.arrival import Arrival, TrustedHops
from saccade_gateway.authorizing import authorized
from saccade_gateway.client import NoAnswerError, Outgoing
from saccade_gateway.collecting import Gathered, can_carry, plain
from saccade_gateway.hooks import Decides, EventSink, Metrics, PreviewReader
from saccade_gateway.observing import witness
from saccade_gateway.outages import Outages
from saccade_gateway.problems import RefusedError
from saccade_gateway.race import Asked
from saccade_gateway.relay import Relay
from saccade_gateway.sites import Site
from saccade_gateway.upload import BodyLostError

HOLD_S = BUDGET_MS / 1_000
"""A body to be merged is held back no longer than this after its head came."""

_log = logging.getLogger(__name__)


class House(NamedTuple):
    """What every exchange shares."""

    engine: Decides
    metrics: Metrics
    events: EventSink | None
    hops: TrustedHops
    outages: Outages
    previews: PreviewReader | None = None


class Exchange:
    """A shopper's call and the platform's answer to it."""

    __slots__ = ("_arrival", "_asked", "_call", "_deadline", "_house", "_relay", "_site", "_target")

    def __init__(
        self,
        house: House,
        arrival: Arrival,
        site: Site,
        call: Call,
        target: Target,
        deadline: Deadline,
    ) -> None:
        self._house = house
        self._arrival = arrival
        self._site = site
        self._call = call
        self._target = target
        self._deadline = deadline
        self._relay = Relay(arrival.request)
        self._asked: Asked | None = None

    def last(self) -> None:
        """See `Relay.last`; to be said before `run`."""
        self._relay.last()

    async def run(self) -> Relay:
        """Raises `RefusedError` where there is nothing to relay."""
        outgoing = self._outgoing()
        self._asked = self._ask()
        if self._carries:
            outgoing = outgoing.for_merging()
        try:
            credential = self._site.adapter.credential if self._target.own else None
            if credential is None:
                answer = await self._send(outgoing)
            else:
                answer = await authorized(credential, outgoing, self._send)
            try:
                await self._relayed(answer)
            finally:
                answer.close()
        except ConnectionError:
            self._relay.ended()  # the shopper's connection: the platform's raises TruncatedError
        finally:
            if self._asked is not None:
                self._asked.close()
        self._house.metrics.page(self._deadline.ledger, self._deadline.elapsed_ms())
        return self._relay

    @property
    def _carries(self) -> bool:
        """Whether an answer to this call may get our key."""
        return self._asked is not None or self._target.own

    # --- ask ------------------------------------------------------------------------------

    def _ask(self) -> Asked | None:
        """An adapter that breaks its promise costs the decision, never the page."""
        try:
            request = self._site.adapter.rendering.read(self._call)
            token = self._arrival.preview
            if request is not None and token is not None and self._house.previews is not None:
                preview = self._house.previews(token, self._site.tenant)
                request = msgspec.structs.replace(request, preview=preview)
        except Exception as error:  # noqa: BLE001 - R27: our own fault must not break the page
            _log.error("a call was not read: %s", type(error).__name__)
            return None
        return None if request is None else Asked(self._house.engine, request, self._deadline)

    # --- forward --------------------------------------------------------------------------

    def _outgoing(self) -> Outgoing:
        target = self._arrival.raw_target(self._target.path, self._target.query)
        if target is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, "no shop is served at this path")
        lines = self._arrival.lines(self._house.hops)
        return Outgoing(self._call.method, target, lines, self._arrival.body())

    async def _send(self, outgoing: Outgoing) -> Answer:
        try:
            answer = await self._site.platform.send(outgoing, self._deadline, self._relay.inform)
        except NoAnswerError as error:
            self._house.outages.failed(self._call.tenant, error)
            raise RefusedError(
                HTTPStatus.BAD_GATEWAY, "the platform gave no usable answer"
            ) from error
        except BodyLostError as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, str(error)) from error
        self._house.outages.answered(self._call.tenant)
        self._deadline.charge("platform", self._deadline.elapsed_ms())
        return answer

    # --- gather, merge, send --------------------------------------------------------------

    async def _relayed(self, answer: Answer) -> None:
        if not self._carries or not can_carry(self._call.method, answer):
            await self._passed(answer)
        elif self._asked is not None and self._asked.lost and self._instead() is None:
            self._asked.give_up()
            self._count(None, Reason.TIMEOUT)
            await self._passed(answer)
        else:
            await self._merged(answer)

    async def _passed(self, answer: Answer) -> None:
        sink = self._house.events
        saw = witness(self._call, self._site.adapter.events, answer) if sink else None
        ours = preflight.allowed(self._arrival.ours_asked_for, answer)
        await self._relay.stream(answer, [*answer.lines(), *ours], witness=saw)
        if saw is not None and sink is not None:
            saw.tell(sink)

    async def _merged(self, answer: Answer) -> None:
        gathered = Gathered()
        await gathered.gather(answer, HOLD_S)
        if not gathered.whole:
            await self._relay.stream(answer, answer.lines(), gathered.parts)
            return
        answer.close()  # others may use the connection while the decision is waited for
        decision = await self._asked.decision() if self._asked is not None else None
        experience = self._experience(decision)
        merged = self._merge(answer, gathered.body, experience)
        if merged is None:
            await self._relay.whole(answer, [*answer.lines(), self._timing()], gathered.body)
            self._count(None, Reason.TIMEOUT if decision is None else Reason.ERROR)
            return
        await self._relay.whole(answer, [*answer.personal_lines(), self._timing()], merged)
        if decision is not None and self._asked is not None:
            self._asked.served(decision)
        self._count(experience, Reason.ERROR)

    def _experience(self, decision: Decision | None) -> Experience | None:
        """What goes into the page; ``None`` leaves it as it is."""
        return self._instead() if decision is None else decision.experience

    def _instead(self) -> Experience | None:
        """What goes in where no decision came (R23).

        Our own route always says something, if only the default.
        """
        if self._asked is not None and (fallback := self._asked.fallback()) is not None:
            return fallback
        if not self._target.own:
            return None
        reason = Reason.LOW_CONFIDENCE if self._asked is None else Reason.TIMEOUT
        return default_experience(reason, UNKNOWN)

    def _merge(self, answer: Answer, body: bytes, experience: Experience | None) -> bytes | None:
        """The new body, or ``None`` where the platform's own must go out."""
        if experience is None:
            return None
        before = self._deadline.elapsed_ms()
        try:
            readable = plain(answer, body)
            if readable is None:
                return None
            merged = self._site.adapter.rendering.merge(readable, experience)
        except Exception as error:  # noqa: BLE001 - R27: an adapter's fault must not break the page
            _log.error("an answer was not merged: %s", type(error).__name__)
            return None
        self._deadline.charge("rendering", self._deadline.elapsed_ms() - before)
        return None if merged is readable else merged

    def _timing(self) -> bytes:
        return b"Server-Timing: " + self._deadline.header().encode("ascii")

    def _count(self, experience: Experience | None, otherwise: Reason) -> None:
        if self._asked is None or self._asked.previewed:
            return
        if experience is None:
            self._house.metrics.decided(otherwise, Served.DEFAULT)
        else:
            self._house.metrics.decided(experience.reason, experience.served)
