"""What every registered data set must keep, whatever it holds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import bench
from bench.citation import Citation
from bench.data.dataset import DATASETS, DataSet, Place
from bench.data.stored import StoredSet
from bench.errors import MissingDataError
from bench.testing import parametrize_with_checks

NAMES = list(DATASETS.built_in)
SETS: dict[str, DataSet] = {name: DATASETS.get(name)() for name in NAMES}
STORED = [name for name in NAMES if isinstance(SETS[name], StoredSet)]
AT_HAND = [name for name in NAMES if SETS[name].obtained in {"embedded", "generated"}]
PROMISED = """
all-images cifar10 cifar100 digits digits-0to6 digits-7to9 dtd emnist-letters fashion-mnist gaussian glyphs
glyphs-matched imagenet isun kmnist lsun-crop lsun-resize mnist photos places365 stl10 svhn tinyimagenet-crop
tinyimagenet-resize uniform
"""


@parametrize_with_checks(NAMES, kind="dataset", data=Path(os.environ.get("BENCH_DATA", "no-data-here")))
def test_it_conforms(check: Callable[[], None]) -> None:
    check()


def test_the_promised_sets_are_there() -> None:
    assert set(PROMISED.split()) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_facts_are_complete(name: str) -> None:
    found = SETS[name]
    assert found.name == name
    assert found.title
    assert found.licence
    assert DATASETS.entry(name).summary.endswith((".", ":")) or DATASETS.entry(name).summary[-1].isalnum()
    citation = found.citation
    assert isinstance(citation, Citation)
    assert citation.title
    assert citation.authors
    assert 1990 <= citation.year <= 2030
    assert citation.url.startswith("http")
    assert found.obtained in {"embedded", "generated", "torchvision", "archive"}
    assert "test" in found.counts
    assert all(count > 0 for count in found.counts.values())
    assert len(set(found.classes)) == len(found.classes)


@pytest.mark.parametrize("name", STORED)
def test_the_download_is_described(name: str) -> None:
    found = SETS[name]
    assert isinstance(found, StoredSet)
    assert found.download_bytes == sum(archive.size for archive in found.archives)
    assert (found.obtained == "torchvision") == bool(found.archives)
    for archive in found.archives:
        assert archive.url.startswith("https://")
        assert re.fullmatch(r"[0-9a-f]{32}", archive.md5)
        assert archive.path.endswith(archive.url.rsplit("/", 1)[1])
    assert "{root}" in found.by_hand
    assert set(found.files) == set(found.counts)
    assert found.checksums
    for checksum in found.checksums.values():
        assert re.fullmatch(r"md5:[0-9a-f]{32}|size:[1-9]\d*|images:[1-9]\d*( sha256:[0-9a-f]{64})?", checksum)


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(STORED)))
def test_other_sets_download_nothing(name: str) -> None:
    assert SETS[name].download_bytes == 0


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(AT_HAND)))
def test_absent_files_say_what_to_type(name: str, tmp_path: Path) -> None:
    found = SETS[name]
    for split in found.counts:
        with pytest.raises(MissingDataError) as caught:
            found.load(split, Place(tmp_path))
        if found.download_bytes:
            assert f"bench data fetch {name} --data {tmp_path}" in str(caught.value)


@pytest.mark.parametrize("name", AT_HAND)
def test_every_class_has_images_in_every_split(name: str, tmp_path: Path) -> None:
    for split in SETS[name].counts:
        labels = SETS[name].load(split, Place(tmp_path, 20, 24, 3)).labels
        assert labels is None or set(labels.tolist()) == set(range(len(SETS[name].classes)))


def test_sets_at_hand_are_the_same_in_another_process() -> None:
    program = (
        "from pathlib import Path; from bench.data.dataset import DATASETS, Place; place = Place(Path('.'), 6, 6, 3); "
        f"[print(DATASETS.get(name)().load('test', place).identity) for name in {AT_HAND}]"
    )
    root = Path(bench.__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.split() == [SETS[name].load("test", Place(Path(), 6, 6, 3)).identity for name in AT_HAND]


def test_no_two_sets_hold_the_same_images(tmp_path: Path) -> None:
    identities = {name: SETS[name].load("test", Place(tmp_path)).identity for name in AT_HAND}
    assert len(set(identities.values())) == len(AT_HAND)


@pytest.mark.parametrize("name", NAMES)
def test_a_training_transform_fits_its_set(name: str, tmp_path: Path) -> None:
    found = SETS[name]
    transform = found.training_transform()
    if transform is None:
        return
    assert "train" in found.counts
    assert found.classes or name == "imagenet"
    if name in AT_HAND:
        images = found.load("train", Place(tmp_path))
        batch = transform(images.read(np.arange(len(images))))
        assert batch.shape == (len(images), transform.channels, transform.height, transform.width)
        assert abs(float(batch.mean())) < 0.1
        assert abs(float(batch.std()) - 1) < 0.1


def test_facts_are_had_without_torch_or_pixels() -> None:
    program = (
        "import sys; from bench.data.dataset import DATASETS; [DATASETS.get(name)() for name in DATASETS.names()]; "
        "heavy = ('torch', 'torchvision', 'sklearn', 'matplotlib', 'PIL', 'numpy'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    root = Path(bench.__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
