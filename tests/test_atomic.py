"""Files are whole or not there, whatever goes wrong and whenever."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.atomic import require_writable, write_atomically, write_json, write_text
from bench.errors import BenchError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_text_and_json_are_written_with_the_folders_they_need(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "b" / "text.txt", "Zürich\n")
    assert (tmp_path / "a" / "b" / "text.txt").read_bytes() == "Zürich\n".encode()
    write_json(tmp_path / "data.json", {"auroc": 0.1 + 0.2, "names": ["é"], "none": None})
    assert json.loads((tmp_path / "data.json").read_text()) == {"auroc": 0.1 + 0.2, "names": ["é"], "none": None}
    assert names(tmp_path) == ["a", "data.json"]
    assert names(tmp_path / "a" / "b") == ["text.txt"]


def test_the_new_content_replaces_the_old(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_text(path, "a longer first content")
    write_text(path, "second")
    assert path.read_text() == "second"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_lacks_is_refused_and_leaves_the_old_file(tmp_path: Path, value: float) -> None:
    path = tmp_path / "row.json"
    write_json(path, [1])
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"auroc": value})
    assert json.loads(path.read_text()) == [1]
    assert names(tmp_path) == ["row.json"]


class Interruption(BaseException):
    """Stands for Ctrl-C."""


@pytest.mark.parametrize("error", [RuntimeError, Interruption])
def test_an_error_while_writing_leaves_the_old_file_alone(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "file"
    write_text(path, "old")

    def half(temporary: Path) -> None:
        temporary.write_text("ne")
        raise error

    with pytest.raises(error):
        write_atomically(path, half)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


class Disk:
    """Counts the operations by which a file comes about, and lets one of them fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        self.failing: int | None = None
        for owner, name in ((Path, "mkdir"), (os, "open"), (os, "fsync"), (Path, "replace"), (Path, "unlink")):
            monkeypatch.setattr(owner, name, self._counted(f"{owner.__name__}.{name}", getattr(owner, name)))

    def _counted(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            if self.failing == len(self.calls) - 1:
                raise OSError(28, "No space left on device")
            return function(*args, **kwargs)

        return call


@pytest.fixture
def operations(tmp_path: Path) -> list[str]:
    """The operations of one undisturbed writing, in their order."""
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(patch)
        write_text(tmp_path / "elsewhere" / "file", "x")
    return disk.calls


def test_the_content_is_flushed_before_it_is_renamed_and_the_folder_after(operations: list[str]) -> None:
    steps = [name for name in operations if name in ("os.fsync", "Path.replace")]
    assert steps == ["os.fsync", "Path.replace", "os.fsync"]


def test_a_failing_operation_leaves_the_old_content_or_the_new(
    tmp_path: Path, operations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "target"
    path = folder / "file"
    assert len(operations) >= 6
    renamed = operations.index("Path.replace")
    for failing, name in enumerate(operations):
        with monkeypatch.context() as patch:
            write_text(path, "old")
            disk = Disk(patch)
            disk.failing = failing
            if name == "Path.unlink":
                write_text(path, "new")
            else:
                with pytest.raises(BenchError, match=r"Cannot write .*file: No space left on device\. Free space"):
                    write_text(path, "new")
        assert path.read_text() == ("new" if failing > renamed else "old"), name
        assert names(folder) == ["file"], name


def test_a_folder_that_is_a_file_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(BenchError, match=r"Cannot write .*taken.*File exists|Not a directory"):
        write_text(tmp_path / "taken" / "file", "x")


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
def test_a_disk_that_fills_up_while_writing_is_said_so_and_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    program = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from bench.atomic import write_text\n"
        "from bench.errors import BenchError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        "try:\n"
        "    write_text(Path(sys.argv[1]), 'x' * 1_000_000)\n"
        "except BenchError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert "File too large" in done.stdout
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_folder_that_can_be_written_to_is_made_and_left_empty(tmp_path: Path) -> None:
    require_writable(tmp_path / "a" / "b")
    assert names(tmp_path / "a" / "b") == []


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(BenchError, match=r"Cannot write to .*taken: it is a file, not a folder\. Choose another"):
        require_writable(tmp_path / "taken")
    with pytest.raises(BenchError, match=r"Cannot write to .*below: Not a directory\. Choose another"):
        require_writable(tmp_path / "taken" / "below")

    def refuse(self: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)  # file permissions do not stop every user who runs the tests
    with pytest.raises(BenchError, match=r"Cannot write to .*: Permission denied\. Choose another"):
        require_writable(tmp_path)
