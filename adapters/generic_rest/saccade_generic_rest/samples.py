"""A mapped platform for `saccade certify generic_rest`.

What was recorded of a tenant's platform stands in ``samples.toml`` beside its mapping; without a
tenant an example's does. Deliveries are signed here, as the mapping says, with secrets of the kit's
own: the real ones are never read.
"""

import base64
import dataclasses
import hashlib
import hmac
import time
from collections.abc import Mapping as Table
from collections.abc import Sequence
from pathlib import Path

from saccade.tenants import Tenant
from saccade.testing import Samples, Sent, recorded
from saccade_generic_rest.authentication import NoAuth, OAuth
from saccade_generic_rest.mapping import Mapping
from saccade_generic_rest.reading import read_mapping
from saccade_generic_rest.signatures import (
    Hmac,
    SharedHeader,
    Signature,
    StandardWebhooks,
    Timestamped,
    Unsigned,
)

_EXAMPLE = Path(__file__).parent / "example" / "mapping.toml"

_FIRST = base64.b64encode(b"the first tenant's, made up").decode()
_OTHER = base64.b64encode(b"the other tenant's, made up").decode()

_DELIVERIES = ("claimed", "authentic", "forged", "replayed", "translated", "unreadable")
_NO_EVENTS = "the mapping names no webhooks, so every delivery is refused"
_NO_BODY_SIGNED = "the platform signs no body: a header holds the secret itself"
_UNSIGNED = "the platform signs nothing and shares a private network with the server"
_ELSEWHERE = "the mapping's base_url or token_url is another host, which the kit never calls"


def samples(tenant: Tenant | None = None) -> Samples:
    """Raises `saccade.strict.ConfigurationError`."""
    path = _EXAMPLE if tenant is None else Path(str(tenant.adapter.get("mapping", "")))
    mapping = read_mapping(path)
    said = recorded(path.with_name("samples.toml"))
    secrets = _variables(mapping)
    signature = mapping.events.signature if mapping.events is not None else None
    return dataclasses.replace(
        said,
        tenant={"adapter": {"mapping": str(path)}, **said.tenant},
        environment={**dict.fromkeys(secrets, _FIRST), **said.environment},
        other_environment={**dict.fromkeys(secrets, _OTHER), **said.other_environment},
        deliveries=tuple(_signed(one, signature) for one in said.deliveries),
        exempt={**_exempt(mapping), **said.exempt},
    )


def _variables(mapping: Mapping) -> Sequence[str]:
    """Names of the variables that hold secrets."""
    found: list[str] = []
    if not isinstance(mapping.auth, NoAuth):
        found.append(mapping.auth.secret_env)
    if mapping.events is not None and not isinstance(mapping.events.signature, Unsigned):
        found.append(mapping.events.signature.secret_env)
    return found


def _exempt(mapping: Mapping) -> Table[str, str]:
    """What a mapping of this kind cannot keep, and why."""
    exempt: dict[str, str] = {}
    if mapping.events is None:
        exempt.update({f"delivery.{name}": _NO_EVENTS for name in _DELIVERIES})
        exempt["tenants.deliveries"] = _NO_EVENTS
    elif isinstance(mapping.events.signature, Unsigned):
        names = ("delivery.unsigned", "delivery.forged", "tenants.deliveries")
        exempt.update(dict.fromkeys(names, _UNSIGNED))
    elif isinstance(mapping.events.signature, SharedHeader):
        exempt["delivery.forged"] = _NO_BODY_SIGNED
    if mapping.base_url is not None or isinstance(mapping.auth, OAuth):
        exempt.update(dict.fromkeys(("catalog.*", "tenants.catalogs"), _ELSEWHERE))
    return exempt


def _signed(sent: Sent, signature: Signature | None) -> Sent:
    """As the platform signs it for the first tenant, now."""
    if signature is None or isinstance(signature, Unsigned):
        return sent
    headers = {name.lower(): value for name, value in _headers(signature, sent).items()}
    return dataclasses.replace(
        sent, headers={**sent.headers, **headers}, signed=(*sent.signed, *headers)
    )


def _headers(
    signature: SharedHeader | Hmac | Timestamped | StandardWebhooks, sent: Sent
) -> Table[str, str]:
    secret, now = _FIRST.encode(), str(int(time.time())).encode()
    if isinstance(signature, SharedHeader):
        return {signature.header: signature.prefix + _FIRST}
    if isinstance(signature, Hmac):
        return _of_hmac(signature, sent, secret, now)
    if isinstance(signature, Timestamped):
        digest = hmac.new(secret, now + b"." + sent.body, hashlib.sha256).hexdigest()
        names = signature.time_name, signature.signature_name
        return {signature.header: f"{names[0]}={now.decode()},{names[1]}={digest}"}
    name = sent.headers.get("webhook-id") or hashlib.sha256(sent.body).hexdigest()
    signed = b".".join((name.encode(), now, sent.body))
    digest = base64.b64encode(hmac.digest(base64.b64decode(secret), signed, "sha256")).decode()
    return {
        "webhook-id": name,
        "webhook-timestamp": now.decode(),
        "webhook-signature": f"v1,{digest}",
    }


def _of_hmac(signature: Hmac, sent: Sent, secret: bytes, now: bytes) -> Table[str, str]:
    signed, headers = sent.body, dict[str, str]()
    if signature.time_header is not None:
        headers[signature.time_header] = now.decode()
        before = signature.signed_prefix.encode() + now + signature.separator.encode()
        signed = before + signed
    digest = hmac.new(secret, signed, signature.algorithm).digest()
    coded = digest.hex() if signature.encoding == "hex" else base64.b64encode(digest).decode()
    return {**headers, signature.header: signature.prefix + coded}
