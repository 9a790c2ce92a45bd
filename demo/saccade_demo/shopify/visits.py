"""Three shoppers on the lab's shop: what each does, told to the server as their pages would."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession

from saccade.domain import JsonObject
from saccade_demo.shopify.scene import NAME, Scene

YES: Mapping[str, Any] = {
    "shopify": {"analyticsProcessingAllowed": True, "preferencesProcessingAllowed": True}
}
"""What the Customer Privacy API says after a yes. Any: a body as it is sent."""

THREE: Mapping[str, Mapping[str, int | bool]] = {
    "compares figures": {
        "visit_count": 1,
        "spec_hover_ms": 46_000,
        "compare_tool_opened": True,
        "session_duration_ms": 95_000,
        "scroll_reversals": 2,
        "scroll_speed_px_sec": 260,
    },
    "hesitates": {
        "visit_count": 3,
        "spec_hover_ms": 14_200,
        "review_dwell_ms": 48_000,
        "scroll_reversals": 6,
        "compare_tool_opened": True,
        "checkout_clicked": False,
        "session_duration_ms": 92_000,
        "scroll_speed_px_sec": 180,
    },
    "looks in": {"visit_count": 1, "session_duration_ms": 6_000, "scroll_speed_px_sec": 900},
}
"""What is measured of them, by what they do."""

HELD_OUT = "HOLDOUT"
MOST_DRAWN = 12
"""One visitor in ten is held out and sees the plain page: then another is as good."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One shopper, and what their page was told."""

    does: str
    experience: JsonObject

    @property
    def instructions(self) -> str:
        """In words."""
        told: list[JsonObject] = self.experience["instructions"]
        return ", ".join(f"{one['op']} {one['slot']}" for one in told) or "nothing"


async def three(scene: Scene, product: int) -> list[Visit]:
    """The experiences of `THREE` on a product's page. Raises `aiohttp.ClientError`."""
    async with ClientSession(raise_for_status=True) as client:
        return [Visit(does, await _decided(client, scene, product, does)) for does in THREE]


async def _decided(client: ClientSession, scene: Scene, product: int, does: str) -> JsonObject:
    experience: JsonObject = {}
    for _ in range(MOST_DRAWN):
        experience = await _visited(client, scene, product, THREE[does])
        if experience["reason"] != HELD_OUT:
            break
    return experience


async def _visited(
    client: ClientSession, scene: Scene, product: int, measured: Mapping[str, int | bool]
) -> JsonObject:
    base = f"{scene.server}/v1"
    site, origin = {"site": NAME}, {"Origin": scene.url}
    async with client.post(f"{base}/consent", params=site, headers=origin, json=YES) as answer:
        session = (await answer.json())["session_id"]
    body = {"session_id": session, "product_id": str(product), **measured}
    async with client.post(f"{base}/signals", params=site, headers=origin, json=body):
        pass
    query = {**site, "session": session, "product": str(product)}
    async with client.get(f"{base}/experience", params=query, headers=origin) as answer:
        experience: JsonObject = await answer.json()
    return experience
