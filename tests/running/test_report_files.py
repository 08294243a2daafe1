"""Files of reports: those of rows that are gone are removed, and nothing else ever is."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.running.report_files import INDEX, keep_track


def write(folder: Path, *names: str, content: str = "drawn") -> list[Path]:
    for name in names:
        (folder / name).write_text(content)
    return [folder / name for name in names]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {INDEX}


def test_files_that_a_report_no_longer_writes_are_removed(tmp_path: Path) -> None:
    keep_track(tmp_path, {"roc": write(tmp_path, "roc_a.png", "roc_b.png"), "table": write(tmp_path, "table.txt")})
    keep_track(tmp_path, {"roc": write(tmp_path, "roc_b.png", "roc_c.png"), "table": write(tmp_path, "table.txt")})
    assert names(tmp_path) == {"roc_b.png", "roc_c.png", "table.txt"}
    keep_track(tmp_path, {"roc": []})
    assert names(tmp_path) == {"table.txt"}


def test_files_of_others_stay(tmp_path: Path) -> None:
    """A user's, one that a report wrote and somebody changed, and those of a report that is not written now."""
    keep_track(tmp_path, {"roc": write(tmp_path, "roc_a.png", "roc_b.png"), "histogram": write(tmp_path, "h.png")})
    write(tmp_path, "roc_mine.png")
    write(tmp_path, "roc_b.png", content="with notes")
    keep_track(tmp_path, {"roc": write(tmp_path, "roc_c.png")})
    assert names(tmp_path) == {"roc_b.png", "roc_c.png", "roc_mine.png", "h.png"}
    keep_track(tmp_path, {"histogram": []})
    assert "h.png" not in names(tmp_path)


def test_a_file_that_another_report_writes_now_stays(tmp_path: Path) -> None:
    keep_track(tmp_path, {"old": write(tmp_path, "a.png")})
    keep_track(tmp_path, {"old": [], "new": write(tmp_path, "a.png")})
    assert names(tmp_path) == {"a.png"}


def test_files_in_formats_that_are_not_written_now_stay(tmp_path: Path) -> None:
    keep_track(tmp_path, {"roc": write(tmp_path, "a.png", "a.svg", "b.png")})
    keep_track(tmp_path, {"roc": write(tmp_path, "a.png")}, endings=["png"])
    assert names(tmp_path) == {"a.png", "a.svg"}
    keep_track(tmp_path, {"roc": []})
    assert names(tmp_path) == set()


@pytest.mark.parametrize("index", ["", "[1]", '{"roc": 3}', "{"])
def test_without_a_readable_index_nothing_is_removed(tmp_path: Path, index: str) -> None:
    keep_track(tmp_path, {"roc": write(tmp_path, "a.png")})
    (tmp_path / INDEX).write_text(index)
    keep_track(tmp_path, {"roc": write(tmp_path, "b.png")})
    assert names(tmp_path) == {"a.png", "b.png"}
    keep_track(tmp_path, {"roc": []})
    assert names(tmp_path) == {"a.png"}


def test_nothing_outside_the_folder_is_removed(tmp_path: Path) -> None:
    inside = tmp_path / "out"
    inside.mkdir()
    keep_track(inside, {"roc": write(inside, "a.png")})
    write(tmp_path, "a.png")
    index = (inside / INDEX).read_text()
    (inside / INDEX).write_text(index.replace("a.png", "../a.png"))
    (inside / "a.png").unlink()
    keep_track(inside, {"roc": []})
    assert (tmp_path / "a.png").exists()
