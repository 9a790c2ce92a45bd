"""Bad bodies: each is refused with a complaint that names the field ("Bad input" of issue 2)."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus

import msgspec
import pytest

from saccade_server import reading
from saccade_server.bodies import ExposureBody, OutcomeBody, SignalsBody
from saccade_server.problems import Kind, Problem
from saccade_server.reading import decode
from server.shopfront import Shop

SIGNALS = msgspec.json.Decoder(SignalsBody)
EXPOSURE = msgspec.json.Decoder(ExposureBody)
OUTCOME = msgspec.json.Decoder(OutcomeBody)

START = b'{"session_id":"s1",'

BAD_SIGNALS = [
    (START + b'"spec_hover":1}', "spec_hover", Kind.UNKNOWN_FIELD),
    (START + b'"spec_hover_ms":"14200"}', "spec_hover_ms", Kind.WRONG_TYPE),
    (START + b'"spec_hover_ms":1.5}', "spec_hover_ms", Kind.WRONG_TYPE),
    (START + b'"spec_hover_ms":true}', "spec_hover_ms", Kind.WRONG_TYPE),
    (START + b'"compare_tool_opened":1}', "compare_tool_opened", Kind.WRONG_TYPE),
    (START + b'"spec_hover_ms":-1}', "spec_hover_ms", Kind.OUT_OF_RANGE),
    (START + b'"visit_count":0}', "visit_count", Kind.OUT_OF_RANGE),
    (START + b'"spec_hover_ms":86400001}', "spec_hover_ms", Kind.OUT_OF_RANGE),
    (START + b'"spec_hover_ms":' + b"9" * 40 + b"}", "spec_hover_ms", Kind.OUT_OF_RANGE),
    (START + b'"scroll_speed_px_sec":1e400}', "scroll_speed_px_sec", Kind.OUT_OF_RANGE),
    (START + b'"max_scroll_depth_pct":100.1}', "max_scroll_depth_pct", Kind.OUT_OF_RANGE),
    (START + b'"scroll_speed_px_sec":NaN}', "scroll_speed_px_sec", Kind.MALFORMED),
    (START + b'"scroll_speed_px_sec":-Infinity}', "scroll_speed_px_sec", Kind.MALFORMED),
    (START + b'"spec_hover_ms":012}', "spec_hover_ms", Kind.MALFORMED),
    (b'{"session_id":"s\xff"}', "session_id", Kind.ENCODING),
    (b'\xff\xfe{"session_id":"s1"}', "body", Kind.MALFORMED),
    (START + b'"view":"\xc3\x28"}', "view", Kind.ENCODING),
    (b'{"session_id":"\\ud800"}', "session_id", Kind.MALFORMED),
    (b'{"session_id":""}', "session_id", Kind.OUT_OF_RANGE),
    (b'{"session_id":"' + b"s" * 201 + b'"}', "session_id", Kind.OUT_OF_RANGE),
    (START + b'"product_id":"a\\u0000b"}', "product_id", Kind.OUT_OF_RANGE),
    (START + b'"view":"a b"}', "view", Kind.OUT_OF_RANGE),
    (START + b'"decision_id":"../../x"}', "decision_id", Kind.OUT_OF_RANGE),
    (b'{"spec_hover_ms":1}', "session_id", Kind.MISSING_FIELD),
    (b"{}", "session_id", Kind.MISSING_FIELD),
    (START + b'"__proto__":{"admin":true}}', "__proto__", Kind.FORBIDDEN_NAME),
    (START + b'"constructor":1}', "constructor", Kind.FORBIDDEN_NAME),
    (START + b'"\\u005f_proto__":1}', "__proto__", Kind.FORBIDDEN_NAME),
    (START + b'"product_id":{"prototype":1}}', "prototype", Kind.FORBIDDEN_NAME),
    (START + b'"view":[{"a":{"__proto__":1}}]}', "__proto__", Kind.FORBIDDEN_NAME),
    (b"[]", "body", Kind.WRONG_TYPE),
    (b"null", "body", Kind.WRONG_TYPE),
    (b"", "body", Kind.MALFORMED),
    (b'{"session_id":"s1"', "session_id", Kind.MALFORMED),
    (b'{"session_id":"s1"} {}', "session_id", Kind.MALFORMED),
    (START + b'"view":' + b"[" * 4_000, "view", Kind.WRONG_TYPE),
    (START + b'"x":' + b"[" * 2_000 + b"]" * 2_000 + b"}", "x", Kind.UNKNOWN_FIELD),
]


@pytest.mark.parametrize(("body", "field", "kind"), BAD_SIGNALS)
def test_bad_signals_name_their_field(body: bytes, field: str, kind: Kind) -> None:
    with pytest.raises(Problem) as caught:
        decode(body, SIGNALS)
    problem = caught.value
    assert problem.status == HTTPStatus.BAD_REQUEST
    assert [complaint.field for complaint in problem.errors] == [field]
    assert problem.kind is kind
    assert all(complaint.problem and complaint.fix for complaint in problem.errors)


def test_the_fix_says_what_is_wanted() -> None:
    with pytest.raises(Problem) as caught:
        decode(START + b'"spec_hover_ms":-5}', SIGNALS)
    assert caught.value.errors[0].fix == "send int >= 0"
    with pytest.raises(Problem) as caught:
        decode(START + b'"kind":"bought"}', OUTCOME)
    assert caught.value.errors[0].fix == (
        "send one of clicked, converted, ignored, dismissed, bounced, returned"
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (START + b'"decision_id":"12345678","slots":[]}', "slots"),
        (START + b'"decision_id":"12345678","slots":["A B"]}', "slots[0]"),
        (START + b'"decision_id":"12345678","slots":["a",1]}', "slots[1]"),
        (START + b'"decision_id":"12345678","slots":"cta"}', "slots"),
        (START + b'"slots":["cta"]}', "decision_id"),
    ],
)
def test_bad_exposures_name_their_field(body: bytes, field: str) -> None:
    with pytest.raises(Problem) as caught:
        decode(body, EXPOSURE)
    assert caught.value.errors[0].field == field


@pytest.mark.parametrize("value", ["-1", "1e3", "NaN", "1.23456", "", "9" * 13])
def test_an_outcomes_value_is_a_plain_decimal(value: str) -> None:
    body = msgspec.json.encode({"session_id": "s1", "kind": "clicked", "value": value})
    with pytest.raises(Problem) as caught:
        decode(body, OUTCOME)
    assert caught.value.errors[0].field == "value"


@pytest.mark.parametrize(
    ("body", "field", "decoder"),
    [
        (START + b'"view":"abc\\n"}', "view", SIGNALS),
        (START + b'"product_id":"abc\\n"}', "product_id", SIGNALS),
        (START + b'"decision_id":"12345678\\n"}', "decision_id", SIGNALS),
        (START + b'"decision_id":"12345678","slots":["cta\\n"]}', "slots[0]", EXPOSURE),
        (START + b'"kind":"clicked","decision_id":"12345678\\n"}', "decision_id", OUTCOME),
        (START + b'"kind":"clicked","value":"1.5\\n"}', "value", OUTCOME),
        (START + b'"kind":"clicked","currency":"EUR\\n"}', "currency", OUTCOME),
        (START + b'"kind":"clicked","order_id":"o-1\\n"}', "order_id", OUTCOME),
    ],
)
def test_a_newline_at_the_end_belongs_to_the_value(
    body: bytes, field: str, decoder: "msgspec.json.Decoder[msgspec.Struct]"
) -> None:
    with pytest.raises(Problem) as caught:
        decode(body, decoder)
    assert [complaint.field for complaint in caught.value.errors] == [field]
    assert caught.value.kind is Kind.OUT_OF_RANGE
    assert "\n" not in caught.value.errors[0].fix
    decode(body.replace(b"\\n", b""), decoder)


def test_good_signals_are_read_and_absent_ones_are_missing() -> None:
    body = decode(START + b'"spec_hover_ms":14200,"scroll_speed_px_sec":180}', SIGNALS)
    signals = body.signals()
    assert (signals.spec_hover_ms, signals.scroll_speed_px_sec) == (14_200, 180.0)
    assert signals.review_dwell_ms is None


async def test_a_body_that_does_not_come_is_not_waited_for(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:  # F33
    monkeypatch.setattr(reading, "PATIENCE_S", 0.05)

    async def begun() -> AsyncIterator[bytes]:
        yield START
        await asyncio.Event().wait()

    headers = {"Content-Type": "text/plain"}
    answer = await shop.client.post("/v1/signals", data=begun(), headers=headers)
    assert answer.status == 408
    assert (await answer.json())["type"] == "/docs#problem-slow"
    answer.close()
    key = {"route": "/v1/signals", "field_kind": "slow"}
    assert shop.counted("saccade_rejected_total", **key) == 1


async def test_a_body_that_comes_in_pieces_is_read(shop: Shop) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (START, b'"spec_hover_ms":', b"14200}"):
            yield piece
            await asyncio.sleep(0.01)

    headers = {"Content-Type": "application/json"}
    answer = await shop.client.post("/v1/signals", data=pieces(), headers=headers)
    assert answer.status == 200
