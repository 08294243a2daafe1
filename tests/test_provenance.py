"""Where a result comes from is written down beside it, as plain data."""

import json
import platform
import subprocess
import sys
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import psutil
import pytest
import torch

import bench.provenance
from bench.provenance import peak_memory_mb, provenance, static_provenance


def test_everything_that_may_explain_a_number_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/bench", "run", "--id", "digits"])
    found = json.loads(json.dumps(provenance(torch.device("cpu"), 1.23456)))
    assert found["command"] == "bench run --id digits"
    assert found["seconds"] == 1.235
    assert found["python"] == platform.python_version()
    assert found["threads"] == torch.get_num_threads()
    assert found["device"].startswith("cpu: ")
    assert found["packages"]["torch"] == version("torch")
    assert found["packages"]["numpy"] == version("numpy")
    assert datetime.fromisoformat(found["created"]).utcoffset() is not None


def test_the_peak_of_memory_is_in_megabytes() -> None:
    now = psutil.Process().memory_info().rss / 1e6
    assert now * 0.5 < peak_memory_mb() < psutil.virtual_memory().total / 1e6


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    command = ["git", *identity, "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_the_commit_and_uncommitted_changes_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "bench" / "provenance.py"
    module.parent.mkdir()
    module.write_text("")
    monkeypatch.setattr(bench.provenance, "__file__", str(module))
    look = static_provenance.__wrapped__
    assert look()["git"] is None, "an installed package is in no repository"
    git(tmp_path, "init", "-q")
    assert look()["git"] is None, "there is no commit yet"
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    assert look()["git"] == {"commit": git(tmp_path, "rev-parse", "HEAD"), "dirty": False}
    module.write_text("changed")
    assert look()["git"]["dirty"] is True


def test_a_machine_without_git_is_no_hindrance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr(bench.provenance, "__file__", str(tmp_path / "bench" / "provenance.py"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert static_provenance.__wrapped__()["git"] is None


def test_a_package_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.provenance, "PACKAGES", ("torch", "no-such-package-anywhere"))
    found = static_provenance.__wrapped__()["packages"]
    assert found == {"oodbench": bench.__version__, "torch": version("torch"), "no-such-package-anywhere": None}
