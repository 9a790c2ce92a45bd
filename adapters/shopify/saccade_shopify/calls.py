"""Calls to Shopify off the page path: JSON to be answered, and files read from any byte on."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus

import httpx

from saccade.catalog import CatalogError
from saccade_gateway import calls
from saccade_gateway.calls import LIMIT, LONGEST_WAIT_S, Asked, Transport

__all__ = ["Asked", "Calls"]

ATTEMPTS = 5
_PATIENCE_S = 60.0
"""For a whole answer: a lease of tokens is not much longer."""


class Calls:
    """Makes them, each on a connection of its own."""

    def __init__(
        self,
        transport: Transport,
        *,
        attempts: int = ATTEMPTS,
        longest_wait_s: float = LONGEST_WAIT_S,
        limit: int = LIMIT,
    ) -> None:
        self._calls = calls.Calls(
            transport,
            platform="Shopify",
            attempts=attempts,
            longest_wait_s=longest_wait_s,
            limit=limit,
            patience_s=_PATIENCE_S,
        )

    async def post(self, url: str, said: object, headers: Mapping[str, str] | None = None) -> Asked:
        """The answer to JSON, whatever it says but 429 and 5xx. Raises `CatalogError`."""
        async with self._calls.session() as session:
            return await session.ask("POST", url, json=said, headers=headers)

    @asynccontextmanager
    async def stream(self, url: str, offset: int = 0) -> AsyncGenerator[httpx.Response]:
        """A file from a byte on, uncompressed, for the caller to bound. Raises `CatalogError`.

        A storage that knows no ranges answers 200, and sends it all.
        """
        headers = {"Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        async with self._calls.session() as session, session.stream(url, headers) as response:
            if response.status_code not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
                raise CatalogError(f"Shopify's file answered {response.status_code}")
            yield response
