"""A parameter's transfer: no tuned image is tested, one pass over each set, and the matrix counted out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.ablation.file import Ablation, read_ablation
from bench.ablation.outcome import TransferRows
from bench.ablation.plan import base_specification
from bench.ablation.transfer import choose, prepare_transfer, run_transfer, transfer_lines
from bench.ablation.transfer_sets import ID_TESTED, ID_TUNED, TransferSets, tuned_part
from bench.data.images import ArrayImages, Images, PooledImages
from bench.errors import BenchError
from bench.extraction.passing import Pass
from bench.metrics import auroc
from bench.running.preparation import Preparation

TINY = {"recipe.epochs": 2, "gaussian.count": 80, "uniform.count": 60}


def noise_images(count: int, seed: int) -> ArrayImages:
    return ArrayImages(np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 1), dtype=np.uint8))


def pictures(images: Images) -> set[bytes]:
    return {image.tobytes() for image in images.read(np.arange(len(images)))}


@pytest.fixture
def sets() -> TransferSets:
    return TransferSets.of(noise_images(50, 0), {"a": noise_images(2400, 1), "b": noise_images(30, 2)})


def test_sets_are_split_as_the_papers_do_and_id_images_too(sets: TransferSets) -> None:
    assert {name: len(images) for name, images in sets.named()} == {
        ID_TUNED: 10, ID_TESTED: 40, "a (tuning)": 1000, "b (tuning)": 15, "noise (tuning)": 1010, "a": 1400, "b": 15,
    }  # fmt: skip


def test_no_tuned_image_is_tested(sets: TransferSets) -> None:
    tuned: set[bytes] = set().union(pictures(sets.tune_id), *map(pictures, sets.tune.values()))
    tested: set[bytes] = set().union(pictures(sets.test_id), *map(pictures, sets.test.values()))
    assert len(tested) == 40 + 1400 + 15
    assert not tuned & tested


def test_a_set_that_holds_another_is_refused() -> None:
    one = noise_images(40, 1)
    with pytest.raises(BenchError, match=r"'both' cannot be tuned on and 'a' tested on: .* would be tuned on as well"):
        TransferSets.of(noise_images(50, 0), {"a": one, "both": PooledImages([one, noise_images(40, 3)])})


def test_choices_are_the_best_on_what_is_tuned_on_and_the_smallest_of_equals(sets: TransferSets) -> None:
    """The value 1 parts ID from set a, 2 from set b; on noise 1 and 2 do equally; ID scores are largest at 3."""
    low, high = np.zeros(4), np.ones(4)

    def scores(a: Any, b: Any, noise: Any, id_scores: Any = high) -> dict[str, Any]:
        tuned = {tuned_part("a"): a, tuned_part("b"): b, tuned_part("noise"): noise}
        return {ID_TUNED: id_scores, **tuned}

    found = choose(
        {
            3.0: scores(high * 9, high * 9, high * 9, high * 9),
            2.0: scores(high, low, low),
            1.0: scores(low, high, low),
            0.0: scores(high, high, high),
        },
        0.0,
        sets,
        id_only=True,
    )
    assert found == {"reference": 0.0, "a": 1.0, "b": 2.0, "noise": 1.0, "id-only": 3.0}


Made = tuple[Ablation, Preparation]


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Made]:
    def made(**options: Any) -> Made:
        ablation = read_ablation("epsilon-transfer")
        given = {"id": "digits", "ood": ["gaussian", "uniform"], "out": tmp_path / "out", **options}
        settings = {key: value for key, value in TINY.items() if key.split(".")[0] in ("recipe", *given["ood"])}
        return ablation, prepare_transfer(ablation, base_specification(ablation, given, settings))

    return made


def test_each_set_is_passed_once_with_all_values(make: Callable[..., Made], monkeypatch: pytest.MonkeyPatch) -> None:
    passes = []
    batches = Pass.batches

    def counting(self: Pass, images: Images, *arguments: Any) -> Any:
        passes.append((images.identity, len(self.wanted)))
        return batches(self, images, *arguments)

    monkeypatch.setattr(Pass, "batches", counting)
    run_transfer(*make(method=["odin"]))
    assert len(passes) == len({identity for identity, _ in passes}) == 7
    assert {views for _, views in passes} == {22}, "the plain view and 21 values of epsilon"
    passes.clear()
    run_transfer(*make(method=["odin"]))
    assert passes == []


def test_the_matrix_has_a_cell_for_each_choice_and_set(make: Callable[..., Made]) -> None:
    outcome = run_transfer(*make(seeds=(0, 1)))
    sources = ["reference", "gaussian", "uniform", "noise", "id-only"]
    by_cell = {(row["method"], row["seed"], row["tuned_on"], row["ood"]): row for row in outcome.rows}
    assert len(by_cell) == len(outcome.rows) == 2 * 2 * len(sources) * 2
    assert {key[2] for key in by_cell} == set(sources)
    assert all(
        (row["n_id"], row["n_ood"]) == (400, {"gaussian": 40, "uniform": 30}[row["ood"]]) for row in outcome.rows
    )
    for (method, seed, tuned_on, ood), row in by_cell.items():
        other = by_cell[method, seed, tuned_on, "uniform" if ood == "gaussian" else "gaussian"]
        assert row["value"] == other["value"], "what is chosen depends on what is tuned on alone"
        if tuned_on == "reference":
            assert row["value"] == 0
        if row["value"] == 0:
            assert row["auroc"] == by_cell[method, seed, "reference", ood]["auroc"]


def test_the_reference_is_what_a_plain_run_measures(make: Callable[..., Made]) -> None:
    ablation, preparation = make(method=["confidence-preprocessed"])
    outcome: TransferRows = run_transfer(ablation, preparation)
    [need] = preparation.needs
    network = preparation.tested_network(need).model.eval()
    import torch

    def confidences(images: Images, start: int, stop: int) -> Any:
        pixels = preparation.transform(images.read(np.arange(start, stop)))
        with torch.no_grad():
            return network(pixels).confidence_logit.double().numpy()

    found = {row["ood"]: row["auroc"] for row in outcome.rows if row["tuned_on"] == "reference"}
    id_scores = confidences(preparation.id_images, 100, 500)
    for name, count in (("gaussian", 80), ("uniform", 60)):
        expected = auroc(id_scores, confidences(preparation.ood_images[name], count // 2, count))
        assert found[name] == pytest.approx(expected, abs=1e-4)


def test_a_method_without_the_parameter_and_taken_names_are_refused(make: Callable[..., Made], tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="msp has no search over 'epsilon'"):
        make(method=["msp"])
    np.savez(tmp_path / "some.npz", images=np.zeros((9, 8, 8), np.uint8))
    with pytest.raises(BenchError, match="cannot be called 'noise' here"):
        make(ood=[f"noise=npz:{tmp_path / 'some.npz'}"])


def test_the_plan_counts_values_and_cells(make: Callable[..., Made]) -> None:
    lines = transfer_lines(*make())
    assert "Values of epsilon: odin 21, confidence-preprocessed 10" in lines
    assert lines[-1].startswith("Cells: 20, results in ")
