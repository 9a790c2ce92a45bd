"""``saccade shopify preflight``: what App review will try, tried before on the running server."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

import httpx
from rich.console import Console

from saccade.tenants import ConfigurationError, Tenant, read_tenant, read_toml
from saccade_server.commands.check import marked
from saccade_server.diagnosis.findings import Finding, Level, misconfigured, unreached, warned, well
from saccade_server.diagnosis.shopify import (
    COMPLIANCE,
    VERSION,
    app_findings,
    configuration,
    version_finding,
    wanted_scopes,
)
from saccade_server.diagnosis.shopify_shops import Shops
from saccade_server.settings import SettingError, Settings
from saccade_shopify.app import FILE, App, read_app, read_keys
from saccade_shopify.settings import API_VERSION, read_secrets
from saccade_shopify.shops import shop_of, tenant_of
from saccade_shopify.vault import Tokens, Vault, VaultError

ERASING = "shop/redact"
"""Never sent with a good signature: the server would do what it says."""

LARGEST_SCRIPT = 10_000
"""Bytes of JavaScript a theme app extension had better not exceed, as Shopify suggests."""

PATIENCE_S = 5.0
"""Shopify waits no longer for an answer to a webhook."""

LEAST_REFRESH_S = 7 * 86_400.0
"""A refresh token with less left is one that was not used for months."""

TOKEN_LIFE_S = 3_600.0

_FIXES: Mapping[int | None, str] = {
    None: "it answers too late, and Shopify does not wait: look at the server's log",
    HTTPStatus.UNAUTHORIZED: "the server reads another secret: compare client_secret_env",
    HTTPStatus.NOT_FOUND: f"serve the folder that holds {FILE}: this server knows no Shopify",
}


def run(settings: Settings, shop: str | None, theirs: Path, extension: Path) -> int:
    """Try everything; the exit code is that of the worst finding. Raises configuration errors."""
    app = read_app(settings.config)
    if app is None:
        fix = "make it with `saccade shopify init`"
        raise SettingError("SACCADE_CONFIG", repr(str(settings.config)), f"holds no {FILE}", fix)
    if shop is not None and tenant_of(shop) is None:
        raise SettingError("--shop", repr(shop), "is no shop", "write it as NAME.myshopify.com")
    return asyncio.run(_told(Preflight(settings, app, shop, theirs, extension)))


async def _told(preflight: "Preflight") -> int:
    console = Console(soft_wrap=True, highlight=False)
    worst = Level.WELL
    async for finding in preflight.findings():
        console.print(marked(finding))
        worst = max(worst, finding.level)
    return int(worst)


class Preflight:
    """Of one app, on the server that serves it."""

    def __init__(
        self,
        settings: Settings,
        app: App,
        shop: str | None,
        theirs: Path,
        extension: Path,
    ) -> None:
        self._settings = settings
        self._app = app
        self._theirs = theirs
        self._extension = extension
        self._secret = read_secrets(FILE, app, "")()[0].get_secret_value()
        self._keys = read_keys(app, settings.config)
        self._wanted = shop
        self._today = _today()

    async def findings(self) -> AsyncIterator[Finding]:
        """One after the other; where no server answers, nothing is asked of it."""
        for finding in self._files():
            yield finding
        with contextlib.closing(Vault(self._settings.records_url, self._keys)) as vault:
            shops = vault.names()
            for finding in self._kept(vault, shops):
                yield finding
            asked, wanted = Shops(self._app, vault), wanted_scopes(self._theirs, self._app)
            for tenant in self._readable(vault, shops):
                if isinstance(tenant, Finding):
                    yield tenant
                    continue
                async for finding in asked.findings(tenant, wanted):
                    yield finding
        async with httpx.AsyncClient(
            base_url=self._app.url, timeout=PATIENCE_S, trust_env=False
        ) as client:
            async for finding in self._answers(client, shops):
                yield finding

    async def _answers(
        self, client: httpx.AsyncClient, shops: Sequence[str]
    ) -> AsyncIterator[Finding]:
        away = await self._away(client)
        if away is not None:
            yield away
            return
        yield await self._unsigned_install(client)
        shop = self._wanted or next(iter(shops), None)
        fix = "install with the link of `saccade shopify dev`"
        if shop is None:
            yield unreached("webhooks", "", "no shop has the app installed", fix)
            return
        if shop not in shops:
            yield unreached(f"shop {shop}", "", "has not installed the app", fix)
        for topic in COMPLIANCE:
            yield await self._forged(client, topic, shop)
            if topic != ERASING:
                yield await self._signed(client, topic, shop)

    async def _away(self, client: httpx.AsyncClient) -> Finding | None:
        """Where no server of ours answers: a tunnel that leads nowhere answers all the same."""
        fix = f"start `saccade serve` and the tunnel to it, or correct url in {FILE}"
        try:
            answer = await client.get("/livez")
        except httpx.HTTPError as error:
            return unreached("server", self._app.url, type(error).__name__, fix)
        if answer.status_code == HTTPStatus.OK:
            return None
        problem = f"answers {answer.status_code} to /livez, as this server does not"
        return unreached("server", self._app.url, problem, fix)

    # --- on the wire -------------------------------------------------------------------------

    async def _unsigned_install(self, client: httpx.AsyncClient) -> Finding:
        answer = await client.post("/shopify/install", headers={"Authorization": "Bearer forged"})
        name = "install with a forged session token"
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            return well(name, "401")
        fix = "serve the folder that holds shopify.toml"
        return unreached(name, str(answer.status_code), "is not 401", fix)

    async def _forged(self, client: httpx.AsyncClient, topic: str, shop: str) -> Finding:
        """App review sends one: anything but 401 is a refusal of the app."""
        body = self._body(shop)
        status = await _posted(client, body, _headers(topic, shop, _digest("forged", body)))
        name = f"{topic} with a bad HMAC"
        if status == HTTPStatus.UNAUTHORIZED:
            return well(name, "401")
        return unreached(name, str(status), "is not 401", f"serve {shop}; is it installed?")

    async def _signed(self, client: httpx.AsyncClient, topic: str, shop: str) -> Finding:
        """Of nobody: neither a person nor an order is named, so nothing is done."""
        body = self._body(shop)
        begun = time.perf_counter()
        status = await _posted(client, body, _headers(topic, shop, _digest(self._secret, body)))
        took = f"{status} in {(time.perf_counter() - begun) * 1_000:.0f} ms"
        name = f"{topic} signed"
        if status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return well(name, took)
        return unreached(
            name, took, "is no 2xx", _FIXES.get(status, f"serve {shop}, and look at its log")
        )

    def _body(self, shop: str) -> bytes:
        told: dict[str, Any] = {"shop_domain": shop, "customer": None, "orders_requested": []}
        return json.dumps(told).encode()

    # --- as it is kept -----------------------------------------------------------------------

    def _kept(self, vault: Vault, shops: Sequence[str]) -> Iterator[Finding]:
        for shop in shops:
            name = f"token of {shop}"
            try:
                found = vault.find(shop)
            except VaultError as error:
                yield misconfigured(name, "", error.problem, error.fix)
                continue
            if found is not None:
                yield _life(name, found.tokens, time.time())
            if not (self._settings.config / (tenant_of(shop) or "") / "tenant.toml").exists():
                fix = "uninstall the app there, or open it once more"
                yield unreached(name, "", "is left of a shop that is no tenant", fix)
        for path in sorted(self._settings.config.glob("*/tenant.toml")):
            shop = shop_of(path.parent.name)
            told = read_toml(path)
            if told.get("platform") != "shopify":
                continue
            version = cast("dict[str, Any]", told.get("adapter", {})).get(
                "api_version", API_VERSION
            )
            if version != self._app.api_version:
                yield version_finding(
                    f"{path.parent.name}: adapter.api_version", version, self._today
                )
            if shop not in shops:
                problem = "has no token: it was uninstalled, or never installed"
                fix = "Shopify sends shop/redact after 48 hours, and the folder goes with it"
                yield warned(f"tenant {path.parent.name}", "", problem, fix)

    def _readable(self, vault: Vault, shops: Sequence[str]) -> Iterator[Tenant | Finding]:
        """Shops whose tokens a key reads and which are tenants: of others it is said already."""
        for shop in shops:
            folder = self._settings.config / (tenant_of(shop) or "")
            try:
                vault.find(shop)
                if (folder / "tenant.toml").exists():
                    yield read_tenant(folder)
            except VaultError:
                continue
            except ConfigurationError as error:
                yield misconfigured(f"{error.file}: {error.key}", "", error.problem, error.fix)

    def _files(self) -> Iterator[Finding]:
        yield from app_findings(self._app, self._today)
        yield from configuration(self._theirs, self._app)
        for path in sorted(self._extension.parent.glob("*/shopify.extension.toml")):
            version = read_toml(path).get("api_version")
            if isinstance(version, str) and VERSION.fullmatch(version):
                name = f"extension {path.parent.name} api_version"
                yield version_finding(name, version, self._today)
        scripts = sorted((self._extension / "assets").glob("*.js"))
        if not scripts:
            fix = "name the theme app extension's folder with --extension"
            yield warned("theme app extension", str(self._extension), "has no script", fix)
        for path in scripts:
            size = path.stat().st_size
            name, told = f"script {path.name}", f"{size} bytes"
            if size <= LARGEST_SCRIPT:
                yield well(name, told)
            else:
                fix = f"make it smaller: Shopify suggests {LARGEST_SCRIPT} at most"
                yield unreached(name, told, "is too large", fix)


def _life(name: str, tokens: Tokens, now: float) -> Finding:
    renew = "open the app in that shop's admin"
    if tokens.ends_at is None or tokens.refresh is None or tokens.refresh_ends_at is None:
        return unreached(name, "", "does not expire, which public apps may not use", renew)
    if tokens.ends_at > now + TOKEN_LIFE_S:
        return unreached(name, "", "lives longer than an hour", "compare this machine's clock")
    left = tokens.refresh_ends_at - now
    if left <= 0:
        return unreached(name, "", "cannot be refreshed any more", renew)
    if left < LEAST_REFRESH_S:
        return warned(name, f"{left / 86_400:.1f} days", "are left of its refresh token", renew)
    return well(name, f"expires, and can be refreshed for {left / 86_400:.0f} days")


def _today() -> date:
    return datetime.now(UTC).date()


async def _posted(client: httpx.AsyncClient, body: bytes, headers: Mapping[str, str]) -> int | None:
    try:
        answer = await client.post("/webhooks/shopify", content=body, headers=dict(headers))
    except httpx.HTTPError:
        return None
    return answer.status_code


def _headers(topic: str, shop: str, digest: str) -> Mapping[str, str]:
    name = f"preflight-{secrets.token_hex(8)}"
    return {
        "Content-Type": "application/json",
        "X-Shopify-Hmac-Sha256": digest,
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-Webhook-Id": name,
        "X-Shopify-Event-Id": name,
    }


def _digest(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
