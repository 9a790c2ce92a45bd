"""Logs: a canary in every place a shopper's words can get to is found in no output."""

import io
import json
import logging

import pytest
import structlog

from saccade_server import logs

CANARY = "canary-7f3a"
HEX = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def out(logging_restored: None) -> io.StringIO:  # noqa: ARG001 - a fixture for its effect
    stream = io.StringIO()
    logs.configure("json", "debug", stream)
    return stream


def lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_only_declared_fields_pass(out: io.StringIO) -> None:
    structlog.get_logger().info(
        "signals_taken", tenant="lab", session_id=CANARY, headers={"cookie": CANARY}
    )
    (line,) = lines(out)
    assert line["tenant"] == "lab"
    assert line["withheld"] == "headers,session_id"
    assert CANARY not in out.getvalue()


def test_an_event_with_something_put_in_is_not_told(out: io.StringIO) -> None:
    structlog.get_logger().info(f"session {CANARY} came")
    assert lines(out)[0]["event"] == "unnamed_event"
    assert CANARY not in out.getvalue()


def test_an_exception_is_told_without_its_message(out: io.StringIO) -> None:
    try:
        int(CANARY)
    except ValueError as error:
        structlog.get_logger().error("request_failed", exc_info=error)
        structlog.get_logger().exception("request_failed")
        logging.getLogger("aiohttp.server").exception("Error handling %s", CANARY)
    assert [line["error"] for line in lines(out)] == ["ValueError"] * 3
    assert all("test_logs.py" in str(line["frames"]) for line in lines(out))
    assert CANARY not in out.getvalue()


def test_libraries_are_named_and_not_quoted(out: io.StringIO) -> None:
    logging.getLogger("aiohttp.server").error(f"bad request from {CANARY}")  # noqa: G004 - as libraries do
    logging.getLogger("saccade_gateway.exchange").error("not merged: %s", CANARY)
    library, ours = lines(out)
    assert library["logger"] == "aiohttp.server"
    assert "text" not in library
    assert ours["text"] == "not merged: %s"
    assert CANARY not in out.getvalue()


def test_ids_and_addresses_in_a_declared_field_are_cut_out(out: io.StringIO) -> None:
    structlog.get_logger().info("part_down", part=f"{HEX} of ann@shop.example")
    assert lines(out)[0]["part"] == "… of …"


@pytest.mark.usefixtures("logging_restored")
def test_console_lines_are_as_strict() -> None:
    stream = io.StringIO()
    logs.configure("console", "info", stream)
    structlog.get_logger().info("signals_taken", tenant="lab", session=CANARY)
    assert "signals_taken" in stream.getvalue()
    assert CANARY not in stream.getvalue()
