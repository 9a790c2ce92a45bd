"""The Admin API's mutations the app makes: subscriptions, metafields, its web pixel."""

import json
from collections.abc import Mapping
from typing import Any, cast

from saccade.domain import JsonObject
from saccade_demo.shopify import nodes
from saccade_demo.shopify.apps import COMPLIANCE, Subscription
from saccade_demo.shopify.graphql.types import Arguments, FieldType, scalars
from saccade_demo.shopify.products import gid, iso
from saccade_demo.shopify.shop import INSTALLATION, SHOP_NUMBER, Shop

MOST_METAFIELDS = 25
"""Of one ``metafieldsSet``: all of them, or none."""

LONGEST_JSON = 128 * 1_024
"""Of a metafield's value since 2026-04; larger JSON is refused."""

TOPICS = (
    *("products/create", "products/update", "products/delete", "inventory_levels/update"),
    *("carts/create", "carts/update", "checkouts/create", "checkouts/update"),
    *("orders/create", "orders/paid", "orders/cancelled", "refunds/create"),
    *("customers/create", "customers/update", "customers/delete"),
    *("app/uninstalled", "app/scopes_update"),
)
_BY_ENUM = {topic.upper().replace("/", "_"): topic for topic in TOPICS}


def types() -> dict[str, dict[str, FieldType]]:
    """What mutations answer."""
    errors = {"userErrors": FieldType("UserError")}
    return {
        "WebhookSubscriptionCreatePayload": {
            **errors,
            "webhookSubscription": FieldType("WebhookSubscription"),
        },
        "WebhookSubscriptionDeletePayload": {
            **errors,
            **scalars("deletedWebhookSubscriptionId"),
        },
        "MetafieldsSetPayload": {**errors, "metafields": FieldType("Metafield")},
        "MetafieldsDeletePayload": {**errors, "deletedMetafields": FieldType("MetafieldKey")},
        "MetafieldKey": scalars("ownerId", "namespace", "key"),
        "WebPixelPayload": {**errors, "webPixel": FieldType("WebPixel")},
    }


def mutations(shop: Shop) -> dict[str, FieldType]:
    """Over one shop."""
    made = _Mutations(shop)
    return {
        "webhookSubscriptionCreate": FieldType(
            "WebhookSubscriptionCreatePayload",
            made.subscribe,
            frozenset({"topic", "webhookSubscription"}),
        ),
        "webhookSubscriptionDelete": FieldType(
            "WebhookSubscriptionDeletePayload", made.unsubscribe, frozenset({"id"})
        ),
        "metafieldsSet": FieldType(
            "MetafieldsSetPayload", made.set_metafields, frozenset({"metafields"})
        ),
        "metafieldsDelete": FieldType(
            "MetafieldsDeletePayload", made.delete_metafields, frozenset({"metafields"})
        ),
        "webPixelCreate": FieldType("WebPixelPayload", made.create_pixel, frozenset({"webPixel"})),
        "webPixelUpdate": FieldType(
            "WebPixelPayload", made.update_pixel, frozenset({"webPixel", "id"})
        ),
    }


