"""``/admin/oauth``: the install, the grant, the exchange and the refresh."""

import base64
import json
from collections.abc import Mapping
from urllib.parse import urlencode

from aiohttp import web

from saccade.domain import JsonObject
from saccade_demo.shopify.credentials import (
    TokenError,
    check_session_token,
    signed_query,
)
from saccade_demo.shopify.shop import Shop

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 - a type's name, no secret
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"


class OAuth:
    """Of one shop."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def routes(self) -> list[web.RouteDef]:
        """The paths an app and a merchant's browser call."""
        return [
            web.get("/admin/oauth/install", self.install),
            web.get("/admin/oauth/authorize", self.authorize),
            web.post("/admin/oauth/access_token", self.token),
            web.get("/admin/apps/{client}", self.open),
        ]

    async def install(self, request: web.Request) -> web.Response:
        """Managed install: scopes of the app's configuration, then the app's page."""
        self._known(request)
        self._shop.install()
        return self._opened()

    async def open(self, request: web.Request) -> web.Response:
        """The merchant opens the app: its page, with a session token for who is embedded."""
        if request.match_info["client"] != self._shop.app.client_id or not self._shop.is_installed:
            raise web.HTTPNotFound(text="The app is not installed")
        return self._opened()

    async def authorize(self, request: web.Request) -> web.Response:
        """The grant by code. The lab's merchant says yes to every scope."""
        self._known(request)
        query = request.query
        back = query.get("redirect_uri", "")
        if back not in self._shop.app.redirects:
            raise web.HTTPBadRequest(
                text="Oauth error invalid_request: The redirect_uri is not whitelisted"
            )
        scope = query.get("scope") or ",".join(self._shop.app.scopes)
        self._shop.install(scope)
        told = {
            "code": self._shop.credentials.code(self._shop.app.client_id, scope),
            "host": self._host(),
            "shop": self._shop.domain,
            "state": query.get("state", ""),
            "timestamp": str(int(self._shop.clock())),
        }
        return _redirect(f"{back}?{signed_query(self._shop.app.secret, told)}")

    async def token(self, request: web.Request) -> web.Response:
        """Every kind of grant; JSON or a form. A lost answer is granted and never arrives."""
        asked = await _asked(request)
        try:
            answer = self._granted(asked)
        except TokenError as error:
            told = {"error": error.error, "error_description": error.description}
            return web.json_response(told, status=error.status)
        if self._shop.faults.hits("lost_token_answers"):
            if request.transport is not None:
                request.transport.abort()
            raise web.HTTPBadGateway
        return web.json_response(answer, headers={"Cache-Control": "no-store"})

    def _granted(self, asked: Mapping[str, str]) -> JsonObject:
        app, credentials = self._shop.app, self._shop.credentials
        if (asked.get("client_id"), asked.get("client_secret")) != (app.client_id, app.secret):
            raise TokenError("invalid_client", "Unknown client or wrong secret")
        if not self._shop.is_installed:
            raise TokenError("app_not_installed", "The app is not installed on this shop")
        kind = asked.get("grant_type")
        if kind == "refresh_token":
            return credentials.refreshed(app.client_id, asked.get("refresh_token", ""))
        expiring = asked.get("expiring") == "1"
        if kind == EXCHANGE:
            self._check_exchange(asked)
            scope = self._shop.scope or ""
            return credentials.acquired(app.client_id, scope, expiring=expiring)
        if "code" in asked:
            return credentials.redeemed(app.client_id, asked["code"], expiring=expiring)
        raise TokenError("unsupported_grant_type", "Use a code, a refresh or a token exchange")

    def _check_exchange(self, asked: Mapping[str, str]) -> None:
        if asked.get("subject_token_type") != ID_TOKEN:
            raise TokenError("invalid_request", "subject_token_type is not supported")
        if asked.get("requested_token_type") != OFFLINE:
            raise TokenError("invalid_request", "requested_token_type is not supported here")
        app = self._shop.app
        check_session_token(
            asked.get("subject_token", ""),
            app.client_id,
            app.secret,
            self._shop.domain,
            self._shop.clock(),
        )

    def _known(self, request: web.Request) -> None:
        if request.query.get("client_id") != self._shop.app.client_id:
            raise web.HTTPBadRequest(text="Oauth error invalid_client: unknown client_id")

    def _host(self) -> str:
        """Where the admin is, for App Bridge: base64 without padding."""
        place = f"admin.shopify.com/store/{self._shop.domain.partition('.')[0]}"
        return base64.b64encode(place.encode()).decode().rstrip("=")

    def _opened(self) -> web.Response:
        told = {
            "embedded": "1",
            "host": self._host(),
            "id_token": self._shop.session_token(),
            "locale": "en",
            "session": "0" * 64,
            "shop": self._shop.domain,
            "timestamp": str(int(self._shop.clock())),
        }
        return _redirect(f"{self._shop.app.url}?{signed_query(self._shop.app.secret, told)}")


def install_link(base: str, client_id: str) -> str:
    """What a merchant opens to install."""
    return f"{base}/admin/oauth/install?{urlencode({'client_id': client_id})}"


async def _asked(request: web.Request) -> dict[str, str]:
    if request.content_type == "application/json":
        try:
            told = json.loads(await request.read())
        except ValueError:
            return {}
        return {str(key): str(value) for key, value in dict(told).items()}
    return {key: str(value) for key, value in (await request.post()).items()}


def _redirect(url: str) -> web.Response:
    return web.Response(status=302, headers={"Location": url, "Cache-Control": "no-store"})
