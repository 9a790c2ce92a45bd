"""Raw query surgery: our own parameters out, every other byte as it came."""

import re
from collections.abc import Container
from urllib.parse import unquote

SITE = "site"
_OURS = frozenset({"saccade_session", "saccade_view", "saccade_preview"})
_MAYBE_OURS = re.compile(r"(?:^|&)(?:saccade_|site=|[^=&]*%)")


def site_key(query: str) -> str | None:
    """The value of ``site``, which may name a tenant, or mean something to the platform."""
    if SITE not in query:
        return None
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name == SITE:
            return unquote(value)
    return None


def without_ours(query: str, site_keys: Container[str]) -> str:
    """The query without our parameters; ``site`` is ours only where it names a tenant."""
    if not _MAYBE_OURS.search(query):
        return query
    return "&".join(part for part in query.split("&") if not _is_ours(part, site_keys))


def _is_ours(part: str, site_keys: Container[str]) -> bool:
    name, _, value = part.partition("=")
    if "%" in name:
        name = unquote(name)
    return name in _OURS or (name == SITE and unquote(value) in site_keys)
