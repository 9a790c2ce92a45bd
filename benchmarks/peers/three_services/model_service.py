"""The model service: a row of features in, the mode and its probabilities out.

``MODEL_FOLDER`` holds the committed model and its manifest.
"""

import json
import os
from pathlib import Path

import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel
from xgboost import XGBClassifier

FOLDER = Path(os.environ["MODEL_FOLDER"])
MODES: list[str] = json.loads((FOLDER / "manifest.json").read_text("utf-8"))["modes"]

model = XGBClassifier(n_jobs=1)
model.load_model(str(FOLDER / "model.json"))  # pyright: ignore[reportUnknownMemberType] - XGBoost types its paths loosely

# the first prediction costs twenty times the next: not a shopper's
model.predict_proba(np.full((1, model.n_features_in_), np.nan, dtype=np.float32))

app = FastAPI(title="model")


class Row(BaseModel):
    """Features in the model's order; ``None`` is missing."""

    features: list[float | None]


class Prediction(BaseModel):
    """What the model makes of a row."""

    mode: str
    confidence: float
    probabilities: dict[str, float]


@app.post("/predict")
async def predict(row: Row) -> Prediction:
    """Classify one row. On the loop: a thread would cost a second switch on the one core."""
    matrix = np.array([row.features], dtype=np.float32)
    mode = MODES[int(model.predict(matrix)[0])]
    probabilities = dict(zip(MODES, model.predict_proba(matrix)[0].tolist(), strict=True))
    return Prediction(mode=mode, confidence=probabilities[mode], probabilities=probabilities)
