"""Evaluation of one network: rows against brute force, one pass for all, and failures that stay alone."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from torch import Tensor

from bench.citation import Citation
from bench.data.images import ArrayImages, Images
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.extraction.view import InputLoss, View
from bench.fitting.data import FitData
from bench.method_contract import Method, Scores
from bench.networks.classifier import NetworkOutput
from bench.running.evaluation import Evaluation
from bench.running.failures import closing_lines
from bench.running.rows import COLUMNS, COST, rows_to_frame

Shades = Callable[..., ArrayImages]
Make = Callable[..., Evaluation]
CITATION = Citation("T", "A", 2026)


class Bright(Method):
    """The nearer the brightness to `centre`, the more in-distribution."""

    name = "bright"
    citation = CITATION
    search: ClassVar[Mapping[str, tuple[float, ...]]] = {"centre": (0.8, 0.6, 0.4, 0.2)}
    id_only_search = ("centre",)

    def __init__(self, *, centre: float = 0.2) -> None:
        self.centre = centre

    def score(self, outputs: Outputs) -> Scores:
        return -np.abs(outputs.features[:, 0].astype(np.float64) - self.centre)


class Plain(Bright):
    name = "plain"
    search: ClassVar[Mapping[str, tuple[float, ...]]] = {}


@dataclass(frozen=True)
class Darker(InputLoss):
    def __call__(self, output: NetworkOutput) -> Tensor:
        return output.features[:, 0]


class Moved(Plain):
    name = "moved"

    def view(self) -> View:
        return View(Darker(), 0.1)


class BrokenScore(Plain):
    name = "broken-score"

    def score(self, outputs: Outputs) -> Scores:
        raise KeyError("no such thing")


@dataclass(frozen=True)
class BrokenLoss(InputLoss):
    def __call__(self, output: NetworkOutput) -> Tensor:
        raise RuntimeError("a bug in the loss")


class BrokenView(Plain):
    name = "broken-view"

    def view(self) -> View:
        return View(BrokenLoss(), 0.1)


class BrokenSearch(BrokenView):
    name = "broken-search"
    search: ClassVar[Mapping[str, tuple[float, ...]]] = {"centre": (0.1, 0.3)}


class NotANumber(Plain):
    name = "not-a-number"

    def score(self, outputs: Outputs) -> Scores:
        scores = super().score(outputs)
        scores[4:6] = np.nan
        return scores


class TooFew(Plain):
    name = "too-few"

    def score(self, outputs: Outputs) -> Scores:
        return super().score(outputs)[:-1]


def id_images(shades: Shades) -> ArrayImages:
    return shades([30, 200, 60, 210, 90] * 20, seed=1, labelled=True)


def ood_images(shades: Shades) -> dict[str, Images]:
    return {"middle": shades([110, 130, 150] * 20, seed=2), "light": shades([240, 230] * 25, seed=3)}


def brightness(images: Images) -> np.ndarray[Any, np.dtype[np.float64]]:
    pixels = np.asarray(images.read(np.arange(len(images))))
    means: np.ndarray[Any, np.dtype[np.float64]] = pixels.reshape(len(pixels), -1).mean(1) / 255
    return means


def test_rows_hold_what_brute_force_finds(shades: Shades, make_evaluation: Make) -> None:
    evaluation = make_evaluation(id_images(shades))
    rows = list(evaluation.rows([Plain(), Moved()], ood_images(shades)))
    assert [(row["ood"], row["method"]) for row in rows] == [
        ("middle", "plain"), ("middle", "moved"), ("light", "plain"), ("light", "moved")
    ]  # fmt: skip
    inside, images = brightness(id_images(shades)), ood_images(shades)
    for row in rows:
        step = 0.1 if row["method"] == "moved" else 0.0
        id_scores, ood_scores = (-np.abs(one - step - 0.2) for one in (inside, brightness(images[row["ood"]])))
        truth = np.repeat([1, 0], [len(id_scores), len(ood_scores)])
        area = roc_auc_score(truth, np.round(np.concatenate([id_scores, ood_scores]), 6))
        assert row["auroc"] == pytest.approx(area, abs=1e-3)
        assert row["id_accuracy"] == (inside.round() == id_images(shades).labels).mean()
        assert set(row) == set(COLUMNS) - {"group"}  # which the suite of a run tells, not the cell
        expected = {
            "id": "shades", "network": "brightness", "objective": "cross-entropy", "seed": 3, "protocol": "published",
            "parameters": {"centre": 0.2}, "n_id": 100, "n_ood": len(images[row["ood"]]), "tuned_on": "",
            "weights": "hash-of-no-w",
        }  # fmt: skip
        assert {name: row[name] for name in expected} == expected
        kept = evaluation.store.scores(row["key"])
        assert kept.id_scores == pytest.approx(id_scores, abs=1e-6)
        assert kept.ood_scores == pytest.approx(ood_scores, abs=1e-6)
        assert kept.id_correct is not None
        assert kept.id_correct.tolist() == (inside.round() == id_images(shades).labels).tolist()
    assert list(rows_to_frame(rows).columns) == list(COLUMNS)


def test_images_without_labels_have_no_accuracy(shades: Shades, make_evaluation: Make) -> None:
    evaluation = make_evaluation(shades([30, 200] * 20))
    [row] = evaluation.rows([Plain()], {"middle": shades([120] * 10)})
    assert row["id_accuracy"] is None
    assert evaluation.store.scores(row["key"]).id_correct is None


def test_notes_of_the_images_stand_in_the_row(shades: Shades, make_evaluation: Make) -> None:
    inside, outside = id_images(shades), shades([120] * 10)
    inside.note, outside.note = "bound to npz:a.npz", "derived"
    [row] = make_evaluation(inside).rows([Plain()], {"middle": outside})
    assert (row["id_note"], row["ood_note"]) == ("bound to npz:a.npz", "derived")


def plain(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows without what was measured with a clock."""
    return [{name: value for name, value in row.items() if name not in COST} for row in rows]


