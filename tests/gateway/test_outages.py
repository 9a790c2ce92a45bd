"""What fails is counted each time, and told in the log when it changes."""

import logging

import msgspec
import pytest

from faults import upstream as up
from faults.page import (
    PRODUCT,
    SHOPPER,
    PagePath,
    SteeredEngine,
    gateway_before,
    identities,
    listening,
    page_path,
)
from faults.upstream import Line, Received, ScriptedUpstream
from faults.wire import call
from making import tenant
from saccade.ports import Adapter, Call, Target
from saccade.tenants import Tenant
from saccade_gateway import Gateway, Platform, Site, Sites
from saccade_gateway.outages import MOST, WITHIN_S, Outages
from saccade_sap_occ import factory
from saccade_server.metrics import Metrics


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log was told."""
    return [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]


async def fails_then_recovers(page: PagePath) -> None:
    """Three calls that get no answer, then two that do."""
    well = page.upstream.script

    async def away(_: Received, line: Line) -> None:
        line.reset()

    page.upstream.script = away
    for _turn in range(3):
        assert (await page.get()).status == 502
    page.upstream.script = well
    for _turn in range(2):
        assert (await page.get()).status == 200


async def test_an_outage_is_a_line_at_its_beginning_and_one_at_its_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with page_path(up.json(b"{}")) as page:
        await page.get()
        await fails_then_recovers(page)
        began, ended = told(caplog)
        assert began == "tenant lab: the platform ended the connection without an answer"
        assert ended == "tenant lab: the platform answers again, failed calls: 3"
        assert page.metrics.refusals == [502] * 3
        caplog.clear()
        await fails_then_recovers(page)  # and so does the next one
        assert told(caplog) == [began, ended]


def test_outages_are_each_tenants_own(caplog: pytest.LogCaptureFixture) -> None:
    outages = Outages()
    outages.failed("a", Exception("no"))
    outages.answered("b")
    outages.failed("b", Exception("no"))
    outages.answered("a")
    outages.failed("b", Exception("no"))
    assert told(caplog) == [
        "tenant a: no",
        "tenant b: no",
        "tenant a: the platform answers again, failed calls: 1",
    ]


async def test_the_servers_figures_tell_refusals_by_status() -> None:
    metrics = Metrics()

    async def away(_: Received, line: Line) -> None:
        line.reset()

    async with (
        ScriptedUpstream(away) as upstream,
        gateway_before(upstream.port, SteeredEngine(), metrics=metrics) as port,
    ):
        await call(port, PRODUCT, SHOPPER)
        await call(port, PRODUCT)
        await call(port, "/occ/v2/apparel/x")
    text = metrics.exposition().decode()
    assert 'saccade_page_refused_total{status="502"} 2.0' in text
    assert 'saccade_page_refused_total{status="404"} 1.0' in text


class BrokenTarget:
    """An integrator's adapter on a bad day."""

    def __call__(self, call: Call) -> Target | None:
        raise ValueError(call.path)


def broken(adapter: Adapter) -> Adapter:
    """The adapter, its upstream rule raising."""
    return msgspec.structs.replace(adapter, target=BrokenTarget())


async def test_an_adapter_that_cannot_say_where_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:  # R27
    async with page_path(up.json(b"{}"), adapt=broken) as page:
        for _turn in range(3):
            answer = await page.get()
            assert answer.status == 502
            assert answer.value(b"content-type") == b"application/problem+json"
        assert page.asked_upstream == []
        assert page.metrics.refusals == [502] * 3
    assert told(caplog) == ["the adapter of tenant lab failed: ValueError"]


async def test_a_broken_adapter_costs_no_other_tenants_pages() -> None:  # R27
    def shop(name: str, url: str) -> Tenant:
        return tenant(name=name, url=url).model_copy(update={"platform_site": name})

    async with ScriptedUpstream(up.json(b'{"shop":"b"}')) as platform:
        ill, well = shop("a", platform.url), shop("b", platform.url)
        sites = Sites(
            [
                Site(ill, broken(factory.build(ill)), Platform(ill.upstream)),
                Site(well, factory.build(well), Platform(well.upstream)),
            ]
        )
        async with listening(Gateway(SteeredEngine(), sites, identities)) as port:
            assert (await call(port, "/occ/v2/b/x")).body == b'{"shop":"b"}'
            assert (await call(port, "/occ/v2/a/x")).status == 502
            # Our own route is every shop's: the broken one may be the one that is meant.
            assert (await call(port, "/api/product/1")).status == 502
            assert (await call(port, "/api/product/1?site=b")).status == 200
        await sites.close()


def test_a_platform_that_answers_every_other_call_does_not_fill_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0.0
    outages = Outages(lambda: now)
    for _ in range(500):
        outages.failed("a", OSError("no answer"))
        assert outages.now == {"a": "no answer"}
        outages.answered("a")
        assert outages.now == {}
    assert len(told(caplog)) == 2 * MOST
    caplog.clear()
    now = WITHIN_S
    outages.failed("a", OSError("no answer"))
    outages.answered("a")
    assert told(caplog) == [
        "tenant a: no answer",
        f"tenant a: the platform answers again, failed calls: {500 - MOST + 1}",
    ]
