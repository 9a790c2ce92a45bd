"""Which tenant a call is for."""

import contextlib
from collections.abc import AsyncGenerator

import msgspec

from faults import upstream as up
from faults.page import SHOPPER, SteeredEngine, identities, listening
from faults.upstream import ScriptedUpstream
from faults.wire import call
from making import tenant
from saccade.tenants import Tenant
from saccade_gateway import Gateway, Platform, Site, Sites
from saccade_sap_occ import factory


def shop(name: str, site: str, url: str, *, open_site: bool = False) -> Tenant:
    """A tenant named by its key, with a base site of its own."""
    made = tenant(name=name, url=url, open_site=open_site)
    return made.model_copy(update={"platform_site": site})


@contextlib.asynccontextmanager
async def serving(*shops: Tenant) -> AsyncGenerator[tuple[int, SteeredEngine], None]:
    """A gateway with several tenants."""
    engine = SteeredEngine()
    sites = Sites(Site(one, factory.build(one), Platform(one.upstream)) for one in shops)
    async with listening(Gateway(engine, sites, identities)) as port:
        yield port, engine
    await sites.close()


async def test_the_base_site_tells_the_tenant() -> None:
    async with (
        ScriptedUpstream(up.json(b'{"shop":"a"}')) as first,
        ScriptedUpstream(up.json(b'{"shop":"b"}')) as second,
        serving(shop("a", "apparel", first.url), shop("b", "books", second.url)) as (port, _),
    ):
        assert (await call(port, "/occ/v2/apparel/x")).body == b'{"shop":"a"}'
        assert (await call(port, "/occ/v2/books/x")).body == b'{"shop":"b"}'
        assert (await call(port, "/occ/v2/cars/x")).status == 404
        # A key names the tenant and never opens another one's base site.
        assert (await call(port, "/occ/v2/books/x?site=a")).status == 404
        assert (await call(port, "/occ/v2/books/x?site=b&y=1")).status == 200
        assert second.last.target == b"/occ/v2/books/x?y=1"
        # What names no tenant is the platform's own parameter.
        assert (await call(port, "/occ/v2/books/x?site=other")).status == 200
        assert second.last.target == b"/occ/v2/books/x?site=other"


async def test_our_own_route_needs_the_key_where_several_shops_answer() -> None:
    async with (
        ScriptedUpstream(up.json(b'{"shop":"a"}')) as first,
        ScriptedUpstream(up.json(b'{"shop":"b"}')) as second,
        serving(shop("a", "apparel", first.url), shop("b", "books", second.url)) as (port, _),
    ):
        refused = await call(port, "/api/product/1")
        assert refused.status == 404
        assert "site=KEY" in msgspec.json.decode(refused.body)["detail"]
        assert (await call(port, "/api/product/1?site=b")).body.startswith(b'{"shop":"b"')


async def test_the_only_open_shop_needs_no_key() -> None:
    async with (
        ScriptedUpstream(up.json(b'{"shop":"a"}')) as first,
        ScriptedUpstream(up.json(b'{"shop":"b"}')) as second,
        serving(
            shop("a", "apparel", first.url), shop("b", "books", second.url, open_site=True)
        ) as (port, engine),
    ):
        assert (await call(port, "/api/product/1", SHOPPER)).body.startswith(b'{"shop":"b"')
        assert engine.asked[0].tenant == "b"


async def test_shops_of_one_platform_share_what_is_beside_their_sites() -> None:
    async with (
        ScriptedUpstream(up.json(b'{"baseSites":[]}')) as platform,
        serving(shop("a", "apparel", platform.url), shop("b", "books", platform.url)) as (port, _),
    ):
        assert (await call(port, "/occ/v2/basesites")).body == b'{"baseSites":[]}'


async def test_an_unsigned_token_is_nobody_where_the_site_is_closed() -> None:
    async with (
        ScriptedUpstream(up.json(b'{"code":"1"}')) as platform,
        serving(shop("a", "apparel", platform.url)) as (port, engine),
    ):
        answer = await call(port, "/occ/v2/apparel/products/1", SHOPPER)
        assert answer.body == b'{"code":"1"}'
        assert engine.asked == []
