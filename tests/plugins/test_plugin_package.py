"""A stranger's package, built and installed beside our wheel: listed without an import, described, and run."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

ROOT = Path(__file__).resolve().parents[2]
TOY = Path(__file__).with_name("toy_plugin.py").read_text(encoding="utf-8")

PYPROJECT = """
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "shades-for-oodbench"
version = "1.2.3"

[tool.setuptools]
packages = ["shades_ood"]

[project.entry-points."oodbench.methods"]
shades-score = "shades_ood.score:shades_score"
shades-gone = "shades_ood.gone:gone"
shades-missing = "shades_ood.score:nothing"
shades-library = "shades_ood.library:library"
shades-undecorated = "shades_ood.score:helper"

[project.entry-points."oodbench.datasets"]
toy-shades = "shades_ood.toy:Shades"
toy-noise = "shades_ood.toy:Noise"

[project.entry-points."oodbench.networks"]
toy-net = "shades_ood.toy:Net"

[project.entry-points."oodbench.objectives"]
toy-loss = "shades_ood.toy:Loss"
"""

SCORE = '''"""A score."""

import bench


def helper(outputs):
    """Not registered."""
    return outputs.logits.max(axis=1)


@bench.method("shades-score", equation="max f / T")
def shades_score(outputs, temperature=2.0):
    """The largest logit, cooled.

    Args:
        temperature: what the logit is divided by.
    """
    return helper(outputs) / temperature
'''

LIBRARY = 'import nowhere_lib\nimport bench\n\n\n@bench.method("shades-library")\ndef library(outputs): ...\n'


class Elsewhere:
    """A folder to import from with both installed, and a working folder that knows nothing of the checkout."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.site = folder, folder / "site"
        self.work = folder / "work"
        self.work.mkdir()

    def run(self, *arguments: str | Path, fails: bool = False) -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        env |= {"PYTHONPATH": str(self.site), "BENCH_CACHE": str(self.folder / "cache"), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, *map(str, arguments)]
        ran = subprocess.run(command, cwd=self.work, env=env, capture_output=True, text=True, check=False)
        assert (ran.returncode != 0) == fails, ran.stdout + ran.stderr
        return ran

    def bench(self, *arguments: str | Path, fails: bool = False) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "bench", *arguments, fails=fails)

    def install(self, source: Path) -> None:
        wheels = self.folder / "wheels" / source.name
        quiet = ("--quiet", "--no-deps", "--no-index")
        self.run("-m", "pip", "wheel", *quiet, "--no-build-isolation", "--wheel-dir", wheels, source)
        self.run("-m", "pip", "install", *quiet, "--target", self.site, *wheels.glob("*.whl"))


