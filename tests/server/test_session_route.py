"""``POST /v1/session`` over a real socket: tokens of sites that are not open (R68)."""

import msgspec

import making
from saccade.actions import TenantRuntime
from saccade.domain import Basis
from saccade.tenants import Site as SiteTable
from saccade_server.house import MOST_BEGINNINGS
from server.shopfront import SERVER_KEY, Serve, Shop

ROUTE = "/v1/session?site=lab"
SHOP, THIEF = {"Origin": "https://shop.example"}, {"Origin": "https://thief.example"}


def closed(name: str = making.TENANT, basis: Basis = Basis.OPT_OUT) -> TenantRuntime:
    """A tenant that names its origin; its secret is its own."""
    tenant = making.tenant(name=name, open_site=False, basis=basis)
    site = SiteTable(key=name, origins=("https://shop.example",))
    ready = making.ready(tenant.model_copy(update={"site": site}))
    return msgspec.structs.replace(ready, secret=f"secret of {name}".encode())


async def begun(shop: Shop, **body: str) -> str:
    answer = await shop.post(ROUTE, body, headers=SHOP)
    assert answer.status == 200, await answer.text()
    return str((await answer.json())["session_id"])


async def test_a_page_of_the_site_begins_a_session_and_returns(serve: Serve) -> None:
    shop = await serve(closed())
    token = await begun(shop)
    visitor, session, _signature = token.split(".")
    assert len(visitor) == len(session) == 32
    again = await begun(shop, session_id=token)
    assert (again.split(".")[0], again.split(".")[1] != session) == (visitor, True)
    body = {"session_id": token, "scroll_reversals": 2}
    assert (await shop.post("/v1/signals?site=lab", body, headers=SHOP)).status == 200


async def test_a_token_that_is_none_of_the_sites_names_nobody(serve: Serve) -> None:
    """A visitor of before the secret was changed begins anew, as the tracker's first page does."""
    shop = await serve(closed())
    stranger = f"{'a' * 32}.{'b' * 32}.{'c' * 32}"
    for last in ("", stranger):
        token = await begun(shop, session_id=last, decision_id="decision-0001")
        assert token.split(".")[0] != "a" * 32
        body = {"session_id": token, "scroll_reversals": 2}
        assert (await shop.post("/v1/signals?site=lab", body, headers=SHOP)).status == 200


async def test_another_origin_gets_none_and_may_not_use_one(serve: Serve) -> None:  # R68
    shop = await serve(closed())
    token = await begun(shop)
    assert (await shop.post(ROUTE, {}, headers=THIEF)).status == 403
    assert (await shop.post(ROUTE, {})).status == 403, "no origin and no key"
    body = {"session_id": token, "scroll_reversals": 2}
    for route in ("signals", "events", "consent", "identify", "exposures", "outcomes"):
        stolen = await shop.post(f"/v1/{route}?site=lab", body, headers=THIEF)
        assert stolen.status == 403, route
        assert "Access-Control-Allow-Origin" not in stolen.headers
    read = await shop.get(f"/v1/experience?site=lab&session={token}", headers=THIEF)
    assert read.status == 403


async def test_a_token_is_of_its_site_alone(serve: Serve) -> None:  # R68
    shop = await serve(closed(), closed("other"))
    token = await begun(shop)
    body = {"session_id": token, "scroll_reversals": 2}
    assert (await shop.post("/v1/signals?site=lab", body, headers=SHOP)).status == 200
    refused = await shop.post("/v1/signals?site=other", body, headers=SHOP)
    assert refused.status == 400
    visitor, session, signature = token.split(".")
    for forged in (
        f"{visitor}.{session}",
        f"{visitor}.{session}.{'0' * 32}",
        f"{session}.{visitor}.{signature}",
        visitor,
    ):
        told = await shop.post("/v1/signals?site=lab", {**body, "session_id": forged}, headers=SHOP)
        assert told.status == 400, forged


async def test_the_merchants_server_begins_sessions_with_its_key(serve: Serve) -> None:
    shop = await serve(closed(basis=Basis.OPT_IN))
    key = {"Authorization": f"Bearer {SERVER_KEY}lab"}
    answer = await shop.post(ROUTE, {}, headers=key)
    assert answer.status == 200
    wrong = {"Authorization": "Bearer none"}
    assert (await shop.post(ROUTE, {}, headers=wrong)).status == 403


async def test_an_address_begins_so_many(serve: Serve) -> None:  # R68
    shop = await serve(closed())
    statuses = [
        (await shop.post(ROUTE, {}, headers=SHOP)).status for _ in range(int(MOST_BEGINNINGS) + 15)
    ]
    assert statuses[: int(MOST_BEGINNINGS)] == [200] * int(MOST_BEGINNINGS)
    assert 429 in statuses
