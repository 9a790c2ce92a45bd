"""``POST /v1/identify`` over a real socket (R45): trails joined, people kept apart."""

import hashlib
from typing import Any

import pytest

import making
from conftest import RedisServer
from saccade.domain import Basis, Identity, Moment
from saccade.state import State, ViewKey
from saccade.stores.redis import RedisState
from saccade.stores.redis_line import Line, pack
from server.shopfront import SERVER_KEY, Serve, Shop

ROUTE = "/v1/identify"
KEY = {"Authorization": f"Bearer {SERVER_KEY}lab"}
ANNA = {"customer_id": "anna"}
BEN = {"customer_id": "ben"}
MAIL = {"email_sha256": hashlib.sha256(b"anna@shop.example").hexdigest()}


async def identified(shop: Shop, session: str, said: dict[str, Any]) -> dict[str, Any]:
    answer = await shop.post(ROUTE, {"session_id": session, **said}, headers=KEY)
    assert answer.status == 200, await answer.text()
    told: dict[str, Any] = await answer.json()
    return told


async def behaves(shop: Shop, session: str, **signals: Any) -> None:
    body = {"session_id": session, "product_id": "816324", **(signals or {"scroll_reversals": 6})}
    assert (await shop.post("/v1/signals", body)).status == 200


async def of(shop: Shop, token: str) -> State:
    visitor, _, session = token.partition(".")
    who = Identity(visitor, session or visitor)
    (state,) = await shop.house.state.read([ViewKey("lab", who, Moment.PRODUCT)])
    return state


async def test_a_login_keeps_the_anonymous_trail(shop: Shop) -> None:  # R45
    await behaves(shop, "phone.p1")
    told = await identified(shop, "phone.p1", ANNA)
    assert told == {"session_id": "phone.p1", "joined": True}
    state = await of(shop, "phone.p1")
    assert state.session
    assert state.session.signals.scroll_reversals == 6
    assert state.profile
    assert [one.split(":")[0] for one in state.profile.people] == ["customer_id"]


@pytest.mark.parametrize("trail_first", [True, False], ids=["trail first", "login first"])
async def test_two_devices_of_one_person_are_one(shop: Shop, trail_first: bool) -> None:  # R45
    """In both orders of arrival: merged, not rebuilt, and the page's old token is followed."""
    await behaves(shop, "phone.p1")
    await identified(shop, "phone.p1", ANNA)
    if trail_first:
        await behaves(shop, "laptop.l1", spec_hover_ms=9_000)
    told = await identified(shop, "laptop.l1", ANNA)
    assert told == {"session_id": "phone.l1", "joined": True}
    if not trail_first:
        await behaves(shop, "laptop.l1", spec_hover_ms=9_000)
    state = await of(shop, "phone.l1")
    assert state.session
    assert state.session.signals.spec_hover_ms == 9_000
    assert state.profile
    assert (state.profile.visits, state.profile.sessions) == (2, 2)
    assert await of(shop, "laptop.l1") == state, "the old token leads to the same"
    await behaves(shop, "laptop.l1", variant_switches=2)
    after = (await of(shop, "phone.l1")).session
    assert after
    assert after.signals.variant_switches == 2


async def test_an_email_and_a_login_join_in_either_order(shop: Shop) -> None:  # R45
    await identified(shop, "letter.e1", MAIL)
    await identified(shop, "phone.p1", ANNA)
    told = await identified(shop, "letter.e1", ANNA)
    assert told["joined"]
    again = await identified(shop, "other.o1", MAIL)
    assert again["session_id"].split(".")[0] == told["session_id"].split(".")[0]


async def test_what_was_shown_before_the_login_may_be_told_after_it(
    shop: Shop, laptop: dict[str, Any]
) -> None:  # R45
    await identified(shop, "phone.p1", ANNA)
    await shop.post("/v1/signals", {**laptop, "session_id": "laptop.l1"})
    shown = await (await shop.get("/v1/experience?session=laptop.l1&product=816324")).json()
    told = await identified(shop, "laptop.l1", ANNA)
    body = {"decision_id": shown["decision_id"], "slots": ["battery-guarantee"]}
    for session in (told["session_id"], "laptop.l1"):
        seen = await shop.post("/v1/exposures", {"session_id": session, **body})
        assert seen.status == 204
    other = await shop.post("/v1/exposures", {"session_id": "stranger.l1", **body})
    assert other.status == 400


async def test_a_shared_device_does_not_merge_two_people(shop: Shop) -> None:  # R45
    await behaves(shop, "tablet.t1")
    await identified(shop, "tablet.t1", ANNA)
    await behaves(shop, "phone.b1", spec_hover_ms=9_000)
    await identified(shop, "phone.b1", BEN)
    told = await identified(shop, "tablet.t1", BEN)
    assert told["session_id"] == "phone.t1"
    await behaves(shop, "tablet.t1", variant_switches=4)  # the page has not taken the token up
    bens = (await of(shop, "phone.t1")).session
    assert bens
    assert (bens.signals.variant_switches, bens.signals.scroll_reversals) == (4, None)
    anna = (await of(shop, "tablet.t2")).profile
    assert anna
    assert anna.visits == 1
    ben = (await of(shop, "phone.b1")).profile
    assert ben
    assert not set(anna.people) & set(ben.people)
    back = await identified(shop, "tablet.t1", ANNA)
    assert back["session_id"] == "tablet.t1"
    await behaves(shop, "tablet.t1", compare_tool_opened=True)
    hers = (await of(shop, "tablet.t1")).session
    assert hers
    assert hers.signals.variant_switches is None
    assert await of(shop, "phone.t1") == await of(shop, "tablet.t1"), "Ben's page is led there too"
    new = await identified(shop, "tablet.t1", {"customer_id": "cleo"})
    assert new["session_id"].split(".")[0] not in {"tablet", "phone"}


