"""The profile service: session state in Redis, and the experience it amounts to.

``REDIS_URL`` and ``MODEL_URL`` say where its two neighbours are, ``MODEL_FOLDER`` where the
manifest stands that names the features.
"""

import json
import os
import uuid
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from fastapi import FastAPI, Response
from pydantic import BaseModel, ConfigDict
from redis.asyncio import Redis

MANIFEST = json.loads((Path(os.environ["MODEL_FOLDER"]) / "manifest.json").read_text("utf-8"))
SIGNALS: list[str] = MANIFEST["feature_names"][:-1]
"""The last feature is the share of reviewing spent on bad reviews, made here."""
LIFE_S = 3_600
GATE = 0.6
NAME = "session:{}"
PAGE = aiohttp.ClientTimeout(total=0.2)
FLUSH = aiohttp.ClientTimeout(total=2.0)
"""A page does not wait for its decision any longer; a flush holds nobody up."""

REASSURE: list[dict[str, Any]] = [
    {"op": "move", "slot": "battery-guarantee", "to": "top"},
    {
        "op": "show",
        "slot": "reviews",
        "filter": {"topic": "battery", "verified": True, "limit": 5},
    },
    {"op": "set_text", "slot": "cta", "text": "Add to cart — 30-day battery guarantee"},
    {"op": "hide", "slot": "comparison"},
]
INSTRUCTIONS: Mapping[str, list[dict[str, Any]]] = {"hesitating": REASSURE}


class Signals(BaseModel):
    """What the tracker sends."""

    model_config = ConfigDict(extra="forbid")

    session_id: str
    product_id: str | None = None
    view: str | None = None
    spec_hover_ms: int | None = None
    scroll_reversals: int | None = None
    compare_tool_opened: bool | None = None
    visit_count: int | None = None
    review_dwell_ms: int | None = None
    negative_review_dwell_ms: int | None = None
    checkout_clicked: bool | None = None
    add_to_cart_clicked: bool | None = None
    session_duration_ms: int | None = None
    scroll_speed_px_sec: float | None = None
    max_scroll_depth_pct: float | None = None
    variant_switches: int | None = None
    products_viewed: int | None = None
    exit_intent_count: int | None = None


class Experience(BaseModel):
    """What the page should change."""

    decision_id: str
    mode: str
    confidence: float
    reason: str
    served: str
    instructions: list[dict[str, Any]]


@asynccontextmanager
async def neighbours(service: FastAPI) -> AsyncGenerator[None]:
    """Connections to Redis and the model service, kept open while this one runs."""
    redis: Any = Redis.from_url(  # pyright: ignore[reportUnknownMemberType] - redis-py leaves its options untyped
        os.environ["REDIS_URL"], decode_responses=True, socket_timeout=0.1
    )
    async with aiohttp.ClientSession(os.environ["MODEL_URL"]) as model:
        service.state.redis, service.state.model = redis, model
        yield
    await redis.aclose()


app = FastAPI(title="profile", lifespan=neighbours)


@app.post("/signals", response_model=None)
async def signals(body: Signals) -> Experience | Response:
    """Keep them; a flush that names its product is answered with what its page should change."""
    sent = body.model_dump(exclude_none=True, exclude={"session_id", "product_id", "view"})
    name = NAME.format(body.session_id)
    redis: Any = app.state.redis
    async with redis.pipeline(transaction=False) as pipe:
        pipe.hset(name, mapping={key: float(value) for key, value in sent.items()})
        pipe.expire(name, LIFE_S)
        if body.product_id is not None:
            pipe.hgetall(name)
        replies: list[Any] = await pipe.execute()
    if body.product_id is None:
        return Response(status_code=204)
    experience = await decided(replies[-1], FLUSH)
    return experience if experience.instructions else Response(status_code=204)


@app.get("/experience")
async def experience(session: str) -> Experience:
    """What the session's next page should show."""
    redis: Any = app.state.redis
    return await decided(await redis.hgetall(NAME.format(session)), PAGE)


async def decided(kept: Mapping[str, str], patience: aiohttp.ClientTimeout) -> Experience:
    """Ask the model about a session, and choose by its mode."""
    features = {"features": row(kept)}
    async with app.state.model.post("/predict", json=features, timeout=patience) as answer:
        answer.raise_for_status()
        prediction = await answer.json()
    sure = prediction["confidence"] >= GATE
    chosen = INSTRUCTIONS.get(prediction["mode"], []) if sure else []
    return Experience(
        decision_id=uuid.uuid4().hex,
        mode=prediction["mode"],
        confidence=round(prediction["confidence"], 4),
        reason="MODEL" if sure else "LOW_CONFIDENCE",
        served="model" if chosen else "default",
        instructions=chosen,
    )


def row(kept: Mapping[str, str]) -> list[float | None]:
    """The features of a session, in the model's order."""
    values = [float(kept[name]) if name in kept else None for name in SIGNALS]
    bad, reviewing = kept.get("negative_review_dwell_ms"), float(kept.get("review_dwell_ms", 0))
    share = float(bad) / reviewing if bad is not None and reviewing else None
    return [*values, share]