class _Mutations:
    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def subscribe(self, _: JsonObject, given: Arguments) -> JsonObject:
        told = given["webhookSubscription"]
        uri = told.get("uri") or told.get("callbackUrl") or ""
        topic = _BY_ENUM.get(str(given["topic"]), "")
        held = {(one.topic, one.uri) for one in self._shop.subscriptions.values()}
        if not topic or topic in COMPLIANCE:
            return _refused("webhookSubscription", ["topic"], "Topic is invalid")
        if not uri.startswith(("https://", "http://127.0.0.1:")):
            return _refused("webhookSubscription", ["callbackUrl"], "Address is not allowed")
        if (topic, uri) in held:
            message = "Address for this topic has already been taken"
            return _refused("webhookSubscription", ["callbackUrl"], message)
        number = self._shop.next_number()
        one = Subscription(topic, uri, str(told.get("name") or ""), id=number)
        self._shop.subscriptions[number] = one
        return {"webhookSubscription": nodes.subscription(one), "userErrors": []}

    def unsubscribe(self, _: JsonObject, given: Arguments) -> JsonObject:
        number = str(given["id"]).rpartition("/")[2]
        if not number.isdecimal() or self._shop.subscriptions.pop(int(number), None) is None:
            message = "Webhook subscription does not exist"
            return _refused("deletedWebhookSubscriptionId", ["id"], message)
        return {"deletedWebhookSubscriptionId": given["id"], "userErrors": []}

    def set_metafields(self, _: JsonObject, given: Arguments) -> JsonObject:
        asked: list[Mapping[str, Any]] = given["metafields"]
        if len(asked) > MOST_METAFIELDS:
            message = f"Exceeded the maximum metafields input limit of {MOST_METAFIELDS}"
            return _refused("metafields", ["metafields"], message)
        for number, one in enumerate(asked):
            problem = self._problem(one)
            if problem:
                where = ["metafields", str(number), "value"]
                return _refused("metafields", where, problem)
        found = [self._set(one) for one in asked]
        return {"metafields": found, "userErrors": []}

    def delete_metafields(self, _: JsonObject, given: Arguments) -> JsonObject:
        found: list[JsonObject | None] = []
        for one in given["metafields"]:
            key = self._key(one)
            gone = self._shop.metafields.pop(key, None)
            owner, space, name = key
            names: JsonObject = {"ownerId": owner, "namespace": space, "key": name}
            found.append(None if gone is None else names)
        return {"deletedMetafields": found, "userErrors": []}

    def create_pixel(self, _: JsonObject, given: Arguments) -> JsonObject:
        if self._shop.pixel is not None:
            return _refused("webPixel", ["webPixel"], "Web pixel is taken", "TAKEN")
        return self._switched_on(given)

    def update_pixel(self, _: JsonObject, given: Arguments) -> JsonObject:
        if self._shop.pixel is None or given["id"] != self._shop.pixel["id"]:
            return _refused("webPixel", ["id"], "Web pixel not found", "NOT_FOUND")
        return self._switched_on(given)

    def _switched_on(self, given: Arguments) -> JsonObject:
        """With settings as the app's extension declares them, or not at all."""
        declared = self._shop.app.pixel
        if declared is None:
            return _refused("webPixel", ["webPixel"], "No extension found.", "NO_EXTENSION")
        asked = given["webPixel"]["settings"]
        try:
            told: object = json.loads(asked) if isinstance(asked, str) else asked
        except ValueError:
            message = "Settings is not a valid JSON"
            return _refused("webPixel", ["settings"], message, "INVALID_CONFIGURATION_JSON")
        if not isinstance(told, dict) or set(cast("JsonObject", told)) != set(declared):
            message = "Settings does not match the expected settings definition"
            return _refused("webPixel", ["settings"], message, "INVALID_SETTINGS")
        self._shop.pixel = {"id": gid("WebPixel", 1), "settings": json.dumps(told)}
        return {"webPixel": self._shop.pixel, "userErrors": []}

    def _key(self, one: Mapping[str, Any]) -> tuple[str, str, str]:
        space = nodes.namespace(self._shop, str(one.get("namespace") or "$app"))
        return str(one["ownerId"]), space, str(one["key"])

    def _problem(self, one: Mapping[str, Any]) -> str:
        owner, value = str(one["ownerId"]), str(one["value"])
        ours = {gid("Shop", SHOP_NUMBER), gid("AppInstallation", INSTALLATION)}
        if owner not in ours and nodes.node(self._shop, owner) is None:
            return "Owner does not exist"
        if str(one.get("type")) != "json":
            return ""
        if len(value.encode()) > LONGEST_JSON:
            return f"Value is too long (maximum is {LONGEST_JSON} bytes)"
        try:
            json.loads(value)
        except ValueError:
            return "Value is invalid JSON"
        return ""

    def _set(self, one: Mapping[str, Any]) -> JsonObject:
        owner, space, key = self._key(one)
        before = self._shop.metafields.get((owner, space, key))
        found: JsonObject = {
            "id": before["id"] if before else gid("Metafield", self._shop.next_number()),
            "namespace": space,
            "key": key,
            "type": str(one.get("type") or (before or {}).get("type") or ""),
            "value": str(one["value"]),
            "updatedAt": iso(self._shop.clock()),
            "ownerType": owner.split("/")[-2].upper(),
        }
        self._shop.metafields[owner, space, key] = found
        return found


def _refused(name: str, field: list[str], message: str, code: str = "INVALID") -> JsonObject:
    return {name: None, "userErrors": [{"field": field, "message": message, "code": code}]}
