"""Secrets of one installation: a master secret, and what is derived of it for each tenant.

Nothing derived is stored: a new master secret makes every token and server key void.
"""

import hashlib
import os
import secrets
from pathlib import Path

from saccade_server.settings import FIXES, SettingError, Settings

FILE = "secret"


def master_secret(settings: Settings) -> bytes:
    """``SACCADE_SECRET``, else the one kept in the data folder, made on first use.

    Raises `SettingError`.
    """
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    path = settings.data / FILE
    try:
        if not path.exists():
            _make(path)
        return path.read_text("ascii").strip().encode()
    except OSError as error:
        raise SettingError(
            "SACCADE_DATA",
            repr(str(settings.data)),
            f"cannot be read and written ({error.strerror})",
            FIXES["data"],
        ) from None


def _make(path: Path) -> None:
    """Whole or not at all, and by one of several workers only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{FILE}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_hex(32), "ascii")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def tenant_secret(master: bytes, tenant: str) -> bytes:
    """Signs the tenant's session tokens and keys its hashes."""
    return _derived(master, tenant, b"saccade tenant").digest()


def server_key(master: bytes, tenant: str) -> str:
    """The bearer key of a tenant's own servers; never given to a browser."""
    return _derived(master, tenant, b"saccade server").hexdigest()


def _derived(master: bytes, tenant: str, purpose: bytes) -> "hashlib.blake2b":
    key = hashlib.blake2b(master, digest_size=64).digest()
    return hashlib.blake2b(tenant.encode(), key=key, person=purpose, digest_size=32)
