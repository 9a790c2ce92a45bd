"""A bulk operation: a query over all products, run by Shopify aside, read as lines (Shopify 18).

Its result stays for a week and is read from any byte on, so that a walk goes on where it stopped.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from http import HTTPStatus
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from saccade.catalog import CatalogError
from saccade_gateway.calls import AgainError
from saccade_shopify.calls import Calls
from saccade_shopify.graphql import Graphql
from saccade_shopify.nodes import FIELDS, VARIANT, Line

PREFIX = "gid://shopify/BulkOperation/"
LONGEST_LINE = 1_048_576
PAGE_BYTES = 4_194_304
"""A page ends at the product after so many."""
BREATH = 100
"""Lines read before shoppers have their turn."""
BREAKS = 5
"""Of a connection, without a line between them, after which a file is given up."""

PRODUCTS = (
    '{ products(query: "status:active") { edges { node { '
    f"{FIELDS} variants {{ edges {{ node {{ {VARIANT} }} }} }} }} }} }} }}"
)
_RUN = (
    "mutation run($query: String!) { bulkOperationRunQuery(query: $query, groupObjects: true) "
    "{ bulkOperation { id } userErrors { code } } }"
)
_LOOK = (
    "query look($id: ID!) { node(id: $id) { ... on BulkOperation "
    "{ id status errorCode rootObjectCount url } } }"
)


_T = TypeVar("_T")


class Operation(msgspec.Struct, rename="camel"):
    """As Shopify tells of it."""

    id: str | None = None
    status: str = ""
    error_code: str | None = None
    root_object_count: str | int | None = None
    url: str | None = None

    @property
    def products(self) -> int:
        """So far."""
        said = str(self.root_object_count or 0)
        return int(said) if said.isdecimal() else 0


class _UserError(msgspec.Struct):
    code: str | None = None


class _Run(msgspec.Struct, rename="camel"):
    bulk_operation: Operation | None = None
    user_errors: tuple[_UserError, ...] = ()


class _Begun(msgspec.Struct, rename="camel"):
    bulk_operation_run_query: _Run | None = None


class _Looked(msgspec.Struct):
    node: Operation | None = None


class Part(NamedTuple):
    """Some lines, and the byte after them; ``None`` at the end of the file."""

    lines: tuple[Line, ...]
    unreadable: int
    offset: int | None


class BulkOperations:
    """Of one shop."""

    def __init__(self, graphql: Graphql, calls: Calls, *, clear: bool) -> None:
        self._graphql = graphql
        self._calls = calls
        self._schemes = {"https", "http"} if clear else {"https"}

    async def begin(self, query: str = PRODUCTS) -> str:
        """The number of a new operation. Raises `CatalogError`."""
        begun = await self._graphql.ask(_RUN, {"query": query}, _Begun)
        run = begun.bulk_operation_run_query or _Run()
        name = run.bulk_operation.id if run.bulk_operation else None
        if name is None or run.user_errors:
            codes = ", ".join(one.code or "UNKNOWN" for one in run.user_errors)
            raise CatalogError(f"Shopify runs no bulk query now ({codes})", after_s=60.0)
        return name.removeprefix(PREFIX)

    async def look(self, number: str) -> Operation | None:
        """How it does; ``None`` where it is not known any more. Raises `CatalogError`."""
        return (await self._graphql.ask(_LOOK, {"id": f"{PREFIX}{number}"}, _Looked)).node

    async def read(self, url: str, offset: int, products: int) -> Part:
        """The lines of so many products from a byte on. Raises `CatalogError`.

        No token goes with it: the address is a storage's, and carries its own right.
        """
        self._refuse_in_clear(url)
        lines: list[Line] = []
        count = unreadable = 0
        begun = offset
        async with self._calls.stream(url, offset) as response:
            async for raw in _lines(response, offset):
                line = _line(raw)
                if line is None:
                    unreadable += 1
                elif line.parent is None:
                    if count >= products or (count and offset - begun > PAGE_BYTES):
                        return Part(tuple(lines), unreadable, offset)
                    count += 1
                    lines.append(line)
                else:
                    lines.append(line)
                offset += len(raw)
        return Part(tuple(lines), unreadable, None)

    async def rows(self, url: str) -> AsyncGenerator[bytes]:
        """Every line of a file, gone on with at its byte where a connection breaks off.

        Close it (`contextlib.aclosing`) where it is not read to its end. Raises `CatalogError`.
        """
        self._refuse_in_clear(url)
        offset, tries = 0, 0
        while True:
            try:
                async with self._calls.stream(url, offset) as response:
                    async for raw in _lines(response, offset):
                        offset, tries = offset + len(raw), 0
                        yield raw
            except AgainError:
                tries += 1
                if tries >= BREAKS:
                    raise
            else:
                return

    def _refuse_in_clear(self, url: str) -> None:
        if urlsplit(url).scheme not in self._schemes:
            raise CatalogError("Shopify's file is not behind https")


async def decoded(rows: AsyncIterable[bytes], kind: type[_T]) -> AsyncIterator[_T]:
    """Lines as ``kind``, without those that cannot be read; shoppers have their turn between."""
    number = 0
    async for raw in rows:
        number += 1
        if number % BREATH == 0:
            await asyncio.sleep(0)
        try:
            line = msgspec.json.decode(raw, type=kind)
        except (ValueError, RecursionError):
            continue
        yield line


async def _lines(response: httpx.Response, offset: int) -> AsyncIterator[bytes]:
    """With their ends. A storage that knows no ranges sends what was read before once more."""
    before = offset if response.status_code == HTTPStatus.OK else 0
    held = bytearray()
    async for chunk in response.aiter_raw():
        if before >= len(chunk):
            before -= len(chunk)
            continue
        held += chunk[before:]
        before = 0
        start = 0
        while (end := held.find(b"\n", start)) >= 0:
            yield bytes(held[start : end + 1])
            start = end + 1
        del held[:start]
        if len(held) > LONGEST_LINE:
            raise CatalogError("a line of Shopify's file is too long")
    if held:
        yield bytes(held)


def _line(raw: bytes) -> Line | None:
    try:
        return msgspec.json.decode(raw, type=Line)
    except (ValueError, RecursionError):
        return None
