"""The tracker as it is served: with its site's settings before it, compressed once."""

import gzip
import hashlib
from pathlib import Path

import msgspec

from saccade.domain import Basis
from saccade.slots import PLACES
from saccade.tenants import ConfigurationError, Tenant

_PACKAGED = Path(__file__).parent / "assets" / "tracker.js"
_BUILT = Path(__file__).parents[2] / "tracker" / "dist" / "tracker.js"


class Script(msgspec.Struct, frozen=True):
    """One body and its compressed form, each with a strong tag of its own bytes."""

    plain: bytes
    gzipped: bytes
    plain_tag: str
    gzip_tag: str


def read_tracker() -> bytes:
    """The tracker of the installed package or of the checkout. Raises `ConfigurationError`."""
    for path in (_PACKAGED, _BUILT):
        if path.is_file():
            return path.read_bytes()
    raise ConfigurationError(
        "tracker.js", "file", "is not part of this installation", "install saccade again"
    )


def script(tracker: bytes, tenant: Tenant | None) -> Script:
    """The tracker for one tenant's pages, or for pages that mark their slots themselves."""
    plain = _configuration(tenant) + tracker
    gzipped = gzip.compress(plain, 9, mtime=0)
    return Script(plain, gzipped, _tag(plain), _tag(gzipped))


def _configuration(tenant: Tenant | None) -> bytes:
    """``window.__SACCADE__``, as the tracker reads it; empty where there is nothing to say."""
    if tenant is None:
        return b""
    told: dict[str, object] = {
        "slots": {name: slot.selector for name, slot in tenant.slots.items() if slot.selector},
        "signals": {PLACES[name]: signal.selector for name, signal in tenant.signals.items()},
        "consent": "required" if tenant.consent.basis is Basis.OPT_IN else None,
        "signed": not tenant.site.open,
    }
    settings = {name: value for name, value in told.items() if value}
    if not settings:
        return b""
    encoded = msgspec.json.encode(settings).replace(b"<", b"\\u003c")
    return b"window.__SACCADE__=" + encoded + b";\n"


def _tag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
