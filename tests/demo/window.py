"""What the fixtures of this folder hand to a test."""

from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Page


@dataclass
class Shopfront:
    """The shop, and behind it OCC on the same origin. What it serves can be changed at any time."""

    url: str = ""
    tracker: bool = False
    """Whether ``/tracker.js`` is there: the built file, with signals taken and answered 204."""
    block: bytes | None = None
    """Spliced into product answers under ``saccade``, as the gateway does."""
    signals: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


@dataclass
class Browser:
    """One page in Chromium, and everything it complained about."""

    page: Page
    complaints: list[str]
