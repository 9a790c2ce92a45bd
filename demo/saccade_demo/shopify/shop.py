"""One shop of the stand-in: its products, the app it has installed, and who is told of a change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from saccade.domain import JsonObject
from saccade_demo import catalog
from saccade_demo.shopify import notices
from saccade_demo.shopify.apps import App, Subscription
from saccade_demo.shopify.clock import Clock
from saccade_demo.shopify.credentials import Credentials, session_token
from saccade_demo.shopify.outbox import Disorder, Outbox
from saccade_demo.shopify.products import Product, Variant, gid, stocked
from saccade_demo.shopify.sales import Order
from saccade_demo.shopify.throttling import Bucket

SHOP_NUMBER = 90_000_000_001
INSTALLATION = 660_000_000_001
EVENTS: Mapping[str, tuple[str, str]] = {
    "products/create": ("Product", "create"),
    "products/update": ("Product", "update"),
    "products/delete": ("Product", "delete"),
}
"""Classic topics to topic and action of the events that succeed them."""


@dataclass(slots=True)
class Faults:
    """What goes wrong on purpose; counts run down to nothing."""

    lost_token_answers: int = 0
    """Token requests that are granted, and whose answer never arrives."""
    throttled: int = 0
    """Admin API calls that meet an empty bucket."""
    broken: int = 0
    """Admin API calls answered 502."""
    cut_results_at: int | None = None
    """Bytes after which a bulk result breaks off, once."""

    def hits(self, name: str) -> bool:
        """Whether one of this kind is to happen now."""
        left: int = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return left > 0


class Shop:
    """A shop, and its relation to the one app of the lab."""

    def __init__(
        self,
        domain: str,
        app: App,
        *,
        clock: Clock | None = None,
        seed: str = "",
        rate: int = 100,
        disorder: Disorder | None = None,
    ) -> None:
        self.domain = domain
        self.app = app
        self.clock = clock or Clock()
        self.seed = seed
        self.credentials = Credentials(self.clock, seed)
        self.bucket = Bucket(self.clock, rate)
        self.outbox = Outbox(self.clock, domain, disorder)
        self.outbox.given_up = self._given_up
        self.faults = Faults()
        self.products = stocked(catalog.load())
        self.metafields: dict[tuple[str, str, str], JsonObject] = {}
        """By owner, namespace and key."""
        self.orders: dict[int, Order] = {}
        """Every one there was, from before the app too."""
        self.subscriptions: dict[int, Subscription] = {}
        """Made by the Admin API, for this shop alone."""
        self.scope: str | None = None
        """What the installed app was granted; ``None`` while it is not installed."""
        self.pixel: JsonObject | None = None
        self.query_of: Callable[[str, JsonObject], JsonObject] = lambda _, __: {}
        """Runs an event subscription's query; `admin` puts it in."""
        self._numbers = iter(range(1, 10**12))

    # --- the app -----------------------------------------------------------------------------

    @property
    def is_installed(self) -> bool:
        """Whether the app is."""
        return self.scope is not None

    def install(self, scope: str | None = None) -> None:
        """Grant the app what it asks for; a change of an installed app's scopes is told to it."""
        before, self.scope = self.scope, scope or ",".join(self.app.scopes)
        if before is not None and before != self.scope:
            told = notices.scopes_update(SHOP_NUMBER, self.domain, before, self.scope, self.clock())
            self.emit("app/scopes_update", told)

    def uninstall(self) -> None:
        """Take everything back that the app had, and tell it."""
        self.emit("app/uninstalled", notices.shop(SHOP_NUMBER, self.domain))
        self.scope = None
        self.pixel = None
        self.credentials.revoke(self.app.client_id)
        self.subscriptions.clear()
        reserved = f"app--{self.app.number}"
        for key in [key for key in self.metafields if key[1].startswith(reserved)]:
            del self.metafields[key]

    def redact(self) -> None:
        """What Shopify sends 48 hours after uninstalling, if the app was not installed again.

        That they have passed is the caller's to say.
        """
        if not self.is_installed:
            self._tell_compliance("shop/redact", None, [])

    def redact_customer(self, customer: int, orders: list[int]) -> None:
        """``customers/redact``."""
        self._tell_compliance("customers/redact", customer, orders)

    def request_data(self, customer: int, orders: list[int]) -> None:
        """``customers/data_request``."""
        self._tell_compliance("customers/data_request", customer, orders)

    def session_token(self, user: str = "1") -> str:
        """What App Bridge would hand the app's page now."""
        return session_token(self.app.client_id, self.app.secret, self.domain, self.clock(), user)

    # --- products ----------------------------------------------------------------------------

    def price(self, number: int, amount: Decimal) -> None:
        """A product's variants all cost so much now."""
        product = self.products[number]
        for variant in product.variants:
            variant.price, variant.updated_at = amount, self.clock()
        self._changed(product)

    def stock(self, number: int, available: int) -> None:
        """A variant's stock: told as inventory, and as a change of its product."""
        product, variant = self.variants[number]
        variant.available, variant.updated_at = available, self.clock()
        self.emit("inventory_levels/update", notices.inventory_level(variant))
        self._changed(product)

    def publish(self, number: int, status: str) -> None:
        """``ACTIVE``, ``DRAFT`` or ``ARCHIVED``."""
        product = self.products[number]
        product.status = status
        self._changed(product)

    def delete(self, number: int) -> None:
        """A product that is no more."""
        del self.products[number]
        self.emit("products/delete", notices.deleted(number), gid("Product", number))

    @property
    def variants(self) -> dict[int, tuple[Product, Variant]]:
        """Every variant with its product, by id."""
        return {
            variant.id: (product, variant)
            for product in self.products.values()
            for variant in product.variants
        }

    def _changed(self, product: Product) -> None:
        product.updated_at = self.clock()
        self.emit("products/update", notices.product(product), gid("Product", product.id))

    # --- who is told -------------------------------------------------------------------------

    def emit(self, topic: str, payload: JsonObject, resource: str = "") -> None:
        """Tell every subscription of a topic, in the words of its family."""
        if not self.is_installed and topic != "shop/redact":
            return
        event = next(self._numbers)
        successor, action = EVENTS.get(topic, ("", ""))
        for one in (*self.app.subscriptions, *self.subscriptions.values()):
            if not one.events and one.topic == topic:
                self.outbox.put(one, payload, event)
            elif one.events and one.topic == successor and action in (one.actions or (action,)):
                told = self._event(one, action, resource)
                self.outbox.put(one, told, event, action=action, resource=resource)

    def next_number(self) -> int:
        """A number this shop has not given out."""
        return next(self._numbers)

    def _event(self, subscription: Subscription, action: str, resource: str) -> JsonObject:
        told: JsonObject = {
            "topic": subscription.topic,
            "action": action,
            "handle": subscription.name,
            "fields_changed": {
                "added": [f"product[id: '{resource}']"] if action == "create" else [],
                "updated": [f"product[id: '{resource}']"] if action == "update" else [],
                "removed": [f"product[id: '{resource}']"] if action == "delete" else [],
            },
        }
        if subscription.query:
            told["data"] = self.query_of(subscription.query, {"productId": resource})
        return told

    def _tell_compliance(self, topic: str, customer: int | None, orders: list[int]) -> None:
        told = notices.compliance(topic, SHOP_NUMBER, self.domain, customer, orders)
        self.emit(topic, told)

    def _given_up(self, subscription: Subscription) -> None:
        if subscription.id is not None:
            self.subscriptions.pop(subscription.id, None)
