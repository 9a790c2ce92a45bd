"""``POST /v1/signals`` over a real socket (R30), and the bad input of issue 2."""

import asyncio
import json
from typing import Any

import pytest

import making
from conftest import unused_port
from saccade import identity
from saccade.domain import Basis
from saccade.state import State
from saccade.stores import open_state
from saccade.tenants import Site as SiteTable
from server.shopfront import Serve, Shop

ROUTE = "/v1/signals"


def as_sent(body: dict[str, Any]) -> str:
    return json.dumps(body)


async def test_json_is_answered_with_the_mode(shop: Shop, laptop: dict[str, Any]) -> None:  # R30
    answer = await shop.post(ROUTE, laptop)
    assert answer.status == 200
    told = await answer.json()
    assert set(told) == {"mode_detected", "confidence"}
    assert told["mode_detected"] == "hesitating"
    assert told["confidence"] >= 0.6
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "profile;dur=" in answer.headers["Server-Timing"]  # R26
    stored = await shop.known("s1")
    assert stored.session is not None
    assert stored.session.signals.spec_hover_ms == 14_200


async def test_signals_without_a_product_are_taken_and_change_nothing(shop: Shop) -> None:
    body = {"session_id": "s1", "visit_count": 3}
    answer = await shop.flush(ROUTE, as_sent(body))
    assert (answer.status, await answer.read()) == (204, b"")
    assert (await shop.post(ROUTE, body)).status == 200


async def test_a_flush_is_answered_with_what_changed_and_only_then(
    shop: Shop, laptop: dict[str, Any]
) -> None:  # R30, R12
    calm = {"session_id": "s1", "product_id": "816324", "view": "v1", "spec_hover_ms": 100}
    assert (await shop.flush(ROUTE, as_sent(calm))).status == 204

    changed = await shop.flush(ROUTE, as_sent({**laptop, "view": "v1"}))
    assert changed.status == 200
    experience = await changed.json()
    assert experience["mode"] == "hesitating"
    assert {"op": "move", "slot": "battery-guarantee", "to": "top"} in experience["instructions"]

    shown = {**calm, **laptop, "decision_id": experience["decision_id"]}
    assert (await shop.flush(ROUTE, as_sent(shown))).status == 204

    bought = {**shown, "checkout_clicked": True, "add_to_cart_clicked": True}
    reverted = await shop.flush(ROUTE, as_sent(bought))
    assert reverted.status == 200
    plain = await reverted.json()
    assert plain["instructions"] == []
    assert plain["decision_id"] != experience["decision_id"]


async def test_a_held_out_page_is_never_changed(serve: Serve, laptop: dict[str, Any]) -> None:
    shop = await serve(making.ready(making.tenant(holdout=0.5)))
    # R54: which sessions are held out is the engine's to say; about half of these are.
    answers: dict[int, int] = {200: 0, 204: 0}
    for number in range(40):
        answer = await shop.flush(ROUTE, as_sent({**laptop, "session_id": f"s{number}"}))
        answers[answer.status] += 1
        reason = "MODEL" if answer.status == 200 else "HOLDOUT"
        if answer.status == 200:
            assert (await answer.json())["reason"] in {reason, "RULE"}
    assert answers[200] > 0
    assert answers[204] > 0


BAD: list[tuple[bytes, int, str]] = [
    (b'{"session_id":"s1","spec_hover":1}', 400, "spec_hover"),
    (b'{"session_id":"s1","spec_hover_ms":"1"}', 400, "spec_hover_ms"),
    (b'{"session_id":"s1","spec_hover_ms":-1}', 400, "spec_hover_ms"),
    (b'{"session_id":"s1","spec_hover_ms":99999999999999999999}', 400, "spec_hover_ms"),
    (b'{"session_id":"s1","scroll_speed_px_sec":NaN}', 400, "scroll_speed_px_sec"),
    (b'{"session_id":"s1","view":"\xff"}', 400, "view"),
    (b'{"session_id":"s1","__proto__":{"a":1}}', 400, "__proto__"),
    (b'{"session_id":"s1","prototype":{"a":1}}', 400, "prototype"),
    (b'{"session_id":"s1","product_id":{"constructor":1}}', 400, "constructor"),
    (b'{"session_id":"s1 or 1=1"}', 400, "session_id"),
    (b'{"session_id":"s1","visit_count":3}' + b" " * 4_096, 413, "body"),
]


