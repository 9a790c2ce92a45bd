"""Reading a body: under a cap, as the type it must have, with complaints that name the field."""

import asyncio
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar, cast

import msgspec
from aiohttp import web

from saccade_server.problems import Complaint, Kind, Problem, bad_field

BROWSER_CAP = 4_096
"""Bytes a browser may send in one body."""
PATIENCE_S = 5.0
"""How long a body may take to arrive (F33)."""

FORBIDDEN_NAMES = frozenset({"__proto__", "constructor", "prototype"})
JSON, TEXT = "application/json", "text/plain"

BodyT = TypeVar("BodyT")

_AT = re.compile(r" - at `\$\.?([^`]*)`$")
_FIELD = re.compile(r"(?:unknown|required) field `([^`]*)`")
_BYTE = re.compile(r"\(byte (\d+)\)")
_KEY = re.compile(rb'"([^"\\]{1,64})"\s*:')
_RANGE = (">=", "<=", "length", "out of range", "matching regex", "Invalid enum")


async def read_body(
    request: web.Request, decoder: "msgspec.json.Decoder[BodyT]", cap: int = BROWSER_CAP
) -> BodyT:
    """The decoded body. Raises `Problem`; no more than ``cap`` bytes and one chunk are kept."""
    uncompressed(request)
    if request.content_type not in {JSON, TEXT}:
        raise bad_field(
            "Content-Type",
            f"is neither {JSON} nor {TEXT}",
            f"send the header `Content-Type: {JSON}`",
            Kind.MEDIA_TYPE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        )
    if request.content.is_eof() and request.content.exception() is None:
        whole = request.content.read_nowait()  # as nearly always: nothing is waited for
        if len(whole) > cap:
            raise _too_large(cap)
        return decode(whole, decoder)
    return decode(await read_raw(request, cap), decoder)


def uncompressed(request: web.Request) -> None:
    """Raises `Problem` for a body that says it is not sent as it is."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise bad_field(
            "Content-Encoding",
            "is not identity",
            "send the body uncompressed",
            Kind.MEDIA_TYPE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        )


def _unnoticed(_size: int) -> None:
    pass


async def read_raw(
    request: web.Request, cap: int, seen: Callable[[int], None] = _unnoticed
) -> bytes:
    """The body as it was sent. Raises `Problem`; a length that is too much is refused unread.

    ``seen`` is told of the length the sender tells, then of all that has come, and may refuse it by
    an exception of its own.
    """
    told = request.content_length or 0
    if told > cap:
        raise _too_large(cap)
    seen(told)
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > cap:
                    raise _too_large(cap)
                seen(len(body))
    except TimeoutError:
        raise bad_field(
            "body",
            f"did not arrive within {PATIENCE_S:g} s",
            "send it at once",
            Kind.SLOW,
            HTTPStatus.REQUEST_TIMEOUT,
        ) from None
    return bytes(body)


def _too_large(cap: int) -> Problem:
    return bad_field(
        "body",
        f"is larger than {cap} bytes",
        "send less at a time",
        Kind.TOO_LARGE,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    )


def decode(body: bytes, decoder: "msgspec.json.Decoder[BodyT]") -> BodyT:
    """``body`` as its type. Raises `Problem` with the name of the field at fault."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _invalid(str(error), body, decoder.type) from None
    except msgspec.DecodeError as error:
        raise _malformed(str(error), body) from None
    except UnicodeDecodeError:
        field = _not_utf8(body)
        raise bad_field(field, "is not UTF-8", "encode the body as UTF-8", Kind.ENCODING) from None
    except RecursionError:
        raise bad_field(
            "body", "is nested too deeply", "send a flat object", Kind.MALFORMED
        ) from None


def convert(field: str, value: str | None, wanted: object) -> str | None:
    """A query parameter as the annotated text it must be. Raises `Problem`."""
    try:
        return None if value is None else msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        told = _wanted(str(error), field, None)
        raise bad_field(field, f"is not {told}", f"send {told}") from None


def _invalid(message: str, body: bytes, body_type: object) -> Problem:
    polluted = _forbidden(body)
    if polluted:
        return bad_field(polluted, "is a forbidden name", "remove it", Kind.FORBIDDEN_NAME)
    named, place = _FIELD.search(message), _AT.search(message)
    inside = f"{place[1]}." if place and place[1] else ""
    if named and "unknown" in message:
        return bad_field(
            inside + named[1][:64],
            "is not a known field",
            "remove it or correct its spelling",
            Kind.UNKNOWN_FIELD,
        )
    if named:
        return bad_field(inside + named[1], "is missing", "add it", Kind.MISSING_FIELD)
    field = place[1] if place and place[1] else "body"
    if message.startswith("Invalid value"):  # of a tag: which of several forms it is
        return bad_field(field, "is no kind known here", "see /docs for those", Kind.UNKNOWN_KIND)
    wanted = _wanted(_AT.sub("", message), field, body_type)
    kind = Kind.OUT_OF_RANGE if any(mark in message for mark in _RANGE) else Kind.WRONG_TYPE
    return bad_field(field, f"is not {wanted}", f"send {wanted}", kind)


def _wanted(expected: str, field: str, body_type: object) -> str:
    """``Expected `int | null` >= 0, got `str``` as ``int >= 0``; an enum as its values."""
    if expected.startswith("Invalid enum"):
        for known in msgspec.structs.fields(body_type):  # type: ignore[arg-type]  # always a struct here
            if known.name == field and isinstance(known.type, type):
                return "one of " + ", ".join(known.type)  # type: ignore[arg-type]  # an enum iterates
    told = expected.removeprefix("Expected ").split(", got ")[0]
    if told.endswith("out of range"):
        return "a number of ordinary size"
    return told.replace(" | null", "").replace("`", "")


def _malformed(message: str, body: bytes) -> Problem:
    """JSON that is none: NaN and Infinity too. The last key before the fault is named."""
    place = _BYTE.search(message)
    upto = body[: int(place[1])] if place else body
    keys = _KEY.findall(upto)
    field = keys[-1].decode("utf-8", "replace") if keys else "body"
    fault = Complaint(field, "is not JSON here", "send RFC 8259 JSON: no NaN, no Infinity")
    return Problem(
        HTTPStatus.BAD_REQUEST, Kind.MALFORMED, f"{field}: {message.rstrip('.')}", (fault,)
    )


def _not_utf8(body: bytes) -> str:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        keys = _KEY.findall(body[: error.start])
        return keys[-1].decode("utf-8", "replace") if keys else "body"
    return "body"


def _forbidden(body: bytes) -> str | None:
    """A forbidden name used as a key anywhere, however deep and however escaped."""
    try:
        waiting: list[object] = [msgspec.json.decode(body)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            members = cast("dict[str, object]", value)
            if found := FORBIDDEN_NAMES.intersection(members):
                return min(found)
            waiting.extend(members.values())
        elif isinstance(value, list):
            waiting.extend(cast("list[object]", value))
    return None
