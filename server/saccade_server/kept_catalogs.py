"""A tenant's catalog on disk: it is known at once after a restart, and a walk under way goes on.

Two files a tenant: ``NAME.whole`` is the last walk that ended, ``NAME.part`` the one under way.
Both begin with a line saying of which platform and settings, then have a line a page, which holds
the cursor to the next. One process writes; other workers read, and write when it has gone.
"""

import contextlib
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import msgspec

from saccade.deliveries import CatalogPage
from saccade.tenants import Tenant

KNOWN_FOR_S = 86_400.0
"""A catalog older than a day is not used: nothing known is better than what is long past."""
RESUMED_FOR_S = 3_600.0
"""A walk is not gone on with after an hour: the pages will have shifted."""

Pages = list[CatalogPage]
_page = msgspec.json.Decoder(CatalogPage)
_encode = msgspec.json.Encoder().encode


class _Of(msgspec.Struct):
    """The first line of a file."""

    of: str


class KeptCatalog:
    """One tenant's two files. Every method may block and raise `OSError`: call it in a thread.

    ``revision`` is its adapter's (`saccade.ports.Adapter`).
    """

    def __init__(
        self,
        folder: Path,
        tenant: Tenant,
        revision: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._whole = folder / f"{tenant.name}.whole"
        self._part = folder / f"{tenant.name}.part"
        self._lock = folder / f"{tenant.name}.lock"
        self._of = _fingerprint(tenant, revision)
        self._clock = clock
        self._held: int | None = None
        self._out: BinaryIO | None = None

    def read(self) -> tuple[Pages, Pages]:
        """The pages of the last walk, and those of the one under way."""
        whole, _ = self._read(self._whole, KNOWN_FOR_S)
        part, _ = self._read(self._part, RESUMED_FOR_S)
        return whole, part

    def begin(self, *, anew: bool) -> None:
        """Write from here on, unless another process does."""
        self.stop()
        if not self._holds():
            return
        _, end = self._read(self._part, RESUMED_FOR_S)
        if anew or not end:
            self._part.write_bytes(_encode(_Of(self._of)) + b"\n")
        else:
            os.truncate(self._part, end)  # a line a killed process did not end
        self._out = self._part.open("ab", buffering=0)

    def add(self, page: CatalogPage) -> None:
        """Keep one page."""
        if self._out is not None:
            self._out.write(_encode(page) + b"\n")

    def end(self) -> None:
        """The walk has ended: it takes the place of the one before."""
        if self._out is not None:
            self.stop()
            self._part.replace(self._whole)

    def stop(self) -> None:
        """Write no more of this walk."""
        if self._out is not None:
            out, self._out = self._out, None
            with contextlib.suppress(OSError):
                out.close()

    def close(self) -> None:
        """Let another process write."""
        self.stop()
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def _holds(self) -> bool:
        """Whether this process is the one that writes."""
        if self._held is None:
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
            if not _locked(descriptor):
                os.close(descriptor)
                return False
            self._held = descriptor
        return True

    def _read(self, path: Path, longest_s: float) -> tuple[Pages, int]:
        """The pages of a file up to where it breaks, and where that is; none of another's."""
        pages: Pages = []
        end = 0
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            if self._clock() - os.fstat(file.fileno()).st_mtime > longest_s:
                return [], 0
            for line in file:
                if not line.endswith(b"\n") or not self._taken(line, pages, first=not end):
                    break
                end += len(line)
        return pages, end

    def _taken(self, line: bytes, pages: Pages, *, first: bool) -> bool:
        try:
            if first:
                return msgspec.json.decode(line, type=_Of).of == self._of
            pages.append(_page.decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return False
        return True


def _locked(descriptor: int) -> bool:
    """The lock ends with the process, however it ends. Where there is none, neither are workers."""
    try:
        import fcntl  # noqa: PLC0415 - absent on Windows
    except ImportError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _fingerprint(tenant: Tenant, revision: str) -> str:
    """Of all that says what the pages of a catalog are."""
    told = (tenant.platform, tenant.platform_site, tenant.upstream.base, tenant.adapter, revision)
    return hashlib.sha256(_encode(told)).hexdigest()
