"""Checkpoints: weights with all that is needed to use them, in one safetensors file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as to_safetensors
from torch import Tensor

from bench.atomic import write_atomically
from bench.canonical import canonical_json, content_key
from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.json_text import parse_json

from .classifier import Classifier, build_network
from .fit import expected_state, find_misfit
from .tensor_file import UnsoundTensorsError, is_safetensors, read_safetensors, read_safetensors_metadata

SCHEMA = 1
"""The version of the metadata this code writes; it reads this one and older ones."""

_METADATA_KEY = "oodbench"


_TOLD = frozenset({"log", "processes", "computed_in"})
"""What `Checkpoint.training` says of how a training went, and not of what it was asked to do."""


def plan_of(training: Mapping[str, Any]) -> dict[str, Any]:
    """What a training was asked to do, which makes its network: without its log, and what it was done with."""
    return {name: value for name, value in training.items() if name not in _TOLD}


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Trained weights, the architecture they belong to, the input they expect, and how they came about.

    `network` is a registered architecture's name; `classes` names the `num_classes` classes of `id_dataset`, or is
    empty where they are not known. `objective` is the training loss's name (`cross-entropy`, `learned-confidence`),
    or `unknown` for weights trained elsewhere, whose `seed` is None. `training` holds the recipe and log as plain JSON
    data. `state` is the network's state dict, on the CPU, not to be changed. Raises `BenchError` if the parts
    contradict each other.
    """

    network: str
    num_classes: int
    channels: int
    confidence_branch: bool
    transform: InputTransform
    classes: tuple[str, ...]
    id_dataset: str
    objective: str
    seed: int | None
    training: dict[str, Any]
    state: dict[str, Tensor] = field(repr=False)

    def __post_init__(self) -> None:
        if self.classes and len(self.classes) != self.num_classes:
            raise BenchError(
                f"The checkpoint tells {self.num_classes} classes apart, but '{self.id_dataset}' has "
                f"{len(self.classes)}. Name the data set it was trained on as the in-distribution one."
            )
        if self.transform.channels != self.channels:
            raise BenchError(
                f"The checkpoint takes images of {self.channels} channel(s), but its input transform gives "
                f"{self.transform.channels}. Give one mean and one standard deviation per channel."
            )

    @cached_property
    def weights_hash(self) -> str:
        """SHA-256 of the network's name and of every tensor's name, type, shape and bytes, sorted by name."""
        return hash_weights(self.network, self.state)

    def save(self, path: str | Path) -> None:
        """Write the file, whole or not at all. Raises `BenchError` where that is not possible."""
        metadata = {name: getattr(self, name) for name in _described_fields()}
        metadata |= {"schema": SCHEMA, "transform": self.transform.to_dict(), "weights_hash": self.weights_hash}
        metadata["checksum"] = content_key(metadata)
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in self.state.items()}
        content = to_safetensors(tensors, metadata={_METADATA_KEY: canonical_json(metadata)})
        write_atomically(Path(path), lambda temporary: temporary.write_bytes(content))

    @classmethod
    def load(cls, path: str | Path) -> Checkpoint:
        """Read a file that `save` wrote; nothing is unpickled.

        Raises `BenchError` for a file that is absent, damaged, from elsewhere, or from a newer version, and for
        tensors that do not fit the architecture.
        """
        state, metadata = read_safetensors(path)
        described, stored_hash = _parse_metadata(path, metadata)
        checkpoint = cls(**described, state=state)
        expected = expected_state(
            checkpoint.network,
            checkpoint.num_classes,
            channels=checkpoint.channels,
            confidence_branch=checkpoint.confidence_branch,
        )
        if misfit := find_misfit(state, expected):
            raise UnsoundTensorsError(f"{path} does not fit the network '{checkpoint.network}' ({misfit}).")
        if checkpoint.weights_hash != stored_hash:
            raise UnsoundTensorsError(
                f"{path} is damaged: its weights are not those that were saved. Restore it from a copy."
            )
        return checkpoint

    def build(self, device: torch.device | str = "cpu") -> Classifier:
        """The network with these weights, in eval mode on `device`."""
        model = build_network(
            self.network, self.num_classes, channels=self.channels, confidence_branch=self.confidence_branch
        )
        model.load_state_dict(self.state)
        model.transform = self.transform
        return model.eval().to(device)


def hash_weights(network: str, state: Mapping[str, Tensor]) -> str:
    """SHA-256 of a network's name and of every tensor's name, type, shape and bytes, sorted by name."""
    digest = hashlib.sha256(json.dumps(network).encode())
    for name in sorted(state):
        tensor = state[name].detach().cpu().contiguous()
        digest.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def is_own_checkpoint(path: str | Path) -> bool:
    """Whether a file was written by `Checkpoint.save`, whatever its state. Raises `BenchError` if there is no file."""
    return is_safetensors(path) and _METADATA_KEY in read_safetensors_metadata(path)


def weights_hash_in(path: str | Path) -> str:
    """The `weights_hash` that a file of `Checkpoint.save` says it has; its weights are not read. Errors as `load`."""
    return _parse_metadata(path, read_safetensors_metadata(path))[1]


def _described_fields() -> list[str]:
    return [item.name for item in fields(Checkpoint) if item.name != "state"]


def _transform_of(data: Any) -> InputTransform:
    """The input transform in the metadata. Raises `ValueError` where it is none."""
    try:
        return InputTransform.from_dict(data)
    except BenchError as error:
        raise ValueError(str(error)) from error


def _parse_metadata(path: str | Path, metadata: dict[str, str]) -> tuple[dict[str, Any], str]:
    """The fields of a `Checkpoint` but its state, and the hash its weights had when they were saved."""
    if _METADATA_KEY not in metadata:
        raise UnsoundTensorsError(
            f"{path} was not written by oodbench and does not say which network and input transform it belongs to. "
            "Open it as a foreign checkpoint, with --normalize."
        )
    try:
        data = parse_json(metadata[_METADATA_KEY])
        _check_schema(path, data["schema"])
        if data.pop("checksum") != content_key(data):
            raise ValueError("its checksum does not agree")
        described = {name: data[name] for name in _described_fields()}
        described["transform"] = _transform_of(data["transform"])
        described["classes"] = tuple(data["classes"])
        return described, data["weights_hash"]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnsoundTensorsError(
            f"The metadata of {path} is damaged ({type(error).__name__}: {error}). Restore the file from a copy."
        ) from error


def _check_schema(path: str | Path, schema: int) -> None:
    if schema > SCHEMA:
        raise BenchError(
            f"{path} was written by a newer oodbench (schema {schema}; this version reads up to {SCHEMA}). "
            "Upgrade oodbench."
        )
