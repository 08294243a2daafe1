"""The checks in pytest, in Python and on the command line: expected failures are strict, and bad input is said."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bench.cli.main import app
from bench.errors import BenchError
from bench.testing import (
    CheckFailure,
    NotConforming,
    check_dataset,
    check_method,
    check_network,
    dataset_images,
    parametrize_with_checks,
    trial,
)
from bench.testing.checks import CHECKS

FOLDER = Path(__file__).parent
METHODS, SETS, NETWORKS = (FOLDER / f"bad_{kind}s.py" for kind in CHECKS)


@pytest.fixture
def tried(tmp_path: Path) -> Path:
    """A test file with an expected failure, one that passes, and none for a check that fails."""
    path = tmp_path / "test_tried.py"
    path.write_text(
        f"""
from bench.testing import parametrize_with_checks

@parametrize_with_checks(
    [{str(METHODS)!r} + ":bad-dtype", {str(METHODS)!r} + ":bad-orientation"],
    {{"bad-dtype": {{"dtype": "it is single", "shape": "out of date"}}}},
)
def test_it(check):
    check()
""",
        encoding="utf-8",
    )
    return path


def test_an_expected_failure_that_passes_is_a_failure(tried: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", str(tried)]
    ran = subprocess.run(command, cwd=tried.parent, capture_output=True, text=True, check=False)
    lines = [line for line in ran.stdout.splitlines() if line.startswith(("FAILED", "XFAIL", "ERROR"))]
    assert [line.partition("[")[2].partition("]")[0] for line in lines] == [
        "bad-dtype-dtype",
        "bad-dtype-shape",
        "bad-orientation-orientation",
    ]
    assert "[XPASS(strict)] out of date" in ran.stdout
    assert "expected: an AUROC of at least 0.6 on the tiny pair" in ran.stdout


@pytest.mark.parametrize(
    ("expected", "complaint"),
    [
        ({"good-distance": {"dtype": " "}}, "needs a reason"),
        ({"good-distance": {"dtyp": "why"}}, "Unknown check 'dtyp' of a method"),
        ({"good-distanse": {"dtype": "why"}}, "Did you mean 'good-distance'"),
    ],
)
def test_expected_failures_must_mean_something(expected: dict[str, dict[str, str]], complaint: str) -> None:
    with pytest.raises(BenchError, match=complaint):
        parametrize_with_checks([f"{METHODS}:good-distance"], expected)


def test_a_class_a_name_and_a_path_are_checked_alike() -> None:
    of_path = [(one.check, one.status) for one in check_network(f"{NETWORKS}:good-tiny")]
    cls = type(trial(f"{METHODS}:good-distance").method)
    assert {one.status for one in check_method(cls)} == {"ok", "skipped"}
    assert of_path == [(check.name, "ok") for check in CHECKS["network"]]
    assert {one.status for one in check_dataset("uniform")} == {"ok", "skipped"}


def test_every_failed_check_is_told_at_once() -> None:
    with pytest.raises(NotConforming, match=r"bad-sample-ids fails 1 of 16 checks\.") as caught:
        check_dataset(f"{SETS}:bad-sample-ids")
    told = str(caught.value)
    assert "sample-ids: Each image has a name of its own" in told
    for part in ("expected: ", "found: ", "look further:"):
        assert part in told


def test_a_failure_of_one_check_is_an_assertion() -> None:
    assert issubclass(CheckFailure, AssertionError)


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        ("mps", "Did you mean 'msp'"),
        (METHODS, "has several methods"),
        ("json:dumps", "A subclass of bench.Method"),
        ("nowhere.py", "no plugin file"),
        (int, "A subclass of bench.Method"),
        ("convnet", "Unknown method 'convnet'"),
        ("timm:resnet18", "a network from elsewhere"),
        ("folder:photos", "Give it one: NAME=folder:photos"),
        ("mine.toml", "bench describe suite mine.toml"),
    ],
    ids=str,
)
def test_what_cannot_be_checked_is_refused(target: str, complaint: str) -> None:
    with pytest.raises(BenchError, match=complaint):
        check_method(target)


def bench(*arguments: str | Path) -> tuple[int, str]:
    ran = CliRunner().invoke(app, list(map(str, arguments)))
    if isinstance(ran.exception, BenchError):
        return 2, str(ran.exception)
    return ran.exit_code, ran.stdout


def test_the_command_prints_a_line_for_each_check() -> None:
    code, printed = bench("check", f"{NETWORKS}:good-tiny")
    lines = printed.splitlines()
    assert code == 0
    assert lines[0] == "network good-tiny"
    assert [line.split() for line in lines[1:-2]] == [["ok", check.name] for check in CHECKS["network"]]
    assert lines[-2:] == ["15 ok", ""]


def test_the_command_ends_with_1_on_a_failure_and_tells_its_three_parts() -> None:
    code, printed = bench("check", f"{SETS}:bad-labels", "--only", "labels", "--only", "says-that-it-is-missing")
    assert code == 1
    assert printed.splitlines()[1:5] == [
        "  failed   labels",
        "    expected: an int64 array of shape (12,) with class indices from 0 to 2",
        "    found: int64 of shape (12,), from 1 to 3 (split 'train')",
        "    look further:",
    ]
    assert "skipped  says-that-it-is-missing    it needs no files" in printed
    assert printed.endswith("1 failed, 1 skipped\n\n")


def test_json_has_all_that_is_printed() -> None:
    code, printed = bench("check", f"{METHODS}:bad-dtype", "--only", "dtype", "--only", "shape", "--format", "json")
    [told] = json.loads(printed)
    assert code == 1
    assert (told["kind"], told["name"]) == ("method", "bad-dtype")
    failed, ok = told["checks"]
    assert (failed["status"], failed["expected"], failed["found"]) == ("failed", "float64", "float32")
    assert failed["look"].startswith("from bench.testing import trial\n")
    assert (ok["check"], ok["status"]) == ("shape", "ok")


def test_a_file_means_all_that_it_registers(tmp_path: Path) -> None:
    path = tmp_path / "two.py"
    path.write_text(
        "import bench\n\n@bench.method('first-logit', equation='f_0')\ndef first(outputs):\n"
        "    'The first logit.'\n    return outputs.logits[:, 0]\n\n"
        "@bench.network('empty')\nclass Empty(bench.Classifier):\n    'Nothing.'\n",
        encoding="utf-8",
    )
    _, printed = bench("check", path, "--only", "complete-metadata")
    assert [line.split()[:2] for line in printed.splitlines()[:2]] == [
        ["method", "first-logit"],
        ["ok", "complete-metadata"],
    ]
    assert "network empty\n  ok       complete-metadata" in printed
    _, only = bench("check", path, "--only", "complete-metadata", "--kind", "method")
    assert "network" not in only


def test_images_of_ones_own_are_checked_for_what_they_are(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 6, 7, 3), np.uint8)
    np.savez(tmp_path / "scans.npz", images=pixels, labels=np.arange(5))
    code, printed = bench("check", f"scans=npz:{tmp_path / 'scans.npz'}")
    assert code == 0, printed
    assert [line.split()[1] for line in printed.splitlines() if line.startswith("  ok")] == [
        check.name for check in dataset_images.CHECKS if check.name != "class-names"
    ]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("mps",), "Did you mean 'msp'"),
        (("msp", "--only", "colour"), "Unknown check 'colour'"),
        (("msp", "--kind", "methd"), "Did you mean 'method'"),
        (("msp", "--kind", "network"), "Unknown network 'msp'"),
        (("nowhere.py",), "no plugin file"),
        (("nowhere:Thing",), "nowhere"),
    ],
)
def test_bad_input_ends_with_2(arguments: tuple[str, ...], complaint: str) -> None:
    code, told = bench("check", *arguments)
    assert code == 2
    assert complaint in told
