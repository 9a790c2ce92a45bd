"""What the inbox asks of the server it is in: the platforms there are, and effects to carry out.

Effects are idempotent: a process that is killed between an effect and its record repeats it (F27).
Whatever one raises, the delivery is tried again.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from saccade.domain import Event, Product
from saccade.ports import Adapter, AdapterFactory


class NotNow(Exception):  # noqa: N818 - no fault of the delivery's: ours, and it passes
    """A store of our own is away: worth another try, and no step towards the dead letters."""


class Platforms(Protocol):
    """Who may send."""

    def factory(self, adapter: str) -> AdapterFactory | None:
        """Of a platform that some tenant served here is on."""
        ...

    def adapter(self, adapter: str, tenant: str) -> Adapter | None:
        """That of a tenant that is served here and is on this platform."""
        ...


class Effects(Protocol):
    """What facts come to."""

    async def happened(self, events: Sequence[Event]) -> None:
        """Keep trusted events; returns when those that count as money are durable."""
        ...

    async def told(self, tenant: str, products: Sequence[Product], removed: Sequence[str]) -> None:
        """Take in what is known of products now: in every process, and again after a restart."""
        ...

    async def export(
        self, tenant: str, people: Sequence[str], references: Sequence[str], name: str
    ) -> None:
        """Write down what is kept of a person; the same ``name`` is the same export."""
        ...

    async def erase(self, tenant: str, people: Sequence[str], references: Sequence[str]) -> None:
        """Leave nothing of a person."""
        ...

    async def departed(self, tenant: str, *, purge: bool) -> None:
        """Stop working for a tenant; with ``purge`` leave nothing of it."""
        ...

    async def forgotten(self, tenant: str) -> None:
        """Leave nothing of anybody; the tenant itself stays."""
        ...


@runtime_checkable
class Leaves(Protocol):
    """An `AdapterFactory` that keeps something of a tenant, such as its credentials."""

    async def departed(self, tenant: str, *, purge: bool) -> None:
        """Let them go; with ``purge`` everything."""
        ...
