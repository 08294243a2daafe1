"""Runs of a suite: what it fills in, what a user's own file may say, and sets that are missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

import bench
from bench.cli.run import run as run_command
from bench.cli.table import table as table_command
from bench.errors import BenchError, MissingDataError, UnknownNameError
from bench.running.specification import RunSpecification
from bench.suites.library import find_suite
from bench.suites.suite import Suite

RUNNER = CliRunner()
APP = typer.Typer()
APP.command("run")(run_command)
APP.command("table")(table_command)

MINE = """
title = "Digits among shades"
id = "digits"
tune-on = "gaussian"
notes = ["Shades are plain."]

[groups]
near = ["glyphs-matched", "grey=npz:grey.npz"]
far = ["uniform", "gone"]

[set.uniform]
count = 40

[datasets.gone]
folder = "nowhere"
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A suite of the user's own with a set beside it and one that is missing."""
    folder = tmp_path / "mine"
    folder.mkdir()
    np.savez(
        folder / "grey.npz", images=np.full((30, 8, 8), 90, np.uint8) + np.arange(30, dtype=np.uint8)[:, None, None]
    )
    path = folder / "shades.toml"
    path.write_text(MINE)
    return path


def specify(suite: Suite | None, **changes: Any) -> RunSpecification:
    return RunSpecification(**{"method": ("msp",), "id": "", "ood": (), "suite": suite, **changes})


def invoked(*arguments: str | Path) -> Any:
    result = RUNNER.invoke(APP, [str(one) for one in arguments])
    assert result.exit_code == 0, result.exception
    return result


