"""Outputs are extracted once for what determines them, and never taken for something else."""

import json
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
from bench.extraction.extract import extract as extract_with
from bench.extraction.options import PassOptions
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe, Seen
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
SMALL = PassOptions(batch_size=10)


def cached(
    network: Any, images: Images, transform: InputTransform, views: list[View], weights: str = "w"
) -> dict[View, Outputs]:
    wanted: dict[View, list[Probe]] = {view: [] for view in views}
    return extract_cached(network, weights, images, transform, wanted, device=CPU, label="Extracting", options=SMALL)


def extract(network: Any, images: Images, transform: InputTransform, views: list[View]) -> dict[View, Outputs]:
    return extract_with(network, images, transform, views, device=CPU, options=SMALL)


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
    plain = extract(network, images, transform, [CLEAN, MOVED])
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
    assert [wanted for _, wanted in network.seen] == 3 * [True, False]
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
        assert same(found, extract(network, some, how, [view])[view])
        assert len(list((cache_root() / "outputs").iterdir())) == count


def folders() -> list[Path]:
    return sorted((cache_root() / "outputs").iterdir())


class Killed(BaseException):
    """Stands for Ctrl-C: nothing below catches it."""


def dies_at_batch(network: Any, number: int) -> Any:
    forward = network.forward

    def dying(images: Tensor) -> NetworkOutput:
        if len(network.seen) == number:
            raise Killed
        output: NetworkOutput = forward(images)
        return output

    network.forward = dying
    return network


@pytest.mark.parametrize("batches", [0, 1, 2])
def test_a_pass_that_is_interrupted_goes_on_behind_what_is_safely_in(
    make_network: MakeNetwork, images: Any, transform: InputTransform, batches: int
) -> None:
    with pytest.raises(Killed):
        cached(dies_at_batch(make_network(), batches), images, transform, [CLEAN])
    [folder] = folders()
    assert folder.name.endswith(".partial")
    network = make_network()
    found = cached(network, images, transform, [CLEAN])[CLEAN]
    assert [count for count, _ in network.seen] == [10, 10, 3][batches:]
    assert same(found, extract(network, images, transform, [CLEAN])[CLEAN])
    assert [one.name for one in folders()] == [folder.name.partition(".")[0]]


@pytest.mark.parametrize("progress", ["", "{", "[]", '{"done": 10}', '{"done": "x", "seconds": {}}'])
def test_an_unreadable_progress_starts_again(
    make_network: MakeNetwork, images: Any, transform: InputTransform, progress: str
) -> None:
    with pytest.raises(Killed):
        cached(dies_at_batch(make_network(), 1), images, transform, [CLEAN])
    [partial] = folders()
    (partial / "progress.json").write_text(progress)
    found = cached(make_network(), images, transform, [CLEAN])[CLEAN]
    assert same(found, extract(make_network(), images, transform, [CLEAN])[CLEAN])


