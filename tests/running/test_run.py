"""The main job from end to end on the embedded data, with trainings of one epoch."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

import bench
from bench.data.dataset import DATASETS, Place
from bench.data.images import Images
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.method_contract import METHODS, Scores
from bench.networks.checkpoint import Checkpoint
from bench.running.files import stored_rows, write_files
from bench.running.rows import COLUMNS, COST
from bench.store import Store

METHODS_RUN = ["msp", "odin", "confidence", "confidence-preprocessed"]
OOD = ["digits-7to9", "uniform"]
FRACTIONS = ("auroc", "fpr_at_95_tpr", "fpr_at_95_tpr_ood", "detection_error", "aupr_in", "aupr_out", "id_accuracy")
SETTINGS = {"recipe.epochs": 1, "uniform.count": 60}


def run(out: Path, **changes: Any) -> pd.DataFrame:
    arguments: dict[str, Any] = {
        "method": METHODS_RUN, "id": "digits-0to6", "ood": OOD, "settings": SETTINGS, "device": "cpu", "out": out
    }  # fmt: skip
    frame: pd.DataFrame = bench.run(**{**arguments, **changes})
    return frame


class Done:
    """A run that nothing disturbed, with the cache it filled."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.cache, self.out = folder, folder / "cache", folder / "run"
        self.frame = run(self.out)


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


def checkpoint_of(done: Done) -> Path:
    """The file of the cross-entropy network of seed 0."""
    found = done.cache.glob("checkpoints/*cross-entropy*/checkpoint.safetensors")
    return next(path for path in found if Checkpoint.load(path).seed == 0)


