"""What a server lends to an adapter that has routes of its own, or keeps something (record 6)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from saccade.deliveries import Delivery
from saccade.domain import Frozen


class Asked(Frozen, frozen=True):
    """A call of an adapter's own route, read to its end."""

    method: str
    path: str
    query: str
    """Raw, without ``?``."""
    headers: Mapping[str, str]
    """By lower-case name; of repeated headers the first."""
    body: bytes


class Answered(Frozen, frozen=True):
    """What it is answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class Route(Frozen, frozen=True):
    """A path of an adapter's own. What `answer` raises is a fault of ours: 500."""

    path: str
    methods: frozenset[str]
    answer: Callable[[Asked], Awaitable[Answered]]


class Desk(Protocol):
    """What a server lends to an adapter that has routes or keeps something."""

    @property
    def records_url(self) -> str:
        """The records' database, by SQLAlchemy's URL."""
        ...

    @property
    def folder(self) -> Path:
        """Where tenants are: ``NAME.toml`` in it is the adapter's own."""
        ...

    def secret(self, tenant: str) -> bytes:
        """A tenant's: signs its sessions, and what else is derived of it."""
        ...

    async def read_anew(self) -> None:
        """Serve what the tenants' files say now: one was written or is gone."""
        ...

    async def identify(self, tenant: str, session: str, by: str, said: str) -> str | None:
        """Join a session to a person, as ``/v1/identify`` does: the token it goes on with.

        ``None`` where the tenant is not served or the session is none of its.
        """
        ...


@runtime_checkable
class Installs(Protocol):
    """An `AdapterFactory` of a platform where tenants install an app and uninstall it."""

    def is_installed(self, tenant: str) -> bool:
        """Whether there is work for the tenant now. May block, and raise what a database does."""
        ...

    def of_nobody(self, delivery: Delivery) -> bool:
        """Whether a delivery for a tenant that is not known is authentic, and nothing is to be
        done about it."""
        ...


@runtime_checkable
class Asks(Protocol):
    """An `EventPort` that asks a database about some deliveries."""

    def asks(self, delivery: Delivery) -> bool:
        """Whether `EventPort.translate` does: it is called beside the event loop then."""
        ...


@runtime_checkable
class HostedFactory(Protocol):
    """An `AdapterFactory` that has routes of its own or keeps something; hosted by one server."""

    def host(self, desk: Desk) -> Sequence[Route]:
        """Begin: called once, before adapters are used. Raises `ConfigurationError`."""
        ...

    async def close(self) -> None:
        """End: what is kept is closed."""
        ...
