"""No OOD image that was tuned on is ever scored in the test part: folders, npz files, torchvision's sets, and pools.

Each image spells its own number in its pixels, the network reads it off, and the score is the number: so the stored
scores tell which images were tested, and a method that keeps what it is asked to score while it is tuned tells which
were tuned on. (A released script slices a list of files that newer torchvision does not read, and tests on all.)
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
import torchvision
from numpy.typing import NDArray
from PIL import Image
from scipy.io import savemat
from torch import Tensor, nn

from bench.citation import Citation
from bench.data.bindings import parse_binding
from bench.data.dataset import Place
from bench.data.images import ArrayImages, Images
from bench.data.resolve import resolve_dataset
from bench.data.transform import InputTransform
from bench.extraction.outputs import Outputs
from bench.method_contract import Method, Scores
from bench.networks.classifier import NetworkOutput
from bench.running.evaluation import Evaluation
from bench.running.network import TestedNetwork
from bench.store import Store

MakeEvaluation = Callable[..., Evaluation]
Make = Callable[[Path, pytest.MonkeyPatch], str]
"""Writes a set of images and gives its name, or the binding to it."""

COUNT, HELD_OUT, ID_COUNT = 2010, 1000, 20


class Reader(nn.Module):
    """The feature is the number that the red and green values of the first pixel spell."""

    def forward(self, images: Tensor) -> NetworkOutput:
        values = (images[:, :2, 0, 0] * 255).round()
        number = values[:, 0] + 256 * values[:, 1]
        return NetworkOutput(torch.stack([number, -number], 1), number[:, None], None)


class Recorder(Method):
    """The score is the number; every number that was ever scored is kept in `asked`."""

    name = "recorder"
    citation = Citation("T", "A", 2026)
    search: ClassVar[Mapping[str, tuple[float, ...]]] = {"shift": (0.0, 0.25)}
    asked: ClassVar[list[float]] = []

    def __init__(self, *, shift: float = 0.0) -> None:
        self.shift = shift

    def score(self, outputs: Outputs) -> Scores:
        numbers = outputs.features[:, 0].astype(np.float64)
        self.asked.extend(numbers.tolist())
        return numbers + self.shift


def numbered(first: int, count: int) -> NDArray[np.uint8]:
    """Images `(count, 32, 32, 3)` that spell the numbers from `first` on."""
    numbers = np.arange(first, first + count)
    pixels = np.zeros((count, 32, 32, 3), dtype=np.uint8)
    pixels[:, :, :, 0], pixels[:, :, :, 1] = (numbers % 256)[:, None, None], (numbers // 256)[:, None, None]
    return pixels


def fill(folder: Path, first: int) -> None:
    folder.mkdir(parents=True)
    for place, image in enumerate(numbered(first, COUNT)):
        Image.fromarray(image).save(folder / f"{place:05d}.png")


def folder_set(root: Path, patch: pytest.MonkeyPatch) -> str:
    fill(root / "images", ID_COUNT)
    return f"local=folder:{root / 'images'}"


def npz_set(root: Path, patch: pytest.MonkeyPatch) -> str:
    np.savez(root / "images.npz", images=numbered(ID_COUNT, COUNT))
    return f"local=npz:{root / 'images.npz'}"


def torchvision_set(root: Path, patch: pytest.MonkeyPatch) -> str:
    path = root / "test_32x32.mat"
    savemat(path, {"X": numbered(ID_COUNT, COUNT).transpose(1, 2, 3, 0), "y": np.ones((COUNT, 1))})
    md5 = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    listed = dict(torchvision.datasets.SVHN.split_list)
    patch.setattr(torchvision.datasets.SVHN, "split_list", {**listed, "test": [listed["test"][0], path.name, md5]})
    return "svhn"


def archive_set(root: Path, patch: pytest.MonkeyPatch) -> str:
    fill(root / "iSUN" / "iSUN_patches", ID_COUNT)
    return "isun"


def pooled_set(root: Path, patch: pytest.MonkeyPatch) -> str:
    """Two of five parts, of which the first 1,000 images each are held out."""
    fill(root / "LSUN_resize" / "LSUN_resize", ID_COUNT)
    fill(root / "iSUN" / "iSUN_patches", ID_COUNT + COUNT)
    return "all-images"


SETS: tuple[Make, ...] = (folder_set, npz_set, torchvision_set, archive_set, pooled_set)
EXPECTED: dict[Make, list[int]] = {
    make: [*range(ID_COUNT + HELD_OUT, ID_COUNT + COUNT)]
    + ([*range(ID_COUNT + COUNT + HELD_OUT, ID_COUNT + 2 * COUNT)] if make is pooled_set else [])
    for make in SETS
}


def load(text: str, root: Path) -> Images:
    bindings = {"local": parse_binding(text)} if "=" in text else {}
    options: dict[str, Any] = {"available": True} if text == "all-images" else {}
    return resolve_dataset(text.partition("=")[0], bindings, options).load("test", Place(root))


@pytest.fixture
def score(make_evaluation: MakeEvaluation, tmp_path: Path) -> Callable[[str, Images], NDArray[np.float64]]:
    """The numbers of the OOD images that are in the test under a protocol."""

    def run(protocol: str, ood: Images) -> NDArray[np.float64]:
        transform = InputTransform(32, 32, 3, (0.0,) * 3, (1.0,) * 3)
        network = TestedNetwork(Reader(), "reader", "no-weights", transform, "cross-entropy", 0)
        inside = ArrayImages(numbered(0, ID_COUNT), np.arange(ID_COUNT) % 2)
        Recorder.asked.clear()
        evaluation = make_evaluation(inside, protocol, network=network)
        [row] = evaluation.rows([Recorder()], {"ood": ood})
        assert row["n_ood"] == len(Store(tmp_path / "run").scores(row["key"]).ood_scores)
        return np.floor(Store(tmp_path / "run").scores(row["key"]).ood_scores)

    return run


@pytest.mark.parametrize("make", SETS)
def test_what_is_tuned_on_is_not_tested(
    make: Make,
    score: Callable[[str, Images], NDArray[np.float64]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ood = load(make(tmp_path, monkeypatch), tmp_path)
    tested = score("paper-oracle", ood)
    asked = {number for number in Recorder.asked if number >= ID_COUNT}
    tuned = asked - set(tested.tolist())
    parts = 2 if make is pooled_set else 1
    assert tested.tolist() == EXPECTED[make]
    assert tuned == {number + part * COUNT for part in range(parts) for number in range(ID_COUNT, ID_COUNT + HELD_OUT)}
    # Of the tested images each was scored once: by the method that was chosen, never while it was tuned.
    assert Counter(Recorder.asked) >= Counter(tested.tolist())
    assert {count for number, count in Counter(Recorder.asked).items() if number in tested} == {1}


@pytest.mark.parametrize("make", SETS)
def test_what_the_paper_holds_out_is_never_looked_at_where_nothing_is_tuned(
    make: Make,
    score: Callable[[str, Images], NDArray[np.float64]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tested = score("paper-holdout", load(make(tmp_path, monkeypatch), tmp_path))
    assert tested.tolist() == EXPECTED[make]
    assert sorted(number for number in Recorder.asked if number >= ID_COUNT) == EXPECTED[make]
