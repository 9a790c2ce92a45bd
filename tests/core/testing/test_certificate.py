"""A certificate: exemptions say why, a missing sample is told, what rests on a break waits."""

import asyncio
import dataclasses
import sys
from collections.abc import Mapping

import pytest

from saccade.tenants import Tenant
from saccade.testing import PORT_CHECKS, Samples, Subject, certify, checks
from saccade.testing.certificate import EXEMPTIONS
from saccade.testing.checks import (
    BrokenError,
    Check,
    NothingToCheckError,
    Outcome,
    asking,
    check,
    shown,
)
from saccade_sap_occ import factory
from saccade_sap_occ.samples import samples


def with_samples(**changed: object) -> Subject:
    """The SAP adapter, its samples changed."""

    def sampler(tenant: Tenant | None) -> Samples:
        return dataclasses.replace(samples(tenant), **changed)  # type: ignore[arg-type]  # the names are the samples' own

    return Subject(factory, sampler)


async def broken(subject: Subject, *checks: Check) -> list[str]:
    """Ids of what broke."""
    return list((await certify(subject, checks or PORT_CHECKS)).broken)


@pytest.mark.parametrize(
    "exempt",
    [
        {"merge.refused": ""},
        {"merge.refused": "  n/a  "},
        {"merge.*": "because"},
        {"merge.*": "notapplicable here"},
        {"*": "this platform is like no other there is"},
        {"*.*": "this platform is like no other there is"},
        {"m*.superset": "this platform is like no other there is"},
        {"merge.nothing": "this platform has no such thing at all"},
    ],
)
async def test_an_exemption_without_a_reason_or_a_check_fails(exempt: Mapping[str, str]) -> None:
    all_ = {**samples().exempt, **exempt}
    assert await broken(with_samples(exempt=all_)) == [EXEMPTIONS]


async def test_an_exemption_with_a_reason_is_told() -> None:
    why = "this platform sends XML, which carries no key"
    found = await certify(with_samples(exempt={**samples().exempt, "merge.*": why}), PORT_CHECKS)
    assert found.passed
    told = {one.id: one.reason for one in found.results if one.id.startswith("merge.")}
    assert len(told) >= 4
    assert set(told.values()) == {why}


async def test_without_samples_nothing_is_taken_as_kept() -> None:
    subject = Subject(factory, lambda _: Samples(tenant={"platform_site": "electronics"}))
    found = await certify(subject, PORT_CHECKS)
    kept = [one.id for one in found.results if one.outcome is Outcome.KEPT]
    assert kept == [EXEMPTIONS, "adapter.named", "target.inside", "delivery.unsigned"]
    missing = next(one for one in found.results if one.id == "consent.read")
    assert missing.request == "samples.pages"
    assert "exempt" in missing.fix


async def test_what_rests_on_a_break_is_blocked_and_what_rests_on_that_too() -> None:
    @check("one.breaks", "R1", "mend it")
    async def first(_: Subject) -> None:
        """It breaks."""
        raise BrokenError("asked", "this", "that")

    @check("two.rests", "R1", "mend it", after=["one.breaks"])
    async def second(_: Subject) -> None:
        """It would be kept."""

    @check("three.rests", "R1", "mend it", after=["two.rests"])
    async def third(_: Subject) -> None:
        """It would be kept."""

    found = await certify(with_samples(exempt={}), [first, second, third])
    assert [one.outcome for one in found.results[1:]] == ["broken", "blocked", "blocked"]
    assert not found.passed
    one = found.results[1]
    assert (one.request, one.expected, one.got, one.fix) == ("asked", "this", "that", "mend it")


async def test_what_a_check_raises_breaks_it() -> None:
    @check("it.raises", "R1", "mend it")
    async def raises(_: Subject) -> None:
        """It raises."""
        raise LookupError("nowhere")

    found = await certify(with_samples(exempt={}), [raises])
    assert found.results[1].got == "raised LookupError: nowhere"


def test_what_an_adapter_raises_says_what_was_asked() -> None:
    told = r"read\(GET /x\): expected no error, got raised KeyErr"
    with pytest.raises(BrokenError, match=told), asking("read(GET /x)"):
        raise KeyError("x")
    with pytest.raises(NothingToCheckError), asking("read(GET /x)"):
        raise NothingToCheckError("pages")


def test_a_report_repeats_no_flood() -> None:
    assert len(shown(b"x" * 100_000)) < 500


def test_checks_have_ids_of_their_own_a_rule_a_fix_and_ground_before_them() -> None:
    met: set[str] = set()
    for one in PORT_CHECKS:
        assert one.id not in met
        assert one.rule
        assert one.fix
        assert one.title
        assert set(one.after) <= met, one.id
        met.add(one.id)


async def test_where_all_is_exempt_nothing_is_certified() -> None:
    why = "this platform cannot do any of it at all"
    exempt = {f"{one.id.partition('.')[0]}.*": why for one in PORT_CHECKS}
    found = await certify(with_samples(exempt=exempt), PORT_CHECKS)
    assert found.broken == ()
    assert not found.passed


async def test_an_adapter_that_ends_the_program_breaks_its_checks() -> None:
    @check("ends", "R35", "do not")
    async def ends(_: Subject) -> None:
        """It ends the program."""
        sys.exit(0)

    @check("ends.within", "R35", "do not")
    async def within(_: Subject) -> None:
        """It does so where it is asked something."""
        with asking("read()"):
            sys.exit(0)

    found = await certify(with_samples(exempt={}), (ends, within))
    assert list(found.broken) == ["ends", "ends.within"]
    assert found.results[-1].got == "raised SystemExit: 0"


async def test_a_check_that_does_not_end_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "PATIENCE_S", 0.01)

    @check("waits", "R35", "do not")
    async def waits(_: Subject) -> None:
        """It waits for ever."""
        await asyncio.Event().wait()

    assert await broken(with_samples(exempt={}), waits) == ["waits"]


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("seen", "observe.told"),
        ("deliveries", "delivery.translated"),
        ("deliveries", "delivery.forged"),
    ],
)
async def test_samples_that_say_nothing_are_no_samples(name: str, id_: str) -> None:
    said = getattr(samples(), name)
    silent = tuple(
        dataclasses.replace(one, says=(), **({"signed": ()} if name == "deliveries" else {}))
        for one in said
    )
    subject = with_samples(**{name: silent}, exempt={})
    (one,) = (one for one in PORT_CHECKS if one.id == id_)
    result = (await certify(subject, [one])).results[-1]
    assert result.outcome is Outcome.BROKEN
    assert result.request in {f"samples.{name}.says", f"samples.{name}.signed"}
