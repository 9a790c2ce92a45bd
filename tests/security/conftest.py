"""Parts of other suites: the tracker's page for attacks that need a browser, and logging."""

from server.conftest import logging_restored
from tracker.conftest import context, page, stand

__all__ = ["context", "logging_restored", "page", "stand"]
