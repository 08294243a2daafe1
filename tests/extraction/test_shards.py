"""Shards that several processes extract are joined to what one process extracts, bit for bit."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench.cache import cache_root
from bench.data.images import ArrayImages
from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.extraction import shards
from bench.extraction.cache import extract_cached
from bench.extraction.options import PassOptions
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe, Seen
from bench.extraction.shards import Shard, extract_shard
from bench.extraction.view import CLEAN, View
from tests.forked import Forked

CPU = torch.device("cpu")
SMALL = PassOptions(batch_size=4)
MakeNetwork = Callable[..., Any]


@dataclass(frozen=True)
class Brightness(Probe):
    def __call__(self, seen: Seen) -> torch.Tensor:
        return seen.pixels.mean((2, 3))


WANTED: dict[View, list[Probe]] = {CLEAN: [Brightness()]}


@given(st.integers(1, 200), st.integers(1, 30), st.integers(1, 12))
def test_shards_are_whole_batches_that_cover_the_set_once(total: int, batch_size: int, count: int) -> None:
    rows = [Shard(number, count).rows(total, batch_size) for number in range(1, count + 1)]
    assert [row for one in rows for row in one] == list(range(total))
    assert all(one.start % batch_size == 0 for one in rows if one)
    batches = [-(-len(one) // batch_size) for one in rows]
    assert max(batches) - min(batches) <= 1


@pytest.mark.parametrize("text", ["", "3", "0/4", "5/4", "1/0", "-1/4", "a/b", "1/4/2", "1.0/4"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(BenchError, match="A shard is"):
        Shard.parse(text)
    assert str(Shard.parse("2/4")) == "2/4"


def extracted(
    network: Any, images: ArrayImages, transform: InputTransform, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Outputs:
    with monkeypatch.context() as patch:
        patch.setenv("BENCH_CACHE", str(cache))
        return extract_cached(network, "w", images, transform, WANTED, device=CPU, label="Extracting", options=SMALL)[
            CLEAN
        ]


def one_shard(network: Any, images: ArrayImages, transform: InputTransform, text: str) -> bool:
    return extract_shard(
        network, "w", images, transform, WANTED, Shard.parse(text), device=CPU, label="Extracting", options=SMALL
    )


def assert_same_bits(left: Outputs, right: Outputs) -> None:
    assert left.confidence_logit is not None
    assert right.confidence_logit is not None
    pairs = [
        (left.logits, right.logits),
        (left.features, right.features),
        (left.confidence_logit, right.confidence_logit),
        (left.probed[Brightness()], right.probed[Brightness()]),
    ]
    for one, other in pairs:
        assert isinstance(one, np.memmap)
        assert one.shape == other.shape
        assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_shards_in_any_order_give_what_one_pass_gives(
    make_network: MakeNetwork,
    images: Any,
    transform: InputTransform,
    count: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """23 images in batches of 4: six batches, the last of three images; nine shards, of which some are empty."""
    monkeypatch.setattr(shards, "_COPIED_AT_ONCE", 100)
    network = make_network()
    whole = extracted(network, images, transform, tmp_path / "other", monkeypatch)
    network.seen.clear()
    order = np.random.default_rng(count).permutation(count) + 1
    done = [one_shard(network, images, transform, f"{number}/{count}") for number in order]
    assert done[-1]
    assert sum(size for size, _ in network.seen) == 23
    network.seen.clear()
    joined = extract_cached(network, "w", images, transform, WANTED, device=CPU, label="Extracting", options=SMALL)
    assert network.seen == []
    assert_same_bits(joined[CLEAN], whole)
    assert joined[CLEAN].took.keys() == whole.took.keys()
    assert joined[CLEAN].took["forward"].seconds > 0
    assert len(list((cache_root() / "outputs").iterdir())) == 2, "the view and the probe; no shard is left"
    assert one_shard(network, images, transform, f"1/{count}")
    assert network.seen == []


def test_a_shard_that_is_there_is_not_extracted_again_and_alone_is_not_the_whole(
    make_network: MakeNetwork, images: Any, transform: InputTransform
) -> None:
    network = make_network()
    assert not one_shard(network, images, transform, "2/3")
    assert [size for size, _ in network.seen] == [4, 4]
    assert not one_shard(network, images, transform, "2/3")
    assert not one_shard(network, images, transform, "1/2"), "shards of another count are other shards"
    assert len(network.seen) == 2 + 3


PROCESS = """
import sys
import torch
torch.set_num_threads(1)
from bench.extraction.options import PassOptions
from bench.extraction.shards import Shard, extract_shard
from bench.extraction.view import CLEAN
from bench.networks.classifier import build_network
images, transform = given
network = build_network("convnet", 4, confidence_branch=True, seed=0).eval()
print(extract_shard(network, "w", images, transform, {CLEAN: ()}, Shard.parse(sys.argv[1]),
      device=torch.device("cpu"), label="Extracting", options=PassOptions(batch_size=16)))
"""


def test_processes_that_run_at_once_make_one_whole(
    transform: InputTransform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two shards by three processes, two of which have the same shard; 103 images are no multiple of 16."""
    images = ArrayImages(np.random.default_rng(0).integers(0, 256, (103, 16, 16, 3), dtype=np.uint8))
    processes = [
        Forked(PROCESS, text, folder=tmp_path / str(rank), given=(images, transform))
        for rank, text in enumerate(("1/2", "2/2", "2/2"))
    ]
    assert [process.wait() for process in processes] == [0, 0, 0], [process.err for process in processes]
    assert any(process.out == "True\n" for process in processes)

    from bench.networks.classifier import build_network

    def outputs(network: Any) -> Outputs:
        options = PassOptions(batch_size=16)
        return extract_cached(
            network, "w", images, transform, {CLEAN: ()}, device=CPU, label="Extracting", options=options
        )[CLEAN]

    joined = outputs(None)  # nothing is left to run
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "other"))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    whole = outputs(build_network("convnet", 4, confidence_branch=True, seed=0).eval())
    torch.set_num_threads(threads)
    assert joined.logits.tobytes() == whole.logits.tobytes()
    assert joined.features.tobytes() == whole.features.tobytes()
