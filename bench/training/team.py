"""The processes that train one network together: each passes its part of every batch, all know the whole batch.

torchrun starts them and says in the environment which is which. Sums over all of them are made by torch.distributed:
gloo on CPUs, NCCL on GPUs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, distributed

from bench.device import pick_device
from bench.errors import BenchError
from bench.networks.classifier import NetworkOutput
from bench.progress import be_quiet


@dataclass(frozen=True)
class Team:
    """`size` processes, of which this is number `rank`, counted from 0. One alone needs no torch.distributed."""

    rank: int = 0
    size: int = 1

    def part(self, count: int) -> slice:
        """Which of `count` images in a row this process passes; maybe none."""
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    def whole(self, output: NetworkOutput, count: int) -> NetworkOutput:
        """What the network says of the whole batch of `count` images, where `output` is what it says of this part.

        Gradients go back into this part alone; those of all processes add up to the gradient of the whole.
        """
        if self.size == 1:
            return output
        confidence = output.confidence_logit
        return NetworkOutput(
            self._gathered(output.logits, count),
            self._gathered(output.features, count),
            None if confidence is None else self._gathered(confidence, count),
        )

    def _gathered(self, own: Tensor, count: int) -> Tensor:
        part, own = self.part(count), at_least_single(own)
        everyone = own.new_zeros((count, *own.shape[1:]))
        everyone[part] = own.detach()
        distributed.all_reduce(everyone)
        return torch.cat([everyone[: part.start], own, everyone[part.stop :]])

    def first_says(self, value: bool) -> bool:
        """The `value` of the first process, to all of them."""
        if self.size == 1:
            return value
        said = [value]
        distributed.broadcast_object_list(said, src=0)
        return said[0]

    @contextmanager
    def first_before_others(self) -> Iterator[None]:
        """A block that the first process has left before the others enter it."""
        if self.rank:
            self.first_says(True)
        yield
        if not self.rank:
            self.first_says(True)


ALONE = Team()


@contextmanager
def joined_team(device: str) -> Iterator[tuple[Team, torch.device]]:
    """The team that torchrun started this process for, and the process's own device; `ALONE` without torchrun.

    With `auto` and `cuda` each process has a GPU of its own. All but the first say nothing on stderr. Raises
    `BenchError` for more processes than GPUs, and for one device of several by name.
    """
    size, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    if size == 1:
        yield ALONE, pick_device(device)
        return
    own = _own_device(device, int(os.environ.get("LOCAL_RANK", rank)))
    if rank:
        be_quiet()
    distributed.init_process_group("nccl" if own.type == "cuda" else "gloo")
    try:
        yield Team(rank, size), own
    finally:
        distributed.destroy_process_group()


def _own_device(choice: str, place: int) -> torch.device:
    if ":" in choice:
        raise BenchError(f"Several processes train, so each needs a device of its own: give cuda instead of {choice}.")
    device = pick_device(choice)
    if device.type != "cuda":
        return device
    if place >= torch.cuda.device_count():
        raise BenchError(
            f"More processes than the {torch.cuda.device_count()} GPU(s). Give torchrun fewer with --nproc-per-node."
        )
    torch.cuda.set_device(place)
    return torch.device("cuda", place)


def at_least_single(values: Tensor) -> Tensor:
    """In float32, or in float64 where they are, so that rounding can be told from mistakes."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def summed_over_team(own: Tensor) -> Tensor:
    """The sum of a tensor over all processes, whose gradient is the sum of theirs; all must call it in one order."""
    total: Tensor = _SumOverTeam.apply(own)
    return total


class _SumOverTeam(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, own: Tensor) -> Tensor:
        del ctx
        return _summed(own)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        del ctx
        return _summed(gradients[0])


def _summed(own: Tensor) -> Tensor:
    total = own.detach().clone(memory_format=torch.contiguous_format)
    distributed.all_reduce(total)
    return total
