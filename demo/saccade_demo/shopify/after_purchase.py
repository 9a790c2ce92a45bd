"""What Shopify gives to an extension on the pages after a purchase, as far as ours asks for it."""

import json
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from saccade.domain import JsonObject
from saccade_demo.shopify import nodes
from saccade_demo.shopify.products import CURRENCY, gid
from saccade_demo.shopify.sales import Order
from saccade_demo.shopify.shop import Shop

AFTER_PURCHASE = "saccade-thank-you"
BUNDLE = "thank-you.js"
"""Built of the extension's source by its ``bundle.mjs``, for machines without Node."""


class AfterPurchase:
    """The app's extension there, as it was deployed."""

    def __init__(self, folder: Path) -> None:
        told = tomllib.loads((folder / "shopify.extension.toml").read_text("utf-8"))
        (extension,) = told["extensions"]
        self._metafields = [(one["namespace"], one["key"]) for one in extension["metafields"]]
        self._fields = [one["key"] for one in extension["settings"]["fields"]]
        self._texts: JsonObject = json.loads(
            (folder / "locales" / "en.default.json").read_text("utf-8")
        )
        place = resources.files("saccade_demo.shopify").joinpath("built", BUNDLE)
        self._code = place.read_text("utf-8")

    def told(
        self, shop: Shop, order: Order, storefront: str, settings: Mapping[str, str]
    ) -> JsonObject:
        """Its code, and the values of the API it is run with; nothing of who bought.

        Of ``settings``, the merchant's, only what its configuration defines.
        """
        return {
            "code": self._code,
            "texts": self._texts,
            "storefrontUrl": storefront,
            "settings": {key: settings[key] for key in self._fields if key in settings},
            "attributes": [{"key": k, "value": v} for k, v in order.cart.attributes.items()],
            "lines": [
                {
                    "merchandise": {"product": {"id": gid("Product", product.id)}},
                    "cost": {
                        "totalAmount": {
                            "amount": float(variant.price * count),
                            "currencyCode": CURRENCY,
                        }
                    },
                }
                for product, variant, count in order.lines
            ],
            "appMetafields": self._of(shop, order),
        }

    def _of(self, shop: Shop, order: Order) -> list[JsonObject]:
        """Only those its configuration asks for, at the products that were bought."""
        found: list[JsonObject] = []
        for product in {product.id: None for product, _, _ in order.lines}:
            for space, key in self._metafields:
                held = shop.metafields.get(
                    (gid("Product", product), nodes.namespace(shop, space), key)
                )
                if held is not None:
                    told = {"namespace": space, "key": key, "value": held["value"]}
                    target = {"type": "product", "id": gid("Product", product)}
                    found.append({"target": target, "metafield": told})
        return found
