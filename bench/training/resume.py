"""The state of an unfinished training run: written whole after each epoch, and read back exactly."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as to_safetensors
from torch import Tensor

from bench.aside import set_aside
from bench.atomic import write_atomically
from bench.json_text import parse_json
from bench.networks.checkpoint import hash_weights
from bench.networks.classifier import Classifier
from bench.networks.tensor_file import UnsoundTensorsError, read_safetensors

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
    tensors, progress = state.tensors(), json.dumps({"epoch": state.epoch, "log": state.log})
    content = to_safetensors(tensors, {"progress": progress, "checksum": hash_weights(progress, tensors)})
    write_atomically(folder / FILE, lambda temporary: temporary.write_bytes(content))


def load_state(folder: Path, state: TrainingState) -> None:
    """Bring `state` to where the last finished epoch left it; does nothing when no epoch was finished.

    A damaged file is set aside, and nothing is done either. Raises `BenchError` for one that cannot be read.
    """
    path = folder / FILE
    if not path.exists():
        return
    try:
        progress, groups = _read(path)
    except UnsoundTensorsError as error:
        set_aside(path, error, "the training starts anew")
        return
    device = next(state.model.parameters()).device
    state.model.load_state_dict(groups["model"])
    for name, parameter in state.model.named_parameters():
        if name in groups["momentum"]:
            like = torch.empty_like(parameter).copy_(groups["momentum"][name].to(device))
            state.optimizer.state[parameter]["momentum_buffer"] = like
    state.objective.state.update(groups["objective"])
    state.epoch, state.log = progress["epoch"], progress["log"]


def _read(path: Path) -> tuple[dict[str, Any], dict[str, dict[str, Tensor]]]:
    """How far the training is, and its tensors by group. Raises `UnsoundTensorsError` for what was not written so."""
    tensors, metadata = read_safetensors(path)
    progress = metadata.get("progress", "")
    # Files that older versions wrote have no checksum, and are taken as they are.
    if "checksum" in metadata and metadata["checksum"] != hash_weights(progress, tensors):
        raise UnsoundTensorsError(f"{path} is not what was written: its checksum is another")
    groups: dict[str, dict[str, Tensor]] = {"model": {}, "momentum": {}, "objective": {}}
    try:
        for name, value in tensors.items():
            group, key = name.split("/", 1)
            groups[group][key] = value
        return parse_json(progress), groups
    except (ValueError, KeyError) as error:
        raise UnsoundTensorsError(f"{path} is not the state of a training: {error}") from error
