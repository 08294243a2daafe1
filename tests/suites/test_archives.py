"""The authors' own lists of images: used where they and their images are in the folder of data sets, as unpacked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import bench
from bench.data.bindings import parse_binding
from bench.errors import BenchError, UnknownNameError
from bench.running.specification import RunSpecification
from bench.suites.archives import with_archives
from bench.suites.file import suite_from_table
from bench.suites.library import find_suite

KEPT = "OpenOOD keeps 1,000 images of CIFAR-10's test set"
LEFT_OUT = "OpenOOD leaves 1,203 images of Tiny ImageNet out"


def unpack(data: Path, file: str, name: str, label: int, count: int = 12) -> None:
    """A list of the layout that OpenOOD's archives unpack to, with its images."""
    rng = np.random.default_rng(sum(map(ord, file)))
    lines = []
    for number in range(count):
        path = data / "images_classic" / name / "test" / f"{number:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (32, 32, 3), np.uint8)).save(path)
        lines.append(f"{name}/test/{path.name} {label}\n")
    listed = data / "benchmark_imglist" / "cifar10" / file
    listed.parent.mkdir(parents=True, exist_ok=True)
    listed.write_text("".join(lines))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The ID set, SVHN and Tiny ImageNet unpacked; of Places365 the list alone."""
    unpack(tmp_path, "test_cifar10.txt", "cifar10", 3)
    unpack(tmp_path, "test_svhn.txt", "svhn", -1)
    unpack(tmp_path, "test_tin.txt", "tin", -1, count=15)
    (tmp_path / "benchmark_imglist" / "cifar10" / "test_places365.txt").write_text("places365/0.jpg -1\n")
    return tmp_path


def test_openoods_archives_are_run_as_they_unpack(data: Path, tmp_path: Path) -> None:
    rows = bench.run("random", suite="openood-cifar10", data=data, out=tmp_path / "out", files=True).set_index("ood")
    assert dict(rows["n_ood"]) == {"svhn": 12, "tinyimagenet": 15}
    assert (rows["n_id"] == 12).all()
    assert rows.loc["tinyimagenet", "group"] == "near"
    assert "benchmark_imglist/cifar10/test_tin.txt" in str(rows.loc["tinyimagenet", "ood_note"])
    table = (tmp_path / "out" / "comparison.md").read_text()
    assert KEPT not in table
    assert LEFT_OUT not in table
    assert "OpenOOD leaves 1,305 of Places365 out" in table


def test_without_the_lists_the_registered_sets_stay(tmp_path: Path) -> None:
    suite = with_archives(find_suite("openood-cifar10"), tmp_path)
    assert suite.bindings == {}
    assert {KEPT, LEFT_OUT} <= {one[: len(start)] for one in suite.notes for start in (KEPT, LEFT_OUT)}


def test_a_list_whose_images_are_not_there_is_not_used(data: Path) -> None:
    suite = with_archives(find_suite("openood-cifar10"), data)
    assert set(suite.bindings) == {"cifar10", "svhn", "tinyimagenet"}
    assert suite.bindings["cifar10"].train is None
    unpack(data, "train_cifar10.txt", "cifar10", 3)
    suite = with_archives(find_suite("openood-cifar10"), data)
    assert suite.bindings["cifar10"].train == str(data / "benchmark_imglist" / "cifar10" / "train_cifar10.txt")


def test_a_binding_of_the_users_goes_first(data: Path) -> None:
    options: dict[str, Any] = {"method": ("random",), "id": "", "suite": find_suite("openood-cifar10"), "data": data}
    own = parse_binding("svhn=folder:mine")
    assert RunSpecification(ood=(), bindings={"svhn": own}, **options).bindings["svhn"] is own
    written = RunSpecification(ood=("tinyimagenet=npz:tin.npz",), **options)
    assert written.ood == ("tinyimagenet=npz:tin.npz",)
    assert "tinyimagenet" not in written.bindings
    assert written.suite is not None
    assert LEFT_OUT not in " ".join(written.suite.notes)


def test_a_list_that_is_wrong_is_an_error_and_not_left_out(data: Path) -> None:
    (data / "benchmark_imglist" / "cifar10" / "test_svhn.txt").write_text("svhn/test/0000.png cat\n")
    with pytest.raises(BenchError, match="must be PATH LABEL"):
        with_archives(find_suite("openood-cifar10"), data)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"dtd": {"imglist": "a.txt"}}, r"data set in \[archives\]"),
        ({"svhn": {"list": "a.txt"}}, "kind of binding: 'list'|Unknown kind of binding 'list'"),
        ({"svhn": "a.txt"}, "'archives' in .* must be tables"),
    ],
)
def test_what_a_file_says_wrongly_of_archives_is_refused(table: object, message: str, tmp_path: Path) -> None:
    whole = {"title": "Mine", "id": "cifar10", "groups": {"far": ["svhn"]}, "archives": table}
    with pytest.raises((BenchError, UnknownNameError), match=message):
        suite_from_table(whole, "mine", tmp_path / "mine.toml")
