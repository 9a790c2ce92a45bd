"""One call to a platform, and what a failure of it means."""

import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeVar

import httpx
import msgspec

from saccade.tenants import Tenant
from saccade_gateway.addresses import ForbiddenAddressError
from saccade_gateway.pinned import PinnedTransport
from saccade_server.diagnosis.findings import Finding, misconfigured, unreached

T = TypeVar("T")

LIMIT = 4_194_304
"""Bytes of an answer that are read."""


class Answered(NamedTuple):
    """What the platform said."""

    status: int
    headers: httpx.Headers
    body: bytes
    seconds: float
    """Until the head came."""

    def read(self, kind: type[T]) -> T | None:
        """The body, where it is JSON of this kind."""
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None


class UnansweredError(Exception):
    """No answer; `finding` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.line())
        self.finding = finding


class Asking:
    """Asks a tenant's platform as pages do: checked addresses, the system's certificates."""

    def __init__(self, tenant: Tenant, patience_s: float) -> None:
        self.tenant = tenant
        self.file = f"{tenant.name}/tenant.toml"
        self._base = tenant.upstream.base
        self._patience_s = patience_s
        self._trusted = ssl.create_default_context()

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answered:
        """Raises `UnansweredError`."""
        return await self.ask("GET", path, headers)

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None
    ) -> Answered:
        """Raises `UnansweredError`."""
        inner = httpx.AsyncHTTPTransport(verify=self._trusted, trust_env=False)
        transport = PinnedTransport(allow_private=self.tenant.upstream.allow_private, inner=inner)
        async with httpx.AsyncClient(
            transport=transport,
            timeout=self._patience_s,
            trust_env=False,
            follow_redirects=False,
        ) as client:
            started = time.perf_counter()
            try:
                async with client.stream(method, self._base + path, headers=headers) as response:
                    seconds = time.perf_counter() - started
                    body = bytearray()
                    async for chunk in response.aiter_bytes():
                        body += chunk
                        if len(body) > LIMIT:
                            break
            except httpx.HTTPError as error:
                raise UnansweredError(self._explained(error)) from error
        return Answered(response.status_code, response.headers, bytes(body), seconds)

    def _explained(self, error: Exception) -> Finding:
        url, host = f"'{self._base}'", httpx.URL(self._base).host
        name = f"{self.file}: upstream.url"
        for cause in causes(error):
            if isinstance(cause, ForbiddenAddressError):
                return misconfigured(
                    name,
                    url,
                    f"{host} is a private address, and those are refused (SSRF)",
                    "set upstream.allow_private = true if the platform is in your own network",
                )
            if isinstance(cause, socket.gaierror):
                problem = f"the name {host} does not resolve ({cause.strerror})"
                return unreached(name, url, problem, "correct the name, or this machine's DNS")
            if isinstance(cause, ssl.SSLCertVerificationError):
                return unreached(
                    name, url, f"its certificate is refused ({cause.verify_message})", _tls(cause)
                )
            if isinstance(cause, ssl.SSLError):
                return unreached(
                    name, url, "does not speak TLS there", "write http:// or the port TLS is on"
                )
            if isinstance(cause, ConnectionRefusedError):
                return unreached(
                    name, url, "refuses the connection", "start the platform, or correct the port"
                )
        if isinstance(error, httpx.TimeoutException):
            return unreached(
                name,
                url,
                f"did not answer within {self._patience_s:g} s",
                "look at the platform and the way to it (a firewall that drops is silent)",
            )
        return unreached(
            name, url, f"gave no answer ({type(error).__name__})", "correct upstream.url"
        )


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it came of."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _tls(error: ssl.SSLCertVerificationError) -> str:
    told = error.verify_message
    if "expired" in told:
        return "renew the platform's certificate"
    if "mismatch" in told:
        return "write the name the certificate is for"
    return (
        "install the authority that signed it on this machine, or name its file with SSL_CERT_FILE"
    )