def count_passes(evaluation: Evaluation) -> list[int]:
    passes: list[int] = []
    evaluation.extract.network.model.register_forward_hook(lambda module, given, output: passes.append(len(given[0])))
    return passes


def test_all_methods_share_one_pass_and_a_second_run_needs_none(shades: Shades, make_evaluation: Make) -> None:
    evaluation = make_evaluation(id_images(shades))
    passes = count_passes(evaluation)
    one_ood = {"middle": shades([110, 130] * 20)}
    first = list(evaluation.rows([Plain(), Plain(centre=0.3), Moved(), Moved(centre=0.7)], one_ood))
    assert passes == [100, 100, 40, 40], "clean with its gradient, and moved; of each set"
    passes.clear()
    again = list(evaluation.rows([Plain(), Plain(centre=0.3), Moved(), Moved(centre=0.7)], one_ood))
    assert (again, passes) == (first, [])
    list(evaluation.rows([Plain(centre=0.9)], one_ood))
    assert passes == [], "another score needs no other pass"


def test_whatever_determines_a_result_changes_its_key(shades: Shades, make_evaluation: Make, network: Any) -> None:
    class Improved(Plain):
        version = 2

    inside, outside = id_images(shades), shades([120, 30] * 10)
    runs: list[tuple[Evaluation, Method, Images]] = [
        (make_evaluation(inside), Plain(), outside),
        (make_evaluation(inside), Plain(centre=0.3), outside),
        (make_evaluation(inside), Improved(), outside),
        (make_evaluation(inside), Moved(), outside),
        (make_evaluation(inside), Plain(), shades([120, 31] * 10)),
        (make_evaluation(shades([30, 200] * 50, labelled=True)), Plain(), outside),
        (make_evaluation(inside, "id-only"), Plain(), outside),
        (make_evaluation(inside, "noise"), Plain(), outside),
        (make_evaluation(inside, network=replace(network, weights_hash="other")), Plain(), outside),
        (make_evaluation(inside, network=replace(network, seed=4)), Plain(), outside),
        (
            make_evaluation(inside, "heldout-ood", tune_on="light", tune_images=shades([240] * 10)),
            Plain(),
            outside,
        ),
        (
            make_evaluation(inside, "heldout-ood", tune_on="light", tune_images=shades([241] * 10)),
            Plain(),
            outside,
        ),
    ]
    keys = {next(iter(evaluation.rows([method], {"x": images})))["key"] for evaluation, method, images in runs}
    assert len(keys) == len(runs)


