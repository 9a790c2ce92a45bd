"""Make the first model: simulate shoppers, train, measure, prove, write the folder.

    python scripts/train_first_model.py [--folder FOLDER] [--rows 400000]

Without options it makes ``core/saccade/models/first`` again, byte for byte on the same versions of
xgboost and NumPy and the same kind of processor (all three stand in the manifest).
"""

import argparse
import time
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from saccade.domain import Frozen
from saccade.intent import rules
from saccade.learning import figures
from saccade.learning.publish import machine, publish, versions
from saccade.learning.train import PARAMETERS, SIZES, Size, choose, predict, train
from saccade.manifest import Figures, Made, Manifest
from saccade_demo import shoppers
from saccade_demo.shoppers_ceiling import ceiling
from saccade_demo.shoppers_world import Numbers, draw_elapsed

COMMAND = "python scripts/train_first_model.py"
FOLDER = Path(__file__).parent.parent / "core" / "saccade" / "models" / "first"
SEED = 20_260_101


class Effort(Frozen, frozen=True):
    """How many simulated shoppers to train on, to choose by and to measure on."""

    training: int = 400_000
    choosing: int = 60_000
    measuring: int = 100_000
    ceiling_rows: int = 6_000
    ceiling_draws: int = 12_000
    sizes: tuple[Size, ...] = SIZES


class Sample(Frozen, frozen=True):
    """Simulated shoppers, each looked at once."""

    table: Numbers
    matrix: NDArray[np.float32]
    labels: NDArray[np.int64]


def sample(count: int, seed: int) -> Sample:
    """Seeded; another seed gives other shoppers."""
    drawn = shoppers.draw(count, seed)
    elapsed_s = draw_elapsed(count, np.random.default_rng(seed + 1))
    table = shoppers.snapshots(drawn, elapsed_s, seed + 2)
    return Sample(table, shoppers.matrix_of(table), shoppers.modes_of(drawn.traits))


def measure(model: bytes, held_out: Sample, effort: Effort, seed: int) -> Figures:
    """The figures of the manifest."""
    probabilities, labels = predict(model, held_out.matrix), held_out.labels
    first = slice(0, effort.ceiling_rows)
    best = ceiling(held_out.table[first], labels[first], effort.ceiling_draws, seed)
    by_rules = np.array(rules(held_out.matrix), dtype=np.float32)
    return Figures(
        rows=len(labels),
        accuracy=round(figures.accuracy(probabilities, labels), 4),
        log_loss=round(figures.log_loss(probabilities, labels), 4),
        calibration_error=round(figures.calibration_error(probabilities, labels), 4),
        majority=round(figures.majority(labels), 4),
        rules=round(figures.accuracy(by_rules, labels), 4),
        ceiling=round(best.accuracy, 4),
        ceiling_error=round(best.standard_error, 4),
        ceiling_rows=len(labels[first]),
        accuracy_there=round(figures.accuracy(probabilities[first], labels[first]), 4),
    )


def make(folder: Path, effort: Effort, seed: int = SEED) -> Manifest:
    """Everything, from nothing to the three files."""
    training = sample(effort.training, seed)
    choosing = sample(effort.choosing, seed + 10)
    held_out = sample(effort.measuring, seed + 20)
    size = choose(
        (training.matrix, training.labels), (choosing.matrix, choosing.labels), seed, effort.sizes
    )
    model = train(training.matrix, training.labels, seed, size)
    xgboost, numpy = versions()
    parameters = {**PARAMETERS, **msgspec.structs.asdict(size)}
    made = Made(COMMAND, seed, effort.training, parameters, xgboost, numpy, machine())
    return publish(folder, "first", model, made, measure(model, held_out, effort, seed + 30))


def main() -> None:
    """See the module."""
    options = argparse.ArgumentParser(description="Make the first model.")
    options.add_argument("--folder", type=Path, default=FOLDER)
    options.add_argument("--rows", type=int, default=Effort().training)
    given = options.parse_args()
    started = time.perf_counter()
    manifest = make(given.folder, Effort(training=given.rows))
    print(f"{manifest.version} in {time.perf_counter() - started:.0f} s, in {given.folder}")
    for name, value in msgspec.structs.asdict(manifest.figures).items():
        print(f"  {name:18} {value}")


if __name__ == "__main__":
    main()
