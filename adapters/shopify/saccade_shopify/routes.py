"""The app's own paths: its page in the admin, installs, who is signed in (Shopify 16, 19, 24)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from html import escape
from http import HTTPStatus
from urllib.parse import parse_qs, quote

import msgspec

from saccade.catalog import CatalogError
from saccade.hosting import Answered, Asked, Desk, Route
from saccade.identity import PARAMETER
from saccade.joining import By
from saccade.strict import ConfigurationError
from saccade_shopify.app import App
from saccade_shopify.app_proxy import AppProxy
from saccade_shopify.installing import Installing
from saccade_shopify.oauth import CALLBACK, COOKIE, SPENT, OAuth
from saccade_shopify.session_tokens import SessionTokens
from saccade_shopify.shops import tenant_of

HOME = "/shopify"
INSTALL = "/shopify/install"
AUTH = "/shopify/auth"
CHECKOUT = "/shopify/identify"
PROXIED = "/apps/saccade/identify"

_NO_STORE = {"Cache-Control": "no-store"}
_ANY_ORIGIN = {
    **_NO_STORE,
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "7200",
}
"""Extensions run in workers of no origin of ours; the session token is what admits them."""

_NO_COOKIE = (
    "Not connected: the browser did not bring back the cookie it was given when the install began. "
    f"Begin again in this browser, at {AUTH}?shop=NAME.myshopify.com. Where `url` of shopify.toml "
    "is http, some browsers keep no such cookie: give the app an https address, of a tunnel say, "
    "and name that, there and among the app's redirect URLs"
)
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Saccade</title>
<meta name="shopify-api-key" content="{client_id}">
<script src="https://cdn.shopify.com/shopifycloud/app-bridge.js"></script>
<p id="told">Connecting this shop …</p>
<script>
const tell = (text) => {{ document.getElementById("told").textContent = text; }};
const connect = async () => {{
  const headers = {{Authorization: `Bearer ${{await shopify.idToken()}}`}};
  const answer = await fetch("{install}", {{method: "POST", headers}});
  const {{told}} = await answer.json();
  if (!told) throw new Error(answer.status);
  tell(told);
}};
connect().catch(() => tell("Not connected. Open the app in the shop's admin, or load it again."));
</script></html>
"""


class _Session(msgspec.Struct):
    """What a checkout's extension sends."""

    session_id: str


