"""Simulated shoppers: seeded, never driven by their mode, honestly hard to read (R47)."""

import math
from itertools import pairwise

import numpy as np
import pytest

from saccade.domain import MODES, Mode
from saccade.learning.figures import calibration_error
from saccade.registry import FileModels
from saccade.signals import PAGE_SCOPED, SIGNAL_NAMES, Signals
from saccade_demo import shoppers, shoppers_likelihood, shoppers_world
from saccade_demo.shoppers_ceiling import ceiling, posterior
from saccade_demo.shoppers_timeline import FLUSH_S, timeline
from saccade_demo.shoppers_world import Numbers


def looked_at(count: int, seed: int) -> tuple[shoppers.Shoppers, Numbers]:
    drawn = shoppers.draw(count, seed)
    elapsed_s = shoppers_world.draw_elapsed(count, np.random.default_rng(seed + 1))
    return drawn, shoppers.snapshots(drawn, elapsed_s, seed + 2)


def column(table: Numbers, name: str) -> Numbers:
    values: Numbers = table[:, SIGNAL_NAMES.index(name)]
    return values


def test_the_same_seed_draws_the_same_shoppers() -> None:
    (one, first), (two, second), (_, other) = (looked_at(500, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(one.traits, two.traits)
    assert not np.array_equal(first, other, equal_nan=True)


def test_the_mode_is_the_dominant_trait_or_default() -> None:  # R9
    traits = np.array(
        [
            [1.0, 0.9, 0.0, 0, 0],
            [0.0, 2.0, 1.9, 0, 0],
            [-1.0, 0.0, 0.8, 9, 9],
            [0.7, 0.7, 0.7, 3, 3],
        ]
    )
    assert [MODES[mode] for mode in shoppers.modes_of(traits)] == [
        Mode.ANALYTICAL,
        Mode.OVERWHELMED,
        Mode.HESITATING,
        Mode.DEFAULT,
    ]
    shares = np.bincount(shoppers.modes_of(shoppers.draw(20_000, 3).traits)) / 20_000
    assert shares.argmax() == MODES.index(Mode.DEFAULT)
    assert shares.min() > 0.1


def test_the_mode_never_drives_the_behaviour(monkeypatch: pytest.MonkeyPatch) -> None:
    before, table = looked_at(300, 4)
    modes = shoppers.modes_of(before.traits)
    monkeypatch.setattr(shoppers, "DOMINANT", -9.0)
    after, same = looked_at(300, 4)
    assert not np.array_equal(shoppers.modes_of(after.traits), modes)
    np.testing.assert_array_equal(table, same)


def test_traits_are_correlated_as_stated() -> None:
    traits = shoppers_world.draw_traits(40_000, np.random.default_rng(5))
    measured = np.corrcoef(traits.T)
    np.testing.assert_allclose(measured, shoppers_world.CORRELATION, atol=0.02)


def test_every_snapshot_is_what_a_tracker_may_send() -> None:  # R2
    _, table = looked_at(3_000, 6)
    for row in table:
        signals = shoppers.signals_of(row)
        for name, value in zip(SIGNAL_NAMES, row, strict=True):
            sent = getattr(signals, name)
            assert (sent is None) == bool(np.isnan(value))
    assert (np.nanmin(table, axis=0) >= 0).all()
    reviews = column(table, "review_dwell_ms")
    negative = column(table, "negative_review_dwell_ms")
    known = ~np.isnan(negative)
    assert (negative[known] <= reviews[known]).all()
    spent = np.nansum([reviews, column(table, "spec_hover_ms")], axis=0)
    duration = column(table, "session_duration_ms")
    assert (spent[~np.isnan(duration)] <= duration[~np.isnan(duration)] + 1).all()
    assert np.nanmax(column(table, "max_scroll_depth_pct")) <= 100
    assert (
        np.nanmin(column(table, "visit_count")) == np.nanmin(column(table, "products_viewed")) == 1
    )


def test_signals_are_missing_where_pages_do_not_measure_them() -> None:
    drawn, table = looked_at(20_000, 7)
    np.testing.assert_array_equal(np.isnan(table), ~drawn.measured)
    missing = np.isnan(table).mean(axis=0)
    assert (missing > 0.15).all()
    assert (missing < 0.45).all()
    modes = shoppers.modes_of(drawn.traits)
    by_mode = [np.isnan(table[modes == mode]).mean() for mode in range(len(MODES))]
    assert max(by_mode) - min(by_mode) < 0.01  # what is missing says nothing


def test_behaviour_follows_the_traits() -> None:
    drawn, table = looked_at(20_000, 8)
    need, overload, risk, decisive, _ = drawn.traits.T
    for trait, name, sign in (
        (need, "spec_hover_ms", 1),
        (overload, "scroll_reversals", 1),
        (overload, "variant_switches", 1),
        (risk, "negative_review_dwell_ms", 1),
        (risk, "visit_count", 1),
        (decisive, "checkout_clicked", 1),
        (risk, "add_to_cart_clicked", -1),
    ):
        values = column(table, name)
        known = ~np.isnan(values)
        low, high = np.quantile(trait, [0.25, 0.75])
        lower, upper = (values[known & part].mean() for part in (trait < low, trait > high))
        assert sign * (upper - lower) > 0.15 * max(upper, lower), name


def test_a_timeline_is_distributed_as_snapshots_are() -> None:
    """The lab's traffic and the training set are one world: mean and spread at 40 s agree."""
    count, at_s = 3_000, 40.0
    drawn = shoppers.draw(count, 9)
    last: list[list[float]] = []
    for index in range(count):
        ((_, signals),) = timeline(shoppers.one(drawn, index, index), until_s=at_s, every_s=at_s)
        values = [getattr(signals, name) for name in SIGNAL_NAMES]
        last.append([math.nan if value is None else float(value) for value in values])
    followed = np.array(last)
    many = shoppers.draw(30_000, 10)
    snapped = shoppers.snapshots(many, np.full(30_000, at_s), 11)
    for name in SIGNAL_NAMES:
        one, two = (column(table, name) for table in (followed, snapped))
        one, two = one[~np.isnan(one)], two[~np.isnan(two)]
        for a, b in ((one, two), (one > 0, two > 0), (np.sqrt(one), np.sqrt(two))):
            error = math.sqrt(a.var() / len(a) + b.var() / len(b))
            assert abs(a.mean() - b.mean()) <= 4 * error + 1e-9, name


def test_a_timeline_grows_until_another_product_is_opened() -> None:  # R3
    drawn = shoppers.draw(80, 12)
    reopened = 0
    for index in range(80):
        shopper = shoppers.one(drawn, index, seed=index)
        batches = list(timeline(shopper, until_s=60.0))
        assert [at for at, _ in batches] == [FLUSH_S * (1 + i) for i in range(30)]
        for (_, before), (_, after) in pairwise(batches):
            told = after.products_viewed is not None
            same_page = told and after.products_viewed == before.products_viewed
            for name in SIGNAL_NAMES:
                earlier, later = getattr(before, name), getattr(after, name)
                assert (earlier is None) == (later is None) == (name not in shopper.measured)
                if earlier is not None and (same_page or name not in PAGE_SCOPED):
                    assert later >= earlier, name
        viewed = batches[-1][1].products_viewed
        if viewed is not None and viewed > 1:
            reopened += 1
    assert reopened > 10


def test_a_timeline_is_seeded() -> None:
    drawn = shoppers.draw(3, 13)
    one, again, other = (list(timeline(shoppers.one(drawn, 0, seed))) for seed in (1, 1, 2))
    assert one == again
    assert one != other
    assert isinstance(one[0][1], Signals)


@pytest.mark.full
def test_the_oracle_is_calibrated_and_knows_least_when_nothing_is_seen() -> None:
    drawn, table = looked_at(800, 14)
    truth = shoppers.modes_of(drawn.traits)
    given = posterior(table, draws=3_000, seed=15)
    np.testing.assert_allclose(given.sum(axis=1), 1)
    # A wrong density would make it over- or underconfident: its confidence is its accuracy.
    right = given.argmax(axis=1) == truth
    error = math.sqrt(0.25 / len(truth))
    assert given.max(axis=1).mean() == pytest.approx(right.mean(), abs=3 * error)
    assert calibration_error(given.astype(np.float32), truth) < 0.07
    nothing = posterior(np.full((1, len(SIGNAL_NAMES)), np.nan), draws=4_000, seed=16)
    shares = np.bincount(truth) / len(truth)
    np.testing.assert_allclose(nothing[0], shares, atol=0.05)


@pytest.mark.full
def test_the_ceiling_lies_above_the_committed_model_and_far_below_certainty() -> None:  # R47
    drawn, table = looked_at(800, 17)
    truth = shoppers.modes_of(drawn.traits)
    best = ceiling(table, truth, draws=4_000, seed=18)
    assert best.standard_error == pytest.approx(
        math.sqrt(best.accuracy * (1 - best.accuracy) / 800)
    )
    model = FileModels.packaged().current()
    assert model is not None
    chosen = model.probabilities(shoppers.matrix_of(table)).argmax(axis=1)
    # Paired: the same rows, so only where they disagree counts.
    gained = (best.chosen == truth).astype(float) - (chosen == truth)
    assert gained.mean() > -2 * gained.std() / math.sqrt(len(truth))
    assert np.bincount(truth).max() / len(truth) + 0.1 < best.accuracy < 0.8


def test_log_gamma() -> None:
    values = np.array([1e-3, 0.3, 1.0, 4.5, 60.0, 4_000.0])
    exact = [math.lgamma(value) for value in values]
    np.testing.assert_allclose(shoppers_likelihood.log_gamma(values), exact, rtol=1e-9, atol=1e-8)
