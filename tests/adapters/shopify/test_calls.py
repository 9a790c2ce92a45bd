"""Calls to Shopify."""

from gateway.calls_contract import LIMIT, URL, CallsContract
from saccade_gateway.calls import Asked, Transport
from saccade_shopify.calls import Calls


class TestShopifyCalls(CallsContract):
    async def ask(
        self, transport: Transport, *, attempts: int = 3, longest_wait_s: float = 0.0
    ) -> Asked:
        calls = Calls(transport, attempts=attempts, longest_wait_s=longest_wait_s, limit=LIMIT)
        return await calls.post(URL, {"query": "{ shop }"})