@pytest.mark.parametrize("media_type", ["application/json", "text/plain"])
@pytest.mark.parametrize(("body", "status", "field"), BAD)
async def test_bad_input_is_a_problem_that_names_the_field_and_stores_nothing(
    shop: Shop, body: bytes, status: int, field: str, media_type: str
) -> None:
    answer = await shop.client.post(ROUTE, data=body, headers={"Content-Type": media_type})
    assert answer.status == status
    assert answer.content_type == "application/problem+json"
    document = await answer.json(content_type="application/problem+json")
    assert set(document) == {"type", "title", "status", "detail", "errors"}
    assert document["status"] == status
    assert [error["field"] for error in document["errors"]] == [field]
    assert set(document["errors"][0]) == {"field", "problem", "fix"}
    assert await shop.known("s1") == State()
    kind = document["type"].removeprefix("/docs#problem-")
    assert shop.counted("saccade_rejected_total", route=ROUTE, field_kind=kind) == 1


async def test_refusals_are_counted_under_few_labels_whatever_is_sent(shop: Shop) -> None:
    for number in range(50):
        body = json.dumps({"session_id": f"s{number}", f"field_{number}": number})
        assert (await shop.flush(ROUTE, body)).status == 400
    exposition = shop.house.metrics.exposition().decode()
    samples = [
        line for line in exposition.splitlines() if line.startswith("saccade_rejected_total{")
    ]
    assert samples == [f'saccade_rejected_total{{field_kind="unknown_field",route="{ROUTE}"}} 50.0']


async def raw(shop: Shop, head: str, body: bytes) -> bytes:
    """The answer to a body that is not sent to its end."""
    assert shop.client.port
    reader, writer = await asyncio.open_connection("127.0.0.1", shop.client.port)
    request = f"POST {ROUTE} HTTP/1.1\r\nHost: lab\r\nContent-Type: text/plain\r\n{head}\r\n\r\n"
    writer.write(request.encode() + body)
    answer = await asyncio.wait_for(reader.readuntil(b"}"), 5)
    writer.close()
    await writer.wait_closed()
    return answer


async def test_ten_megabytes_are_refused_without_being_read(shop: Shop) -> None:
    answer = await raw(shop, "Content-Length: 10485760", b'{"session_id":"')
    assert b" 413 " in answer
    assert b'"field":"body"' in answer


async def test_a_body_of_unknown_length_is_refused_at_the_cap(shop: Shop) -> None:
    chunk = b"1000\r\n" + b" " * 0x1000 + b"\r\n"
    answer = await raw(shop, "Transfer-Encoding: chunked", chunk + chunk)
    assert b" 413 " in answer


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({"Content-Type": "application/x-www-form-urlencoded"}, "Content-Type"),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, "Content-Encoding"),
    ],
)
async def test_other_media_types_are_refused(
    shop: Shop, headers: dict[str, str], field: str
) -> None:
    answer = await shop.client.post(ROUTE, data=b'{"session_id":"s1"}', headers=headers)
    assert answer.status == 415
    assert (await answer.json(content_type=None))["errors"][0]["field"] == field


async def test_a_session_that_sends_too_often_is_told_to_wait(
    shop: Shop, laptop: dict[str, Any]
) -> None:
    statuses = [(await shop.post(ROUTE, laptop)).status for _ in range(5)]
    assert statuses == [200] * 5
    refused = await shop.post(ROUTE, laptop)
    assert refused.status == 429
    assert refused.headers["Retry-After"] == "1"
    assert (await shop.post(ROUTE, {**laptop, "session_id": "s2"})).status == 200


