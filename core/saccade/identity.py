"""Who calls: the identity token, found, read and issued.

A token is ``{visitor}.{session}``, signed as ``{visitor}.{session}.{signature}`` where the site is
not open; a bare session is its own visitor. It is looked up in the header ``x-session-id``, then
the query parameter ``saccade_session``, then the cookie of that name; what has not the form of a
token is passed over.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator, Mapping
from itertools import chain
from urllib.parse import unquote

from saccade.domain import Identity

HEADER = "x-session-id"
VIEW_HEADER = "x-saccade-view"
PARAMETER = "saccade_session"
VIEW_PARAMETER = "saccade_view"
PREVIEW_HEADER = "x-saccade-preview"
PREVIEW_PARAMETER = "saccade_preview"

_PART = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_ISSUED = re.compile(r"[0-9a-f]{32}\Z")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}(?:\.[A-Za-z0-9_-]{1,64}){0,2}\Z")
_PARTS_BARE, _PARTS_PAIR, _PARTS_SIGNED = 1, 2, 3


def _query_pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|&){name}=([^&]*)")


_QUERY = _query_pattern(PARAMETER)
_VIEW_QUERY = _query_pattern(VIEW_PARAMETER)
_PREVIEW_QUERY = _query_pattern(PREVIEW_PARAMETER)
_MOST_PREVIEW = 1_024
_COOKIE = re.compile(rf"(?:^|;)\s*{PARAMETER}=([^;]*)")


def find(headers: Mapping[str, str], query: str, cookie: str) -> str | None:
    """The first that may be a token, or ``None``. ``query`` and ``cookie`` are raw.

    Several Cookie headers are given as one, joined by ``;``.
    """
    header = headers.get(HEADER)
    if header and _TOKEN.match(header):
        return header
    cookies = (match[1].strip(" \t").strip('"') for match in _COOKIE.finditer(cookie))
    places = chain(_said(_QUERY, query), cookies)
    return next((found for found in places if _TOKEN.match(found)), None)


def find_view(headers: Mapping[str, str], query: str) -> str | None:
    """The page view's id, or ``None`` where none or no usable one is sent."""
    header = headers.get(VIEW_HEADER)
    if header and _PART.match(header):
        return header
    return next((found for found in _said(_VIEW_QUERY, query) if _PART.match(found)), None)


def find_preview(headers: Mapping[str, str], query: str) -> str | None:
    """What may be a preview's token, or ``None``, as nearly always."""
    header = headers.get(PREVIEW_HEADER)
    if header is None and PREVIEW_PARAMETER not in query:
        return None
    found = header or next(_said(_PREVIEW_QUERY, query), None)
    return found if found and len(found) <= _MOST_PREVIEW else None


def _said(parameter: re.Pattern[str], query: str) -> Iterator[str]:
    """What a parameter says, each time it stands in the query."""
    for match in parameter.finditer(query):
        yield unquote(match[1])


def parse(token: str, secret: bytes | None, *, open_site: bool) -> Identity | None:
    """The identity a token stands for, or ``None`` where it is malformed or not signed as due.

    A signature that is present must be right, also on an open site. Any string may be given: it
    is matched against the issued form before anything is made of it.
    """
    parts = token.split(".")
    if len(parts) == _PARTS_SIGNED:
        visitor, session, signature = parts
        genuine = (
            secret is not None
            and _ISSUED.match(visitor)
            and _ISSUED.match(session)
            and _ISSUED.match(signature)
            and hmac.compare_digest(signature, _sign(secret, visitor, session))
        )
        return Identity(visitor, session) if genuine else None
    if not open_site or not all(_PART.match(part) for part in parts):
        return None
    if len(parts) == _PARTS_BARE:
        return Identity(parts[0], parts[0])
    return Identity(parts[0], parts[1]) if len(parts) == _PARTS_PAIR else None


def issue(secret: bytes | None, visitor: str | None = None, session: str | None = None) -> str:
    """A new token of 128-bit random ids, for a new or a returning ``visitor``.

    ``session`` names one that goes on under another visitor.
    """
    visitor = visitor or secrets.token_hex(16)
    session = session or secrets.token_hex(16)
    if secret is None:
        return f"{visitor}.{session}"
    return f"{visitor}.{session}.{_sign(secret, visitor, session)}"


def _sign(secret: bytes, visitor: str, session: str) -> str:
    message = f"{visitor}.{session}".encode()
    return hmac.new(secret, message, hashlib.sha256).hexdigest()[:32]
