"""What every contender is asked: the product, the shopper, the tenant, the calls."""

import asyncio
import json
import secrets
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

SITE = "electronics"
PRODUCT = "816324"
PATH = f"/occ/v2/{SITE}/products/{PRODUCT}?fields=FULL&lang=en&curr=USD"
MODEL = Path(__file__).parents[1] / "core" / "saccade" / "models" / "first"
CANDIDATES = 50

Fields = Mapping[str, str | int | bool]

LAPTOP_SHOPPER: Fields = {
    "product_id": PRODUCT,
    "visit_count": 3,
    "spec_hover_ms": 14_200,
    "review_dwell_ms": 48_000,
    "scroll_reversals": 6,
    "compare_tool_opened": True,
    "checkout_clicked": False,
    "session_duration_ms": 92_000,
    "scroll_speed_px_sec": 180,
}

CONSENT = quote(
    json.dumps([{"templateCode": "PROFILE", "templateVersion": 1, "consentState": "GIVEN"}])
)

TENANT = """
name = "bench"
platform = "sap_occ"
platform_site = "{site}"
[upstream]
url = "http://127.0.0.1:{port}"
allow_private = true
[consent]
basis = "opt_out"
[site]
key = "bench"
open = true
[decisioning]
phase = "live"
holdout = {holdout}
[slots.battery-guarantee]
moment = "product"
[slots.reviews]
moment = "product"
[slots.cta]
moment = "product"
[slots.comparison]
moment = "product"
"""

CAMPAIGN = """
[[campaign]]
id = "battery-fear"
moment = "product"
slot = "battery-guarantee"
template = "reassure"
modes = ["hesitating"]
{caps}
[campaign.parameters]
topic = "battery"
cta = "Add to cart — 30-day battery guarantee"
"""

OTHER_CAMPAIGN = """
[[campaign]]
id = "other-{number}"
moment = "product"
slot = "cta"
template = "steady"
modes = ["{mode}"]
priority = {priority}
{caps}
[campaign.parameters]
text = "Add to cart: {number} of them in stock"
"""

INSTRUCTIONS = [
    {"op": "move", "slot": "battery-guarantee", "to": "top"},
    {
        "op": "show",
        "slot": "reviews",
        "filter": {"topic": "battery", "verified": True, "limit": 5},
    },
    {"op": "set_text", "slot": "cta", "text": "Add to cart — 30-day battery guarantee"},
    {"op": "hide", "slot": "comparison"},
]


def tenant_toml(port: int, *, holdout: float = 0.10) -> str:
    """The tenant of a shop whose platform listens on ``port``."""
    return TENANT.format(site=SITE, port=port, holdout=holdout)


def campaigns_toml(*, candidates: int = CANDIDATES, cap: int | None = 10_000) -> str:
    """The campaign for the hesitating, the last of so many candidates; all others speak to shoppers
    of another mode, so that the policy goes through every one."""
    caps = f"caps = {{ per_day = {cap} }}" if cap is not None else ""
    others = (
        OTHER_CAMPAIGN.format(
            number=number,
            mode=("analytical", "overwhelmed", "default")[number % 3],
            priority=1 + number,
            caps=caps,
        )
        for number in range(candidates - 1)
    )
    return "".join([*others, CAMPAIGN.format(caps=caps)])


# --- the product ---------------------------------------------------------------------------------


async def lab_product() -> bytes:
    """The lab's laptop with FULL fields, as its stand-in OCC server answers."""
    from saccade_demo.lab import start_platform  # noqa: PLC0415 - only where none is given

    runner, base = await start_platform(0)
    try:
        url = f"{base}/occ/v2/{SITE}/products/{PRODUCT}?fields=FULL"
        return await asyncio.to_thread(get, url)
    finally:
        await runner.cleanup()


def get(url: str) -> bytes:
    """One plain call to loopback."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - built here, loopback
        return bytes(answer.read())


# --- calls ---------------------------------------------------------------------------------------


def sessions(count: int) -> list[str]:
    """So many shoppers nobody knows yet."""
    return [secrets.token_hex(16) for _ in range(count)]


def crowd(requests: int) -> list[str]:
    """Shoppers for rounds of so many pages: each looks at a page every few rounds, as people do,
    and not at a dozen within a minute."""
    return sessions(4 * requests)


def page_call(session: str, view: str, *, consent: bool = True) -> bytes:
    """The product for one page view of a shopper; the call is the same for every contender."""
    given = f"x-anonymous-consents: {CONSENT}\r\n" if consent else ""
    return (
        f"GET {PATH} HTTP/1.1\r\nHost: shop.test\r\nAccept: application/json\r\n"
        f"x-session-id: {session}\r\nx-saccade-view: {view}\r\n{given}\r\n"
    ).encode()


def signals_call(session: str, fields: Fields, kind: str = "text/plain") -> bytes:
    """Signals of a shopper; ``text/plain`` is how the tracker sends them."""
    body = json.dumps({"session_id": session, **fields}).encode()
    return (
        f"POST /v1/signals HTTP/1.1\r\nHost: shop.test\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