async def test_the_site_is_named_where_there_is_more_than_one(
    serve: Serve, laptop: dict[str, Any]
) -> None:
    shop = await serve(
        making.ready(making.tenant(name="one")), making.ready(making.tenant(name="two"))
    )
    for query, status in (("", 400), ("?site=three", 400), ("?site=two", 200)):
        assert (await shop.post(ROUTE + query, laptop)).status == status
    assert await shop.known("s1", "one") == State()
    assert (await shop.known("s1", "two")).session is not None


async def test_a_site_that_is_not_open_takes_signed_sessions_only(
    serve: Serve, laptop: dict[str, Any]
) -> None:
    shop = await serve(making.ready(making.tenant(open_site=False)))
    route = f"{ROUTE}?site={making.TENANT}"
    token = identity.issue(making.SECRET)
    forged = token[:-1] + ("0" if token[-1] != "0" else "1")
    for session in ("s1", forged, identity.issue(b"another secret")):
        answer = await shop.post(route, {**laptop, "session_id": session})
        assert answer.status == 400
        assert (await answer.json(content_type=None))["errors"][0]["field"] == "session_id"
    assert (await shop.post(route, {**laptop, "session_id": token})).status == 200


async def test_pages_of_other_origins_may_not_call_a_site_that_names_its_own(
    serve: Serve, laptop: dict[str, Any]
) -> None:
    tenant = making.tenant().model_copy(
        update={"site": SiteTable(key="lab", open=True, origins=("https://shop.example",))}
    )
    shop = await serve(making.ready(tenant))
    ours = await shop.post(ROUTE, laptop, headers={"Origin": "https://shop.example"})
    assert ours.status == 200
    assert ours.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    theirs = await shop.post(ROUTE, laptop, headers={"Origin": "https://evil.example"})
    assert theirs.status == 403
    assert "Access-Control-Allow-Origin" not in theirs.headers


async def test_a_page_of_an_open_site_may_read_answer_and_refusal(shop: Shop) -> None:  # R4
    answer = await shop.flush(ROUTE, "{", headers={"Origin": "null"})
    assert answer.status == 400
    assert answer.headers["Access-Control-Allow-Origin"] == "null"
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_preflights_of_json_callers_are_answered(shop: Shop) -> None:
    answer = await shop.client.options(ROUTE, headers={"Origin": "https://shop.example"})
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert answer.headers["Access-Control-Allow-Methods"] == "POST, OPTIONS"
    assert "content-type" in answer.headers["Access-Control-Allow-Headers"]


async def test_other_methods_and_paths_are_problems_too(shop: Shop) -> None:
    wrong = await shop.get(ROUTE)
    assert (wrong.status, wrong.headers["Allow"]) == (405, "POST, OPTIONS")
    unknown = await shop.get("/v1/sygnals")
    assert unknown.status == 404
    assert unknown.content_type == "application/problem+json"


@pytest.mark.parametrize("media_type", ["application/json", "text/plain"])
async def test_without_a_state_store_the_sender_is_told_and_keeps_its_batch(
    serve: Serve, laptop: dict[str, Any], media_type: str
) -> None:  # F1
    shop = await serve(state=open_state(f"redis://127.0.0.1:{unused_port()}/0"))
    answer = await shop.client.post(
        ROUTE, data=json.dumps(laptop), headers={"Content-Type": media_type}
    )
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0


async def test_without_consent_nothing_is_stored(serve: Serve, laptop: dict[str, Any]) -> None:
    shop = await serve(making.ready(making.tenant(basis=Basis.OPT_IN)))  # R60
    answer = await shop.post(ROUTE, laptop)
    assert (await answer.json())["mode_detected"] == "default"
    assert (await shop.flush(ROUTE, as_sent(laptop))).status == 204
    assert await shop.known("s1") == State()


async def test_a_fault_of_ours_is_a_problem_that_tells_nothing(
    shop: Shop, laptop: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a word of the shopper's")

    monkeypatch.setattr(shop.house.engine, "ingest", broken)
    answer = await shop.post(ROUTE, laptop)
    assert answer.status == 500
    assert answer.content_type == "application/problem+json"
    assert "shopper" not in await answer.text()
    assert shop.counted("saccade_rejected_total", route=ROUTE, field_kind="internal") == 1
