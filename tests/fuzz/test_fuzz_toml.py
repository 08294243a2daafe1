"""Malformed TOML: run files, bench.toml, suites, transforms, papers' tables and ablations."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.ablation.file import read_ablation
from bench.data.project import project_bindings
from bench.data.transform import InputTransform
from bench.data.transform_file import read_transform
from bench.plugins import activate_with_project
from bench.reproducing.paper import Paper, load_paper
from bench.reproducing.published import COLUMNS, read_published
from bench.running.run_file import read_run_file
from bench.suites.file import suite_from_file
from bench.suites.suite import Suite
from tests.fuzz.hostile import malformed_toml, mutated_bytes
from tests.fuzz.survive import budget, nothing_outside, survives

RUN: dict[str, Any] = {
    "method": ["msp", "odin"], "id": "digits", "ood": ["glyphs", "mine=folder:images"], "network": "convnet", "seed": 3,
    "protocol": "published", "checkpoint": "a.pt", "normalize": "cifar10", "transform": "t.toml", "data": "data",
    "out": "runs/x", "plugin": ["p.py"], "compile": False, "workers": 2, "tune-on": "uniform", "format": "table",
    "set": {"odin": {"epsilon": 0.1}}, "datasets": {"mine": {"folder": "images", "classes": ["a", "b"]}},
}  # fmt: skip
PROJECT: dict[str, Any] = {
    "plugins": {"files": ["p.py"]},
    "datasets": {"mine": {"csv": "a.csv", "root": "images", "path": "file", "train": "b.csv", "classes": ["a", "b"]}},
}
SUITE: dict[str, Any] = {
    "title": "Mine", "id": "digits", "tune-on": "uniform", "metrics": ["auroc"], "notes": ["A note."],
    "summary": "One.",
    "groups": {"near": ["glyphs"], "far": ["x=npz:x.npz"], "covariate": ["noisy=folder:noisy"]},
    "images": {"glyphs": 10}, "citation": {"title": "T", "authors": "A", "year": 2026, "venue": "V", "url": "u"},
    "set": {"uniform": {"count": 10}}, "datasets": {"glyphs": {"folder": "g"}},
}  # fmt: skip
TRANSFORM: dict[str, Any] = {
    "height": 32, "width": 32, "channels": 3, "mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2], "fit": "crop",
    "resize": 36, "interpolation": "bilinear", "odd_margin": "down",
}  # fmt: skip
ABLATION: dict[str, Any] = {
    "summary": "One.", "axis": "epsilon", "vary": "odin.epsilon", "values": [0.0, 0.1], "id": "digits", "ood": "glyphs",
    "method": "odin", "reference": 0.0,
}  # fmt: skip
VARIANTS: dict[str, Any] = {
    "id": "digits", "variant": [{"name": "a", "value": 1, "set": {"odin": {"epsilon": 0.1}}, "method": "odin"}]
}  # fmt: skip
PAPER: dict[str, Any] = {
    "title": "T", "citation": {"title": "T", "authors": "A", "year": 2026}, "recipe": "quick", "protocol": "published",
    "names": {"convnet": "ConvNet"}, "columns": [{"metric": "auroc", "title": "AUROC", "higher_is_better": True}],
    "methods": [{"key": "msp", "title": "MSP", "method": "msp", "settings": {"msp.temperature": 1.0}}],
    "rows": [{"network": "convnet", "id": "digits", "ood": ["glyphs"], "methods": ["msp"]}],
    "options": {"x": {"about": "A", "settings": {"a.b": 1}}}, "seeds": 3, "joined": False, "id_positives": "all",
    "lacking": {"a": "b"}, "deviations": {"a": "b"}, "notes": ["n"], "settings": {"a.b": 1},
}  # fmt: skip
FIGURES = (",".join(COLUMNS) + "\na,1,ConvNet,digits,glyphs,MSP,auroc,90.1,0.1,\n").encode()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.py").write_text("import bench\n")
    return tmp_path


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@budget(60)
@given(content=malformed_toml(RUN))
def test_run_files(home: Path, content: bytes) -> None:
    path = write(home, "run.toml", content)
    with nothing_outside(home):
        found = survives(lambda: read_run_file(path))
    assert isinstance(found, dict | Exception)


@budget(50)
@given(content=malformed_toml(PROJECT))
def test_bench_toml(home: Path, content: bytes) -> None:
    write(home, "bench.toml", content)
    with nothing_outside(home):
        survives(lambda: project_bindings(home))
        survives(activate_with_project)


@budget(50)
@given(content=malformed_toml(SUITE))
def test_suites(home: Path, content: bytes) -> None:
    path = write(home, "suite.toml", content)
    with nothing_outside(home):
        found = survives(lambda: suite_from_file(path))
    assert isinstance(found, Suite | Exception)


@budget(40)
@given(content=malformed_toml(TRANSFORM))
def test_transforms(home: Path, content: bytes) -> None:
    path = write(home, "transform.toml", content)
    found = survives(lambda: read_transform(path))
    if isinstance(found, InputTransform):
        assert max(found.height, found.width, found.resize or 0) <= 2**14
        assert all(0 < one < float("inf") for one in found.std)


@budget(50)
@given(content=st.one_of(malformed_toml(ABLATION), malformed_toml(VARIANTS)))
def test_ablations(home: Path, content: bytes) -> None:
    path = write(home, "ablation.toml", content)
    with nothing_outside(home):
        survives(lambda: read_ablation(str(path)))


@budget(60)
@given(content=malformed_toml(PAPER))
def test_papers_tables(home: Path, content: bytes) -> None:
    write(home, "paper.csv", FIGURES)
    path = write(home, "paper.toml", content)
    found = survives(lambda: load_paper(str(path)))
    if isinstance(found, Paper):
        for row in found.rows:
            for method in row.methods:
                survives(partial(found.settings_of, row, method))


@budget(30)
@given(content=mutated_bytes(FIGURES))
def test_published_figures(home: Path, content: bytes) -> None:
    path = write(home, "paper.csv", content)
    survives(lambda: read_published(path))
