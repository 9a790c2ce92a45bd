"""Parts of other suites: the tracker's page for attacks that need a browser, a served shop, and
logging."""

from server.conftest import laptop, logging_restored, serve
from tracker.conftest import context, page, stand

__all__ = ["context", "laptop", "logging_restored", "page", "serve", "stand"]
