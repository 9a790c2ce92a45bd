"""An app as its developer registered it: read from the same ``shopify.app.toml`` Shopify reads."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COMPLIANCE = ("customers/data_request", "customers/redact", "shop/redact")


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where deliveries of a topic go. ``id`` is that of one made by the Admin API.

    ``events`` is the successor's family of headers; its body holds what ``query`` answers.
    """

    topic: str
    uri: str
    name: str = ""
    id: int | None = None
    events: bool = False
    actions: tuple[str, ...] = ()
    query: str = ""


@dataclass(frozen=True, slots=True)
class App:
    """``secret`` is the newest; while it rotates, deliveries may still be signed by an older."""

    client_id: str
    secret: str
    url: str
    """Of its page in the admin; paths of subscriptions are below its origin."""
    redirects: tuple[str, ...]
    scopes: tuple[str, ...]
    subscriptions: tuple[Subscription, ...] = ()
    api_version: str = "2026-10"
    proxy: str = ""
    """What the app proxy forwards to."""
    pixel: tuple[str, ...] | None = None
    """Settings its web pixel extension declares; ``None`` where it has no such extension."""
    number: int = 250_000_000_001


def read_app(text: str, client_id: str, secret: str, origin: str, pixel: str = "") -> App:
    """The app a ``shopify.app.toml`` tells, with its addresses moved to ``origin``.

    ``pixel`` is the ``shopify.extension.toml`` of its web pixel, where it has one.
    """
    told = tomllib.loads(text)
    declared = tomllib.loads(pixel).get("settings", {}).get("fields", {})
    webhooks = told.get("webhooks", {})
    return App(
        client_id=client_id,
        secret=secret,
        url=_moved(told.get("application_url", "/"), origin),
        redirects=tuple(
            _moved(one, origin) for one in told.get("auth", {}).get("redirect_urls", ())
        ),
        scopes=tuple(
            scope.strip()
            for scope in told.get("access_scopes", {}).get("scopes", "").split(",")
            if scope.strip()
        ),
        subscriptions=tuple(
            one
            for table in webhooks.get("subscriptions", ())
            for one in _subscriptions(table, origin)
        )
        + tuple(
            one
            for table in told.get("events", {}).get("subscription", ())
            for one in _events(table, origin)
        ),
        api_version=webhooks.get("api_version", "2026-10"),
        proxy=_moved(told.get("app_proxy", {}).get("url", "/"), origin),
        pixel=tuple(declared) if pixel else None,
    )


def _subscriptions(table: Mapping[str, Any], origin: str) -> list[Subscription]:
    topics = (*table.get("topics", ()), *table.get("compliance_topics", ()))
    uri = _moved(table["uri"], origin)
    return [Subscription(topic, uri, table.get("name", "")) for topic in topics]


def _events(table: Mapping[str, Any], origin: str) -> list[Subscription]:
    return [
        Subscription(
            table["topic"],
            _moved(table["uri"], origin),
            table.get("handle", ""),
            events=True,
            actions=tuple(table.get("actions", ())),
            query=table.get("query", ""),
        )
    ]


def _moved(url: str, origin: str) -> str:
    """The same path at another origin."""
    path = url.partition("://")[2]
    return origin + ("/" + path.partition("/")[2] if path else url)
