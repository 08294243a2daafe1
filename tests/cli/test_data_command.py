"""`bench data`: list, status, fetch, verify, path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
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


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a bench.toml that binds a registered name, one of its own, and one to nothing."""
    monkeypatch.chdir(tmp_path)
    np.savez(tmp_path / "a.npz", images=np.zeros((3, 4, 4), np.uint8))
    for split in ("train", "test"):
        (tmp_path / "pictures" / split).mkdir(parents=True)
        Image.new("L", (4, 4)).save(tmp_path / "pictures" / split / "1.png")
    (tmp_path / "bench.toml").write_text(
        '[datasets.svhn]\nnpz = "a.npz"\n[datasets.mine]\nfolder = "pictures"\n[datasets.gone]\nnpz = "b.npz"\n'
    )
    return tmp_path


def test_bound_names_are_listed_with_their_origin(project: Path) -> None:
    lines = {line.split()[0]: line for line in RUNNER.invoke(app, ["list"]).stdout.splitlines()[1:]}
    assert list(lines) == sorted([*DATASETS.names(), "mine", "gone"])
    assert f"bound to npz:{project}/a.npz in bench.toml" in lines["svhn"]
    assert "non-commercial" in lines["svhn"]
    assert "26,032" not in lines["svhn"], "those are other images"
    shown = RUNNER.invoke(app, ["path"])
    assert len(shown.stdout.splitlines()) == 1
    assert f"mine is bound to folder:{project}/pictures in bench.toml." in shown.stderr.splitlines()


def test_status_of_bound_names_is_that_of_their_files(project: Path) -> None:
    words = {line.split()[0]: line.split(maxsplit=1)[1] for line in RUNNER.invoke(app, ["status"]).stdout.splitlines()}
    assert words["svhn"] == f"ready      bound to npz:{project}/a.npz in bench.toml"
    assert words["mine"] == f"ready      bound to folder:{project}/pictures in bench.toml"
    assert words["gone"].startswith(f"missing    no {project}/b.npz; bound to npz")


def test_verify_looks_into_bound_files(project: Path) -> None:
    origin = f"bound to npz:{project}/a.npz in bench.toml"
    result = RUNNER.invoke(app, ["verify", "svhn", "mine"])
    assert result.exit_code == 0
    svhn, *mine = result.stdout.splitlines()
    assert svhn.split(maxsplit=3) == ["svhn", "unchecked", f"{project}/a.npz", f"read (3 images); {origin}"]
    assert [line.split()[2] for line in mine] == [f"{project}/pictures/{split}" for split in ("train", "test")]
    assert all("read (1 image)" in line for line in mine)
    content = (project / "a.npz").read_bytes()
    (project / "a.npz").write_bytes(content[:-30])
    damaged = RUNNER.invoke(app, ["verify"])
    assert damaged.exit_code == 1
    assert "svhn  corrupt" in damaged.stdout
    assert RUNNER.invoke(app, ["verify", "gone"]).exit_code == 1


def test_fetch_says_that_bound_names_need_no_download(project: Path) -> None:
    result = RUNNER.invoke(app, ["fetch", "svhn"])
    assert result.exit_code == 0
    assert f"svhn needs no download: it is bound to npz:{project}/a.npz in bench.toml." in result.stderr
    missing = RUNNER.invoke(app, ["fetch", "gone"])
    assert isinstance(missing.exception, BenchError)
    assert "points to nothing" in str(missing.exception)


def test_a_bound_name_is_known_once(project: Path) -> None:
    result = RUNNER.invoke(app, ["status", "svnh"])
    assert isinstance(result.exception, UnknownNameError)
    assert str(result.exception).count("svhn,") == 1


@pytest.mark.parametrize("command", ["status", "fetch", "verify"])
def test_unknown_names_get_a_suggestion(command: str) -> None:
    result = RUNNER.invoke(app, [command, "cifar1O"])
    assert isinstance(result.exception, UnknownNameError)
    assert "Did you mean 'cifar10" in str(result.exception)