def package_of(folder: Path) -> Path:
    source = folder / "shades"
    (source / "shades_ood").mkdir(parents=True)
    (source / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    for name, text in {"__init__": "", "score": SCORE, "toy": TOY, "library": LIBRARY}.items():
        (source / "shades_ood" / f"{name}.py").write_text(text, encoding="utf-8")
    return source


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    made = Elsewhere(tmp_path_factory.mktemp("elsewhere"))
    ours = made.folder / "ours"
    for room in ("bench", "methods", "datasets", "reports"):
        shutil.copytree(ROOT / room, ours / room, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, ours)
    made.install(ours)
    made.install(package_of(made.folder))
    spoil(made.site, "shabby", "[oodbench.methods]\nshades-unreadable = shades_ood score\n")
    return made


def spoil(site: Path, name: str, entry_points: str) -> None:
    """An installed distribution with entry points that no build tool would have let pass."""
    folder = site / f"{name}-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (folder / "entry_points.txt").write_text(entry_points, encoding="utf-8")


def listed(elsewhere: Elsewhere, kind: str) -> dict[str, dict[str, str]]:
    return {one["name"]: one for one in json.loads(elsewhere.bench("list", kind, "--format", "json").stdout)}


def test_the_package_imports_nothing_of_ours_but_bench_itself(tmp_path: Path) -> None:
    imported: set[str] = set()
    for path in package_of(tmp_path).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(str(node.module))
    assert "bench" in imported
    assert [name for name in imported if name.startswith(("bench.", "methods", "datasets", "reports"))] == []


def test_what_it_brings_is_listed_with_what_is_wrong_with_some(elsewhere: Elsewhere) -> None:
    methods = listed(elsewhere, "methods")
    assert methods["shades-score"] == {
        "name": "shades-score", "summary": "The largest logit, cooled.", "broken": ""
    }  # fmt: skip
    assert "No module named 'shades_ood.gone'" in methods["shades-gone"]["broken"]
    assert "has no attribute 'nothing'" in methods["shades-missing"]["broken"]
    assert "No module named 'nowhere_lib'" in methods["shades-library"]["broken"]
    assert "'shades_ood score'" in methods["shades-unreadable"]["broken"]
    assert methods["msp"]["broken"] == ""
    assert "toy-net" in listed(elsewhere, "networks")
    assert {"toy-shades", "toy-noise"} <= listed(elsewhere, "datasets").keys()
    assert "toy-loss" in listed(elsewhere, "objectives")
    plugin = listed(elsewhere, "plugins")["shades-for-oodbench"]["summary"]
    assert "network toy-net" in plugin
    assert "method shades-gone (broken)" in plugin


def test_listing_imports_nothing_of_it(elsewhere: Elsewhere) -> None:
    program = (
        "import sys\nfrom bench.registry import registry\n"
        "assert 'shades-score' in registry('method').names()\nassert registry('network').entry('toy-net').summary\n"
        "print(sorted(name for name in sys.modules if name.startswith(('shades', 'torch', 'numpy'))))"
    )
    assert elsewhere.run("-c", program).stdout.strip() == "[]"


def test_it_is_described_with_distribution_version_file_and_line(elsewhere: Elsewhere) -> None:
    told = elsewhere.bench("describe", "method", "shades-score").stdout
    line = SCORE.splitlines().index("def shades_score(outputs, temperature=2.0):") + 1
    assert f"{elsewhere.site / 'shades_ood' / 'score.py'}:{line}" in told
    assert "shades-for-oodbench 1.2.3" in told
    for name, why in (
        ("shades-gone", "No module named 'shades_ood.gone'"),
        ("shades-missing", "nothing"),
        ("shades-library", "nowhere_lib"),
        ("shades-undecorated", "it is not registered"),
        ("shades-unreadable", "module:attribute is needed"),
    ):
        said = elsewhere.bench("describe", "method", name, fails=True).stderr
        assert f"'{name}'" in said
        assert "is broken" in said
        assert why in said
        assert "Traceback" not in said


def test_its_method_data_and_network_run_in_a_table(elsewhere: Elsewhere) -> None:
    pair = ("--id", "toy-shades", "--ood", "toy-noise", "--set", "recipe.epochs=1", "--device", "cpu")
    done = elsewhere.bench("run", "--method", "shades-score", "--method", "max-logit", *pair, "--out", "run")
    assert "shades-score" in done.stdout
    kept = [json.loads(path.read_text()) for path in (elsewhere.work / "run" / "cells").glob("*.json")]
    by_method = {one["row"]["method"]: one for one in kept}
    code = by_method["shades-score"]["cell"]["method_code"]
    assert code.startswith("shades-for-oodbench 1.2.3 ")
    assert by_method["max-logit"]["cell"]["network"] == "toy-net"
    [noted] = by_method["max-logit"]["provenance"]["plugins"]
    assert noted == {"distribution": "shades-for-oodbench", "version": "1.2.3", "sha256": code.split()[-1]}
    assert by_method["shades-score"]["row"]["auroc"] == by_method["max-logit"]["row"]["auroc"]


def test_it_passes_the_checks(elsewhere: Elsewhere) -> None:
    [one] = json.loads(elsewhere.bench("check", "shades-score", "--format", "json").stdout)
    assert {each["status"] for each in one["checks"]} == {"ok", "skipped"}
    assert sum(each["status"] == "ok" for each in one["checks"]) >= 20
    checks = "check_dataset('toy-shades'); check_dataset('toy-noise'); check_network('toy-net')"
    elsewhere.run("-c", f"from bench.testing import check_dataset, check_network; {checks}")


def test_entry_points_that_nobody_can_read_are_listed_and_stop_no_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Result]
) -> None:
    spoil(tmp_path, "ruined", "[oodbench.methods]\nno equals sign\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    [found] = [one for one in json.loads(command("list", "plugins", "--format", "json").stdout) if one["broken"]]
    assert found["name"] == "ruined"
    assert "its entry_points.txt cannot be read" in found["broken"]
    methods = command("list", "methods")
    assert "The plugin ruined is broken" in methods.stderr
    assert "msp" in methods.stdout
