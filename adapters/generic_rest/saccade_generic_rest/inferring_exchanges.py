"""What a mapping is guessed from: calls and their answers, of an OpenAPI document or of samples.

A sample is a JSON file of one recorded call, or a list of them: ``{"call": "GET /items?page=1",
"headers": {…}, "body": …}``, the headers those of the answer.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qsl, quote

from saccade.ports import Call
from saccade.strict import ConfigurationError
from saccade_generic_rest.inferring_files import loaded
from saccade_generic_rest.paths import Json, rows, table

DEEPEST = 12
PARAMETER = re.compile(r"\{[^}]*\}")

_SECRET = re.compile(
    r"^[^=]*(?:key|token|secret|passw|signature|sig|auth|session|email)[^=]*=", re.IGNORECASE
)
_OF_A_CALL = "/?%:@!$&'()*+,;=~[]"
"""What stands in a call as it is; all else is encoded, as a browser shows it decoded."""
_VERSION = re.compile(r"v[0-9.]+")
_ACCEPTED = range(200, 300)
_FORM = 'write {"call": "GET /items?page=1", "headers": {}, "body": {…}}, or a list of such'


class MadeUpText(str):
    """A value of a schema without an example: its type is told, and nothing else."""

    __slots__ = ()


class MadeUpInteger(int):
    """As `MadeUpText`."""

    __slots__ = ()


class MadeUpNumber(float):
    """As `MadeUpText`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call and its answer."""

    method: str
    path: str
    """Its parameters in braces."""
    body: Json
    query: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """Parameters it may have, with a value where one is known."""
    link: str = ""
    target: str = ""
    """Path and query as it was called, without secrets; empty of what a document describes."""
    status: int = 200


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of a platform."""

    exchanges: Sequence[Exchange]
    url: str = ""
    """Its origin, where the evidence says it."""
    auth: Sequence[str] = ()
    """Kinds of `authentication` that fit, with a header's name behind a colon."""


def of_samples(paths: Sequence[Path]) -> Evidence:
    """A call that was not answered with 2xx says nothing. Raises `ConfigurationError`."""
    found = [_exchange(path, said) for path in paths for said in _said(path)]
    accepted = [one for one in found if one.status in _ACCEPTED]
    return Evidence(_alike(_templated(accepted)))


def joined(described: Evidence, recorded: Evidence) -> Evidence:
    """A document's calls, those that were recorded with what was really answered."""
    known = list(described.exchanges)
    added: list[Exchange] = []
    for one in recorded.exchanges:
        at = next((at for at, other in enumerate(known) if _is_of(other, one)), None)
        if at is None or known[at].target:
            added.append(one if at is None else replace(one, path=known[at].path))
        else:
            query = {**known[at].query, **one.query}
            known[at] = replace(one, path=known[at].path, query=query)
    return replace(described, exchanges=(*known, *added))


def made_up(value: Json) -> bool:
    """Whether it, or aught in it, is no platform's own value."""
    if isinstance(value, (MadeUpText, MadeUpInteger, MadeUpNumber)):
        return True
    named, listed = table(value), rows(value)
    return any(made_up(one) for one in (*(named or {}).values(), *(listed or ())))


def _said(path: Path) -> Sequence[Json]:
    found = loaded(path)
    listed = rows(found)
    if listed is None:
        return [found]
    if not listed:
        raise ConfigurationError(str(path), "file", "holds no call", _FORM)
    return listed


def _exchange(path: Path, said: Json) -> Exchange:
    one = table(said) or {}
    call, status = one.get("call"), one.get("status", 200)
    method, _, target = call.partition(" ") if isinstance(call, str) else ("", "", "")
    if not target.startswith("/"):
        openapi = "openapi" in one or "swagger" in one
        fix = "this is an OpenAPI document: name it with --openapi" if openapi else _FORM
        raise ConfigurationError(str(path), "call", "is missing, or no call", fix)
    place, _, query = quote(target.partition("#")[0], safe=_OF_A_CALL).partition("?")
    told = table(one.get("headers")) or {}
    headers = {name.lower(): str(value) for name, value in told.items()}
    return Exchange(
        method,
        place,
        one.get("body"),
        dict(parse_qsl(query, keep_blank_values=True)),
        headers.get("link", ""),
        _without_secrets(place, query),
        status if isinstance(status, int) else 200,
    )


def _without_secrets(path: str, query: str) -> str:
    """A call that may be kept in a file."""
    kept = "&".join(one for one in query.split("&") if one and not _SECRET.search(one))
    return f"{path}?{kept}" if kept else path


def _is_of(described: Exchange, recorded: Exchange) -> bool:
    """Whether a recorded call is one of those that a template stands for."""
    path = recorded.target.partition("?")[0].rstrip("/").split("/")
    form = described.path.rstrip("/").split("/")
    alike = len(path) == len(form) and all(
        one == other or PARAMETER.fullmatch(other) for one, other in zip(path, form, strict=True)
    )
    return described.method == recorded.method and alike


def _templated(exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
    """Segments that are a list's values become ``{id}``, as an OpenAPI document has them."""
    values = {
        str(value)
        for exchange in exchanges
        for value in _scalars(exchange.body, 0)
        if isinstance(value, (str, int)) and not isinstance(value, bool)
    }

    shared = _shared([one.path.split("/") for one in exchanges])
    folders = {one.path.rstrip("/") for one in exchanges if one.method == "GET"}

    def template(one: Exchange) -> str:
        segments = one.path.split("/")
        names = [
            at >= shared
            and _names_one(
                segment,
                told=bool(segment) and segment in values,
                listed="/".join(segments[:at]) in folders,
                changes=one.method != "GET",
            )
            for at, segment in enumerate(segments)
        ]
        return "/".join(
            "{id}" if name else segment for segment, name in zip(segments, names, strict=True)
        )

    return tuple(replace(one, path=template(one)) for one in exchanges)


def _alike(exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
    """Each with the parameters that the same call was recorded with anywhere."""
    known: dict[tuple[str, str], dict[str, Json]] = {}
    for one in exchanges:
        query = known.setdefault((one.method, one.path), {})
        query.update({name: value for name, value in one.query.items() if name not in query})
    return tuple(replace(one, query=known[one.method, one.path]) for one in exchanges)


def _names_one(segment: str, *, told: bool, listed: bool, changes: bool) -> bool:
    """Whether a segment is a thing's id.

    Some answer says it, and it looks like one or stands behind a list; or a call changes something,
    for nobody lists carts.
    """
    if told and (listed or re.search(r"\d|-", segment)):
        return True
    return changes and bool(re.search(r"\d", segment)) and not _VERSION.fullmatch(segment)


def _shared(paths: Sequence[Sequence[str]]) -> int:
    """How many segments all calls begin with: of several calls these name a shop, no product."""
    if len({tuple(path) for path in paths}) == 1:
        return 0
    ways = zip(*paths, strict=False)
    alike = min((len(path) for path in paths), default=0)
    return next((at for at, way in enumerate(ways) if len(set(way)) > 1), alike)


def _scalars(value: Json, depth: int) -> Iterator[Json]:
    named, listed = table(value), rows(value)
    if named is None and listed is None:
        yield value
    elif depth < DEEPEST:
        for one in (*(named or {}).values(), *(listed or ())[:100]):
            yield from _scalars(one, depth + 1)


def as_call(one: Exchange) -> Call:
    """As the gateway would get it; a document's, with its parameters in braces."""
    return Call("", one.method, one.target.partition("?")[0] or one.path, "", {})
