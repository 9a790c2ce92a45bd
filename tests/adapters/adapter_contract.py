"""What every adapter must do, whatever its platform. Adopt it with fixtures of your own:

class TestMyAdapter(AdapterContract):
    @pytest.fixture
    def adapter(self) -> Adapter: ...
    @pytest.fixture
    def sample(self) -> Sample: ...
"""

from abc import abstractmethod
from dataclasses import dataclass, field

import msgspec
import pytest

from saccade.deliveries import Delivery
from saccade.domain import Experience, Identity, Instruction, Mode, Moment, Op, Reason, Served
from saccade.ports import Adapter, Call, Target

EXPERIENCE = Experience(
    decision_id="d-1",
    mode=Mode.HESITATING,
    confidence=0.84,
    reason=Reason.MODEL,
    served=Served.MODEL,
    instructions=(
        Instruction(Op.MOVE, "guarantee", to="top"),
        Instruction(Op.SET_TEXT, "cta", text='Add — "30 days" </script>'),
    ),
)
SHOPPER = Identity("visitor-1", "session-1")

NO_JSON: tuple[bytes, ...] = (
    b"",
    b"not json",
    b"[]",
    b"null",
    b"{",
    b'{"a":1',
    b'{"a":NaN}',
    b'{"a":1} trailing',
    b"\xef\xbb\xbf{}",
    b"\xff\xfe",
    b"<html></html>",
    b'{"a":' + b"[" * 100_000,
)
"""Bodies that cannot carry a key: a platform on a bad day sends any of them."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Calls and bodies of one platform, for the contract to work with."""

    tenant: str
    decided: tuple[str, str]
    """Path and query of a GET that is decided."""
    subject: str | None
    """The product that call is about, if it is about one."""
    moment: Moment
    passing: tuple[tuple[str, str, str], ...]
    """Method, path and query of calls that pass undecided."""
    outside: tuple[str, ...]
    """Paths that lead out of the platform's base."""
    bodies: tuple[bytes, ...]
    """Answers to the decided call, as the platform sends them."""
    hostile_headers: tuple[dict[str, str], ...] = field(default_factory=tuple)
    """Headers whose content must not raise."""


class AdapterContract:
    """Ports are pure and total, the platform's bytes stay, nothing leaves its base (R35, R38)."""

    @pytest.fixture
    @abstractmethod
    def adapter(self) -> Adapter:
        """The adapter, built for ``sample.tenant``."""
        ...

    @pytest.fixture
    @abstractmethod
    def sample(self) -> Sample:
        """Its platform's samples."""
        ...

    @staticmethod
    def call(
        sample: Sample,
        *,
        path: str | None = None,
        query: str | None = None,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        identity: Identity | None = SHOPPER,
    ) -> Call:
        """The decided call, unless said otherwise."""
        return Call(
            tenant=sample.tenant,
            method=method,
            path=sample.decided[0] if path is None else path,
            query=sample.decided[1] if query is None else query,
            headers=headers or {},
            identity=identity,
            view="view-1",
        )

    def test_names_itself_and_what_it_can_carry(self, adapter: Adapter) -> None:
        assert adapter.name
        assert adapter.capabilities.carriers
        assert adapter.paths
        assert all(path.startswith("/") and path.endswith("/") for path in adapter.paths)

    def test_reads_a_decided_call(self, adapter: Adapter, sample: Sample) -> None:
        request = adapter.rendering.read(self.call(sample))
        assert request is not None
        assert request.tenant == sample.tenant
        assert request.identity == SHOPPER
        assert (request.moment, request.subject) == (sample.moment, sample.subject)
        assert request.view == "view-1"
        assert request.moment in adapter.capabilities.operations

    def test_nobody_is_not_decided_for(self, adapter: Adapter, sample: Sample) -> None:
        assert adapter.rendering.read(self.call(sample, identity=None)) is None

    @pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    def test_only_reading_is_decided(self, adapter: Adapter, sample: Sample, method: str) -> None:
        assert adapter.rendering.read(self.call(sample, method=method)) is None

    def test_other_calls_pass(self, adapter: Adapter, sample: Sample) -> None:
        for method, path, query in sample.passing:
            call = self.call(sample, method=method, path=path, query=query)
            assert adapter.rendering.read(call) is None, path
            assert adapter.target(call) == Target(path, query), path

    def test_reading_twice_reads_the_same(self, adapter: Adapter, sample: Sample) -> None:
        call = self.call(sample)
        assert adapter.rendering.read(call) == adapter.rendering.read(call)
        assert adapter.target(call) == adapter.target(call)

    def test_hostile_headers_do_not_raise(self, adapter: Adapter, sample: Sample) -> None:
        for headers in sample.hostile_headers:
            assert adapter.rendering.read(self.call(sample, headers=headers)) is not None

    def test_nothing_leaves_the_base(self, adapter: Adapter, sample: Sample) -> None:
        for path in sample.outside:
            assert adapter.target(self.call(sample, path=path, query="")) is None, path

    def test_merging_keeps_every_byte(self, adapter: Adapter, sample: Sample) -> None:
        for body in sample.bodies:
            merged = adapter.rendering.merge(body, EXPERIENCE)
            before, after = msgspec.json.decode(body), msgspec.json.decode(merged)
            added = [key for key in after if key not in before]
            assert len(added) == 1
            block = after.pop(added[0])
            assert after == before
            assert msgspec.convert(block, Experience) == EXPERIENCE
            start = next(at for at in range(len(body)) if merged[: at + 1] != body[: at + 1])
            grown = len(merged) - len(body)
            assert merged[:start] + merged[start + grown :] == body

    def test_merging_twice_changes_nothing_more(self, adapter: Adapter, sample: Sample) -> None:
        once = adapter.rendering.merge(sample.bodies[0], EXPERIENCE)
        assert adapter.rendering.merge(once, EXPERIENCE) is once

    @pytest.mark.parametrize("body", NO_JSON, ids=lambda body: repr(body[:12]))
    def test_what_carries_no_key_comes_back_itself(self, adapter: Adapter, body: bytes) -> None:
        assert adapter.rendering.merge(body, EXPERIENCE) is body

    def test_observing_is_total(self, adapter: Adapter, sample: Sample) -> None:
        for method, path, query in sample.passing:
            call = self.call(sample, method=method, path=path, query=query)
            for status in (200, 201, 302, 400, 500):
                for body in NO_JSON:
                    for event in adapter.events.observe(call, status, body):
                        assert event.trusted
                        assert 200 <= status < 300

    def test_an_unsigned_delivery_is_not_authentic(self, adapter: Adapter, sample: Sample) -> None:
        for body in (b"", b"{}", b"\xff"):
            assert adapter.events.verify(Delivery({}, sample.tenant, body)) is False
