"""A misclassification run from end to end on the embedded data, with trainings of one epoch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

import bench
from bench.data.dataset import DATASETS, Place
from bench.data.images import ArrayImages
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.method_contract import METHODS, Scores
from bench.metrics import expected_calibration_error
from bench.networks.checkpoint import Checkpoint
from bench.predictions.metrics import prediction_metrics
from bench.predictions.rows import COLUMNS
from bench.store import Store

METHODS_RUN = ["msp", "energy", "confidence"]


def run(out: Path, **changes: Any) -> pd.DataFrame:
    arguments: dict[str, Any] = {
        "method": METHODS_RUN, "id": "digits", "settings": {"recipe.epochs": 1}, "device": "cpu", "out": out
    }  # fmt: skip
    frame: pd.DataFrame = bench.misclassification(**{**arguments, **changes})
    return frame


class Done:
    """A run that nothing disturbed, with the cache it filled."""

    def __init__(self, folder: Path) -> None:
        self.cache, self.out = folder / "cache", folder / "run"
        self.frame = run(self.out, files=True)

    @property
    def checkpoint(self) -> Path:
        """The file of the cross-entropy network."""
        (path,) = self.cache.glob("checkpoints/*cross-entropy*/checkpoint.safetensors")
        return path


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCH_CACHE", str(folder / "cache"))
        yield Done(folder)


@pytest.fixture
def trained(done: Done, monkeypatch: pytest.MonkeyPatch) -> Done:
    """The run and its cache: networks are there and outputs extracted."""
    monkeypatch.setenv("BENCH_CACHE", str(done.cache))
    return done


def test_figures_are_those_of_plain_torch_and_scikit_learn(done: Done) -> None:
    found = DATASETS.get("digits")().load("test", Place(Path()))
    assert isinstance(found, ArrayImages)
    checkpoint = Checkpoint.load(done.checkpoint)
    pixels = torch.from_numpy(found.pixels)[:, None].float() / 255
    resized = torch.nn.functional.interpolate(pixels, (32, 32), mode="bilinear", antialias=True)
    with torch.no_grad():
        logits = checkpoint.build()((resized - checkpoint.transform.mean[0]) / checkpoint.transform.std[0]).logits
    probability, predicted = (part.numpy() for part in logits.double().softmax(1).max(1))
    correct = predicted == found.labels
    row = done.frame.iloc[0]
    assert (row["n_correct"], row["n_wrong"]) == (correct.sum(), (~correct).sum())
    expected = {
        "id_accuracy": correct.mean(),
        "auroc": roc_auc_score(correct, probability),
        "aupr_success": average_precision_score(correct, probability),
        "aupr_error": average_precision_score(~correct, -probability),
        "ece_15": expected_calibration_error(probability, correct, n_bins=15),
        "brier": brier_score_loss(correct, probability),
    }
    assert {name: row[name] for name in expected} == pytest.approx(expected, abs=2e-4)


def test_one_row_for_each_method_and_calibration_of_probabilities_alone(done: Done) -> None:
    assert tuple(done.frame.columns) == COLUMNS
    assert done.frame["method"].tolist() == METHODS_RUN
    known = done.frame[["ece_15", "ece_15_adaptive", "brier"]].notna().all(axis=1)
    assert known.tolist() == [True, False, True]
    assert done.frame["objective"].tolist() == ["cross-entropy", "cross-entropy", "learned-confidence"]


def test_scores_are_kept_and_the_same_command_resumes(trained: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(trained.out / "misclassification")
    key = trained.frame["key"].iloc[0]
    kept = store.scores(key)
    assert kept.id_scores.shape == (500,)
    assert kept.ood_scores.size == 0
    assert kept.id_correct is not None
    assert kept.id_correct.mean() == trained.frame["id_accuracy"].iloc[0]
    record = store.get(key)
    assert record is not None
    assert {"cell", "row", "provenance"} <= set(record)

    def never(*_: Any) -> Scores:
        raise AssertionError

    monkeypatch.setattr(METHODS.get("msp"), "score", never)
    pd.testing.assert_frame_equal(run(trained.out), trained.frame)


def test_files_are_written(done: Done) -> None:
    folder = done.out / "misclassification"
    names = {path.name for path in folder.iterdir() if path.is_file()}
    place = "digits_convnet_published_seed0"
    figures = {
        f"{kind}_{place}.{ending}" for kind in ("risk-coverage", "reliability-diagram") for ending in ("png", "svg")
    }
    tables = {"rows.csv", "rows.json", "misclassification.txt", "misclassification.md", "misclassification.tex"}
    assert figures | tables <= names
    rows = json.loads((folder / "rows.json").read_text())
    assert {row["method"]: row["auroc"] for row in rows} == dict(zip(METHODS_RUN, done.frame["auroc"], strict=True))


def test_a_failing_method_fails_alone(trained: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object, outputs: Outputs) -> Scores:
        return np.full(len(outputs), np.nan)

    monkeypatch.setattr(METHODS.get("energy"), "score", broken)
    with pytest.raises(BenchError, match="1 cell failed; energy on digits: "):
        run(tmp_path)
    store = Store(tmp_path / "misclassification")
    assert sorted(record["row"]["method"] for record in store.records()) == ["confidence", "msp"]
    assert [failure["cell"]["method"] for failure in store.failures()] == ["energy"]


def test_a_given_checkpoint_and_its_refusals(trained: Done, tmp_path: Path) -> None:
    given: dict[str, Any] = {"checkpoint": trained.checkpoint, "settings": {}}
    frame = run(tmp_path, method="msp", **given)
    assert frame["auroc"].tolist() == trained.frame["auroc"].tolist()[:1]
    with pytest.raises(BenchError, match="confidence needs a network with the confidence branch"):
        run(tmp_path, **given)


def test_sets_of_one_image_and_without_labels(trained: Done, tmp_path: Path) -> None:
    found = DATASETS.get("digits")().load("test", Place(Path()))
    assert isinstance(found, ArrayImages)
    assert found.labels is not None
    np.savez(tmp_path / "one.npz", images=found.pixels[:1], labels=found.labels[:1])
    np.savez(tmp_path / "bare.npz", images=found.pixels[:5])
    given: dict[str, Any] = {"method": ["msp"], "checkpoint": trained.checkpoint, "settings": {}, "files": True}
    row = run(tmp_path / "out", id=f"one=npz:{tmp_path}/one.npz", **given).iloc[0]
    assert row["n_correct"] + row["n_wrong"] == 1
    assert pd.isna(row["auroc"])
    assert "nothing to detect" in row["warnings"]
    with pytest.raises(BenchError, match="'bare' have no labels"):
        run(tmp_path / "out", id=f"bare=npz:{tmp_path}/bare.npz", **given)


def test_methods_without_a_network_are_left_out_or_refused(
    trained: Done, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BenchError, match="brightness looks at pixels alone"):
        run(tmp_path, method=["msp", "brightness"])
    frame = run(tmp_path, method=["msp", "group:baselines"])
    assert frame["method"].tolist()[0] == "msp"
    assert "brightness" not in set(frame["method"])
    assert "Left out: brightness looks at pixels alone" in capsys.readouterr().err


def test_nothing_given_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="Nothing given for --method"):
        run(tmp_path, method=[])
    with pytest.raises(BenchError, match="owner of the setting 'odin"):
        run(tmp_path, settings={"odin.epsilon": 1.0})


def test_one_outcome_leaves_calibration() -> None:
    found = prediction_metrics(np.array([0.5, 0.75]), np.array([0.5, 0.75]), np.ones(2, np.bool_))
    assert (found["auroc"], found["aupr_error"], found["detection_error"]) == (None, None, None)
    assert found["brier"] == pytest.approx((0.25 + 0.0625) / 2)
    assert found["ece_15"] == pytest.approx(0.375)
    assert found["aurc"] == 0


def test_probabilities_are_those_of_the_softmax_and_the_branch() -> None:
    logits = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    outputs = Outputs(logits, logits, confidence_logit=logits[:, 0])
    shares = np.exp(logits.astype(np.float64))
    largest = (shares / shares.sum(1, keepdims=True)).max(1)
    msp, confidence, ensemble = METHODS.get("msp")(), METHODS.get("confidence")(), METHODS.get("deep-ensemble")
    np.testing.assert_allclose(msp.probability(msp.score(outputs)), largest)
    np.testing.assert_allclose(ensemble().probability(ensemble().score(outputs)), largest)
    np.testing.assert_allclose(
        confidence.probability(confidence.score(outputs)), 1 / (1 + np.exp(-logits[:, 0].astype(np.float64)))
    )
    assert ensemble(measure="entropy").probability(-largest) is None
    assert METHODS.get("energy")().probability(largest) is None