@pytest.mark.parametrize("flush_seconds", [0.0, 1000.0], ids=["from a copy", "from the start"])
def test_an_owner_that_was_only_asleep_does_no_harm(
    make_network: MakeNetwork,
    images: Any,
    transform: InputTransform,
    flush_seconds: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While one sleeps in its second batch its lease expires, and another makes the whole entry."""
    monkeypatch.setattr("bench.leases.heartbeat.EXPIRY_SECONDS", 0.0)
    monkeypatch.setattr("bench.extraction.growing.FLUSH_SECONDS", flush_seconds)
    network, other = make_network(), make_network()
    forward = network.forward
    expected = extract(make_network(), images, transform, [CLEAN])[CLEAN]

    def overtaken(batch: Tensor) -> NetworkOutput:
        if len(network.seen) == 1:
            assert same(cached(other, images, transform, [CLEAN])[CLEAN], expected)
        output: NetworkOutput = forward(batch)
        return output

    network.forward = overtaken
    assert same(cached(network, images, transform, [CLEAN])[CLEAN], expected)
    assert [count for count, _ in other.seen] == ([10, 3] if flush_seconds == 0 else [10, 10, 3])
    assert [folder.suffix for folder in folders()] == [""]


@dataclass(frozen=True)
class Corner(Probe):
    size: int = 2

    def __call__(self, seen: Seen) -> Tensor:
        return seen.pixels[:, :, : self.size, : self.size].flatten(1)


def test_probes_are_kept_on_their_own(make_network: MakeNetwork, images: Any, transform: InputTransform) -> None:
    network = make_network()

    def look(*probes: Probe, view: View = CLEAN) -> Outputs:
        wanted = {view: probes}
        return extract_cached(network, "w", images, transform, wanted, device=CPU, label="", options=SMALL)[view]

    look()
    network.seen.clear()
    found = look(Corner())
    assert len(network.seen) == 3, "a probe that is new needs a pass"
    assert found.probed[Corner()].shape == (23, 12)
    assert np.allclose(found.probed[Corner()], images.pixels[:, :2, :2].transpose(0, 3, 1, 2).reshape(23, -1) / 255)
    network.seen.clear()
    assert np.array_equal(look(Corner()).probed[Corner()], found.probed[Corner()])
    assert network.seen == []
    look(Corner(), Corner(3))
    assert len(network.seen) == 3
    assert look(Corner(3)).take(slice(3, 5)).probed[Corner(3)].shape == (2, 27)
    assert len(folders()) == 3, "the network's outputs, and two probes"
    look(Corner(), view=MOVED)
    assert len(folders()) == 5


def test_precision_and_compilation_make_other_entries_and_batches_do_not(
    make_network: MakeNetwork, images: Any, transform: InputTransform
) -> None:
    network = make_network()
    for count, options in enumerate([PassOptions(), PassOptions("bf16"), PassOptions(batch_size=7, workers=3)]):
        extract_cached(network, "w", images, transform, {CLEAN: []}, device=CPU, label="", options=options)
        assert len(folders()) == [1, 2, 2][count]
    half = extract_cached(
        network, "w", images, transform, {CLEAN: []}, device=CPU, label="", options=PassOptions("bf16")
    )
    whole = extract(network, images, transform, [CLEAN])
    assert half[CLEAN].logits.dtype == np.float32
    assert 0 < np.abs(half[CLEAN].logits - whole[CLEAN].logits).max() < 0.05
    with pytest.raises(BenchError, match="fp32 or bf16, not 'fp8'"):
        PassOptions("fp8")  # type: ignore[arg-type]


@pytest.mark.parametrize("damage", ["truncated", "empty", "missing", "no array", "flipped", "facts"])
def test_a_damaged_entry_is_set_aside_and_made_again(
    make_network: MakeNetwork,
    images: Any,
    transform: InputTransform,
    damage: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = cached(make_network(), images, transform, [CLEAN])[CLEAN].features.copy()
    [folder] = folders()
    path = folder / ("facts.json" if damage == "facts" else "features.npy")
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        damaged = {"truncated": content[:-100], "empty": b"", "no array": b"x" * len(content)}
        path.write_bytes(damaged.get(damage, flipped))
    assert (cached(make_network(), images, transform, [CLEAN])[CLEAN].features == before).all()
    assert f"Warning: {folder} is damaged" in capsys.readouterr().err
    assert sorted(one.name.partition(".damaged-")[0] for one in folders()) == [folder.name, folder.name]


def test_entries_of_older_versions_are_taken_without_checksums(
    make_network: MakeNetwork, images: Any, transform: InputTransform, capsys: pytest.CaptureFixture[str]
) -> None:
    cached(make_network(), images, transform, [CLEAN])
    [folder] = folders()
    facts = json.loads((folder / "facts.json").read_text())
    (folder / "facts.json").write_text(json.dumps({"rows": facts["rows"], "seconds": facts["seconds"]}))
    cached(make_network(), images, transform, [CLEAN])
    assert "damaged" not in capsys.readouterr().err


def test_a_full_disk_is_said_so_and_what_is_there_is_used_later(
    make_network: MakeNetwork, images: Any, transform: InputTransform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(BenchError, match=r"No space left on device.*[Ff]ree space"):
            cached(make_network(), images, transform, [CLEAN])
    assert folders() == []
    found = cached(make_network(), images, transform, [CLEAN])[CLEAN]
    assert same(found, extract(make_network(), images, transform, [CLEAN])[CLEAN])


def test_a_failing_pass_tells_its_reason(make_network: MakeNetwork, images: Any, transform: InputTransform) -> None:
    broken = make_network()
    broken.inner.classifier = torch.nn.Linear(63, 4)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        cached(broken, images, transform, [CLEAN])
    assert [folder.suffix for folder in folders()] == [".partial"]


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
    renamed = steps.index("rename")
    assert steps[:renamed].count("flush") >= 3, "three arrays"