@pytest.mark.parametrize("broken", [BrokenScore, BrokenView, BrokenSearch, NotANumber, TooFew])
@pytest.mark.parametrize("protocol", ["published", "id-only"])
def test_a_failing_method_fails_alone(
    shades: Shades, make_evaluation: Make, broken: type[Method], protocol: str, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluation = make_evaluation(id_images(shades), protocol)
    expected = list(make_evaluation(id_images(shades), protocol).rows([Plain(), Bright()], ood_images(shades)))
    for row in expected:
        (evaluation.store.folder / "cells" / f"{row['key']}.json").unlink()
    rows = list(evaluation.rows([Plain(), broken(), Bright()], ood_images(shades)))
    assert plain(rows) == plain(expected)
    assert [failure.cell for failure in evaluation.log.failures] == [
        f"{broken.name} on shades / middle", f"{broken.name} on shades / light"
    ]  # fmt: skip
    assert [failure.path.is_file() for failure in evaluation.log.failures] == [True, True]
    assert len(evaluation.store.failures()) == 2
    assert len(evaluation.store.records()) == 4
    assert capsys.readouterr().err.count("FAILED") == 2


def test_what_methods_fail_of_together_is_said_once(
    shades: Shades, make_evaluation: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    few = {"few": shades([110])}
    evaluation = make_evaluation(id_images(shades), "paper-oracle")
    assert list(evaluation.rows([Plain(), Bright()], few)) == []
    said = capsys.readouterr().err
    assert said.startswith("FAILED plain, bright on shades / few: Too few images (1)")
    assert said.count("Too few") == 1
    first, *others = closing_lines(evaluation.log.failures)
    assert first.startswith("2 cells failed, as said above. The same command tries them again.")
    assert others == [f"  {failure.cell}: {failure.path}" for failure in evaluation.log.failures]
    assert closing_lines(evaluation.log.failures[:1])[0].startswith("1 cell failed, as said above. The same command")


def test_a_failure_is_noted_with_its_reason_and_tried_again(shades: Shades, make_evaluation: Make) -> None:
    one_ood = {"middle": shades([110, 130] * 20)}
    evaluation = make_evaluation(id_images(shades))
    assert list(evaluation.rows([BrokenScore()], one_ood)) == []
    [failure] = evaluation.log.failures
    assert (failure.message, failure.mendable) == ("KeyError: 'no such thing'", False)
    [noted] = evaluation.store.failures()
    assert noted["cell"]["method"] == "broken-score"
    assert 'raise KeyError("no such thing")' in noted["traceback"]

    class Mended(Plain):
        name = "broken-score"

    again = make_evaluation(id_images(shades))
    [row] = again.rows([Mended()], one_ood)
    assert row["method"] == "broken-score"
    assert (again.store.failures(), again.log.failures) == ([], [])


def test_scores_that_are_no_numbers_name_method_set_and_first_image(shades: Shades, make_evaluation: Make) -> None:
    evaluation = make_evaluation(id_images(shades))
    assert list(evaluation.rows([NotANumber()], {"middle": shades([110, 130] * 20)})) == []
    [failure] = evaluation.log.failures
    assert failure.mendable
    assert "not-a-number" in failure.message
    assert "shades" in failure.message
    assert "nan at index 4" in failure.message


def test_one_score_for_each_image_is_insisted_on(shades: Shades, make_evaluation: Make) -> None:
    evaluation = make_evaluation(id_images(shades))
    list(evaluation.rows([TooFew()], {"middle": shades([110, 130] * 20)}))
    [failure] = evaluation.log.failures
    assert "too-few" in failure.message
    assert "99 scores for 100 images" in failure.message


class Unreadable(ArrayImages):
    def read(self, indices: Any) -> Any:
        raise BenchError("Cannot read the image 7.png. Remove or replace that file.")


def test_images_that_cannot_be_read_fail_the_cells_of_their_pair_alone(shades: Shades, make_evaluation: Make) -> None:
    evaluation = make_evaluation(id_images(shades))
    bad = Unreadable(shades([1] * 5).pixels)
    bad.identity = "known before"
    rows = list(evaluation.rows([Plain(), Moved()], {"bad": bad, "middle": shades([110, 130] * 20)}))
    assert [(row["ood"], row["method"]) for row in rows] == [("middle", "plain"), ("middle", "moved")]
    assert [failure.cell for failure in evaluation.log.failures] == ["plain on shades / bad", "moved on shades / bad"]
    assert all("Cannot read the image 7.png" in failure.message for failure in evaluation.log.failures)
    assert all(failure.mendable for failure in evaluation.log.failures)


class Unfit(Plain):
    name = "unfit"

    def fit(self, data: FitData) -> Self:
        raise BenchError("There is nothing to learn here.")


@pytest.mark.parametrize("protocol", ["published", "id-only"])
def test_a_cell_fails_once_though_what_it_shares_with_others_fails_later(
    shades: Shades, make_evaluation: Make, protocol: str, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluation = make_evaluation(id_images(shades), protocol)
    bad = Unreadable(shades([1] * 5).pixels)
    bad.identity = "known before"
    assert list(evaluation.rows([Unfit(), Plain(), Bright()], {"bad": bad})) == []
    failures = {failure.cell: failure.message for failure in evaluation.log.failures}
    assert len(evaluation.log.failures) == len(failures) == 3
    assert failures["unfit on shades / bad"] == "There is nothing to learn here.", "the reason that came first"
    said = capsys.readouterr().err
    assert said.count("unfit") == 1
    assert "FAILED plain, bright on shades / bad: Cannot read" in said


@pytest.mark.parametrize("protocol", ["published", "id-only"])
def test_where_no_method_could_be_fitted_nothing_is_passed(
    shades: Shades, make_evaluation: Make, protocol: str
) -> None:
    evaluation = make_evaluation(id_images(shades), protocol)
    passes = count_passes(evaluation)
    assert list(evaluation.rows([Unfit()], ood_images(shades))) == []
    assert passes == []
    assert len(evaluation.log.failures) == 2


def test_an_interruption_stops_at_once_and_keeps_what_is_done(shades: Shades, make_evaluation: Make) -> None:
    class Interrupted(Plain):
        name = "interrupted"

        def score(self, outputs: Outputs) -> Scores:
            if len(outputs) < 100:
                raise KeyboardInterrupt
            return super().score(outputs)

    evaluation = make_evaluation(id_images(shades))
    with pytest.raises(KeyboardInterrupt):
        list(evaluation.rows([Plain(), Interrupted(), Bright()], ood_images(shades)))
    assert [record["row"]["method"] for record in evaluation.store.records()] == ["plain"]
    assert evaluation.store.failures() == []


def planted(make: Make, protocol: str, outliers: Mapping[str, Images], inside: Images, **changes: Any) -> list[float]:
    rows = list(make(inside, protocol, **changes).rows([Bright()], outliers))
    return [row["parameters"]["centre"] for row in rows]


def test_each_protocol_tunes_on_what_it_may_see_and_nothing_else(shades: Shades, make_evaluation: Make) -> None:
    """0.6 is nearest to the ID images; from darker outliers 0.8 parts them, from lighter ones 0.4."""
    inside = shades([134, 135, 136] * 40, labelled=True)
    outliers = {"darker": shades([120, 110] * 30, seed=2), "lighter": shades([160, 162] * 30, seed=3)}
    assert planted(make_evaluation, "paper-oracle", outliers, inside) == [0.8, 0.4]
    tuned_on = shades([159, 163] * 30, seed=4)
    found = planted(make_evaluation, "heldout-ood", outliers, inside, tune_on="other", tune_images=tuned_on)
    assert found == [0.4, 0.4]
    assert planted(make_evaluation, "id-only", outliers, inside) == [0.6, 0.6]
    noise = planted(make_evaluation, "noise", outliers, inside)
    assert len(set(noise)) == 1
    assert planted(make_evaluation, "published", outliers, inside) == [0.2, 0.2]


def test_the_test_is_what_tuning_left_over(shades: Shades, make_evaluation: Make) -> None:
    inside, outliers = id_images(shades), {"middle": shades([110, 130] * 20)}
    counts = {
        protocol: [(row["n_id"], row["n_ood"]) for row in make_evaluation(inside, protocol).rows([Bright()], outliers)]
        for protocol in ("published", "paper-oracle", "noise", "id-only")
    }
    assert counts == {
        "published": [(100, 40)], "paper-oracle": [(100, 20)], "noise": [(80, 40)], "id-only": [(80, 40)]
    }  # fmt: skip


def test_a_row_of_heldout_outliers_names_their_set(shades: Shades, make_evaluation: Make) -> None:
    evaluation = make_evaluation(
        id_images(shades), "heldout-ood", tune_on="light", tune_images=shades([240] * 10, seed=5)
    )
    [row] = evaluation.rows([Bright()], {"middle": shades([110, 130] * 20)})
    assert row["tuned_on"] == "20 held-out ID images and 10 images of light"


def test_what_has_no_search_is_not_tuned_and_says_so(shades: Shades, make_evaluation: Make) -> None:
    evaluation = make_evaluation(id_images(shades), "paper-oracle")
    [plain, bright] = evaluation.rows([Plain(), Bright()], {"middle": shades([110, 130] * 20)})
    assert plain["n_ood"] == bright["n_ood"] == 20
    assert plain["tuned_on"] == ""
    assert bright["tuned_on"] != ""