def timeless(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows without what was measured with a clock."""
    return frame.drop(columns=list(COST))


def contents(out: Path) -> dict[str, Any]:
    """Every row and every score, to the last bit, without what says when and where."""
    store = Store(out)
    found: dict[str, Any] = {}
    for record in store.records():
        scores = store.scores(record["key"])
        arrays = (scores.id_scores, scores.ood_scores, scores.id_correct)
        bits = [None if array is None else array.tobytes() for array in arrays]
        found[record["key"]] = (record["row"], record["cell"], bits)
    return found


def forbid_work(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("this was done before")

    for name in names:
        monkeypatch.setattr(name, refuse)


def test_there_is_one_complete_row_for_each_method_and_outlier_set(done: Done) -> None:
    frame = done.frame
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == 8
    assert set(zip(frame["method"], frame["ood"], strict=True)) == {(one, two) for one in METHODS_RUN for two in OOD}
    for row in frame.to_dict("records"):
        learned = row["method"].startswith("confidence")
        expected = {
            "id": "digits-0to6", "network": "convnet", "seed": 0, "protocol": "published", "n_id": 352,
            "objective": "learned-confidence" if learned else "cross-entropy", "tuned_on": "", "id_note": "",
            "n_ood": {"digits-7to9": 148, "uniform": 60}[row["ood"]],
        }  # fmt: skip
        assert {name: row[name] for name in expected} == expected
        for name in FRACTIONS:
            assert 0 <= row[name] <= 1
        assert json.loads(row["parameters"]) == METHODS.get(row["method"])().parameters()
        assert isinstance(row["warnings"], str)
    networks = frame.groupby("objective")["weights"].nunique().to_dict()
    assert networks == {"cross-entropy": 1, "learned-confidence": 1}
    assert frame["weights"].nunique() == 2
    assert frame["key"].is_unique


def test_a_rows_figures_are_those_of_the_scores_that_are_kept(done: Done) -> None:
    for row in done.frame.to_dict("records"):
        scores = Store(done.out).scores(row["key"])
        both = np.concatenate([scores.id_scores, scores.ood_scores])
        is_id = np.repeat([1, 0], [len(scores.id_scores), len(scores.ood_scores)])
        assert row["auroc"] == pytest.approx(roc_auc_score(is_id, both), abs=1e-12)
        assert row["aupr_in"] == pytest.approx(average_precision_score(is_id, both), abs=1e-12)
        assert row["aupr_out"] == pytest.approx(average_precision_score(1 - is_id, -both), abs=1e-12)
        assert scores.id_correct is not None
        assert row["id_accuracy"] == scores.id_correct.mean()


def test_provenance_stands_beside_each_result(done: Done) -> None:
    for record in Store(done.out).records():
        assert record["provenance"]["packages"]["torch"]
        assert record["provenance"]["device"].startswith("cpu")
        assert record["cell"]["method"] == record["row"]["method"]


def test_running_again_computes_nothing_and_says_the_same(trained: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    def times() -> dict[Path, int]:
        """Of all files but those that say when something was asked for, and what it came to."""
        files = (path for path in trained.folder.rglob("*") if path.is_file())
        return {path: path.stat().st_mtime_ns for path in files if path.parent.name not in ("asked", "plans")}

    before = times()
    forbid_work(monkeypatch, "bench.extraction.passing.Pass.batches", "bench.training.train.train")
    forbid_work(monkeypatch, "bench.running.extraction.extract_cached", "bench.store.Store.put")
    pd.testing.assert_frame_equal(run(trained.out), trained.frame)
    assert times() == before


def test_another_folder_of_results_needs_no_training_and_no_pass(
    trained: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid_work(monkeypatch, "bench.extraction.passing.Pass.batches", "bench.training.train.train")
    pd.testing.assert_frame_equal(timeless(run(tmp_path / "run")), timeless(trained.frame))
    assert contents(tmp_path / "run") == contents(trained.out)


def test_the_same_command_on_an_empty_machine_gives_the_same_scores(done: Done, tmp_path: Path) -> None:
    pd.testing.assert_frame_equal(timeless(run(tmp_path / "run")), timeless(done.frame))
    assert contents(tmp_path / "run") == contents(done.out)


def test_only_what_is_missing_is_done(trained: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "run"
    first = run(out, method=["msp"], ood=["uniform"])
    put: list[str] = []
    keep = Store.put

    def noted(self: Store, key: str, *args: Any) -> None:
        put.append(key)
        keep(self, key, *args)

    monkeypatch.setattr(Store, "put", noted)
    frame = run(out, method=["msp", "odin"], ood=["uniform", "digits-7to9"])
    assert first["key"][0] not in put
    assert sorted([*put, first["key"][0]]) == sorted(frame["key"])
    assert len(put) == 3
    store = Store(out)
    (out / "cells" / f"{put[1]}.json").unlink()
    put.clear()
    run(out, method=["msp", "odin"], ood=["uniform", "digits-7to9"])
    assert len(put) == 1
    assert len(store.records()) == 4


def test_a_changed_setting_is_another_result_and_both_are_kept(trained: Done, tmp_path: Path) -> None:
    out = tmp_path / "run"
    [plain] = run(out, method="odin", ood="uniform").to_dict("records")
    [changed] = run(out, method="odin", ood="uniform", settings={**SETTINGS, "odin.epsilon": 0.05}).to_dict("records")
    assert plain["key"] != changed["key"]
    assert plain["auroc"] != changed["auroc"]
    assert len(stored_rows(out)) == 2
    [same] = run(out, method="odin", ood="uniform", settings={**SETTINGS, "odin.temperature": 1000}).to_dict("records")
    assert same == plain, "1000 is the default 1000.0"


def test_a_method_that_raises_fails_its_own_cells_and_succeeds_once_mended(
    trained: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"

    def broken(self: object, outputs: Outputs) -> Scores:
        raise ZeroDivisionError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(METHODS.get("odin"), "score", broken)
        with pytest.raises(BenchError, match=r"2 cells failed; odin on .* / digits-7to9: ZeroDivisionError: a bug"):
            run(out)
    assert "FAILED odin on digits-0to6 / uniform: ZeroDivisionError: a bug" in capsys.readouterr().err
    others = [name for name in METHODS_RUN if name != "odin"]
    assert sorted(row["method"] for row in stored_rows(out)) == sorted(2 * others)
    assert [failure["cell"]["method"] for failure in Store(out).failures()] == ["odin", "odin"]
    pd.testing.assert_frame_equal(timeless(run(out)), timeless(trained.frame))
    assert Store(out).failures() == []
    assert contents(out) == contents(trained.out)


def test_scores_that_are_no_numbers_name_method_set_and_first_image(
    trained: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score = METHODS.get("msp").score

    def with_nan(self: Any, outputs: Outputs) -> Scores:
        scores: Scores = score(self, outputs).copy()
        if len(scores) == 60:
            scores[17:] = math.nan
        return scores

    monkeypatch.setattr(METHODS.get("msp"), "score", with_nan)
    with pytest.raises(BenchError, match=r"msp on digits-0to6 / uniform: .*OOD scores.* nan at index 17"):
        run(tmp_path / "run", method=["msp"])
    assert [row["ood"] for row in stored_rows(tmp_path / "run")] == ["digits-7to9"]


def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(
    trained: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"

    def interrupted(self: object, outputs: Outputs) -> Scores:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(METHODS.get("confidence"), "score", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(out)
    assert len(stored_rows(out)) == 4
    pd.testing.assert_frame_equal(timeless(run(out)), timeless(trained.frame))
    assert contents(out) == contents(trained.out)


def test_a_trained_checkpoint_that_is_given_is_the_same_network(trained: Done, tmp_path: Path) -> None:
    path = checkpoint_of(trained)
    settings = {"uniform.count": 60}
    frame = run(tmp_path / "run", method=["msp", "odin"], checkpoint=path, settings=settings)
    expected = trained.frame[trained.frame["objective"] == "cross-entropy"].reset_index(drop=True)
    pd.testing.assert_frame_equal(timeless(frame), timeless(expected))
    with pytest.raises(
        BenchError,
        match="confidence needs a network with the confidence branch, trained with",
    ):
        run(tmp_path / "run", method=["confidence"], checkpoint=path, settings=settings)
    assert Checkpoint.load(path).training["log"][0]["epoch"] == 1


@pytest.mark.parametrize("protocol", ["paper-oracle", "heldout-ood", "noise", "id-only"])
def test_every_protocol_runs_and_its_rows_say_so(trained: Done, tmp_path: Path, protocol: str) -> None:
    held = {"tune_on": "gaussian"} if protocol == "heldout-ood" else {}
    settings = {**SETTINGS, **({"gaussian.count": 40} if held else {})}
    frame = run(
        tmp_path / "run", method=["confidence-preprocessed", "confidence"], ood="uniform", protocol=protocol,
        settings=settings, **held,
    )  # fmt: skip
    tuned, plain = frame.to_dict("records")
    search = METHODS.get("confidence-preprocessed").search["epsilon"]
    assert json.loads(tuned["parameters"])["epsilon"] in search
    assert tuned["protocol"] == plain["protocol"] == protocol
    assert (tuned["n_id"], tuned["n_ood"]) == {"paper-oracle": (352, 30)}.get(protocol, (282, 60))
    assert (plain["tuned_on"], bool(tuned["tuned_on"])) == ("", True)
    published = trained.frame.query("method == 'confidence-preprocessed' and ood == 'uniform'")["key"].item()
    assert tuned["key"] != published


def test_tuning_on_the_test_sets_own_outliers_is_at_least_as_good_on_them(trained: Done, tmp_path: Path) -> None:
    def tuning_area(epsilon: float) -> float:
        settings = {**SETTINGS, "confidence-preprocessed.epsilon": epsilon}
        frame = run(tmp_path / "fixed", method="confidence-preprocessed", ood="uniform", settings=settings)
        scores = Store(tmp_path / "fixed").scores(frame["key"].item())
        truth = np.repeat([1, 0], [352, 30])
        return float(roc_auc_score(truth, np.concatenate([scores.id_scores, scores.ood_scores[:30]])))

    frame = run(tmp_path / "run", method="confidence-preprocessed", ood="uniform", protocol="paper-oracle")
    search = METHODS.get("confidence-preprocessed").search["epsilon"]
    areas = {epsilon: tuning_area(epsilon) for epsilon in search}
    chosen = json.loads(frame["parameters"].item())["epsilon"]
    assert areas[chosen] == max(areas.values())
    scores = Store(tmp_path / "fixed").scores(
        run(
            tmp_path / "fixed", method="confidence-preprocessed", ood="uniform",
            settings={**SETTINGS, "confidence-preprocessed.epsilon": chosen},
        )["key"].item()
    )  # fmt: skip
    tested = Store(tmp_path / "run").scores(frame["key"].item())
    assert tested.ood_scores == pytest.approx(scores.ood_scores[30:], rel=1e-5)
    assert tested.id_scores == pytest.approx(scores.id_scores, rel=1e-5)


def test_rows_name_their_transform_and_old_cells_are_read(trained: Done, tmp_path: Path) -> None:
    [row] = run(tmp_path, method="msp", ood="uniform").to_dict("records")
    assert row["transform"].endswith(" 32x32")
    path = tmp_path / "cells" / f"{row['key']}.json"
    record = json.loads(path.read_text())
    del record["row"]["transform"], record["seal"]  # as records were before rows had it
    path.write_text(json.dumps(record))
    assert [old["transform"] for old in stored_rows(tmp_path)] == [row["transform"]]


def test_bindings_are_noted_in_rows_and_cells_with_their_count(trained: Done, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (33, 12, 9, 3), dtype=np.uint8)
    np.savez(tmp_path / "mine.npz", images=pixels)
    frame = run(tmp_path / "run", method="msp", ood=f"mine=npz:{tmp_path / 'mine.npz'}", settings={"recipe.epochs": 1})
    [row] = frame.to_dict("records")
    assert (row["ood"], row["n_ood"]) == ("mine", 33)
    assert str(tmp_path / "mine.npz") in row["ood_note"]


def test_several_seeds_are_several_networks(trained: Done, tmp_path: Path) -> None:
    frame = run(tmp_path / "run", method="msp", ood="uniform", seeds=2)
    assert frame["seed"].tolist() == [0, 1]
    assert frame["weights"].nunique() == 2
    assert frame["auroc"].nunique() == 2


def test_nothing_is_ever_read_that_would_not_be_needed(
    trained: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cell that is stored needs the identity of its images, but no pixel goes to the network."""
    run(tmp_path / "run", method="msp", ood="uniform")
    forbid_work(monkeypatch, "bench.data.transform.InputTransform.__call__")
    run(tmp_path / "run", method="msp", ood="uniform")


def test_files_are_written_from_everything_that_is_kept(trained: Done, tmp_path: Path) -> None:
    out = tmp_path / "run"
    run(out, method="msp", ood="uniform")
    frame = run(out, method="msp", ood="digits-7to9", settings={"recipe.epochs": 1}, files=True)
    assert len(frame) == 1
    table = pd.read_csv(out / "rows.csv", keep_default_na=False)
    assert table["ood"].tolist() == ["digits-7to9", "uniform"]
    assert tuple(table.columns) == COLUMNS
    rows = json.loads((out / "rows.json").read_text())
    assert [row["auroc"] for row in rows] == table["auroc"].tolist()
    assert rows[0]["parameters"] == {}
    assert rows[0]["warnings"] == [] or isinstance(rows[0]["warnings"][0], str)
    assert (out / "rows.csv") in write_files(out, names=[])


def test_a_folder_without_results_says_how_to_make_some(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"There are no results in .*bench run"):
        write_files(tmp_path)


@pytest.mark.parametrize("below", ["", "run"])
def test_results_that_cannot_be_written_are_said_so_before_any_work(
    tmp_path: Path, below: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid_work(monkeypatch, "bench.extraction.passing.Pass.batches", "bench.training.train.train")
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(BenchError, match=r"Cannot write to .*taken"):
        run(tmp_path / "taken" / below, method="msp", ood="uniform")


def test_images_are_a_sequence_in_the_order_of_the_scores(trained: Done) -> None:
    """The first score is the first image's: a check against the network itself."""
    checkpoint = Checkpoint.load(checkpoint_of(trained))
    images: Images = DATASETS.get("digits-0to6")().load("test", Place(Path()))
    logits = checkpoint.build()(checkpoint.transform(images.read(np.arange(len(images))))).logits.double()
    expected = logits.log_softmax(1).max(1).values.detach().numpy()
    row = trained.frame.query("method == 'msp' and ood == 'uniform'")
    assert Store(trained.out).scores(row["key"].item()).id_scores == pytest.approx(expected, abs=1e-5)


def test_figures_of_results_that_are_gone_are_removed_when_reports_are_written_again(tmp_path: Path) -> None:
    bench.run(["brightness", "compression-size"], id="digits", ood="uniform", out=tmp_path, files=True)
    before = {path.name for path in tmp_path.glob("score-histograms*")}
    assert any("compression-size" in name for name in before)
    (tmp_path / "score-histograms_of_mine.png").write_text("not a report's")
    for path in (tmp_path / "cells").iterdir():
        if json.loads(path.read_text())["row"]["method"] == "compression-size":
            path.unlink()
    write_files(tmp_path)
    after = {path.name for path in tmp_path.glob("score-histograms*")}
    assert after == {name for name in before if "compression-size" not in name} | {"score-histograms_of_mine.png"}
