"""A paper's reading of a result, against counts by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bench.errors import UnknownNameError
from bench.report import CellScores
from bench.reproducing.reading import ID_METRICS, METRICS, read

# Two of four ID images are classified rightly; log-probabilities as scores.
SCORES = CellScores(np.log([0.9, 0.8, 0.7, 0.3]), np.log([0.5, 0.25]), np.array([True, False, True, False]))
ROW = {"auroc": 0.75, "id_accuracy": 0.5, "fpr_at_95_tpr_band": None}


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("auroc", 0.75),
        ("id_accuracy", 0.5),
        ("classification_error", 0.5),
        ("fpr_at_95_tpr_band", None),
        ("mean_probability_ood", 0.375),
        ("mean_probability_wrong", 0.55),
        ("misclassification_auroc", 0.75),  # 0.9 above 0.8 and 0.3, 0.7 above 0.3 alone
        ("misclassification_aupr_success", (1 + 2 / 3) / 2),
        ("misclassification_aupr_error", (1 + 2 / 3) / 2),
    ],
)
def test_each_metric(metric: str, expected: float | None) -> None:
    found = read(metric, ROW, lambda: SCORES)
    assert found == (None if expected is None else pytest.approx(expected))


def test_misclassified_id_images_are_left_out_where_the_paper_leaves_them_out() -> None:
    everything = CellScores(SCORES.id_scores, np.log([0.75, 0.2]), SCORES.id_correct)
    assert read("auroc", ROW, lambda: everything, only_correct=True) == 0.75  # 0.9 beats both, 0.7 one
    assert read("auroc", ROW, lambda: everything) == ROW["auroc"]


def test_without_labels_all_count_as_right() -> None:
    unlabelled = CellScores(SCORES.id_scores, SCORES.ood_scores, None)
    assert read("mean_probability_wrong", ROW, lambda: unlabelled) is None
    assert read("classification_error", {"id_accuracy": None}, lambda: unlabelled) is None


def test_scores_are_not_read_where_the_row_has_the_figure() -> None:
    def refuse() -> CellScores:
        raise AssertionError

    assert read("auroc", ROW, refuse) == 0.75


def test_unknown_metrics_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'auroc'"):
        read("aurok", ROW, lambda: SCORES)
    assert set(ID_METRICS) < set(METRICS)