def test_the_embedded_suite_runs_by_its_name(tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ("run", "--method", "brightness", "--method", "random", "--suite", "embedded-digits", "--out", out)
    rows = pd.DataFrame(json.loads(invoked(*arguments, "--format", "json").stdout))
    groups = find_suite("embedded-digits").groups
    assert dict(zip(rows["ood"], rows["group"], strict=True)) == {one: g for g, sets in groups.items() for one in sets}
    assert len(rows) == 2 * 5
    means = pd.read_csv(out / "comparison-groups.csv").set_index(["group", "method"])
    expected = rows.groupby(["group", "method"])[["auroc", "fpr_at_95_tpr"]].mean()
    for metric in ("auroc", "fpr_at_95_tpr"):
        pd.testing.assert_series_equal(means[metric].sort_index(), expected[metric].sort_index(), rtol=1e-12)
    assert len(means) == len(expected) == 6
    stored = json.loads(invoked("table", out, "--format", "json").stdout)
    assert {row["ood"]: row["group"] for row in stored} == {row["ood"]: row["group"] for _, row in rows.iterrows()}
    printed = invoked("table", out).stdout
    assert "near: mean of 2 sets" in printed
    assert "far: photos (1,500 images)" in printed


def test_a_suite_of_ones_own_runs_by_its_path_and_what_is_missing_stops_nothing(mine: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = invoked("run", "--method", "brightness", "--suite", mine, "--out", out)
    assert "Not run: gone. The binding 'gone=folder:" in result.stderr
    rows = json.loads((out / "rows.json").read_text())
    assert {row["ood"]: (row["group"], row["n_ood"]) for row in rows} == {
        "glyphs-matched": ("near", 1440),
        "grey": ("near", 30),
        "uniform": ("far", 40),
    }
    table = " ".join(result.stdout.split())
    assert "far: gone – not run: the images are not on this machine" in table
    assert "far: mean of 1 of 2 sets: uniform" in table
    assert "near: mean of 2 sets" in table
    assert "Suite shades, Digits among shades. Shades are plain." in table


def test_a_set_that_is_there_later_is_run_and_no_longer_called_missing(mine: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    bench.run("brightness", suite=mine, out=out)
    later = MINE.replace('folder = "nowhere"', 'npz = "grey2.npz"')
    np.savez(mine.parent / "grey2.npz", images=np.arange(640, dtype=np.uint8).reshape(10, 8, 8))
    mine.write_text(later)
    frame = bench.run("brightness", suite=str(mine), out=out, files=True)
    assert frame.set_index("ood").loc["gone", "group"] == "far"
    text = (out / "table.txt").read_text()
    assert "not run" not in text
    assert "far: mean of 2 sets" in text


def test_without_any_set_nothing_is_run(mine: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"(?s)None of the OOD sets .* suite shades is on this .*'gone=folder:"):
        bench.run("brightness", suite=mine, ood="gone", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_set_that_is_missing_without_a_suite_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="dtd is not on this machine"):
        bench.run("brightness", id="digits", ood=["uniform", "dtd"], data=tmp_path, out=tmp_path / "out")


def test_the_plan_tells_groups_and_what_is_missing(mine: Path) -> None:
    result = invoked("run", "--method", "brightness", "--suite", mine, "--dry-run")
    lines = result.stdout.splitlines()
    assert lines[0] == "Suite: shades (near: glyphs-matched, grey; far: uniform, gone)"
    assert any(line.startswith("Not run: gone. The binding") for line in lines)
    assert any(line.startswith("Cells: 3,") for line in lines)


def test_a_run_file_names_a_suite_beside_it(mine: Path, tmp_path: Path) -> None:
    file = mine.parent / "run.toml"
    file.write_text(
        'method = "brightness"\nsuite = "./shades.toml"\ngroup = "near"\nout = "results"\nformat = "json"\n'
    )
    rows = json.loads(invoked("run", file).stdout)
    assert [row["ood"] for row in rows] == ["glyphs-matched", "grey"]
    other = json.loads(invoked("run", file, "--group", "far", "--out", tmp_path / "far").stdout)
    assert [row["ood"] for row in other] == ["uniform"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("glyphs-matched", "glyphs", "photos", "uniform", "gaussian")),
        ({"group": ("noise",)}, ("uniform", "gaussian")),
        ({"ood": ("photos",)}, ("photos",)),
        ({"ood": ("photos=folder:x",), "group": ("noise",)}, ("photos=folder:x", "uniform", "gaussian")),
        ({"id": "digits=npz:mine.npz", "ood": ("photos",)}, ("photos",)),
    ],
)
def test_options_narrow_a_suite(changes: dict[str, Any], expected: tuple[str, ...]) -> None:
    found = specify(find_suite("embedded-digits"), **changes)
    assert found.ood == expected
    assert found.id == changes.get("id", "digits")


def test_a_suite_says_what_heldout_ood_tunes_on(mine: Path) -> None:
    suite = find_suite(str(mine))
    assert specify(suite, protocol="heldout-ood").tune_on == "gaussian"
    assert specify(suite, protocol="heldout-ood", tune_on="photos").tune_on == "photos"
    assert specify(suite).tune_on is None
    with pytest.raises(BenchError, match="The protocol heldout-ood needs --tune-on"):
        specify(find_suite("embedded-digits"), protocol="heldout-ood")


def test_settings_and_bindings_of_the_user_go_before_the_suites(mine: Path) -> None:
    suite = find_suite(str(mine))
    assert specify(suite).settings == {"uniform.count": 40}
    assert specify(suite, settings={"uniform.count": 5}).settings == {"uniform.count": 5}
    assert specify(suite, ood=("grey",)).settings == {}
    own = {"gone": find_suite(str(mine)).bindings["gone"]}
    assert specify(suite, bindings=own).bindings["gone"] is own["gone"]


def test_full_spectrum_counts_the_covariate_sets_as_in_distribution() -> None:
    suite = find_suite("openood-imagenet200")
    assert specify(suite, full_spectrum=True).shifted == ("imagenet200-v2", "imagenet200-c", "imagenet-r")
    assert specify(suite).shifted == ()
    with pytest.raises(BenchError, match="embedded-digits has no covariate sets for --full-spectrum"):
        specify(find_suite("embedded-digits"), full_spectrum=True)


@pytest.mark.parametrize(
    ("suite", "changes", "message"),
    [
        (None, {"id": "digits", "ood": ("photos",), "group": ("far",)}, "--group chooses sets of a suite"),
        (None, {"id": "digits", "ood": ("photos",), "full_spectrum": True}, "--full-spectrum chooses sets of a suite"),
        ("embedded-digits", {"id": "svhn"}, "The ID set of the suite embedded-digits is digits, not svhn"),
        (
            "embedded-digits",
            {"ood": ("photo",)},
            "OOD set of the suite embedded-digits: 'photo'. Did you mean 'photos'",
        ),
        ("embedded-digits", {"group": ("nois",)}, "group of the suite embedded-digits: 'nois'. Did you mean 'noise'"),
    ],
)
def test_what_a_suite_does_not_have_is_refused(suite: str | None, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BenchError, match=message):
        specify(None if suite is None else find_suite(suite), **changes)


def test_an_unknown_suite_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown suite 'openood-cifar'\. Did you mean 'openood-cifar10'"):
        find_suite("openood-cifar")


def test_a_full_spectrum_run_of_ones_own_suite(mine: Path, tmp_path: Path) -> None:
    mine.write_text(MINE.replace("far =", 'covariate = ["dimmed=npz:dimmed.npz"]\nfar ='))
    pixels = np.random.default_rng(0).integers(0, 120, (20, 8, 8), dtype=np.uint8)
    np.savez(mine.parent / "dimmed.npz", images=pixels, labels=np.arange(20) % 10)
    frame = bench.run("brightness", suite=mine, full_spectrum=True, ood="uniform", out=tmp_path / "out")
    plain = bench.run("brightness", suite=mine, ood="uniform", out=tmp_path / "plain")
    assert frame["n_id"].tolist() == [plain["n_id"].iloc[0] + 20]
    assert frame["group"].tolist() == plain["group"].tolist() == ["far"]


def test_a_covariate_set_that_is_missing_stops_nothing_and_is_noted(mine: Path, tmp_path: Path) -> None:
    mine.write_text(MINE.replace("far =", 'covariate = ["dimmed=npz:dimmed.npz", "night=npz:night.npz"]\nfar ='))
    asked: dict[str, Any] = {"suite": mine, "full_spectrum": True, "ood": "uniform", "out": tmp_path / "out"}
    with pytest.raises(MissingDataError, match="None of the covariate sets"):
        bench.run("brightness", **asked)
    pixels = np.random.default_rng(0).integers(0, 120, (20, 8, 8), dtype=np.uint8)
    np.savez(mine.parent / "dimmed.npz", images=pixels, labels=np.arange(20) % 10)
    frame = bench.run("brightness", **asked, files=True)
    assert frame["n_id"].tolist() == [520]
    assert list(json.loads(frame["shifted"][0])) == ["dimmed"]
    assert (
        "Full spectrum without night: the images are not on this machine."
        in (tmp_path / "out" / "comparison.md").read_text()
    )