class Routes:
    """Of one app."""

    def __init__(
        self,
        app: App,
        desk: Desk,
        installing: Installing,
        oauth: OAuth,
        tokens: SessionTokens,
        proxy: AppProxy,
    ) -> None:
        self._app = app
        self._desk = desk
        self._installing = installing
        self._oauth = oauth
        self._tokens = tokens
        self._proxy = proxy

    @property
    def all(self) -> Sequence[Route]:
        """As the server mounts them."""
        get, post, either = frozenset({"GET"}), frozenset({"POST"}), frozenset({"POST", "OPTIONS"})
        return (
            Route(HOME, get, self.home),
            Route(INSTALL, post, self.install),
            Route(AUTH, get, self.authorize),
            Route(CALLBACK, get, self.callback),
            Route(CHECKOUT, either, self.checkout),
            Route(PROXIED, post, self.proxied),
        )

    async def home(self, asked: Asked) -> Answered:
        """The page in the shop's admin, framed there and nowhere else."""
        shop = _said(asked.query, "shop")
        ancestors = f"https://{shop} https://admin.shopify.com" if tenant_of(shop) else "'none'"
        page = _PAGE.format(client_id=escape(self._app.client_id), install=INSTALL)
        headers = {
            **_NO_STORE,
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": f"frame-ancestors {ancestors}",
        }
        return Answered(HTTPStatus.OK, headers, page.encode())

    async def install(self, asked: Asked) -> Answered:
        """By the session token of that page: Shopify's managed install."""
        token = self._tokens.of(asked.headers.get("authorization", ""))
        if token is None or not token.staff:  # a checkout's is signed by the same secret
            return _refused(_NO_STORE)
        return await _tried(lambda: self._installing.by_session_token(token))

    async def authorize(self, asked: Asked) -> Answered:
        """To Shopify, where the merchant agrees."""
        departing = self._oauth.departing(_said(asked.query, "shop"))
        if departing is None:
            return _answer(
                HTTPStatus.BAD_REQUEST, {"told": "name the shop: ?shop=NAME.myshopify.com"}
            )
        headers = {**_NO_STORE, "Location": departing.url, "Set-Cookie": departing.cookie}
        return Answered(HTTPStatus.FOUND, headers)

    async def callback(self, asked: Asked) -> Answered:
        """And back."""
        cookies = asked.headers.get("cookie", "")
        came = self._oauth.returned(asked.query, cookies)
        if came is None and COOKIE not in cookies:
            return _answer(HTTPStatus.UNAUTHORIZED, {"told": _NO_COOKIE})
        if came is None:
            return _refused(_NO_STORE)
        answered = await _tried(lambda: self._installing.by_code(came))
        if answered.status != HTTPStatus.OK:
            return answered
        # App review: who agreed sees the app next, in the admin it belongs to
        app = f"{self._app.base(came.shop)}/admin/apps/{quote(self._app.client_id, safe='')}"
        headers = {**_NO_STORE, "Location": app, "Set-Cookie": SPENT}
        return Answered(HTTPStatus.FOUND, headers)

    async def checkout(self, asked: Asked) -> Answered:
        """A checkout's extension says whose session it is: by its token, not by its word."""
        if asked.method == "OPTIONS":
            return Answered(HTTPStatus.NO_CONTENT, _ANY_ORIGIN)
        token = self._tokens.of(asked.headers.get("authorization", ""))
        if token is None:
            return _refused(_ANY_ORIGIN)
        try:
            session = msgspec.json.decode(asked.body, type=_Session).session_id
        except (ValueError, RecursionError):
            return _answer(HTTPStatus.BAD_REQUEST, {"told": "send {session_id}"}, _ANY_ORIGIN)
        return await self._identified(token.shop, session, token.customer, _ANY_ORIGIN)

    async def proxied(self, asked: Asked) -> Answered:
        """A page of the shop, through the app proxy: Shopify says who is signed in.

        By POST alone: a link from elsewhere, followed with the shop's cookies, would join a
        stranger's session to whoever clicks on it.
        """
        call = self._proxy.read(asked.query)
        if call is None:
            return _refused(_NO_STORE)
        session = call.parameters.get(PARAMETER, "")
        return await self._identified(call.shop, session, call.customer, _NO_STORE)

    async def _identified(
        self, shop: str, session: str, customer: str | None, headers: Mapping[str, str]
    ) -> Answered:
        """Answers the token to go on with; the same where nobody is signed in."""
        if customer is None:
            return _answer(HTTPStatus.OK, {"session_id": session, "identified": False}, headers)
        tenant = tenant_of(shop) or ""
        token = await self._desk.identify(tenant, session, By.CUSTOMER, customer)
        if token is None:
            told = {"told": "this session is none of this shop's"}
            return _answer(HTTPStatus.BAD_REQUEST, told, headers)
        return _answer(HTTPStatus.OK, {"session_id": token, "identified": True}, headers)


async def _tried(install: Callable[[], Awaitable[None]]) -> Answered:
    try:
        await install()
    except (CatalogError, ConfigurationError) as error:
        return _answer(HTTPStatus.BAD_GATEWAY, {"told": f"Not connected: {error}"})
    return _answer(HTTPStatus.OK, {"told": "This shop is connected."})


def _said(query: str, name: str) -> str | None:
    """A parameter that stands there once."""
    values = parse_qs(query[:4_096]).get(name, [])
    return values[0] if len(values) == 1 else None


def _refused(headers: Mapping[str, str]) -> Answered:
    return _answer(HTTPStatus.UNAUTHORIZED, {"told": "not signed by Shopify just now"}, headers)


def _answer(status: HTTPStatus, said: object, headers: Mapping[str, str] = _NO_STORE) -> Answered:
    body = msgspec.json.encode(said)
    return Answered(status, {**headers, "Content-Type": "application/json"}, body)
