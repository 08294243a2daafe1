"""Bounds from one pass: the exact value is never outside, and they are narrow where the borders fit."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.errors import BenchError, NonFiniteScoresError
from bench.metrics import OODMetrics, evaluate
from bench.metrics.inputs import FloatArray
from bench.out_of_core import Bounds, Estimate, estimate_files
from bench.out_of_core.bins import Bins
from bench.out_of_core.estimate import estimate_blocks

HUGE = 1.7976931348623157e308
one_score = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 5e-324, HUGE, -HUGE, 1.0, 1.0 + 2**-52]),
    st.integers(-4, 4).map(float),
)
scores = st.lists(one_score, min_size=1, max_size=40)


def bounds_of(estimate: Estimate) -> dict[str, Bounds]:
    values = {one.name: getattr(estimate, one.name) for one in fields(estimate)}
    return {name: value for name, value in values.items() if isinstance(value, Bounds)}


def assert_holds(estimate: Estimate, exact: OODMetrics) -> None:
    for name, bounds in bounds_of(estimate).items():
        assert bounds.low <= getattr(exact, name) <= bounds.high, name
        assert abs(getattr(exact, name) - bounds.value) <= bounds.error, name
        assert 0 <= bounds.low <= bounds.high <= 1, name
    assert (estimate.n_id, estimate.n_ood, estimate.tpr) == (exact.n_id, exact.n_ood, exact.tpr)


def estimated(borders: list[float], id_scores: FloatArray, ood_scores: FloatArray, tpr: float) -> Estimate:
    return estimate_blocks(Bins(np.unique(borders)), np.array_split(id_scores, 3), [ood_scores], tpr)


@given(scores, scores, st.lists(one_score, max_size=12), st.sampled_from([0.05, 0.8, 0.95, 1.0]))
@example([1.0], [1.0], [], 0.95)
@example([1.0, 2.0], [2.0, 3.0], [1.5, 2.5], 0.5)
@settings(max_examples=100, deadline=None)
def test_the_exact_value_is_within_the_bounds_whatever_the_borders(
    id_scores: list[float], ood_scores: list[float], borders: list[float], tpr: float
) -> None:
    found = estimated(borders, np.array(id_scores), np.array(ood_scores), tpr)
    assert_holds(found, evaluate(id_scores, ood_scores, tpr=tpr))


@given(scores, scores)
@settings(max_examples=100, deadline=None)
def test_with_a_border_at_every_score_nothing_is_unknown(id_scores: list[float], ood_scores: list[float]) -> None:
    found = estimated(id_scores + ood_scores, np.array(id_scores), np.array(ood_scores), 0.9)
    assert max(bounds.high - bounds.low for bounds in bounds_of(found).values()) <= 3e-12


def test_without_borders_nothing_is_known_of_the_area() -> None:
    found = estimated([], np.array([1.0, 2.0]), np.array([0.0]), 0.9)
    assert (found.auroc.low, found.auroc.high) == (0.0, 1.0)
    assert (found.auroc.value, found.auroc.error) == pytest.approx((0.5, 0.5))
    assert (found.aupr_in.high, found.fpr_at_95_tpr.low, found.fpr_at_95_tpr.high) == (1.0, 0.0, 1.0)


@pytest.mark.parametrize("suffix", ["npy", "txt"])
def test_files_are_estimated_narrowly(tmp_path: Path, suffix: str) -> None:
    """Also where a file is sorted, so that its beginning tells little of the rest."""
    rng = np.random.default_rng(0)
    id_scores, ood_scores = np.sort(rng.normal(1, 1, 60_000)), rng.normal(0, 1, 40_000).round(2)
    paths = [tmp_path / f"{name}.{suffix}" for name in ("id", "ood")]
    for path, one in zip(paths, (id_scores, ood_scores), strict=True):
        if suffix == "npy":
            np.save(path, one)
        else:
            path.write_text("\n".join(map(repr, one.tolist())))
    found = estimate_files(*paths, tpr=0.8, bins=1000)
    assert_holds(found, evaluate(id_scores, ood_scores, tpr=0.8))
    assert max(bounds.error for name, bounds in bounds_of(found).items() if name != "tie_share") < 2e-3
    assert found.to_dict()["fpr_at_80_tpr"]["low"] == found.fpr_at_tpr.low


def test_borders_of_a_large_file_come_from_all_over_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.out_of_core.estimate._PIECES", 50)
    monkeypatch.setattr("bench.out_of_core.estimate._PIECE", 20)
    scores = np.arange(100_000.0)
    np.save(tmp_path / "sorted.npy", scores)
    found = estimate_files(tmp_path / "sorted.npy", tmp_path / "sorted.npy")
    assert found.auroc.error < 0.02


def test_damaged_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.out_of_core.estimate._PIECES", 5)
    monkeypatch.setattr("bench.out_of_core.estimate._PIECE", 2)
    path = tmp_path / "a.npy"
    np.save(path, np.append(np.zeros(1000), np.nan))
    with pytest.raises(NonFiniteScoresError, match=r"a\.npy: nan at index 1000"):
        estimate_files(path, path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(BenchError, match="is not a complete"):
        estimate_files(path, path)
