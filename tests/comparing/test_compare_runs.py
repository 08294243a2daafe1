"""What is told of two runs: which rows belong together, what changed, and what counts as real."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.comparing import compare_runs, parse_condition
from bench.errors import BenchError
from bench.statistics import Placements, delong_test, fpr_test, unpaired_delong_test

Keep = Callable[..., str]
Normal = Callable[..., Any]


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "a", tmp_path / "b"


def test_equal_runs_are_unchanged(runs: tuple[Path, Path], keep: Keep, normal: Normal) -> None:
    for run in runs:
        keep(run, *normal())
    found = compare_runs(*runs)
    assert {change.verdict for change in found.changes} == {"unchanged"}
    assert (found.settings, found.versions, found.real) == ((), {}, [])


def test_nothing_is_changed_in_runs_that_are_compared(runs: tuple[Path, Path], keep: Keep, normal: Normal) -> None:
    for run in runs:
        keep(run, *normal())
        damaged = run / "cells" / f"{keep(run, *normal(), method='odin')}.json"
        damaged.write_text("{}", encoding="utf-8")
    before = {path: path.read_bytes() for run in runs for path in run.rglob("*") if path.is_file()}
    assert len(compare_runs(*runs).changes) == 2
    assert {path: path.read_bytes() for run in runs for path in run.rglob("*") if path.is_file()} == before


def test_a_broken_method_is_named_with_what_broke_it(runs: tuple[Path, Path], keep: Keep, normal: Normal) -> None:
    ids, oods = normal(2.0)
    noise = np.random.default_rng(1)
    for run, step in zip(runs, (0.0014, 0.14), strict=True):
        keep(run, ids, oods)
        spoilt = ids - (0.8 if step > 0.1 else 0.0) + noise.normal(0, 0.01, len(ids))
        keep(run, spoilt, oods, method="odin", parameters={"epsilon": step})
    found = compare_runs(*runs)
    assert {change.slot.method for change in found.real} == {"odin"}
    [setting] = found.settings
    assert (setting.slot.method, setting.name, setting.first, setting.second) == ("odin", "epsilon", "0.0014", "0.14")


def test_one_network_is_tested_as_delong_does(runs: tuple[Path, Path], keep: Keep, normal: Normal) -> None:
    ids, oods = normal()
    other = ids + np.random.default_rng(3).normal(0, 0.3, len(ids))
    keep(runs[0], ids, oods)
    keep(runs[1], other, oods)
    [change] = compare_runs(*runs, ["auroc"]).changes
    expected = delong_test(Placements.of(ids, oods), Placements.of(other, oods))
    assert change.difference == expected
    assert change.p_corrected == pytest.approx(expected.p_value)
    assert change.delta == pytest.approx(expected.difference)
    margin = expected.interval.high - expected.difference
    assert expected.resolves == pytest.approx((1.95996 + 0.84162) / 1.95996 * margin, rel=1e-4)


def test_false_positive_rates_of_one_network_are_tested_by_swaps(
    runs: tuple[Path, Path], keep: Keep, normal: Normal
) -> None:
    ids, oods = normal()
    other = ids + np.random.default_rng(3).normal(0, 0.3, len(ids))
    keep(runs[0], ids, oods)
    keep(runs[1], other, oods)
    changes = {change.metric: change for change in compare_runs(*runs, ["fpr_at_95_tpr", "fpr_at_95_tpr_ood"]).changes}
    assert changes["fpr_at_95_tpr"].difference == fpr_test((ids, oods), (other, oods))
    assert changes["fpr_at_95_tpr_ood"].difference == fpr_test((-oods, -ids), (-oods, -other))


def test_networks_of_one_seed_decide_nothing(runs: tuple[Path, Path], keep: Keep, normal: Normal) -> None:
    keep(runs[0], *normal(0.5), weights="a")
    keep(runs[1], *normal(3.0), weights="b")
    found = compare_runs(*runs)
    assert {change.verdict for change in found.changes} == {"undecided"}
    assert "--seeds" in found.changes[0].basis


def simulated(run: Path, keep: Keep, rng: np.random.Generator, seeds: range, mean: float) -> None:
    """A run whose networks differ from seed to seed, on images that are the same in all of them."""
    images = np.random.default_rng(0)
    ids, oods = images.normal(0, 0.8, 80), images.normal(0, 0.8, 80)
    for seed in seeds:
        shift = mean + rng.normal(0, 0.15)
        own_ids, own_oods = rng.normal(shift, 0.6, 80), rng.normal(0, 0.6, 80)
        keep(run, ids + own_ids, oods + own_oods, seed=seed, weights=f"{run.name} {seed}")


def test_runs_that_differ_in_seed_alone_are_seldom_called_different(tmp_path: Path, keep: Keep) -> None:
    rng, real = np.random.default_rng(4), 0
    for repetition in range(20):
        runs = [tmp_path / f"{repetition}{name}" for name in "ab"]
        for run, seeds in zip(runs, (range(3), range(3, 6)), strict=True):
            simulated(run, keep, rng, seeds, 1.5)
        real += bool(compare_runs(runs[0], runs[1], ["auroc"]).real)
    assert real <= 5  # of 20, at 5 %, more happen once in three thousand times


def test_a_real_change_is_found_over_seeds(runs: tuple[Path, Path], keep: Keep) -> None:
    rng = np.random.default_rng(5)
    for run, seeds, mean in zip(runs, (range(5), range(5, 10)), (1.0, 2.5), strict=True):
        simulated(run, keep, rng, seeds, mean)
    [change] = compare_runs(*runs, ["auroc"]).real
    assert change.seeds == (5, 5)


def test_the_same_networks_of_several_seeds_are_compared_seed_by_seed(
    runs: tuple[Path, Path], keep: Keep, normal: Normal
) -> None:
    for seed in range(4):
        ids, oods = normal(1 + seed, seed)  # seeds differ far more than the change
        keep(runs[0], ids, oods, seed=seed)
        keep(runs[1], ids + 0.3, oods, seed=seed, method_version=2)
    found = compare_runs(*runs, ["auroc"])
    [change] = found.changes
    assert change.delta is not None
    assert change.delta > 0
    assert "the same networks" in change.basis
    assert [(one.name, one.first, one.second) for one in found.settings] == [("method_version", "1", "2")]


def test_other_images_are_not_paired(runs: tuple[Path, Path], keep: Keep, normal: Normal) -> None:
    pairs = [normal(1.5, seed) for seed in (0, 1)]
    for run, images, pair in zip(runs, ("first", "second"), pairs, strict=True):
        keep(run, *pair, images=images)
        for seed in range(3):
            keep(run, *pair, seed=seed, images=images, method="odin")
    found = compare_runs(*runs, ["auroc"])
    expected = unpaired_delong_test(*(Placements.of(*pair) for pair in pairs))
    single, several = found.changes
    assert single.difference == expected
    assert several.difference is not None
    assert several.difference.p_value == pytest.approx(expected.p_value, abs=0.05)
    assert {change.basis.partition(":")[0] for change in found.changes} == {"the same networks, other images"}
    assert {change.name for change in found.settings} == {"OOD images"}


def test_rows_without_a_partner_are_listed(runs: tuple[Path, Path], keep: Keep, normal: Normal) -> None:
    for run, method in zip(runs, ("odin", "energy"), strict=True):
        keep(run, *normal())
        keep(run, *normal(), method=method)
    found = compare_runs(*runs)
    assert [one.slot.method for one in (*found.only_first, *found.only_second)] == ["odin", "energy"]
    assert parse_condition("rows missing").breaches(found) == ["odin, cifar10 / svhn is missing"]


def test_a_lost_seed_is_a_missing_row_and_the_others_are_paired(
    runs: tuple[Path, Path], keep: Keep, normal: Normal
) -> None:
    for seed in (2, 0, 1):
        keep(runs[0], *normal(1 + seed, seed), seed=seed)
    for seed in (1, 2):
        keep(runs[1], *normal(1 + seed, seed), seed=seed)
    found = compare_runs(*runs)
    assert {(change.verdict, change.seeds) for change in found.changes} == {("unchanged", (2, 2))}
    assert [one.words for one in found.only_first] == ["msp, cifar10 / svhn, seed 0"]
    assert parse_condition("rows missing").breaches(found) == ["msp, cifar10 / svhn, seed 0 is missing"]
    back = compare_runs(runs[1], runs[0])
    assert parse_condition("rows missing").breaches(back) == []
    assert [one.seed for one in back.only_second] == [0]


def test_given_networks_are_told_apart_and_paired_by_their_weights(
    runs: tuple[Path, Path], keep: Keep, normal: Normal
) -> None:
    for run, version, networks in zip(runs, (1, 2), ("abcdef", "fedcb"), strict=True):
        for name in networks:  # cells of another version have other keys, and so another order
            keep(run, *normal(1, ord(name)), seed=None, weights=name, method_version=version)
    found = compare_runs(*runs, ["auroc"])
    assert [(change.verdict, change.seeds) for change in found.changes] == [("unchanged", (5, 5))]
    assert [one.words for one in found.only_first] == ["msp, cifar10 / svhn, weights a"]


def test_a_seed_that_was_lost_in_training_anew_is_missing(runs: tuple[Path, Path], keep: Keep, normal: Normal) -> None:
    for run, seeds in zip(runs, ((0, 1, 2), (0, 1)), strict=True):
        for seed in seeds:
            keep(run, *normal(1, seed), seed=seed, weights=f"{run.name}-{seed}")
    found = compare_runs(*runs, ["auroc"])
    assert [change.seeds for change in found.changes] == [(3, 2)]
    assert [one.seed for one in found.only_first] == [2]


def test_other_seeds_are_not_missing(runs: tuple[Path, Path], keep: Keep, normal: Normal) -> None:
    for run, seeds in zip(runs, ((0, 1, 2), (3, 4)), strict=True):
        for seed in seeds:
            keep(run, *normal(1, seed), seed=seed)
    found = compare_runs(*runs, ["auroc"])
    assert [change.seeds for change in found.changes] == [(3, 2)]
    assert parse_condition("rows missing").breaches(found) == []


def test_several_parameters_are_matched_by_their_values(runs: tuple[Path, Path], keep: Keep, normal: Normal) -> None:
    for run, temperatures in zip(runs, ((1, 10, 100), (1, 10)), strict=True):
        for temperature in temperatures:
            keep(run, *normal(temperature / 10), parameters={"temperature": temperature})
    found = compare_runs(*runs)
    assert {change.verdict for change in found.changes} == {"unchanged"}
    assert len(found.only_first) == 1


def test_versions_that_changed_are_told(runs: tuple[Path, Path], keep: Keep, normal: Normal) -> None:
    for run, version in zip(runs, ("2.0", "2.1"), strict=True):
        keep(run, *normal(), packages={"numpy": version, "scipy": "1"})
    assert compare_runs(*runs).versions == {"numpy": ("2.0", "2.1")}


def test_gone_scores_are_told(runs: tuple[Path, Path], keep: Keep, normal: Normal) -> None:
    keep(runs[0], *normal(1.0))
    key = keep(runs[1], *normal(2.0))
    (runs[1] / "scores" / f"{key}.npz").unlink()
    [change, _] = compare_runs(*runs).changes
    assert (change.verdict, change.basis) == ("undecided", "the scores are gone")


def test_what_cannot_be_compared_is_refused(runs: tuple[Path, Path], keep: Keep, normal: Normal) -> None:
    keep(runs[0], *normal())
    with pytest.raises(BenchError, match="no results in"):
        compare_runs(*runs)
    keep(runs[1], *normal(), network="vgg13")
    with pytest.raises(BenchError, match="no row in common"):
        compare_runs(*runs)
    with pytest.raises(BenchError, match="Did you mean 'auroc'"):
        compare_runs(*runs, ["aurocc"])


@pytest.mark.parametrize(
    ("text", "breached"),
    [
        ("auroc drops > 0.5", True),
        ("auroc drops > .5", True),
        ("auroc drops > 99.", False),
        ("auroc drops", True),
        ("auroc changes > 1 %", True),
        ("auroc rises", False),
        ("auroc drops > 99", False),
        ("auroc really drops > 0.5", False),
        ("fpr_at_95_tpr rises>0.1", True),
        ("rows missing", False),
    ],
)
def test_conditions(runs: tuple[Path, Path], keep: Keep, normal: Normal, text: str, *, breached: bool) -> None:
    ids, oods = normal(1.5, n=60)
    keep(runs[0], ids, oods)
    keep(runs[1], ids - 0.1 + np.random.default_rng(6).normal(0, 0.5, 60), oods)
    assert bool(parse_condition(text).breaches(compare_runs(*runs))) == breached


@pytest.mark.parametrize(
    "text", ["", "auroc", "auroc falls > 1", "auroc drops > much", "auroc drops > 1 2", "auroc drops > ."]
)
def test_unreadable_conditions_are_refused(text: str) -> None:
    with pytest.raises(BenchError, match="Cannot read the condition"):
        parse_condition(text)


def test_a_condition_on_an_unknown_metric_is_refused() -> None:
    with pytest.raises(BenchError, match="Did you mean 'auroc'"):
        parse_condition("aurok drops > 1")
