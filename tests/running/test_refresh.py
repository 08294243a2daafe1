"""Files of reports are made again only where rows, reports or the files themselves have changed."""

from pathlib import Path

import pytest

import bench
from bench.report import REPORTS
from bench.running.files import refresh_files


def test_files_that_are_current_are_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*ood: str) -> None:
        bench.run("brightness", id="digits-0to6", ood=ood, settings={"uniform.count": 40}, device="cpu", out=tmp_path)

    run("uniform")
    files = refresh_files(tmp_path)
    assert {"rows.csv", "rows.json", "comparison.md"} <= {path.name for path in files}
    written = {path: path.stat().st_mtime_ns for path in files}

    def made() -> set[str]:
        now = refresh_files(tmp_path)
        return {path.name for path in now if path.stat().st_mtime_ns != written.get(path)}

    assert made() == set()
    with monkeypatch.context() as patch:
        patch.setattr(REPORTS.get("comparison-table"), "write", lambda *_: pytest.fail("it was written before"))
        assert set(refresh_files(tmp_path)) == set(files)
    (tmp_path / "comparison.md").write_text("edited")
    assert "comparison.md" in made()
    assert (tmp_path / "comparison.md").read_text() != "edited"
    (tmp_path / "rows.csv").unlink()
    assert "rows.csv" in made()
    monkeypatch.setattr("bench.running.files.__version__", "another")
    assert "comparison.md" in made()
