"""Shopify's deliveries: genuine or not, told apart, and what they say."""

import time
from collections import Counter
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from saccade.deliveries import Delivery, Departure, Fact, Label
from saccade.domain import Event
from saccade.ports import Call
from saccade_shopify import signatures, topics
from saccade_shopify.headers import told
from saccade_shopify.labels import label
from saccade_shopify.products import Items
from saccade_shopify.sales import Identify, Sales
from saccade_shopify.settings import ShopifySettings
from saccade_shopify.signatures import Secrets
from saccade_shopify.topics import Context, Payload

Installed = Callable[[], float | None]
"""When the shop was installed last, by its own clock; ``None`` where that is not known."""


class ShopifyEvents:
    """Of one shop. ``secrets`` are read for each delivery: a rotated one counts at once."""

    def __init__(
        self,
        settings: ShopifySettings,
        secrets: Callable[[], Secrets],
        identify: Identify,
        items: Items,
        installed: Installed = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._shop = settings.shop
        self._secrets = secrets
        self._installed = installed
        self._clock = clock
        sales = Sales(settings.tenant, identify, tests_count=settings.test_orders)
        self._context = Context(settings.shop, settings.currency, items, sales)
        self.passed_over: Counter[str] = Counter()
        """Verified deliveries nothing was made of, by why (Shopify 8)."""

    def verify(self, delivery: Delivery) -> bool:
        """Signed over these very bytes (Shopify 1), and sent for this shop (Shopify 9)."""
        said = told(delivery.headers)
        genuine = [signatures.webhook(secret, delivery.body) for secret in self._secrets()]
        return signatures.matches(said.signature, genuine) and said.shop == self._shop

    def label(self, delivery: Delivery) -> Label:
        """By the platform's own numbers."""
        return label(told(delivery.headers), delivery.body)

    def translate(self, delivery: Delivery) -> Sequence[Fact]:
        """One fact, or none. Raises ValueError, which names the field."""
        said = told(delivery.headers)
        at = self._clock() if said.triggered_at is None else said.triggered_at
        fact = topics.read(self._context, Payload(said, delivery.body, at))
        if fact is None:
            return self._none("nothing_told" if topics.known(said) else "unknown_topic")
        if isinstance(fact, Departure) and self._came_back(said.triggered_at):
            if not fact.purge:
                return self._none("uninstalled_before_it_was_installed")
            fact = replace(fact, returned=True)
        return (fact,)

    def asks(self, delivery: Delivery) -> bool:
        """See `saccade.hosting.Asks`: when the shop was installed stands in the vault."""
        return told(delivery.headers).topic in topics.DEPARTURES

    def observe(self, call: Call, status: int, body: bytes) -> Sequence[Event]:
        """No storefront call passes through us."""
        del call, status, body
        return ()

    def _none(self, why: str) -> Sequence[Fact]:
        self.passed_over[why] += 1
        return ()

    def _came_back(self, triggered_at: float | None) -> bool:
        """What is told of an uninstall after the next install, a day late, does not end that one
        (Shopify 15). Times may be told to the second: one of the same second is the later."""
        since = self._installed()
        return since is not None and triggered_at is not None and triggered_at < int(since)
