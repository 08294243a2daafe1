"""Metrics by an external sort equal those from memory to the last bit, however small the pieces."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.errors import BenchError, NonFiniteScoresError
from bench.metrics import OODMetrics, evaluate, steps
from bench.out_of_core import evaluate_files, tally
from bench.out_of_core.evaluate import evaluate_sorted
from bench.out_of_core.runs import sort_to_disk

HUGE = 1.7976931348623157e308
ODDITIES = [0.0, -0.0, 5e-324, -5e-324, 2.2e-308, 1e300, -1e300, HUGE, -HUGE, 1.0, 1.0 + 2**-52, 1.0 - 2**-53]
one_score = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(ODDITIES), st.integers(-2, 2).map(float)
)
scores = st.lists(one_score, min_size=1, max_size=30)


def from_pieces(id_scores: list[float], ood_scores: list[float], run_size: int, ahead: int, tpr: float) -> OODMetrics:
    with TemporaryDirectory() as folder:
        sets = [
            sort_to_disk(iter(np.array_split(np.array(one), -(-len(one) // run_size))), Path(folder) / name, run_size)
            for name, one in (("id", id_scores), ("ood", ood_scores))
        ]
        return evaluate_sorted(sets[0], sets[1], tpr, ahead)


@given(scores, scores, st.integers(1, 12), st.integers(1, 5), st.sampled_from([0.05, 0.8, 0.95, 1.0]))
@example([1.0] * 9, [1.0] * 7, 2, 1, 0.95)
@example(ODDITIES, ODDITIES, 3, 2, 0.95)
@settings(max_examples=60, deadline=None)
def test_pieces_of_any_size_give_what_memory_gives(
    id_scores: list[float], ood_scores: list[float], run_size: int, ahead: int, tpr: float
) -> None:
    assert from_pieces(id_scores, ood_scores, run_size, ahead, tpr) == evaluate(id_scores, ood_scores, tpr=tpr)


@pytest.mark.parametrize("decimals", [2, 3, 15])
def test_sums_over_several_blocks_are_added_up_in_the_same_order(
    decimals: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks of 7 steps, begun from the strictest threshold of either side, whatever the pieces are."""
    monkeypatch.setattr(steps, "BLOCK", 7)
    monkeypatch.setattr(tally, "BLOCK", 7)
    rng = np.random.default_rng(decimals)
    id_scores, ood_scores = rng.normal(1, 1, 997).round(decimals), rng.normal(0, 2, 1409).round(decimals)
    found = from_pieces(id_scores.tolist(), ood_scores.tolist(), 100, 13, 0.8)
    assert found == evaluate(id_scores, ood_scores, tpr=0.8)
    assert found.fpr_at_95_tpr_band is not None


def test_files_of_every_kind_are_evaluated_and_leave_nothing_behind(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    id_scores, ood_scores = rng.normal(1, 1, 70_000).astype(np.float32), rng.normal(0, 1, 30_000)
    np.save(tmp_path / "id.npy", id_scores)
    (tmp_path / "ood.csv").write_text("image,score\n" + "".join(f"x,{score!r}\n" for score in ood_scores.tolist()))
    scratch = tmp_path / "scratch"
    found = evaluate_files(tmp_path / "id.npy", tmp_path / "ood.csv", memory=2**26, scratch=scratch)
    assert found == evaluate(id_scores, ood_scores)
    assert list(scratch.iterdir()) == []


def test_a_bad_score_is_named_and_leaves_nothing_behind(tmp_path: Path) -> None:
    np.save(tmp_path / "id.npy", np.array([1.0, np.nan]))
    np.save(tmp_path / "none.npy", np.empty(0))
    with pytest.raises(NonFiniteScoresError, match=r"id\.npy: nan at index 1"):
        evaluate_files(tmp_path / "id.npy", tmp_path / "id.npy", scratch=tmp_path / "scratch")
    with pytest.raises(BenchError, match=r"none\.npy: there are none"):
        evaluate_files(tmp_path / "none.npy", tmp_path / "id.npy", scratch=tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_what_cannot_be_done_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="at least 64 MiB"):
        evaluate_files("gone.npy", "gone.npy", memory=1000)
    with pytest.raises(BenchError, match="fraction"):
        evaluate_files("gone.npy", "gone.npy", tpr=95)
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchError, match=r"Cannot write below .*--scratch"):
        evaluate_files("gone.npy", "gone.npy", scratch=tmp_path / "file")
