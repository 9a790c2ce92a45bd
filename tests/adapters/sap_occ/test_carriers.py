"""Both carriers of a tenant, through a whole server: inside the platform's answers, or beside."""

import gzip
from pathlib import Path

import msgspec
import pytest

from adapters.sap_occ.served import CAMPAIGNS, beside_the_sync, served
from faults import upstream as up
from faults.page import PRODUCT, SHOPPER
from faults.upstream import ScriptedUpstream
from faults.wire import call
from saccade.tenants import ConfigurationError

BODY = b'{"code":"816324","price":{"value":1249.00}}'
SEARCH = "/occ/v2/electronics/products/search?query=x"
CACHEABLE = (
    (b"Content-Encoding", b"gzip"),
    (b"ETag", b'"1"'),
    (b"Last-Modified", b"Thu, 01 Jan 1970 00:00:00 GMT"),
    (b"Cache-Control", b"public, max-age=300"),
    (b"Vary", b"Accept-Encoding"),
)
NEGOTIATED = (("Accept-Encoding", "gzip, br;q=0.5"), ("If-None-Match", '"0"'))


@pytest.mark.parametrize("target", [PRODUCT, SEARCH])
async def test_standalone_answers_stay_the_platforms_own(tmp_path: Path, target: str) -> None:
    """R38: to the byte, cacheable, and nothing is decided for them."""
    coded = gzip.compress(BODY, mtime=0)
    async with (
        ScriptedUpstream(beside_the_sync(up.json(coded, *CACHEABLE))) as upstream,
        served(tmp_path, upstream.url, carrier="standalone_json") as house,
    ):
        direct = await call(upstream.port, target, *NEGOTIATED)
        through = await call(house.port, target, SHOPPER, *NEGOTIATED)
        assert (through.status, through.body) == (200, coded)
        assert through.end_to_end == direct.end_to_end
        asked = [one for one in upstream.received if one.target == target.encode()]
        for name, value in NEGOTIATED:
            assert [one.values(name.encode()) for one in asked] == [[value.encode()]] * 2
        assert asked[-1].values(b"x-session-id") == []
        await house.settled()
        assert house.rows("decisions") == []


async def test_the_page_reads_the_experience_beside_them(tmp_path: Path) -> None:
    """R31: the same experience that the other carrier puts into the answer itself."""
    found: dict[str, list[object]] = {}
    for carrier in ("proxied_json", "standalone_json"):
        async with (
            ScriptedUpstream(beside_the_sync(up.json(BODY))) as upstream,
            served(tmp_path / carrier, upstream.url, carrier=carrier) as house,
        ):
            beside = "/v1/experience?session=shopper-1"
            for page, query in ((PRODUCT, "&product=816324"), (SEARCH, "&moment=listing")):
                read = msgspec.json.decode((await house.decided(beside + query)).body)
                assert read["decision_id"]
                if carrier == "proxied_json":
                    whole = msgspec.json.decode((await house.decided(page, SHOPPER)).body)
                    assert whole["saccade"]["instructions"] == read["instructions"]
                found.setdefault(carrier, []).append(read["instructions"])
    assert found["proxied_json"] == found["standalone_json"]
    assert all(found["standalone_json"])


async def test_our_own_route_carries_a_block_whatever_the_carrier(tmp_path: Path) -> None:  # R32
    async with (
        ScriptedUpstream(beside_the_sync(up.json(BODY, *CACHEABLE[1:]))) as upstream,
        served(tmp_path, upstream.url, carrier="standalone_json") as house,
    ):
        through = await house.decided("/api/product/816324", SHOPPER)
        assert msgspec.json.decode(through.body)["saccade"]["instructions"]
        assert through.body.startswith(BODY[:-1])
        assert through.values(b"cache-control") == [b"private, no-store"]


async def test_a_carrier_that_is_none_is_told_with_its_fix(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"proxied_json.*standalone_json") as caught:
        async with served(tmp_path, "http://127.0.0.1:9", carrier="pigeon"):
            pass
    assert caught.value.key == "adapter.carrier"


async def test_a_campaign_of_a_listing_needs_a_slot_of_one(tmp_path: Path) -> None:
    wrong = CAMPAIGNS.replace('slot = "results-note"', 'slot = "promise"')
    with pytest.raises(ConfigurationError, match=r'moment = "listing"'):
        async with served(tmp_path, "http://127.0.0.1:9", campaigns=wrong):
            pass
