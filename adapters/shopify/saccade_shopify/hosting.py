"""What one server keeps for all shops of an app: the vault, its tokens, its routes."""

from collections.abc import Sequence

from saccade.hosting import Desk, Route
from saccade.identity import PARAMETER
from saccade.ports import CatalogPort
from saccade_gateway.pinned import pinned
from saccade_shopify.app import FILE, App, read_keys
from saccade_shopify.app_proxy import AppProxy
from saccade_shopify.bulk import BulkOperations
from saccade_shopify.calls import Calls
from saccade_shopify.catalog import ShopifyCatalog
from saccade_shopify.grants import Grants
from saccade_shopify.graphql import Admin, Graphql
from saccade_shopify.installing import Installing
from saccade_shopify.oauth import OAuth
from saccade_shopify.products import Items
from saccade_shopify.routes import Routes
from saccade_shopify.session_tokens import SessionTokens
from saccade_shopify.settings import ShopifySettings, read_secrets
from saccade_shopify.tokens import ShopTokens
from saccade_shopify.vault import Vault


class Hosting:
    """One app in one server. Raises `ConfigurationError` when made."""

    def __init__(self, app: App, desk: Desk) -> None:
        secrets = read_secrets(str(desk.folder / FILE), app, "")
        self.desk = desk
        self.secrets = secrets
        self.vault = Vault(desk.records_url, read_keys(app, desk.folder))
        self._app = app
        self._calls = Calls(pinned(allow_private=app.stands_in))
        self.tokens = ShopTokens(self.vault, Grants(app.client_id, secrets, self._calls))
        self.installing = Installing(app, desk, self.tokens, self._calls)
        self._routes = Routes(
            app,
            desk,
            self.installing,
            OAuth(app, secrets, desk.secret),
            SessionTokens(app.client_id, secrets),
            AppProxy(secrets, frozenset({PARAMETER})),
        )

    @property
    def routes(self) -> Sequence[Route]:
        """Of the app."""
        return self._routes.all

    def catalog(self, settings: ShopifySettings, items: Items) -> CatalogPort:
        """Of one shop."""
        admin = Admin(settings.shop, settings.base, settings.api_version)
        graphql = Graphql(admin, self.tokens, self._calls)
        bulk = BulkOperations(graphql, self._calls, clear=self._app.stands_in)
        return ShopifyCatalog(graphql, bulk, items, self._app.catalog_every_s)
