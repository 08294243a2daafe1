"""`bench doctor`: what is said of this machine."""

from __future__ import annotations

import json
import os
import platform
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import torch
import typer
from typer.testing import CliRunner

import bench
from bench.cli.doctor import doctor
from bench.data.dataset import DATASETS

RUNNER = CliRunner()
APP = typer.Typer()
APP.command()(doctor)


def diagnosed(*arguments: str) -> dict[str, Any]:
    result = RUNNER.invoke(APP, ["--format", "json", *arguments])
    assert result.exit_code == 0, result.exception
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_versions_are_those_that_run() -> None:
    versions = diagnosed()["versions"]
    assert versions["python"] == platform.python_version()
    assert versions["oodbench"] == bench.__version__
    for package in ("torch", "numpy", "pandas"):
        assert versions[package] == version(package)


def test_devices_are_those_that_torch_sees() -> None:
    devices = diagnosed()["devices"]
    assert devices["cpu"]["cores"] == os.cpu_count()
    assert devices["cpu"]["threads"] == torch.get_num_threads()
    assert devices["cpu"]["name"]
    assert sum(name.startswith("cuda:") for name in devices) == torch.cuda.device_count()
    assert ("mps" in devices) == torch.backends.mps.is_available()
    assert torch.device(devices["auto"]).type in {name.split(":")[0] for name in devices}


def test_native_bf16_is_what_torch_finds() -> None:
    asked = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    if asked is None or platform.machine() != "x86_64" or platform.system() != "Linux":
        pytest.skip("this version of torch does not say, or the processor is of another family")
    found = asked() or torch.cpu._is_amx_tile_supported()
    assert diagnosed()["devices"]["cpu"]["bf16"] == found


def test_data_sets_are_looked_for_where_asked(tmp_path: Path) -> None:
    (tmp_path / "iSUN").mkdir()
    data = diagnosed("--data", str(tmp_path))["data"]
    assert data["folder"] == str(tmp_path)
    assert data["exists"] is True
    states = {name: found["state"] for name, found in data["sets"].items()}
    assert list(states) == DATASETS.names()
    assert (states["isun"], states["digits"], states["uniform"]) == ("ready", "embedded", "generated")
    assert states["svhn"] == "missing"
    assert "test_32x32.mat" in data["sets"]["svhn"]["detail"]


def test_the_cache_is_weighed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "none" / "yet"))
    cache = diagnosed()["cache"]
    assert (cache["files"], cache["bytes"]) == (0, 0)
    assert 0 < cache["free_bytes"] <= shutil.disk_usage(tmp_path).total
    (tmp_path / "none" / "yet" / "deep").mkdir(parents=True)
    (tmp_path / "none" / "yet" / "deep" / "a").write_bytes(b"x" * 1500)
    (tmp_path / "none" / "yet" / "b").write_bytes(b"x" * 500)
    cache = diagnosed()["cache"]
    assert (cache["files"], cache["bytes"], cache["folder"]) == (2, 2000, str(tmp_path / "none" / "yet"))


def test_the_table_says_it_in_words(tmp_path: Path) -> None:
    result = RUNNER.invoke(APP, ["--data", str(tmp_path / "nowhere")])
    assert result.exit_code == 0
    lines = dict(line.split("  ", 1) for line in result.stdout.splitlines())
    words = {name: text.strip() for name, text in lines.items()}
    assert words["python"] == platform.python_version()
    assert f"{os.cpu_count()} cores" in words["device cpu"]
    assert "bf16" in words["device cpu"]
    assert words["data folder"] == f"{tmp_path / 'nowhere'} (not there; $BENCH_DATA sets it)"
    assert words["data digits"] == "embedded"
    assert "of disk free" in words["cache size"]
    assert result.stderr == "Shell completion is installed by: bench --install-completion\n"
