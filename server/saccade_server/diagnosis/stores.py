"""State and records: whether they answer, take what they are given, and keep it."""

import contextlib
import socket
import sqlite3
import ssl
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    InvalidResponse,
    MovedError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

from saccade_server.diagnosis.asking import causes
from saccade_server.diagnosis.findings import Finding, unreached, warned, well
from saccade_server.settings import Settings
from saccade_server.wiring import open_journal

STATE, RECORDS = "SACCADE_STATE_URL", "SACCADE_DATA"
_PROBE = "redis.call('set', KEYS[1], '1', 'px', 1000) return redis.call('del', KEYS[1])"
_NO_DATABASE = ("DB index", "SELECT is not allowed")
_SAID = 120
"""Characters of Redis's own words that are repeated."""
_NEEDS_PASSWORD = ("NOAUTH", "WRONGPASS", "invalid username-password", "without any password")


def shown(url: str) -> str:
    """A store's URL without what may be a password: neither user nor options."""
    scheme, _, rest = url.partition("://")
    place = rest.rpartition("@")[2].partition("?")[0]
    return f"'{scheme}://{'***@' if '@' in rest else ''}{place}'"


async def state_findings(settings: Settings, patience_s: float) -> AsyncIterator[Finding]:
    """Of the state store."""
    url = settings.state_url
    place = shown(url)
    if not settings.shares_state:
        yield well(STATE, place)
        return
    client = _client(url, patience_s)
    try:
        # INFO is allowed where managed services forbid CONFIG.
        told = await _info(client, "memory") | await _info(client, "persistence")
        await _write(client)
    except (RedisError, OSError) as error:
        yield _refused(place, error)
        return
    finally:
        await client.aclose()
    yield well(STATE, place)
    policy = str(told.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        yield unreached(
            STATE,
            place,
            f"its maxmemory-policy is {policy}: under pressure it forgets visits, what was "
            "capped, and on which side of the holdout a visitor was kept",
            "set `maxmemory-policy noeviction` there, and maxmemory above what it holds",
        )
    if not told.get("aof_enabled", 0):
        yield warned(
            STATE,
            place,
            "appendonly is off: when it restarts, visitors, caps and exposures begin anew",
            "set `appendonly yes` and `appendfsync everysec` there",
        )


async def _write(client: "Redis") -> None:
    """As a decision does: by a script, to a key of ours; nothing is left of it."""
    with contextlib.suppress(MovedError):  # a cluster, and another of its nodes has this key
        await client.eval(_PROBE, 1, "saccade:{check}:kept")  # pyright: ignore[reportUnknownMemberType, reportGeneralTypeIssues] - its stub names both its kinds of client


async def _info(client: "Redis", section: str) -> dict[str, Any]:
    told: dict[str, Any] = await client.info(section)  # pyright: ignore[reportUnknownMemberType] - its stub leaves the options untyped
    return told


def _client(url: str, patience_s: float) -> "Redis":
    """One connection; of a cluster's URL the first node is asked."""
    single, _, _ = url.replace("+cluster://", "://").partition(",")
    return Redis.from_url(  # pyright: ignore[reportUnknownMemberType] - its stub leaves the options untyped
        single,
        socket_timeout=patience_s,
        socket_connect_timeout=patience_s,
        retry=Retry(NoBackoff(), 0),
    )


def _refused(place: str, error: Exception) -> Finding:
    told = str(error)
    if isinstance(error, AuthenticationError) or any(mark in told for mark in _NEEDS_PASSWORD):
        return unreached(
            STATE,
            place,
            "refuses the password, or wants one",
            "write redis://:PASSWORD@HOST:6379/0, the password percent-encoded",
        )
    if isinstance(error, ResponseError) and any(mark in told for mark in _NO_DATABASE):
        fix = "write /0: others may not exist, and a cluster has no other"
        return unreached(STATE, place, "has no database of this number", fix)
    permitted = "can't run this command" not in told  # what a script may not, without a code
    for cause in causes(error if permitted else NoPermissionError()):
        for kinds, problem, fix in _REFUSALS:
            if isinstance(cause, kinds):
                return unreached(STATE, place, problem, fix)
    if isinstance(error, ResponseError):
        return unreached(STATE, place, f"refuses a write ({told[:_SAID]})", "look at its log")
    return unreached(
        STATE,
        place,
        f"does not answer ({_cause(error)})",
        f"start it, or correct {STATE}; TLS is rediss://, and redis:// is none",
    )


_REFUSALS: Sequence[tuple[tuple[type[Exception], ...], str, str]] = (
    (
        (socket.gaierror,),
        "its name does not resolve",
        "correct the name, or this machine's DNS",
    ),
    (
        (ConnectionRefusedError,),
        "refuses the connection",
        "start it, or correct the port",
    ),
    (
        (ssl.SSLCertVerificationError,),
        "its certificate is refused",
        "install the authority that signed it on this machine, or name its file with SSL_CERT_FILE",
    ),
    (
        (ssl.SSLError,),
        "does not speak TLS there",
        "write redis://, or the port TLS is on",
    ),
    (
        (InvalidResponse,),
        "something answers that is no Redis",
        "correct host and port",
    ),
    (
        (OutOfMemoryError,),
        "is full and refuses what is written: pages pass undecided",
        "raise its maxmemory",
    ),
    (
        (ReadOnlyError,),
        "is a replica, which nothing can be written to",
        "name the primary",
    ),
    (
        (NoPermissionError,),
        "lets this user do too little",
        "permit it +@all -@dangerous +info on the keys saccade:*",
    ),
)


def _cause(error: Exception) -> str:
    """Without the URL, which may hold a password."""
    inner = error.__cause__ or error
    return getattr(inner, "strerror", None) or type(inner).__name__


async def records_findings(settings: Settings) -> AsyncIterator[Finding]:
    """Of the journal: opened, written to and read, as the server does."""
    name = "SACCADE_DATABASE_URL" if settings.database_url else RECORDS
    file = Path(settings.records_url.removeprefix("sqlite:///"))
    is_file = settings.records_url.startswith("sqlite:")
    shown = f"'{file}'" if is_file else "(hidden)"
    journal = open_journal(settings)
    try:
        problem = _unwritable(file) if is_file else ""
        if not problem:
            await journal.find("", "")
    except Exception as error:  # noqa: BLE001 - whatever it raises, it does not work
        problem = str(error) or type(error).__name__
    finally:
        await journal.close()
    if problem:
        fix = f"give this user the folder and its files, or name another with {name}"
        yield unreached(name, shown, f"cannot be written ({problem})", fix)
    else:
        yield well(name, shown)


def _unwritable(file: Path) -> str:
    """Why a writer would fail; begun and rolled back, so nothing is left behind."""
    try:
        connection = sqlite3.connect(file, timeout=2.0, isolation_level=None)
        try:
            connection.execute("begin immediate")
            connection.execute("create table saccade_check (one integer)")
            connection.execute("rollback")
        finally:
            connection.close()
    except sqlite3.Error as error:
        return str(error)
    return ""
