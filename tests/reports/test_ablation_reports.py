"""The reports of ablations: written whole whatever the rows; tables and sentences say what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bench.ablation.outcome import ABLATION_REPORTS, Surface, Surfaces, TransferRows, VariantRows, write_reports
from bench.errors import BenchError

transfer_matrix = import_module("bench.reports.transfer_matrix")

MakeRow = Callable[..., dict[str, Any]]
ODD = "../o|d_$d$ é日%&#"


def variant_rows(
    make_row: MakeRow,
    values: Mapping[str, float | None],
    *,
    seeds: tuple[int | None, ...] = (0, 1),
    methods: tuple[str, ...] = ("msp", "confidence"),
    oods: tuple[str, ...] = ("isun", "svhn"),
    **changes: Any,
) -> VariantRows:
    rows = [
        {
            "variant": variant,
            "value": value,
            **make_row(method=method, ood=ood, seed=seed, auroc=0.9 + 0.01 * place + 0.002 * (seed or 0), **changes),
        }
        for place, (variant, value) in enumerate(values.items())
        for method in methods
        for ood in oods
        for seed in seeds
    ]
    return VariantRows("mine", "what this shows", "budget β", values, rows)


def transfer_rows(
    aurocs: Mapping[tuple[str, str], float], *, method: str = "odin", seed: int | None = 0
) -> TransferRows:
    rows = [
        {
            "method": method, "id": "cifar10", "network": "resnet20", "seed": seed, "weights": "abc", "n_id": 9000,
            "n_ood": 9000, "tuned_on": tuned_on, "ood": ood, "value": 0.0 if tuned_on == "reference" else 0.002,
            "auroc": auroc,
        }
        for (tuned_on, ood), auroc in aurocs.items()
    ]  # fmt: skip
    return TransferRows("epsilon-transfer", "epsilon", 0.0, rows)


MATRIX = {
    ("reference", "a"): 0.90, ("reference", "b"): 0.80,
    ("a", "a"): 0.95, ("a", "b"): 0.78,
    ("b", "a"): 0.91, ("b", "b"): 0.83,
    ("noise", "a"): 0.88, ("noise", "b"): 0.80,
    ("id-only", "a"): 0.9004, ("id-only", "b"): 0.80,
}  # fmt: skip


def surfaces(count: int) -> Surfaces:
    grid = np.linspace(0, 1, 81 * 81).reshape(81, 81)
    points = np.random.default_rng(0).uniform(-1, 1, (50, 2))
    each = [Surface(str(number), grid, grid.T, {"accuracy": 0.9, "price": 0.31}) for number in range(count)]
    return Surfaces("budget β", 1.6, points, (points[:, 0] > 0).astype(np.int64), points[:, 0] > 0.9, each)


def check_figures(paths: list[Path]) -> None:
    assert {path.suffix for path in paths} >= {".png", ".svg"}
    for path in (path for path in paths if path.suffix == ".png"):
        pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
        inked = pixels.min(axis=2) < 250
        assert not inked[[0, -1]].any(), "something is clipped at the upper or lower edge"
        assert not inked[:, [0, -1]].any(), "something is clipped at the left or right edge"


def test_every_report_is_documented_and_knows_its_outcome() -> None:
    assert len(ABLATION_REPORTS.names()) == 5
    for name in ABLATION_REPORTS.names():
        assert ABLATION_REPORTS.entry(name).summary.endswith(".")
        assert ABLATION_REPORTS.get(name).of in (VariantRows, TransferRows, Surfaces)


CASES: dict[str, Callable[[MakeRow], VariantRows | TransferRows | Surfaces]] = {
    "lines": lambda make: variant_rows(make, {"0.1": 0.1, "0.3": 0.3, "1": 1.0}, methods=("confidence",)),
    "lines of two methods": lambda make: variant_rows(make, {str(n): float(n) for n in range(9)}),
    "bars": lambda make: variant_rows(make, {"on": None, "off": None}),
    "one variant": lambda make: variant_rows(make, {"on": 1.0}, oods=("isun",), seeds=(None,)),
    "a variant failed": lambda make: replace(
        variant_rows(make, {"on": None}), variants={"broken": None, "on": None}
    ),
    "a number failed": lambda make: replace(variant_rows(make, {"1": 1.0}), variants={"0": 0.0, "1": 1.0}),
    "odd names": lambda make: variant_rows(make, {ODD: None, "x" * 90: None}, oods=(ODD, "y" * 90), id=ODD),
    "no labels": lambda make: variant_rows(make, {"a": None, "b": None}, id_accuracy=None),
    "transfer": lambda _: transfer_rows(MATRIX),
    "transfer of one set": lambda _: transfer_rows({("reference", "a"): 0.9, ("a", "a"): 0.9, ("noise", "a"): 0.9}),
    "transfer of odd names": lambda _: transfer_rows({("reference", ODD): 0.9, (ODD, ODD): 0.99}, method=ODD),
    "surfaces": lambda _: surfaces(4),
    "one surface": lambda _: surfaces(1),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_it_is_written_whole_and_the_same_again(case: str, make_row: MakeRow, tmp_path: Path) -> None:
    outcome = CASES[case](make_row)
    folders = [tmp_path / "one", tmp_path / "two"]
    first, second = (write_reports(outcome, folder) for folder in folders)
    assert sorted(first) == sorted(folders[0].iterdir())
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    check_figures(first)


@pytest.mark.parametrize("outcome", [VariantRows("a", "", "", {"x": None}, []), TransferRows("a", "epsilon", 0.0, [])])
def test_no_rows_is_an_error(outcome: VariantRows | TransferRows, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no finished cells"):
        write_reports(outcome, tmp_path)


def test_the_table_has_means_over_seeds_and_sets(make_row: MakeRow, tmp_path: Path) -> None:
    write_reports(variant_rows(make_row, {"with": None, "without": None}), tmp_path)
    text = (tmp_path / "ablation.md").read_text("utf-8")
    assert "## mine: what this shows" in text
    assert "| Variant | isun | svhn | Mean AUROC ↑ | Mean FPR@95 ↓ | ID accuracy ↑ |" in text
    assert "| msp, with | 90.1 ± 0.1 | 90.1 ± 0.1 | 90.1 ± 0.1 | **42.0 ± 0.0** | **91.7 ± 0.0** |" in text
    assert "| msp, without | **91.1 ± 0.1** |" in text
    latex = (tmp_path / "ablation.tex").read_text("utf-8")
    assert r"\begin{tabular}{@{}lrrrrr@{}}" in latex


def test_a_transfer_says_in_one_sentence_what_tuning_gains(tmp_path: Path) -> None:
    matrix = transfer_matrix.TransferMatrix(transfer_rows(MATRIX), "odin")
    assert matrix.mean_gains() == pytest.approx({"own": 4.0, "other": -0.5, "noise": -1.0, "id-only": 0.02})
    assert transfer_matrix.verdict(matrix) == (
        "odin: over epsilon = 0, the mean AUROC changes by +4.00 tuned on the test's own OOD set, −0.50 tuned on "
        "another OOD set, −1.00 tuned on noise and shuffled ID images, +0.02 tuned on ID images only (percentage "
        "points); no way of tuning without the test's own OOD set gains anything (at worst −2.00: "
        "tuned on a, tested on b)."
    )
    write_reports(matrix.outcome, tmp_path)
    text = (tmp_path / "ablation.md").read_text("utf-8")
    assert transfer_matrix.verdict(matrix) in text
    assert "| a | 0.002 | **95.0** | 78.0 | 86.5 |" in text
    assert "| epsilon = 0 | 0 | 90.0 | 80.0 | 85.0 |" in text


@pytest.mark.parametrize(
    ("noise", "id_only", "end"),
    [
        (0.95, 0.95, "it gains when tuned on noise and shuffled ID images or ID images only"),
        (0.95, 0.90, "it gains when tuned on noise and shuffled ID images"),
    ],
)  # fmt: skip
def test_the_sentence_tells_gains_from_losses(noise: float, id_only: float, end: str) -> None:
    changed = {**MATRIX, ("noise", "a"): noise, ("id-only", "a"): id_only}
    assert transfer_matrix.verdict(transfer_matrix.TransferMatrix(transfer_rows(changed), "odin")).endswith(
        f"without the test's own OOD set {end}, and loses when tuned on another OOD set (at worst −2.00: tuned on a, "
        "tested on b)."
    )


def test_the_sentence_says_where_all_gains() -> None:
    better = {key: value + (0.01 if key[0] != "reference" else 0) for key, value in MATRIX.items()}
    better[("a", "b")], better[("noise", "a")] = 0.81, 0.92
    assert transfer_matrix.verdict(transfer_matrix.TransferMatrix(transfer_rows(better), "odin")).endswith(
        "it gains without the test's own OOD set too."
    )