async def test_a_logout_begins_somebody_new(shop: Shop) -> None:  # R45
    await behaves(shop, "phone.p1")
    unknown = await identified(shop, "phone.p1", {"logout": True})
    assert unknown["session_id"] == "phone.p1", "nobody was signed in"
    await identified(shop, "phone.p1", ANNA)
    told = await identified(shop, "phone.p1", {"logout": True})
    visitor, _, session = told["session_id"].partition(".")
    assert (visitor != "phone", session) == (True, "p1")
    await behaves(shop, "phone.p1", variant_switches=4)
    new = (await of(shop, told["session_id"])).session
    assert new
    assert new.signals.scroll_reversals is None
    back = await identified(shop, told["session_id"], ANNA)
    assert back["session_id"] == "phone.p1"


async def test_the_older_arm_stands_and_the_mixed_are_marked(serve: Serve) -> None:  # R45, R54
    shop = await serve(making.ready(making.tenant(holdout=0.5)))
    arms: set[tuple[str, bool]] = set()
    for n in range(12):
        person = {"customer_id": f"c{n}"}
        await behaves(shop, f"old{n}.o{n}")
        before = await shop.get(f"/v1/experience?session=old{n}.o{n}&product=816324")
        held = (await before.json())["reason"] == "HOLDOUT"
        await identified(shop, f"old{n}.o{n}", person)
        await behaves(shop, f"new{n}.n{n}")
        told = await identified(shop, f"new{n}.n{n}", person)
        assert told["session_id"] == f"old{n}.n{n}"
        profile = (await of(shop, f"new{n}.n{n}")).profile
        assert profile
        assert profile.arm is not None
        assert (profile.arm == "control") == held
        arms.add((profile.arm.value, profile.mixed))
        shown = await (await shop.get(f"/v1/experience?session=old{n}.n{n}&product=1")).json()
        record = await shop.house.journal.find("lab", shown["decision_id"])
        assert record
        assert (record["arm"], record["mixed"]) == (profile.arm.value, profile.mixed)
    assert len(arms) == 4, "both arms, alike and mixed"


async def test_nothing_is_joined_without_consent(serve: Serve) -> None:  # R45, R60
    shop = await serve(making.ready(making.tenant(basis=Basis.OPT_IN)))
    told = await identified(shop, "phone.p1", ANNA)
    assert told == {"session_id": "phone.p1", "joined": False}
    assert await of(shop, "phone.p1") == State()
    await shop.post(
        "/v1/consent", {"session_id": "phone.p1", "purposes": {"personalization": True}}
    )
    assert (await identified(shop, "phone.p1", ANNA))["joined"]


async def test_nothing_personal_is_stored_in_clear(
    serve: Serve, own_redis: RedisServer
) -> None:  # R45
    """Not even the hash that was sent: an e-mail's is soon guessed."""
    shop = await serve(state=RedisState(own_redis.url, timeout_s=10))
    await behaves(shop, "phone.p1")
    await identified(shop, "phone.p1", {"customer_id": "anna-canary-7"})
    await identified(shop, "phone.p1", MAIL)
    raw = Line(own_redis.url, 10)
    [names] = await raw.told([pack(("KEYS", "*"))])
    dump = b"".join([*names, *await raw.told([pack(("DUMP", name)) for name in names])])
    await raw.close()
    assert b"phone" in dump
    assert b"canary" not in dump
    assert MAIL["email_sha256"].encode() not in dump


async def test_a_page_may_not_say_who_somebody_is(serve: Serve) -> None:  # R45, R68
    closed = making.tenant(open_site=False)
    shop = await serve(making.ready(closed))
    token = shop.house.sites.all[0].token()
    answer = await shop.post(f"{ROUTE}?site=lab", {"session_id": token, **ANNA})
    assert answer.status == 403
    assert (await answer.json(content_type=None))["errors"][0]["field"] == "customer_id"
    over = await shop.post(f"{ROUTE}?site=lab", {"session_id": token, "logout": True})
    assert over.status == 200
    known = await shop.post(f"{ROUTE}?site=lab", {"session_id": token, **ANNA}, headers=KEY)
    assert (await known.json())["joined"]


@pytest.mark.parametrize("said", [{}, {**ANNA, "logout": True}, {**ANNA, **MAIL}])
async def test_exactly_one_thing_is_said(shop: Shop, said: dict[str, Any]) -> None:
    assert (await shop.post(ROUTE, {"session_id": "s1", **said}, headers=KEY)).status == 400
