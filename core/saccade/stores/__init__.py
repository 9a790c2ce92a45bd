"""Where state and records live: in process, in Redis, in SQL."""

import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from saccade.ports import StatePort
from saccade.stores.memory import MemoryState
from saccade.stores.redis import RedisState
from saccade.tenants import ConfigurationError

__all__ = ["open_state"]


def open_state(url: str, clock: Callable[[], float] = time.time) -> StatePort:
    """The store a URL names; nothing is contacted yet. Raises `ConfigurationError`."""
    try:
        scheme, host = urlsplit(url).scheme, urlsplit(url).hostname
        if scheme == "memory":
            return MemoryState(clock)
        if scheme in {"redis", "rediss", "redis+cluster", "rediss+cluster"} and host:
            return RedisState(url, clock=clock)
    except ValueError:
        pass  # a port, option or host that is none: said below
    shown = re.sub(r"//[^/]*@", "//***@", url)
    raise ConfigurationError(
        "environment",
        "SACCADE_STATE_URL",
        f"{shown!r} is not a URL of a state store",
        "write memory://, redis://HOST:PORT/0 or redis+cluster://HOST:PORT,HOST:PORT "
        "(rediss with TLS)",
    )
