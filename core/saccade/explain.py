"""Why a decision came out as it did, in a merchant's words.

The reason and the mode come from the decision's record; what spoke for and against the mode comes
from TreeSHAP (Lundberg et al., 2018) as XGBoost itself computes it (``pred_contribs``), or from the
rules' signs. A softmax score means something only beside the other modes' scores, so a
contribution is the feature's share of the mode's score less its mean share over the four modes:
they add up, with the bias, to ln p of the mode less the mean ln p.
"""

import asyncio
import math
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from saccade.domain import MODES, Frozen, JsonObject, Mode, Reason
from saccade.explain_words import CHOSEN, MODE_WORDS, REASON_WORDS, phrase
from saccade.features import FEATURES
from saccade.intent import held
from saccade.registry import PublishedModel

if TYPE_CHECKING:
    from xgboost import Booster  # never at run time: it takes a second, and few ask why

SAYING = 4
"""At most so many signals are told for, and as many against."""

WEIGHT = 0.05
"""A contribution below this (in nats) is not worth a word."""

Values = Mapping[str, float | None]


class Contribution(Frozen, frozen=True):
    """What one feature added to (above 0) or took from the mode's score, in nats."""

    feature: str
    value: float | None
    contribution: float


class NamedModels(Protocol):
    """Finds a published model by version (`registry.FileModels`)."""

    def named(self, version: str) -> PublishedModel | None:
        """``None`` where it is no longer kept."""
        ...


class Explainer:
    """Explains records of the journal. The first explanation imports xgboost, in a thread."""

    def __init__(self, models: NamedModels) -> None:
        self._models = models
        self._lock = threading.Lock()
        self._loaded: tuple[PublishedModel, Booster] | None = None

    async def explain(self, record: JsonObject) -> JsonObject:
        """``because``: sentences; ``contributions``: what each feature weighed, heaviest first.

        ``record`` is a `Decision` as builtins. Contributions are empty where rules decided, where
        nothing was read, and where the model or the feature set is no longer the one at hand.
        """
        told = _Told(record)
        if not told.values or told.by is not Reason.MODEL:
            return {"because": told.because([]), "contributions": []}
        model = self._models.named(told.model)
        if model is None or told.feature_set != model.features:
            gone = f"The model {told.model} is no longer loaded, so its weights cannot be shown."
            return {"because": [*told.because([]), gone], "contributions": []}
        weights = await asyncio.to_thread(self._contributions, model, told.mode, told.values)
        return {
            "because": told.because(weights),
            "contributions": [
                {"feature": it.feature, "value": it.value, "contribution": it.contribution}
                for it in weights
            ],
        }

    def _contributions(
        self, model: PublishedModel, mode: Mode, values: Values
    ) -> list[Contribution]:
        from saccade.learning import boosters  # noqa: PLC0415 - imports xgboost, as said above

        row = np.array([[values[name] for name in FEATURES.names]], dtype=np.float32)
        with self._lock:
            if self._loaded is None or self._loaded[0] is not model:
                self._loaded = (model, boosters.load(model.text))
            shares = boosters.contributions(self._loaded[1], row)[0]
        centred = shares[MODES.index(mode)] - shares.mean(axis=0)
        by_feature = zip(FEATURES.names, centred[:-1], strict=True)  # the last is the bias
        weights = [
            Contribution(name, values[name], round(float(weight), 6)) for name, weight in by_feature
        ]
        return sorted(weights, key=lambda it: -abs(it.contribution))


class _Told:
    """A record's facts under short names."""

    def __init__(self, record: JsonObject) -> None:
        intent, experience, versions = record["intent"], record["experience"], record["versions"]
        self.mode = Mode(intent["mode"])
        self.confidence = float(intent["confidence"])
        self.probabilities = [float(p) for p in intent["probabilities"]]
        self.by = Reason(intent["by"])
        self.reason = Reason(experience["reason"])
        self.chosen = str(record["chosen"])
        self.propensities = dict(zip(record["eligible"], record["propensities"], strict=True))
        self.feature_set, self.model = str(versions["features"]), str(versions["model"])
        row = [None if x is None or math.isnan(x) else float(x) for x in record["features"]]
        known = self.feature_set == FEATURES.version and len(row) == len(FEATURES.names)
        self.values: Values = dict(zip(FEATURES.names, row, strict=True)) if known else {}

    def because(self, weights: Sequence[Contribution]) -> list[str]:
        """What came out, what the mode rests on, what was done about it."""
        sentences = [self._what()] if self.values else []
        if self.by is Reason.MODEL:
            sentences += self._by_weights(weights)
        elif self.values:
            sentences += self._by_signs()
        return [*sentences, REASON_WORDS[self.reason], *self._choice()]

    def _what(self) -> str:
        reader = "the model" if self.by is Reason.MODEL else "rules, as there is no model,"
        said = f"The shopper {MODE_WORDS[self.mode]}: {reader} puts it at {self.confidence:.0%}"
        others = [(p, mode) for p, mode in zip(self.probabilities, MODES, strict=True)]
        p, other = max((pair for pair in others if pair[1] is not self.mode), key=lambda it: it[0])
        return f"{said}; next is {other.value} at {p:.0%}."

    def _by_weights(self, weights: Sequence[Contribution]) -> list[str]:
        telling = [it for it in weights if it.value is not None and abs(it.contribution) >= WEIGHT]
        return [
            *_list("For it", [it for it in telling if it.contribution > 0]),
            *_list("Against it", [it for it in telling if it.contribution < 0]),
        ]

    def _by_signs(self) -> list[str]:
        names = dict.fromkeys(sign.feature for sign in held(self.mode, self.values))
        signs = [Contribution(name, self.values[name], 0.0) for name in names]
        return _list("Signs of it", signs)

    def _choice(self) -> list[str]:
        if self.chosen not in self.propensities:
            return []
        chance, among = self.propensities[self.chosen], len(self.propensities)
        return [CHOSEN.format(chosen=self.chosen, chance=chance, among=among)]


def _list(title: str, weights: Sequence[Contribution]) -> list[str]:
    phrases = [phrase(it.feature, it.value) for it in weights[:SAYING] if it.value is not None]
    return [f"{title}: {'; '.join(phrases)}."] if phrases else []
