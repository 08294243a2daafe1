"""What `import bench` gives, and what it and the listing commands do not import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import bench

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {"torch", "torchvision", "numpy", "pandas", "scipy", "sklearn", "matplotlib", "PIL"}


def imported_by(code: str) -> set[str]:
    """The names of all modules that a fresh interpreter holds after running `code`, and a check that it ran well."""
    end = "import json, sys; print(); print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run(
        [sys.executable, "-c", f"{code}\n{end}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return set(json.loads(ran.stdout.splitlines()[-1]))


def command(*arguments: str) -> str:
    """Code that runs `bench` with arguments and insists on the exit code 0."""
    return f"""
import sys
from bench.cli.main import main
sys.argv = ["bench", *{list(arguments)!r}]
try:
    main()
except SystemExit as end:
    if end.code:
        raise
"""


def test_import_costs_no_heavy_library() -> None:
    modules = imported_by("import bench")
    assert "bench.errors" not in modules
    assert modules & HEAVY == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("run", "--help"),
        ("misclassification", "--help"),
        ("list", "--help"),
        ("list", "methods"),
        ("list", "networks"),
        ("list", "reports"),
    ],
    ids=" ".join,
)
def test_help_and_lists_cost_no_heavy_library(arguments: tuple[str, ...]) -> None:
    modules = imported_by(command(*arguments))
    assert "bench.cli.main" in modules
    assert modules & HEAVY == set()


@pytest.mark.parametrize("arguments", [("list", "datasets"), ("data", "list")], ids=" ".join)
def test_listing_data_sets_costs_no_torch(arguments: tuple[str, ...]) -> None:
    """Their facts are read from the classes, so the files are imported, and must be light."""
    assert imported_by(command(*arguments)) & HEAVY == set()


def test_data_set_files_cost_no_heavy_library() -> None:
    resolve = "from bench.data.dataset import DATASETS\nfor entry in DATASETS.entries.values(): entry.resolve()()"
    modules = imported_by(resolve)
    assert "bench.datasets.cifar" in modules
    assert modules & HEAVY == set()


def test_a_heavy_import_would_be_noticed() -> None:
    assert "numpy" in imported_by("import bench.metrics")


def test_every_public_name_is_there() -> None:
    for name in bench.__all__:
        assert getattr(bench, name) is not None
    assert bench.metrics.auroc([1.0], [0.0]) == 1.0


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'evaluated'"):
        _ = bench.evaluated


def test_a_misspelt_import_is_an_import_error() -> None:
    with pytest.raises(ImportError):
        from bench import evaluated  # noqa: F401
