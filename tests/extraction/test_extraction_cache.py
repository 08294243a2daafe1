"""Outputs are extracted once for what determines them, and never taken for something else."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from bench.cache import cache_root
from bench.data.images import ArrayImages, Images, SubsetImages
from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.extraction.cache import extract_cached
from bench.extraction.extract import extract
from bench.extraction.outputs import Outputs
from bench.extraction.view import CLEAN, InputLoss, View
from bench.networks.classifier import NetworkOutput

CPU = torch.device("cpu")
MakeNetwork = Callable[..., Any]


@dataclass(frozen=True)
class Sharpness(InputLoss):
    power: float = 2.0

    def __call__(self, output: NetworkOutput) -> Tensor:
        return (output.logits.abs() ** self.power).sum(1)


MOVED = View(Sharpness(), 0.05)


def cached(
    network: Any, images: Images, transform: InputTransform, views: list[View], weights: str = "w"
) -> dict[View, Outputs]:
    return extract_cached(network, weights, images, transform, views, device=CPU, label="Extracting")


def same(left: Outputs, right: Outputs) -> bool:
    if left.confidence_logit is None or right.confidence_logit is None:
        branches_agree = left.confidence_logit is right.confidence_logit
    else:
        branches_agree = np.array_equal(left.confidence_logit, right.confidence_logit)
    bodies_agree = np.array_equal(left.logits, right.logits) and np.array_equal(left.features, right.features)
    return branches_agree and bodies_agree


@pytest.mark.parametrize("branch", [True, False])
def test_a_second_time_the_network_does_not_run(
    make_network: MakeNetwork, images: Any, transform: InputTransform, branch: bool
) -> None:
    network = make_network(confidence_branch=branch)
    first = cached(network, images, transform, [CLEAN, MOVED])
    plain = extract(network, images, transform, [CLEAN, MOVED], device=CPU)
    network.seen.clear()
    images.identity  # noqa: B018 - computed once, from the pixels
    images.reads.clear()
    second = cached(network, images, transform, [MOVED, CLEAN])
    assert (network.seen, images.reads) == ([], [])
    for view in (CLEAN, MOVED):
        assert same(first[view], plain[view])
        assert same(second[view], plain[view])
        assert isinstance(second[view].features, np.memmap)
        assert second[view].labels is images.labels


def test_only_what_is_missing_is_extracted(make_network: MakeNetwork, images: Any, transform: InputTransform) -> None:
    network = make_network()
    cached(network, images, transform, [CLEAN])
    network.seen.clear()
    cached(network, images, transform, [CLEAN, MOVED])
    assert [wanted for _, wanted in network.seen] == [True, False]
    network.seen.clear()
    cached(network, images, transform, [CLEAN, MOVED, CLEAN])
    assert network.seen == []


def test_whatever_determines_the_outputs_makes_another_entry(
    make_network: MakeNetwork, images: Any, transform: InputTransform
) -> None:
    stream = np.random.default_rng(1)
    other = ArrayImages(stream.integers(0, 256, (23, 16, 16, 3), dtype=np.uint8), images.labels)
    one_value = images.pixels.copy()
    one_value[4, 3, 2, 1] ^= 1
    network = make_network()
    calls: list[tuple[Images, InputTransform, View, str]] = [
        (images, transform, CLEAN, "w"),
        (images, transform, CLEAN, "other weights"),
        (images, replace(transform, std=(0.2, 0.2, 0.1)), CLEAN, "w"),
        (images, replace(transform, fit="stretch"), CLEAN, "w"),
        (other, transform, CLEAN, "w"),
        (ArrayImages(one_value, images.labels), transform, CLEAN, "w"),
        (SubsetImages(images, np.arange(22)), transform, CLEAN, "w"),
        (SubsetImages(images, np.arange(23)[::-1]), transform, CLEAN, "w"),
        (images, transform, MOVED, "w"),
        (images, transform, View(Sharpness(), 0.04), "w"),
        (images, transform, View(Sharpness(), 0.05, "raw"), "w"),
        (images, transform, View(Sharpness(1.0), 0.05), "w"),
    ]
    for count, (some, how, view, weights) in enumerate(calls, start=1):
        found = cached(network, some, how, [view], weights)[view]
        assert same(found, extract(network, some, how, [view], device=CPU)[view])
        assert len(list((cache_root() / "outputs").iterdir())) == count


def folders() -> list[Path]:
    return sorted((cache_root() / "outputs").iterdir())


def test_a_pass_that_is_interrupted_leaves_no_entry(
    make_network: MakeNetwork, images: Any, transform: InputTransform, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = make_network()
    with monkeypatch.context() as patch:
        patch.setattr(np, "save", lambda path, array: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            cached(network, images, transform, [CLEAN])
    assert folders() == []
    found = cached(network, images, transform, [CLEAN])[CLEAN]
    assert same(found, extract(network, images, transform, [CLEAN], device=CPU)[CLEAN])


def test_what_a_killed_process_left_half_written_is_ignored(
    make_network: MakeNetwork, images: Any, transform: InputTransform
) -> None:
    network = make_network()
    cached(network, images, transform, [CLEAN])
    [folder] = folders()
    half = folder.with_name(f".{folder.name}.0123.tmp")
    folder.rename(half)
    (half / "features.npy").unlink()
    (half / "logits.npy").write_bytes((half / "logits.npy").read_bytes()[:200])
    network.seen.clear()
    found = cached(network, images, transform, [CLEAN])[CLEAN]
    assert len(network.seen) == 1
    assert same(found, extract(network, images, transform, [CLEAN], device=CPU)[CLEAN])
    assert folder in folders()


def test_two_processes_that_write_the_same_entry_both_succeed(
    make_network: MakeNetwork, images: Any, transform: InputTransform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is quicker: its entry is there when this one wants to put its own."""
    network = make_network()
    save = np.save

    def overtaken(path: Path, array: np.ndarray[Any, Any]) -> None:
        save(path, array)
        monkeypatch.setattr(np, "save", save)
        cached(make_network(), images, transform, [CLEAN])

    monkeypatch.setattr(np, "save", overtaken)
    found = cached(network, images, transform, [CLEAN])[CLEAN]
    assert same(found, extract(network, images, transform, [CLEAN], device=CPU)[CLEAN])
    assert [folder.name.startswith(".") for folder in folders()] == [False]


