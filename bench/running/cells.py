"""A cell: one network, one method, one pair of data sets; its key and its row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torch import nn

from bench.canonical import content_key
from bench.data.images import Images
from bench.data.transform import InputTransform
from bench.method import Method
from bench.metrics import OODMetrics

from .protocol import Split

VERSION = 1
"""Raised when a change of metrics or of the way of evaluation alters results."""


@dataclass(frozen=True)
class TestedNetwork:
    """A network under test, with what of it belongs into rows and keys."""

    __test__ = False

    model: nn.Module
    name: str
    weights_hash: str
    transform: InputTransform
    objective: str
    seed: int | None


@dataclass(frozen=True, eq=False)
class Cell:
    """What is evaluated, before parameters are tuned."""

    network: TestedNetwork
    method: Method
    id: str
    ood: str
    id_images: Images
    ood_images: Images
    protocol: str
    tune_on: str | None
    tune_identity: str | None

    def describe(self) -> dict[str, Any]:
        """What determines the result, as plain data."""
        tuned = self.protocol != "published"
        return {
            "version": VERSION,
            "method": self.method.name,
            "method_version": self.method.version,
            "parameters": self.method.parameters(),
            "search": {name: list(values) for name, values in self.method.search.items()} if tuned else {},
            "protocol": self.protocol,
            "tune_on": [self.tune_on, self.tune_identity],
            "network": self.network.name,
            "weights": self.network.weights_hash,
            "transform": self.network.transform.to_dict(),
            "seed": self.network.seed,
            "id": [self.id, self.id_images.identity],
            "ood": [self.ood, self.ood_images.identity],
            "precision": "fp32",
        }

    @cached_property
    def key(self) -> str:
        """The name of the cell's files."""
        return content_key(self.describe())

    def row(self, tuned: Method, split: Split, metrics: OODMetrics, id_accuracy: float | None) -> dict[str, Any]:
        """The row with the columns of `bench.running.rows`."""
        return {
            "method": self.method.name,
            "id": self.id,
            "ood": self.ood,
            "network": self.network.name,
            "objective": self.network.objective,
            "seed": self.network.seed,
            "protocol": self.protocol,
            "parameters": tuned.parameters(),
            "id_accuracy": id_accuracy,
            **metrics.to_dict(),
            "tuned_on": split.tuned_on.replace("another OOD set", self.tune_on or "") if self.method.search else "",
            "id_note": self.id_images.note,
            "ood_note": self.ood_images.note,
            "weights": self.network.weights_hash[:12],
            "key": self.key,
        }
