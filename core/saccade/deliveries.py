"""What a platform delivers: a webhook as received, what tells it from others, and what it says."""

from collections.abc import Mapping
from typing import Literal

from saccade.domain import Event, Frozen, Product


class Delivery(Frozen, frozen=True):
    """A webhook as received: nothing of it is parsed before `EventPort.verify` says yes."""

    headers: Mapping[str, str]
    """By lower-case name."""
    path_tenant: str | None
    body: bytes


class Label(Frozen, frozen=True):
    """Name of a verified delivery: repeats share a ``key``, the newest wins a resource (F28)."""

    key: str
    """Unique within adapter and tenant; a delivery sent again has it again."""
    topic: str
    resource: str | None = None
    """Whose state it tells, such as ``products/1``; ``None``: no later delivery replaces it."""
    version: float | None = None
    """Newest wins a resource: the platform's own time of the change, in seconds since the epoch."""


class CatalogPage(Frozen, frozen=True):
    """Changes since a cursor. ``cursor`` is ``None`` where nothing more follows."""

    products: tuple[Product, ...]
    removed: tuple[str, ...] = ()
    cursor: str | None = None
    pages: int | None = None
    """How many there are, where the platform tells."""
    skipped: tuple[str, ...] = ()
    """A reason for each product that was there and could not be read."""
    lost: str | None = None
    """Why the page could not be read, where the way goes on without it."""
    snapshot: bool = False
    """Of the catalog as it was at the walk's first page: what was told since is newer."""


class Refetch(Frozen, frozen=True):
    """Products to ask for anew with `CatalogPort.get`: too little was told of them."""

    products: tuple[str, ...]


class PersonalData(Frozen, frozen=True):
    """A person's right, passed on by the platform: to see what is kept, or to have it erased."""

    right: Literal["access", "erasure"]
    people: tuple[str, ...]
    """``kind:value`` in plain, kinds as in `saccade.joining.By`: hashed before anything is kept."""
    references: tuple[str, ...] = ()
    """Orders and carts of theirs, as `saccade.domain.Event.reference` names them."""


class Departure(Frozen, frozen=True):
    """The tenant left the platform: credentials go and work stops at once."""

    purge: bool
    """Whether everything kept of the tenant goes as well."""
    returned: bool = False
    """It has come back since: credentials, files and work stay. With ``purge`` what is kept of
    people goes, which is from before as far as anybody can tell."""


Fact = Event | CatalogPage | Refetch | PersonalData | Departure
"""What a delivery can say. An event's `trusted` is true: the delivery was verified."""
