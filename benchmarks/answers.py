"""What is right: the reference of a decision, and the readers that hold answers against it.

The reference comes from XGBoost itself and from the campaign as `shop` writes it, never from an
answer of a contender.
"""

import json
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import msgspec
import numpy as np
import xgboost

from load import UNDECIDED, Check
from shop import INSTRUCTIONS, LAPTOP_SHOPPER, MODEL

MISHAPS = frozenset({"TIMEOUT", "ERROR"})
"""Reasons of a page that came whole and undecided."""
NOT_NOW = frozenset({500, 502, 503})
"""How a server that is too busy answers signals."""


@cache
def confidence() -> float:
    """That the laptop shopper hesitates, by XGBoost's own reading of the committed model."""
    manifest = json.loads((MODEL / "manifest.json").read_text("utf-8"))
    names: list[str] = manifest["feature_names"]
    row = np.array([[LAPTOP_SHOPPER.get(name, np.nan) for name in names]], dtype=np.float32)
    booster = xgboost.Booster(model_file=MODEL / "model.json")
    probabilities = np.asarray(booster.inplace_predict(row))[0].tolist()
    assert len(probabilities) == len(manifest["modes"])  # noqa: S101 - a benchmark checks itself
    return float(probabilities[manifest["modes"].index("hesitating")])


def experience(*, control: bool = False, rules: bool = False) -> dict[str, Any]:
    """What a decision about the laptop shopper says, all but its id.

    By the rules it shows four signs of hesitating, for which they state 0.6 (`saccade.intent`).
    """
    by = "RULE" if rules else "MODEL"
    return {
        "mode": "hesitating",
        "confidence": 0.6 if rules else round(confidence(), 4),
        "reason": "HOLDOUT" if control else by,
        "served": "default" if control else by.lower(),
        "instructions": [] if control else INSTRUCTIONS,
    }


def complaint_about(answer: Any, expected: dict[str, Any]) -> str:
    """Empty where an experience says what it must and names its decision."""
    if not isinstance(answer, dict):
        return f"no experience: {answer!r}"
    said: dict[str, Any] = dict(answer)  # pyright: ignore[reportUnknownArgumentType] - JSON
    named = said.pop("decision_id", None)
    if not isinstance(named, str) or len(named) < 8:
        return f"no decision is named: {answer!r}"
    rounding = abs(said.get("confidence", 0.0) - expected["confidence"])
    if rounding > 1.5e-4 or {**said, "confidence": expected["confidence"]} != expected:
        return f"not the decision expected: {answer!r}"
    return ""


def same_as(product: bytes) -> Check:
    """The platform's own bytes and nothing else."""

    def check(status: int, body: bytes) -> str:
        return "" if (status, body) == (200, product) else f"{status}, {len(body)} bytes"

    return check


def decided(product: bytes, expected: dict[str, Any], *, spliced: bool = True) -> Check:
    """The platform's product, whole, and the decision expected under our one key.

    ``spliced``: the platform's bytes are kept. Else they may be written anew, with equal content.
    """
    whole = _whole(product, spliced)

    def check(status: int, body: bytes) -> str:
        front, ours = _parted(body)
        if status != 200 or not whole(front):
            return f"{status}: the platform's product is not all there"
        if ours is None:
            return f"{UNDECIDED}: our key is not there"
        try:
            said = msgspec.json.decode(ours)
        except msgspec.DecodeError:
            return f"our key holds no JSON: {ours!r}"
        if said.get("reason") in MISHAPS:
            return f"{UNDECIDED}: {said['reason']}"
        return complaint_about(said, expected)

    return check


def passed(product: bytes, *, spliced: bool = True) -> Check:
    """The platform's product, whole: with any decision under our key, or with none."""
    whole = _whole(product, spliced)

    def check(status: int, body: bytes) -> str:
        front, _ = _parted(body)
        return "" if status == 200 and whole(front) else f"{status}: the product is not whole"

    return check


def _parted(body: bytes) -> tuple[bytes, bytes | None]:
    """The product up to where our key begins or the object ends, and what our key holds."""
    front, found, ours = body.rpartition(b',"saccade":{')
    if not found:
        return body.rstrip()[:-1], None
    return front, b"{" + ours.rstrip()[:-1]


def _whole(product: bytes, spliced: bool) -> Callable[[bytes], bool]:
    """Says whether that is all of the product; a contender writes it the same each time."""
    kept, content = product.rstrip()[:-1], msgspec.json.decode(product)

    @lru_cache(maxsize=4)
    def whole(front: bytes) -> bool:
        if spliced:
            return front == kept
        try:
            return bool(msgspec.json.decode(front + b"}") == content)
        except msgspec.DecodeError:
            return False

    return whole


def told(expected: dict[str, Any]) -> Check:
    """An experience alone, as a flush is answered; none where the page has nothing to change."""

    def check(status: int, body: bytes) -> str:
        if status in NOT_NOW:
            return f"{UNDECIDED}: {status}"
        if not expected["instructions"]:
            return "" if (status, body) == (204, b"") else f"{status}: {body[:120]!r}"
        if status != 200:
            return f"{status}: {body[:120]!r}"
        return complaint_about(msgspec.json.decode(body), expected)

    return check


def stored(status: int, body: bytes) -> str:
    """A beacon taken in."""
    if status in NOT_NOW:
        return f"{UNDECIDED}: {status}"
    return "" if (status, body) == (204, b"") else f"{status}: {body[:120]!r}"
