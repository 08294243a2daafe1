"""Weights of a file in an architecture from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from bench.errors import BenchError
from bench.networks.fit import Misfit, find_misfit
from bench.networks.foreign import read_state

Build = Callable[[int | None], nn.Module]
"""Makes the architecture for a number of classes, or for the one that it has by itself where that is None."""


def with_weights(build: Build, path: Path, name: str) -> nn.Module:
    """The architecture with the weights of a file, for as many classes as these tell apart.

    Names that all begin with the same word, such as `module.`, may do so in the file alone. Raises `BenchError` if the
    file cannot be read without running code in it, or its tensors are not those of the architecture called `name`.
    """
    state = read_state(path)
    model = built(build, None)
    fitting, misfit = _nearest(state, model.state_dict())
    if (classes := _other_classes(fitting, model.state_dict())) is not None:
        model = built(build, classes)
        fitting, misfit = _nearest(state, model.state_dict())
    if misfit:
        raise BenchError(f"{path} does not fit the network {name} ({misfit}).")
    model.load_state_dict(fitting)
    return model


def built(build: Build, classes: int | None) -> nn.Module:
    """A freshly made network, for which the global random state is as if it had not been made."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build(classes)


def _nearest(state: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], Misfit]:
    """The state under those of its possible names that fit best."""
    found = [(one, find_misfit(one, expected)) for one in _named(state, expected)]
    return min(found, key=lambda pair: len(pair[1]))


def _named(state: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    """The state as it is, and without the words that all its names begin with.

    Files older than PyTorch 0.4.1 lack batch normalisation's step counters, which are set to 0.
    """
    counters = {key: value for key, value in expected.items() if key.endswith(".num_batches_tracked")}
    current = dict(state)
    while True:
        yield {**{key: torch.zeros_like(value) for key, value in counters.items()}, **current}
        firsts = {key.partition(".")[0] for key in current}
        if len(firsts) > 1 or not all("." in key for key in current):
            return
        current = {key.partition(".")[2]: value for key, value in current.items()}


def _other_classes(state: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> int | None:
    """The number of classes that the state tells apart, where it differs from the architecture's in that alone."""
    reshaped = [key for key, value in expected.items() if key in state and state[key].shape != value.shape]
    alike = all(state[key].shape[1:] == expected[key].shape[1:] for key in reshaped)
    counts = {state[key].shape[0] for key in reshaped if state[key].ndim}
    return counts.pop() if alike and len(counts) == 1 else None
