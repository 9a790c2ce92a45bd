"""A tenant's keys in ``keys.toml`` beside its ``tenant.toml``: made, rotated, revoked.

Two kinds: ``site``, public, named by pages; ``server``, secret, sent by the tenant's own servers,
of which only a hash is kept. The key in ``tenant.toml`` and the one derived of the master secret
are good beside them until they stand here with an end.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from pydantic import AwareDatetime, Field, ValidationError

from saccade.tenants import ConfigurationError, Strict, explained, read_toml

FILE = "keys.toml"
DERIVED = "derived"
"""Id of the server key that `keys.server_key` derives."""

_HEADER = "# Written by `saccade tenant key`. Server keys stand here as SHA-256 only.\n"


class KeyKind(StrEnum):
    """Who brings it."""

    SITE = "site"
    SERVER = "server"


class Key(Strict):
    """One key. ``key`` of a site key is itself, of a server key its SHA-256."""

    id: str = Field(pattern=r"^[a-z0-9-]{1,32}$")
    kind: KeyKind
    key: str = Field(max_length=64, pattern=r"^[A-Za-z0-9_-]*$")
    made: AwareDatetime
    until: AwareDatetime | None = None

    def good(self, now: datetime) -> bool:
        """Whether it is taken at this time."""
        return self.until is None or now < self.until


class Keys(Strict):
    """All that were ever made, the ended among them: an end says of any key that it is over."""

    key: tuple[Key, ...] = ()

    def takes_site(self, sent: str, now: datetime) -> bool:
        """Whether a public key, of the file or of ``tenant.toml``, is not over."""
        return all(one.good(now) for one in self.key if one.key == sent)

    def takes_derived(self, now: datetime) -> bool:
        """Whether the derived server key is not over."""
        return all(one.good(now) for one in self.key if one.id == DERIVED)

    def takes_server(self, sent: str, now: datetime) -> bool:
        """Whether a server key of the file is this one and good. Constant time for each."""
        digest = digested(sent)
        found = False
        for one in self.key:
            if one.kind is KeyKind.SERVER and one.id != DERIVED:
                found |= hmac.compare_digest(one.key, digest) and one.good(now)
        return found

    @property
    def site_keys(self) -> tuple[str, ...]:
        """Public keys, the ended among them."""
        return tuple(one.key for one in self.key if one.kind is KeyKind.SITE)


NO_KEYS = Keys()


def digested(key: str) -> str:
    """As a server key is kept. It is random, so no salt is wanted."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def read_keys(folder: Path) -> Keys:
    """Those of one tenant's folder. Raises `ConfigurationError`."""
    path = folder / FILE
    if not path.exists():
        return NO_KEYS
    try:
        return Keys.model_validate(read_toml(path))
    except ValidationError as error:
        raise explained(path, error) from None


def create(folder: Path, kind: KeyKind, now: datetime) -> tuple[Key, str]:
    """A new key and what it is: of a server key this is told once."""
    plain = secrets.token_urlsafe(16 if kind is KeyKind.SITE else 32)
    kept = plain if kind is KeyKind.SITE else digested(plain)
    key = Key(id=f"{kind}-{secrets.token_hex(3)}", kind=kind, key=kept, made=now)
    _change(folder, lambda keys: [*keys, key])
    return key, plain


def rotate(
    folder: Path, kind: KeyKind, first: Key, overlap: timedelta, now: datetime
) -> tuple[Key, str]:
    """A new key; every other of its kind, ``first`` among them, is good for ``overlap`` more.

    ``first`` is the one that was there before the file.
    """
    end = now + overlap

    def ended(keys: Sequence[Key]) -> list[Key]:
        known = keys if any(one.id == first.id for one in keys) or not first.key else [*keys, first]
        return [
            one.model_copy(update={"until": end}) if one.kind is kind and one.good(end) else one
            for one in known
        ]

    _change(folder, ended)
    return create(folder, kind, now)


def revoke(folder: Path, key_id: str, first: Sequence[Key], now: datetime) -> None:
    """From now on it is not taken. Raises `ConfigurationError`."""

    def over(keys: Sequence[Key]) -> list[Key]:
        known = [*keys, *(one for one in first if one.key and one.id not in {k.id for k in keys})]
        if key_id not in {one.id for one in known}:
            raise ConfigurationError(
                str(folder / FILE), "id", f"{key_id!r} is no key", "see `saccade tenant key list`"
            )
        return [
            one.model_copy(update={"until": now}) if one.id == key_id and one.good(now) else one
            for one in known
            if one.id == key_id or one in keys
        ]

    _change(folder, over)


def first_keys(site_key: str, now: datetime) -> dict[KeyKind, Key]:
    """The two keys a tenant has before any is made."""
    return {
        KeyKind.SITE: Key(id="first", kind=KeyKind.SITE, key=site_key, made=now),
        KeyKind.SERVER: Key(id=DERIVED, kind=KeyKind.SERVER, key=DERIVED, made=now),
    }


def _change(folder: Path, change: Callable[[Sequence[Key]], Sequence[Key]]) -> None:
    """Whole or not at all: a server may be reading it."""
    keys = change(read_keys(folder).key)
    path = folder / FILE
    draft = path.with_name(f".{FILE}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(_HEADER + "".join(_written(key) for key in keys), "utf-8")
    draft.replace(path)


def _written(key: Key) -> str:
    lines = [
        "",
        "[[key]]",
        f"id = {json.dumps(key.id)}",
        f"kind = {json.dumps(key.kind.value)}",
        f"key = {json.dumps(key.key)}",
        f"made = {_moment(key.made)}",
    ]
    if key.until is not None:
        lines.append(f"until = {_moment(key.until)}")
    return "\n".join(lines) + "\n"


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds")
