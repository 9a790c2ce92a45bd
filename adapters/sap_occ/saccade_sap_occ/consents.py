"""The consents an anonymous shopper carries with each call, decoded defensively."""

from functools import lru_cache
from urllib.parse import unquote

import msgspec

_KEPT_LENGTH = 2_048
"""Characters of a header whose meaning is remembered; front ends send the same one again."""


class _Consent(msgspec.Struct, rename="camel"):
    template_code: str
    template_version: int | None = None
    consent_state: str | None = None


_list = msgspec.json.Decoder(list[_Consent])


def given(header: str | None, template: str) -> bool | None:
    """The shopper's answer by ``X-Anonymous-Consents``: URI-encoded JSON, one entry a template.

    ``None`` where it says nothing of ``template``. What cannot be read is a no.
    """
    if header is None:
        return None
    if len(header) > _KEPT_LENGTH:
        return _read(header, template)
    return _remembered(header, template)


def _read(header: str, template: str) -> bool | None:
    try:
        consents = _list.decode(unquote(header, errors="strict"))
    except (ValueError, RecursionError):  # msgspec's errors and bad UTF-8 are ValueErrors
        return False
    mine = [consent for consent in consents if consent.template_code == template]
    if not mine:
        return None
    newest = max(mine, key=lambda consent: consent.template_version or 0)
    if newest.consent_state is None:
        return None
    return newest.consent_state == "GIVEN"


_remembered = lru_cache(maxsize=1_024)(_read)
