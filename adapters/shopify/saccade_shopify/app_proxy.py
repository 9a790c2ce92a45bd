"""Calls through the app proxy: who is signed in to the shop, told by Shopify (Shopify 19).

What is signed is every pair, sorted, with nothing between them: one set of pairs spells the same as
another that is split elsewhere. So each key is known and comes once, no key ends with another, and
no value may hold ``=``: then one spelling is one set of pairs.
"""

import re
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl

from saccade_shopify import signatures
from saccade_shopify.shops import SHOP
from saccade_shopify.signatures import Secrets

TOLERANCE_S = 90.0
"""A call older or newer is none: as Shopify's own library has it."""

_SIGNED: Mapping[str, re.Pattern[str]] = {
    "shop": SHOP,
    "timestamp": re.compile(r"[0-9]{1,12}"),
    "path_prefix": re.compile(r"/[A-Za-z0-9_/-]{1,200}"),
    "logged_in_customer_id": re.compile(r"[0-9]{0,20}"),
}
_REQUIRED = ("shop", "timestamp")
_SIGNATURE = "signature"
_VALUE = re.compile(r"[A-Za-z0-9_.~:/+-]{0,400}")
"""Of a parameter of ours."""
_LONGEST = 4_096


class ProxiedCall(NamedTuple):
    """A call, verified."""

    shop: str
    customer: str | None
    """The signed-in customer's number."""
    parameters: Mapping[str, str]
    """Ours."""


class AppProxy:
    """Reads the query of calls; ``parameters`` are the keys of ours it may have."""

    def __init__(
        self,
        secrets: Callable[[], Secrets],
        parameters: frozenset[str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        known = {*_SIGNED, *parameters}
        if any(one != other and one.endswith(other) for one in known for other in known):
            raise ValueError("a key that ends with another could be split in two ways")
        self._known = known
        self._parameters = parameters
        self._secrets = secrets
        self._clock = clock

    def read(self, query: str) -> ProxiedCall | None:
        """``None`` for what Shopify did not sign just now. ``query`` is raw."""
        pairs = self._pairs(query)
        if pairs is None:
            return None
        sent = pairs.pop(_SIGNATURE, "")
        split = {name: (value,) for name, value in pairs.items()}
        genuine = [signatures.app_proxy(secret, split) for secret in self._secrets()]
        if not signatures.matches(sent, genuine) or not self._in_form(pairs):
            return None
        if abs(self._clock() - int(pairs["timestamp"])) > TOLERANCE_S:
            return None
        ours = {name: pairs[name] for name in pairs if name in self._parameters}
        return ProxiedCall(pairs["shop"], pairs.get("logged_in_customer_id") or None, ours)

    def _pairs(self, query: str) -> dict[str, str] | None:
        """Each key once, and no other than those known."""
        if len(query) > _LONGEST:
            return None
        try:
            listed = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict")
        except ValueError:
            return None
        pairs = dict(listed)
        once = len(pairs) == len(listed)
        return pairs if once and pairs.keys() <= self._known | {_SIGNATURE} else None

    def _in_form(self, pairs: Mapping[str, str]) -> bool:
        if not all(name in pairs for name in _REQUIRED):
            return False
        return all(_SIGNED.get(name, _VALUE).fullmatch(value) for name, value in pairs.items())
