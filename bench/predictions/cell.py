"""A cell of a misclassification run: one network and one method on the ID test set; its key and its row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.data.images import Images
from bench.data.transform_words import transform_words
from bench.method_contract import Method
from bench.plugins import code_entry
from bench.running.attempt import Attempt
from bench.running.network import TestedNetwork

VERSION = 1
"""Raised when a change of metrics or of the way of evaluation alters results."""


@dataclass(frozen=True, eq=False)
class PredictionCell(Attempt):
    """What is evaluated."""

    network: TestedNetwork
    method: Method
    id: str
    images: Images
    train_identity: str | None
    precision: str

    @property
    def place(self) -> str:
        """Where the method is evaluated, for messages."""
        return self.id

    def describe(self) -> dict[str, Any]:
        """What determines the result, as plain data."""
        return {
            "kind": "misclassification",
            "version": VERSION,
            "method": self.method.name,
            "method_version": self.method.version,
            **code_entry("method_code", type(self.method)),
            "parameters": self.method.parameters(),
            "network": self.network.name,
            "weights": self.network.weights_hash,
            "transform": self.network.transform.to_dict(),
            "seed": self.network.seed,
            "id": [self.id, self.images.identity],
            "precision": self.precision,
            **({} if self.train_identity is None else {"train": self.train_identity}),
        }

    def row(self, metrics: Mapping[str, Any]) -> dict[str, Any]:
        """The row with the columns of `bench.predictions.rows`."""
        return {
            "method": self.method.name,
            "id": self.id,
            "network": self.network.name,
            "objective": self.network.objective,
            "seed": self.network.seed,
            "parameters": self.method.parameters(),
            **metrics,
            "precision": self.precision,
            "transform": transform_words(self.network.transform),
            "network_note": self.network.note,
            "id_note": self.images.note,
            "weights": self.network.weights_hash[:12],
            "key": self.key,
        }
