"""Rankings are walked a block at a time; where one block ends and the next begins must not show."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from bench import metrics
from bench.metrics import steps, tagged_scores, walk

tied = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=40)


def numbers(id_scores: list[float], ood_scores: list[float]) -> dict[str, object]:
    return {
        name: value for name, value in metrics.evaluate(id_scores, ood_scores).to_dict().items() if name != "warnings"
    }


@settings(max_examples=200, deadline=None)
@given(tied, tied, st.integers(1, 9))
def test_blocks_do_not_show(id_scores: list[float], ood_scores: list[float], size: int) -> None:
    expected = numbers(id_scores, ood_scores)
    with pytest.MonkeyPatch.context() as patch:
        for module in (steps, tagged_scores, walk):
            patch.setattr(module, "BLOCK", size)
        assert numbers(id_scores, ood_scores) == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("decimals", [16, 5, 3, 1])
def test_sets_of_many_blocks_agree_with_scikit_learn(decimals: int) -> None:
    rng = np.random.default_rng(decimals)
    id_scores, ood_scores = rng.normal(1, 1, 150_000).round(decimals), rng.normal(0, 1, 100_000).round(decimals)
    is_id, scores = np.repeat([1, 0], [id_scores.size, ood_scores.size]), np.concatenate([id_scores, ood_scores])
    result = metrics.evaluate(id_scores, ood_scores)
    assert result.auroc == pytest.approx(roc_auc_score(is_id, scores), abs=1e-12)
    assert result.aupr_in == pytest.approx(average_precision_score(is_id, scores), abs=1e-12)
    assert result.aupr_out == pytest.approx(average_precision_score(1 - is_id, -scores), abs=1e-12)
    threshold = np.sort(id_scores)[7_500]
    assert result.fpr_at_95_tpr == np.mean(ood_scores >= threshold)
    assert result.tie_share == pytest.approx(np.isin(scores, np.intersect1d(id_scores, ood_scores)).mean(), abs=1e-15)


def test_more_scores_than_32_bits_count_are_counted_in_64() -> None:
    side = walk._Side(2, np.int64)
    side.passed, side.distinct = 2**31, 0
    side.add(2**32, np.array([True, True]), np.array([True, True]))
    result = side.steps_up(2**31)
    assert result.true.tolist() == [2**31 + 1, 2]
    assert result.false.tolist() == [2**31, 2**31]