@pytest.mark.parametrize("damage", ["truncated", "empty", "missing", "no array"])
def test_a_damaged_entry_is_an_error_that_says_what_to_delete(
    make_network: MakeNetwork, images: Any, transform: InputTransform, damage: str
) -> None:
    cached(make_network(), images, transform, [CLEAN])
    [folder] = folders()
    path = folder / "features.npy"
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes({"truncated": content[:-100], "empty": b"", "no array": b"x" * len(content)}[damage])
    with pytest.raises(BenchError) as caught:
        cached(make_network(), images, transform, [CLEAN])
    assert f"Delete {folder}" in str(caught.value)


def test_a_full_disk_is_said_so_and_leaves_no_entry(
    make_network: MakeNetwork, images: Any, transform: InputTransform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, array: np.ndarray[Any, Any]) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(BenchError, match=r"No space left on device.*[Ff]ree space"):
        cached(make_network(), images, transform, [CLEAN])
    assert folders() == []


def test_a_failing_pass_tells_its_reason(make_network: MakeNetwork, images: Any, transform: InputTransform) -> None:
    broken = make_network()
    broken.inner.classifier = torch.nn.Linear(63, 4)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        cached(broken, images, transform, [CLEAN])
    assert not (cache_root() / "outputs").exists()


def test_the_files_are_on_disk_before_the_entry_has_its_name(
    make_network: MakeNetwork, images: Any, transform: InputTransform, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def noted_fsync(descriptor: int) -> None:
        steps.append("flush")
        fsync(descriptor)

    def noted_rename(path: Path, target: Path) -> Path:
        steps.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "rename", noted_rename)
    cached(make_network(), images, transform, [CLEAN])
    assert steps == ["flush", "flush", "flush", "flush", "rename", "flush"], "three arrays, their folder; the cache"
