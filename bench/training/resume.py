"""The state of an unfinished training run: written whole after each epoch, and read back exactly."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import save as to_safetensors
from torch import Tensor

from bench.atomic import write_atomically
from bench.errors import BenchError
from bench.json_text import parse_json
from bench.networks.classifier import Classifier
from bench.networks.tensor_file import read_safetensors

from .objective import Objective

FILE = "resume.safetensors"


@dataclass
class TrainingState:
    """A network in training. `epoch` epochs are done; `log` has one record for each of them."""

    model: Classifier
    optimizer: torch.optim.Optimizer
    objective: Objective
    epoch: int = 0
    log: list[dict[str, float]] = field(default_factory=list)

    def tensors(self) -> dict[str, Tensor]:
        """Weights, buffers, momentum and the objective's numbers, by name."""
        momentum = {
            name: self.optimizer.state[parameter]["momentum_buffer"]
            for name, parameter in self.model.named_parameters()
            if self.optimizer.state[parameter].get("momentum_buffer") is not None
        }
        groups = {"model": self.model.state_dict(), "momentum": momentum, "objective": self.objective.state}
        return {
            f"{group}/{name}": value.detach().cpu().contiguous()
            for group, values in groups.items()
            for name, value in values.items()
        }


def save_state(folder: Path, state: TrainingState) -> None:
    """Write the state after an epoch; a crash leaves the epoch before."""
    content = to_safetensors(state.tensors(), {"progress": json.dumps({"epoch": state.epoch, "log": state.log})})
    write_atomically(folder / FILE, lambda temporary: temporary.write_bytes(content))


def load_state(folder: Path, state: TrainingState) -> None:
    """Bring `state` to where the last finished epoch left it; does nothing when no epoch was finished.

    Raises `BenchError` for a damaged file.
    """
    path = folder / FILE
    if not path.exists():
        return
    device = next(state.model.parameters()).device
    try:
        tensors, metadata = read_safetensors(path)
    except BenchError as error:
        raise BenchError(f"The state to resume from is damaged. Delete {path} to train from the start.") from error
    progress = parse_json(metadata["progress"])
    groups: dict[str, dict[str, Tensor]] = {"model": {}, "momentum": {}, "objective": {}}
    for name, value in tensors.items():
        group, key = name.split("/", 1)
        groups[group][key] = value
    state.model.load_state_dict(groups["model"])
    for name, parameter in state.model.named_parameters():
        if name in groups["momentum"]:
            like = torch.empty_like(parameter).copy_(groups["momentum"][name].to(device))
            state.optimizer.state[parameter]["momentum_buffer"] = like
    state.objective.state.update(groups["objective"])
    state.epoch, state.log = progress["epoch"], progress["log"]
