"""`bench data`: list, status, fetch, verify, path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

import bench
from bench.cli.data import app
from bench.data.dataset import DATASETS
from bench.errors import BenchError, UnknownNameError

RUNNER = CliRunner()


def _mnist_labels(root: Path, content: bytes) -> None:
    path = root / "MNIST/raw/t10k-labels-idx1-ubyte"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


def test_list_shows_every_set_with_its_facts() -> None:
    result = RUNNER.invoke(app, ["list"])
    assert result.exit_code == 0
    lines = {line.split()[0]: line for line in result.stdout.splitlines()[1:]}
    assert list(lines) == DATASETS.names()
    assert all(text in lines["cifar10"] for text in ("50,000 train, 10,000 test", "32x32", "torchvision", "170.5 MB"))
    assert all(text in lines["digits"] for text in ("1,297 train, 500 test", "8x8", "embedded", "CC BY 4.0"))


def test_list_imports_neither_torch_nor_numpy() -> None:
    program = (
        "import sys\nfrom bench.cli.data import app\n"
        "try: app(['list'])\nexcept SystemExit: pass\n"
        "print([name for name in ('torch', 'numpy', 'sklearn') if name in sys.modules])"
    )
    root = Path(bench.__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_path_follows_option_and_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_DATA", "/from/environment")
    assert RUNNER.invoke(app, ["path"]).stdout.strip() == "/from/environment"
    assert RUNNER.invoke(app, ["path", "--data", "/given"]).stdout.strip() == "/given"


def test_status_says_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "iSUN").mkdir()
    _mnist_labels(tmp_path, b"")
    result = RUNNER.invoke(app, ["status", "--data", str(tmp_path)])
    assert result.exit_code == 0
    words = {line.split()[0]: line.split(maxsplit=1)[1] for line in result.stdout.splitlines()}
    assert list(words) == DATASETS.names()
    assert words["isun"] == "ready"
    assert words["digits"] == "embedded"
    assert words["mnist"].startswith("partly there  no MNIST/raw/train-images-idx3-ubyte")
    assert words["svhn"].split() == ["missing", "no", "train_32x32.mat,", "test_32x32.mat"]
    some = RUNNER.invoke(app, ["status", "digits", "--data", str(tmp_path)])
    assert some.stdout.split() == ["digits", "embedded"]


def test_verify_finds_damage_and_ends_with_1(tmp_path: Path) -> None:
    assert RUNNER.invoke(app, ["verify", "--data", str(tmp_path)]).exit_code == 0
    _mnist_labels(tmp_path, b"not labels")
    result = RUNNER.invoke(app, ["verify", "--data", str(tmp_path)])
    assert result.exit_code == 1
    [line] = result.stdout.splitlines()
    assert line.split()[:2] == ["mnist", "corrupt"]
    assert RUNNER.invoke(app, ["verify", "digits", "--data", str(tmp_path)]).exit_code == 0
    assert RUNNER.invoke(app, ["verify", "isun", "--data", str(tmp_path)]).exit_code == 1


def test_verify_counts_the_images_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "iSUN").mkdir()
    Image.new("RGB", (32, 32)).save(tmp_path / "iSUN" / "a.png")
    result = RUNNER.invoke(app, ["verify", "isun", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "images: 1 instead of 8925" in result.stdout


@pytest.mark.parametrize("name", ["isun", "lsun-crop"])
def test_verify_is_no_kinder_than_what_it_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """With the right number of images, but not the right ones."""
    data_set = DATASETS.get(name)
    [folder] = data_set.files["test"]
    count, *digest = data_set.checksums[folder].removeprefix("images:").split(" ")
    (tmp_path / folder).mkdir()
    for place in range(2):
        Image.new("RGB", (32, 32)).save(tmp_path / folder / f"{place}.png")
    monkeypatch.setattr(data_set, "checksums", {folder: " ".join(["images:2", *digest])})
    result = RUNNER.invoke(app, ["verify", name, "--data", str(tmp_path)])
    if name == "isun":
        assert (result.exit_code, count) == (1, "8925")
        assert "isun  corrupt" in result.stdout
    else:
        assert (result.exit_code, digest) == (0, [])
        assert "counted only (2 images)" in result.stdout
        assert "ok" not in result.stdout.replace(str(tmp_path), "").split()


@pytest.mark.parametrize("damage", [False, True])
@pytest.mark.parametrize(("name", "folder"), [("isun", "iSUN"), ("tinyimagenet-crop", "tiny-imagenet-200/test/images")])
def test_verify_knows_the_real_images(tmp_path: Path, name: str, folder: str, damage: bool) -> None:
    real = Path(os.environ["BENCH_DATA"]) / folder
    if not real.is_dir():
        pytest.skip(f"needs {folder} in BENCH_DATA")
    shutil.copytree(real, tmp_path / folder, copy_function=os.symlink)
    if damage:
        path = sorted((tmp_path / folder).rglob("*.[jJ]*"))[-1]
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content[:-1])
    result = RUNNER.invoke(app, ["verify", name, "--data", str(tmp_path)])
    assert result.stdout.split()[:2] == [name, "corrupt" if damage else "ok"]
    assert result.exit_code == int(damage)


def test_fetch_without_a_terminal_says_the_size_and_what_to_type(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["fetch", "mnist", "svhn", "--data", str(tmp_path)])
    assert isinstance(result.exception, BenchError)
    assert f"bench data fetch mnist svhn --data {tmp_path} --yes" in str(result.exception)
    assert "To download: 257.9 MB" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_fetch_asks_on_a_terminal_and_takes_no_for_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.cli.data._on_terminal", lambda: True)
    result = RUNNER.invoke(app, ["fetch", "mnist", "--data", str(tmp_path)], input="n\n")
    assert result.exit_code == 1
    assert "Download? [y/N]" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_fetch_has_nothing_to_do_for_embedded_sets(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["fetch", "digits", "uniform", "--data", str(tmp_path)])
    assert result.exit_code == 0
    assert "digits needs no download" in result.stderr


def test_fetch_of_what_cannot_be_downloaded_says_what_to_do(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["fetch", "lsun-crop", "--yes", "--data", str(tmp_path)])
    assert isinstance(result.exception, BenchError)
    assert "Unpack ODIN's LSUN.tar.gz" in str(result.exception)


@pytest.mark.parametrize("command", ["status", "fetch", "verify"])
def test_unknown_names_get_a_suggestion(command: str) -> None:
    result = RUNNER.invoke(app, [command, "cifar1O"])
    assert isinstance(result.exception, UnknownNameError)
    assert "Did you mean 'cifar10" in str(result.exception)
