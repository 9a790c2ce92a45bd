"""A storefront that knows OCC's description and nothing of us, and what passes on its wire."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, Self

import httpx

DESCRIPTION = Path(__file__).with_name("occ.openapi.json")
PACKAGE = "generated_occ_client"
AGENT = "a storefront of somebody else's"
SESSION = "a-shopper-of-the-storefront"

OPERATIONS: Mapping[str, str] = {
    str(operation["operationId"]): str(operation["tags"][0])
    for path in json.loads(DESCRIPTION.read_text("utf-8"))["paths"].values()
    for operation in path.values()
}
"""Every operation of the description, and the folder its function is generated into."""

Pairs = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call as it stood on the wire."""

    method: str
    target: bytes
    sent: Pairs
    body: bytes
    status: int
    headers: Pairs
    content: bytes

    @property
    def call(self) -> tuple[str, bytes, Pairs, bytes]:
        """What was asked, wherever it went."""
        sent = tuple((name, value) for name, value in self.sent if name != b"host")
        return self.method, self.target, sent, self.body


@dataclass(slots=True)
class Wiretap(httpx.AsyncBaseTransport):
    """Sends, and keeps what passed, byte for byte."""

    heard: list[Exchange] = field(default_factory=list[Exchange])
    line: httpx.AsyncHTTPTransport = field(
        default_factory=partial(httpx.AsyncHTTPTransport, trust_env=False)
    )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        answer = await self.line.handle_async_request(request)
        raw = await httpx.Response(200, stream=answer.stream).aread()
        await answer.aclose()
        self.heard.append(
            Exchange(
                request.method,
                request.url.raw_path,
                tuple((name.lower(), value) for name, value in request.headers.raw),
                body,
                answer.status_code,
                tuple((name.lower(), value) for name, value in answer.headers.raw),
                raw,
            )
        )
        return httpx.Response(
            answer.status_code, headers=answer.headers, stream=httpx.ByteStream(raw)
        )

    async def aclose(self) -> None:
        await self.line.aclose()


@dataclass(frozen=True, slots=True)
class Step:
    """One call of the storefront: an operation with its arguments, or a plain path."""

    operation: str
    arguments: tuple[tuple[str, Any], ...] = ()
    """Any: as the generated function takes them."""
    who: str = "shopper"
    """``shopper`` has the session cookie, ``nobody`` none, ``expired`` a stale token."""
    accept: str = ""
    """Sent with a plain path."""


class Answer(Protocol):
    """What the generated functions return."""

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    parsed: Any
    """Any: the model of this answer, from a package that is not there before it is generated."""


class Storefront:
    """The generated client against one address."""

    def __init__(self, url: str) -> None:
        package = import_module(f"{PACKAGE}.client")
        self.wire = Wiretap()
        options = {
            "base_url": url,
            "headers": {"User-Agent": AGENT},
            "httpx_args": {"transport": self.wire, "trust_env": False},
        }
        self._clients = {
            "shopper": package.Client(**options, cookies={"saccade_session": SESSION}),
            "nobody": package.Client(**options),
            "expired": package.AuthenticatedClient(**options, token="stale"),  # noqa: S106 - stale
        }

    @property
    def heard(self) -> Sequence[Exchange]:
        """Every call so far."""
        return self.wire.heard

    async def take(self, step: Step) -> tuple[Exchange, Any]:
        """Do one step; what passed, and the model made of the answer (Any: as above)."""
        client = self._clients[step.who]
        if step.operation in OPERATIONS:
            function = _function(step.operation)
            answer: Answer = await function(client=client, **dict(step.arguments))
            return self.wire.heard[-1], answer.parsed
        method, _, target = step.operation.partition(" ")
        await client.get_async_httpx_client().request(
            method, target, headers={"Accept": step.accept} if step.accept else None
        )
        return self.wire.heard[-1], None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.wire.aclose()


def _function(operation: str) -> Any:  # Any: a function of a package generated meanwhile
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation)
    return import_module(f"{PACKAGE}.api.{OPERATIONS[operation]}.{snake}").asyncio_detailed


def model(name: str, **values: Any) -> Any:
    """A document of the description, to be sent. Any: as `Answer.parsed`."""
    return getattr(import_module(f"{PACKAGE}.models"), name)(**values)
