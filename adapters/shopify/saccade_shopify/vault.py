"""Installed shops and their tokens in the records database, encrypted at rest (Shopify 16).

One definition for SQLite and PostgreSQL. A pair of tokens is one encrypted value in one row: it is
replaced whole or not at all. Nothing here is asynchronous: call it in a thread.
"""

import random
import sqlite3
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Float,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from saccade.catalog import CatalogError
from saccade.domain import Frozen
from saccade.stores.sqlite_file import open_engine, take_turn, without_log

LEASE_S = 90.0
"""A worker that refreshes and dies keeps others out no longer. A refresh takes less: it is given up
after `saccade_shopify.tokens.REFRESHING_S`."""
PATIENCE_S = 10.0
"""How long a write waits for other writers of an SQLite file."""

_metadata = MetaData()
shops = Table(
    "shopify_shops",
    _metadata,
    Column("shop", String(255), primary_key=True),
    Column("installed_at", Float(53), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("tokens", LargeBinary, nullable=False),
    Column("lease_owner", String(64)),
    Column("lease_until", Float(53)),
)

_T = TypeVar("_T")


class VaultError(CatalogError):
    """What is kept cannot be read: why, and what to do. Whoever asks for a token gets none."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(f"{problem}. Fix: {fix}")
        self.problem, self.fix = problem, fix


class Tokens(Frozen, frozen=True):
    """A pair as Shopify gave it, with the times by the wall clock."""

    access: str
    ends_at: float | None
    """``None``: never, a token of the former kind."""
    refresh: str | None = None
    refresh_ends_at: float | None = None
    scope: str = ""

    def __repr__(self) -> str:
        """Without them: this may be logged."""
        return f"Tokens(ends_at={self.ends_at}, scope={self.scope!r})"


class Installation(Frozen, frozen=True):
    """A shop the app is installed in."""

    shop: str
    installed_at: float
    version: int
    """Of its tokens: one more with each that take the place of others."""
    tokens: Tokens


class Vault:
    """Of one database. ``keys`` are Fernet's, the newest first: that one encrypts, all decrypt."""

    def __init__(self, url: str, keys: tuple[str, ...]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._engine = open_engine(url)
        if self._engine.dialect.name == "sqlite":
            Path(self._engine.url.database or "").parent.mkdir(parents=True, exist_ok=True)
        self._made = False

    def find(self, shop: str) -> Installation | None:
        """Raises `VaultError`."""
        with self._opened_engine().connect() as connection:
            row = connection.execute(select(shops).where(shops.c.shop == shop)).one_or_none()
        if row is None:
            return None
        return Installation(shop, row.installed_at, row.version, self._opened(shop, row.tokens))

    def installed_at(self, shop: str) -> float | None:
        """``None`` where it is not installed."""
        with self._opened_engine().connect() as connection:
            found = select(shops.c.installed_at).where(shops.c.shop == shop)
            return connection.execute(found).scalar_one_or_none()

    def names(self) -> tuple[str, ...]:
        """Every shop it is installed in."""
        with self._opened_engine().connect() as connection:
            return tuple(connection.execute(select(shops.c.shop).order_by(shops.c.shop)).scalars())

    def install(self, shop: str, tokens: Tokens, now: float) -> None:
        """Keep a shop's tokens, as of an install at ``now``: an uninstall from before is past."""
        sealed = self._sealed(tokens)

        def write(connection: Connection) -> None:
            known = connection.execute(
                update(shops)
                .where(shops.c.shop == shop)
                .values(
                    tokens=sealed,
                    version=shops.c.version + 1,
                    installed_at=now,
                    lease_owner=None,
                )
            )
            if not known.rowcount:
                row = {"shop": shop, "installed_at": now, "version": 1, "tokens": sealed}
                connection.execute(insert(shops).values(row))

        try:
            self._written(write)
        except IntegrityError:  # another worker was first, on a server that does not queue us
            self._written(write)

    def lease(self, shop: str, owner: str, now: float) -> bool:
        """Become the one, of all processes, that may refresh a shop's tokens."""
        free = or_(shops.c.lease_owner.is_(None), shops.c.lease_until < now)
        taken = update(shops).where(shops.c.shop == shop, free)
        values = {"lease_owner": owner, "lease_until": now + LEASE_S}
        return bool(self._written(lambda one: one.execute(taken.values(values)).rowcount))

    def replace(self, found: Installation, owner: str, tokens: Tokens) -> bool:
        """Put new tokens in the place of those ``found``, and end the lease.

        False where the shop is gone, or is another installation, or another took the lease.
        """
        same = (
            shops.c.shop == found.shop,
            shops.c.installed_at == found.installed_at,
            shops.c.version == found.version,
            shops.c.lease_owner == owner,
        )
        values = {"tokens": self._sealed(tokens), "version": found.version + 1, "lease_owner": None}
        put = update(shops).where(*same).values(values)
        return bool(self._written(lambda one: one.execute(put).rowcount))

    def release(self, shop: str, owner: str) -> None:
        """End a lease without new tokens."""
        mine = update(shops).where(shops.c.shop == shop, shops.c.lease_owner == owner)
        self._written(lambda one: one.execute(mine.values(lease_owner=None)))

    def drop(self, shop: str) -> bool:
        """Forget a shop, at once and from the file (Shopify 15). May be repeated.

        Raises `VaultError`; what was in the log may be there still, then.
        """
        gone = delete(shops).where(shops.c.shop == shop)
        found = bool(self._written(lambda one: one.execute(gone).rowcount))
        if not without_log(self._engine, PATIENCE_S):
            raise VaultError("the log of the records' database is in use", "it is tried again")
        return found

    def rotate(self) -> Iterator[str]:
        """Encrypt every shop's tokens by the newest key; yields each shop done.

        Tokens that are replaced meanwhile are by the newest key anyway. Raises `VaultError`.
        """
        for shop in self.names():
            self._written(partial(self._reseal, shop))
            yield shop

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _reseal(self, shop: str, connection: Connection) -> None:
        mine = select(shops.c.tokens).where(shops.c.shop == shop).with_for_update()
        sealed = connection.execute(mine).scalar_one_or_none()
        if sealed is None:
            return
        anew = self._sealed(self._opened(shop, sealed))
        connection.execute(update(shops).where(shops.c.shop == shop).values(tokens=anew))

    def _sealed(self, tokens: Tokens) -> bytes:
        return self._fernet.encrypt(msgspec.json.encode(tokens))

    def _opened(self, shop: str, sealed: bytes) -> Tokens:
        try:
            return msgspec.json.decode(self._fernet.decrypt(bytes(sealed)), type=Tokens)
        except (InvalidToken, msgspec.MsgspecError):
            raise VaultError(
                f"no key reads the tokens of {shop}",
                "put the key they were written with back, behind the newest, or open the app in "
                "that shop's admin",
            ) from None

    def _opened_engine(self) -> Engine:
        """With its table, made once the database is there: a server starts without."""
        if not self._made:
            try:
                self._tried(_metadata.create_all)
            except (IntegrityError, ProgrammingError):  # another process made it just then
                self._tried(_metadata.create_all)
            self._made = True
        return self._engine

    def _written(self, write: Callable[[Connection], _T]) -> _T:
        """In one transaction, durable. Raises `sqlalchemy.exc.DBAPIError`."""
        self._opened_engine()
        return self._tried(write)

    def _tried(self, write: Callable[[Connection], _T]) -> _T:
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                with _turn(self._engine) as connection:
                    return write(connection)
            except (sqlite3.OperationalError, DBAPIError) as error:
                if not _busy(error) or time.monotonic() > until:
                    raise
            time.sleep(random.uniform(0.001, 0.01))  # noqa: S311 - spreads tries, guards nothing


@contextmanager
def _turn(engine: Engine) -> Generator[Connection]:
    with engine.begin() as connection:
        take_turn(connection)
        yield connection


def _busy(error: Exception) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
