"""F9-F19 as a matrix: every case calm, one at a time, and under load beside healthy pages.

Each is asked for as a page that is decided and as one that passes; a healthy page next to a faulty
one is personalised byte for byte (R27), and no page waits 200 ms more than a direct call (R24).
"""

import pytest

from faults import cases, oddities
from faults.cases import Cases
from faults.comparing import Ends, calm, judged, loaded
from faults.page import page_path
from faults.report import FaultReport
from faults.upstream import ScriptedUpstream, json

MATRIX: dict[str, Cases] = {
    "F9": cases.DRIPS,
    "F10": cases.ERRORS,
    "F11": cases.TRUNCATIONS,
    "F12": cases.DOCUMENTS,
    "F13": cases.CODED,
    "F16": oddities.LOSSES,
    "F18": oddities.HEADS,
    "F19": oddities.MALFORMED,
}


@pytest.mark.parametrize("fault", MATRIX)
async def test_calm(fault: str, fault_report: FaultReport) -> None:
    async with page_path(cases.dispatched(MATRIX[fault])) as page:
        judged(fault_report, fault, await calm(Ends.of(page), MATRIX[fault]))
        if fault == "F19":  # what came on such a connection is never read again
            assert {one.served for one in page.upstream.received} == {0}


@pytest.mark.full
@pytest.mark.parametrize("fault", MATRIX)
async def test_under_load(fault: str, fault_report: FaultReport) -> None:
    async with page_path(cases.dispatched(MATRIX[fault])) as page:
        faulty, healthy = await loaded(Ends.of(page), MATRIX[fault], turns=24)
        judged(fault_report, fault, faulty, healthy, load=True)


@pytest.mark.parametrize("load", [False, pytest.param(True, marks=pytest.mark.full)])
async def test_f15_redirects_are_never_followed(load: bool, fault_report: FaultReport) -> None:
    async with ScriptedUpstream(json(b'{"inside":true}')) as inside:
        all_ = oddities.redirects(inside.port)
        async with page_path(cases.dispatched(all_)) as page:
            if load:
                judged(fault_report, "F15", *await loaded(Ends.of(page), all_), load=True)
            else:
                judged(fault_report, "F15", await calm(Ends.of(page), all_))
            assert b"/occ/v2/electronics/elsewhere" not in page.asked_upstream
        assert inside.connections == 0
