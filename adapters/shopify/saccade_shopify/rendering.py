"""Shopify's pages are no answers of ours: the theme's app embed asks ``/v1/…`` and renders.

A checkout's offers are computed beforehand, a table a product, and chosen with no network call.
"""

import msgspec

from saccade.domain import DecisionRequest, Experience, Moment, Op
from saccade.ports import Call, Capabilities, Target
from saccade_gateway.splice import splice

_encode = msgspec.json.Encoder().encode

CAPABILITIES = Capabilities(
    carriers=frozenset({"standalone_json", "precomputed"}),
    operations={
        **{
            moment: frozenset(Op)
            for moment in (Moment.HOME, Moment.LISTING, Moment.PRODUCT, Moment.CART)
        },
        # a template's words are part of the decision, not of the page: only a cart could carry them
        # there, and a link writes on a cart (decision 9)
        Moment.CONFIRMATION: frozenset({Op.SHOW, Op.SET_TEXT}),
    },
)
PATHS: tuple[str, ...] = ()
"""No path is forwarded: Shopify advises against a proxy before its storefront."""


class ShopifyRendering:
    """Decides no call: none passes here. ``key`` is that of the tenant."""

    def __init__(self, key: str) -> None:
        self._key = key

    def read(self, call: Call) -> DecisionRequest | None:
        """None is decided here: the embed asks for its experience itself."""
        del call
        return None

    def merge(self, body: bytes, experience: Experience) -> bytes:
        """The body, ``{}`` for who asks for the experience alone, with our key spliced in."""
        return splice(body, self._key, _encode(experience))


def nowhere(call: Call) -> Target | None:
    """Nothing is forwarded."""
    del call
    return None
