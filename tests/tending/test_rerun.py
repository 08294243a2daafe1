"""A results folder is asked for the same again, also after it was moved."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import bench
from bench.cli.main import app
from bench.errors import BenchError
from bench.method_contract import METHODS
from bench.running.files import stored_rows
from bench.running.rows import COST
from bench.store import Store
from bench.tending.rerun import specifications
from bench.tending.status import status_of

PLUGIN = """
import numpy as np
from bench.citation import Citation
from bench.method_contract import Method, method

@method("width")
class Width(Method):
    citation = Citation(title="t", authors="a", year=2026, venue="v", url="https://example.org", where="w")
    equation = "0"
    group = "pixels"
    objective = None

    def score(self, outputs):
        return np.zeros(len(outputs))
"""


def timeless(folder: Path) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in COST} for row in stored_rows(folder)]


def rerun(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, ["rerun", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


@pytest.fixture
def half_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run on images of one's own and on a shipped set, on which one of its methods failed."""
    np.savez(tmp_path / "mine.npz", images=np.random.default_rng(0).integers(0, 256, (30, 8, 8), dtype=np.uint8))
    out = tmp_path / "run"
    score = METHODS.get("random").score

    def broken(self: Any, outputs: Any) -> Any:
        if len(outputs) == 40:
            raise ZeroDivisionError("a bug")
        return score(self, outputs)

    with monkeypatch.context() as patch:
        patch.setattr(METHODS.get("random"), "score", broken)
        with pytest.raises(BenchError):
            bench.run(
                ["brightness", "random"], id="digits", ood=[f"mine=npz:{tmp_path / 'mine.npz'}", "uniform"], out=out,
                settings={"uniform.count": 40, "random.seed": 3},
            )  # fmt: skip
    return out


def test_only_what_failed_is_tried_again(half_failed: Path) -> None:
    [gone] = [one["key"] for one in Store(half_failed).records() if one["row"]["ood"] == "uniform"]
    (half_failed / "cells" / f"{gone}.json").unlink()
    [narrowed] = specifications(half_failed, only_failed=True, trusts_code=False)
    assert (narrowed.method, narrowed.ood) == (("random",), ("uniform",))
    assert narrowed.settings == {"uniform.count": 40, "random.seed": 3}
    rerun("--failed", half_failed)
    found = status_of(half_failed)
    assert (found.done, found.failed, [one.method for one in found.to_do]) == (3, [], ["brightness"])
    assert "has failed" in rerun("--failed", half_failed)
    rerun(half_failed)
    assert (status_of(half_failed).done, status_of(half_failed).to_do) == (4, [])


def test_a_moved_folder_goes_on_where_it_is(
    half_failed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = tmp_path / "another" / "place"
    moved.parent.mkdir()
    shutil.move(half_failed, moved)
    rerun(moved)
    assert not half_failed.exists()
    assert (status_of(moved).done, status_of(moved).to_do) == (4, [])
    before = timeless(moved)
    again = tmp_path / "third"
    shutil.copytree(moved, again)
    shutil.rmtree(moved)
    capsys.readouterr()
    output = rerun(again)
    assert "Extracting" not in capsys.readouterr().err + output
    assert timeless(again) == before
    for command in ("table", "report", "status"):
        done = CliRunner().invoke(app, [command, str(again)], catch_exceptions=False)
        assert done.exit_code == 0, command


def test_code_that_the_folder_names_is_not_run_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.py").write_text(PLUGIN)
    bench.run("width", id="digits", ood="uniform", out=tmp_path / "run", plugin=tmp_path / "own.py")
    monkeypatch.setattr("bench.plugins.active._ACTIVE", {})
    with pytest.raises(BenchError, match=r"own\.py.*--trust-code"):
        specifications(tmp_path / "run", only_failed=False, trusts_code=False)
    assert "width" not in METHODS
    rerun(tmp_path / "run", "--trust-code")
    assert status_of(tmp_path / "run").to_do == []


def test_a_folder_that_was_never_asked_for_anything(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="does not say what it was asked for"):
        specifications(tmp_path, only_failed=False, trusts_code=False)
    with pytest.raises(BenchError, match="no folder"):
        specifications(tmp_path / "none", only_failed=False, trusts_code=False)
