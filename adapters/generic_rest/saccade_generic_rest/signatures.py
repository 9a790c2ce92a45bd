"""Who sent a delivery, by the common ways of signing one; compared in constant time.

What may be signed is a closed list: the body, or the body behind a time and an id. A time must be
near ours, so that an old delivery cannot be sent again by somebody who saw it.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from saccade.deliveries import Delivery
from saccade.strict import Strict
from saccade_generic_rest.authentication import HeaderName, Prefix, Variable

MOST_SIGNATURES = 16
"""Of one delivery: a platform that changes its secret sends two."""
_MOST_DIGITS = 16
_MILLISECONDS_FROM = 1e11
"""Seconds reach this in the year 5138: what is larger counts milliseconds."""

_Short = Annotated[
    str,
    Field(max_length=16, pattern=r"^[\x21-\x7e]*$", description="a few signs of ASCII, no blank"),
]

Times = Sequence[float]
"""Now, in seconds since the epoch, by one clock or several: a time is near if it is so by one."""


class Unsigned(Strict):
    """Anybody may send: for a platform that shares a private network with us, and no other."""

    kind: Literal["none"]

    def genuine(self, delivery: Delivery, secret: bytes, now: Times) -> bool:
        """Always."""
        del delivery, secret, now
        return True


class SharedHeader(Strict):
    """A header holds the secret itself."""

    kind: Literal["header"]
    header: HeaderName
    secret_env: Variable
    prefix: Prefix = ""

    def genuine(self, delivery: Delivery, secret: bytes, now: Times) -> bool:
        """Whether the header is the prefix and the secret."""
        del now
        sent = _header(delivery.headers, self.header)
        return hmac.compare_digest(sent, self.prefix.encode() + secret)


class Hmac(Strict):
    """A keyed hash of the body; of time and body where ``time_header`` is named.

    GitHub: ``prefix = "sha256="``. Shopify: ``encoding = "base64"``. Slack: ``prefix = "v0="``,
    ``signed_prefix = "v0:"``, ``separator = ":"`` and the time's header.
    """

    kind: Literal["hmac"]
    header: HeaderName
    secret_env: Variable
    algorithm: Literal["sha256", "sha384", "sha512", "sha1"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: _Short = ""
    time_header: HeaderName | None = None
    separator: Literal[".", ":", ""] = "."
    signed_prefix: _Short = ""
    tolerance_s: float = Field(default=300.0, gt=0, le=3_600)

    @model_validator(mode="after")
    def _of_a_time(self) -> "Hmac":
        if self.signed_prefix and self.time_header is None:
            raise ValueError("name time_header as well: only what stands before a time is prefixed")
        return self

    def genuine(self, delivery: Delivery, secret: bytes, now: Times) -> bool:
        """Whether the header is the hash of what was signed."""
        signed = delivery.body
        if self.time_header is not None:
            time = _header(delivery.headers, self.time_header)
            if not _near(time, now, self.tolerance_s):
                return False
            before = self.signed_prefix.encode() + time + self.separator.encode()
            signed = before + delivery.body
        digest = hmac.new(secret, signed, self.algorithm).digest()
        return _is(digest, self.encoding, self.prefix, _header(delivery.headers, self.header))


class Timestamped(Strict):
    """One header of pairs, ``t=1700000000,v1=hex``; signed are time, full stop and body."""

    kind: Literal["timestamped"]
    header: HeaderName
    secret_env: Variable
    time_name: _Short = "t"
    signature_name: _Short = "v1"
    tolerance_s: float = Field(default=300.0, gt=0, le=3_600)

    def genuine(self, delivery: Delivery, secret: bytes, now: Times) -> bool:
        """Whether one of the signatures is right, and the time near."""
        time, signatures = b"", list[bytes]()
        for pair in _header(delivery.headers, self.header).split(b",")[: MOST_SIGNATURES + 1]:
            name, _, value = pair.strip().partition(b"=")
            if name == self.time_name.encode():
                time = value
            elif name == self.signature_name.encode():
                signatures.append(value)
        if not _near(time, now, self.tolerance_s):
            return False
        digest = hmac.new(secret, time + b"." + delivery.body, hashlib.sha256).digest()
        return any(_is(digest, "hex", "", one) for one in signatures)


class StandardWebhooks(Strict):
    """As standardwebhooks.com has it: id, time and body, by a secret ``whsec_…`` in base64."""

    kind: Literal["standard"]
    secret_env: Variable
    tolerance_s: float = Field(default=300.0, gt=0, le=3_600)

    @staticmethod
    def key(secret: bytes) -> bytes:
        """What a secret holds; nothing where it is not base64."""
        try:
            return base64.b64decode(secret.removeprefix(b"whsec_"), validate=True)
        except binascii.Error:
            return b""

    def genuine(self, delivery: Delivery, secret: bytes, now: Times) -> bool:
        """Whether one of the signatures of version 1 is right, and the time near."""
        name = _header(delivery.headers, "webhook-id")
        time = _header(delivery.headers, "webhook-timestamp")
        key = self.key(secret)
        if not name or not key or not _near(time, now, self.tolerance_s):
            return False
        digest = hmac.new(key, b".".join((name, time, delivery.body)), hashlib.sha256).digest()
        sent = _header(delivery.headers, "webhook-signature").split(b" ")[:MOST_SIGNATURES]
        return any(_is(digest, "base64", "v1,", one) for one in sent)


Signature = Annotated[
    Unsigned | SharedHeader | Hmac | Timestamped | StandardWebhooks, Field(discriminator="kind")
]


def _header(headers: Mapping[str, str], name: str) -> bytes:
    return headers.get(name.lower(), "").encode("utf-8", "surrogateescape")


def _is(digest: bytes, encoding: str, prefix: str, sent: bytes) -> bool:
    """In constant time; hex is taken in either case."""
    if encoding == "hex":
        written = digest.hex().encode()
        sent = sent[: len(prefix)] + sent[len(prefix) :].lower()
    else:
        written = base64.b64encode(digest)
    return hmac.compare_digest(sent, prefix.encode() + written)


def _near(time: bytes, now: Times, tolerance_s: float) -> bool:
    if not time.isdigit() or len(time) > _MOST_DIGITS:
        return False
    told = float(time)
    seconds = told / 1_000 if told > _MILLISECONDS_FROM else told
    return any(abs(one - seconds) <= tolerance_s for one in now)
