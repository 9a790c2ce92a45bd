"""Who calls: the identity token, found, read and issued.

A token is ``{visitor}.{session}``, signed as ``{visitor}.{session}.{signature}`` where the site is
not open; a bare session is its own visitor. It is looked up in the header ``x-session-id``, then
the query parameter ``saccade_session``, then the cookie of that name.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from urllib.parse import unquote

from saccade.domain import Identity

HEADER = "x-session-id"
VIEW_HEADER = "x-saccade-view"
PARAMETER = "saccade_session"
VIEW_PARAMETER = "saccade_view"

_PART = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_ISSUED = re.compile(r"[0-9a-f]{32}\Z")
_PARTS_BARE, _PARTS_PAIR, _PARTS_SIGNED = 1, 2, 3


def _query_pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|&){name}=([^&]*)")


_QUERY = _query_pattern(PARAMETER)
_VIEW_QUERY = _query_pattern(VIEW_PARAMETER)
_COOKIE = re.compile(rf"(?:^|;)\s*{PARAMETER}=\"?([A-Za-z0-9_.-]*)")


def find(headers: Mapping[str, str], query: str, cookie: str) -> str | None:
    """The token as sent, or ``None``. ``query`` and ``cookie`` are raw."""
    found = headers.get(HEADER)
    if found:
        return found
    if match := _QUERY.search(query):
        return unquote(match[1])
    if match := _COOKIE.search(cookie):
        return match[1] or None
    return None


def find_view(headers: Mapping[str, str], query: str) -> str | None:
    """The page view's id, or ``None`` where none or no usable one is sent."""
    found = headers.get(VIEW_HEADER)
    if found is None and (match := _VIEW_QUERY.search(query)):
        found = unquote(match[1])
    return found if found and _PART.match(found) else None


def parse(token: str, secret: bytes | None, *, open_site: bool) -> Identity | None:
    """The identity a token stands for, or ``None`` where it is malformed or not signed as due.

    A signature that is present must be right, also on an open site.
    """
    parts = token.split(".")
    if len(parts) == _PARTS_SIGNED:
        visitor, session, signature = parts
        genuine = (
            secret is not None
            and _ISSUED.match(visitor)
            and _ISSUED.match(session)
            and hmac.compare_digest(signature.encode(), _sign(secret, visitor, session).encode())
        )
        return Identity(visitor, session) if genuine else None
    if not open_site or not all(_PART.match(part) for part in parts):
        return None
    if len(parts) == _PARTS_BARE:
        return Identity(parts[0], parts[0])
    return Identity(parts[0], parts[1]) if len(parts) == _PARTS_PAIR else None


def issue(secret: bytes | None, visitor: str | None = None) -> str:
    """A new token of 128-bit random ids, for a new or a returning ``visitor``."""
    visitor = visitor or secrets.token_hex(16)
    session = secrets.token_hex(16)
    if secret is None:
        return f"{visitor}.{session}"
    return f"{visitor}.{session}.{_sign(secret, visitor, session)}"


def _sign(secret: bytes, visitor: str, session: str) -> str:
    message = f"{visitor}.{session}".encode()
    return hmac.new(secret, message, hashlib.sha256).hexdigest()[:32]
