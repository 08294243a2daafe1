"""A cell: one network, one method, one pair of data sets; its key and its row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.canonical import content_key
from bench.data.images import Images
from bench.data.transform_words import transform_words
from bench.method_contract import Method
from bench.metrics import OODMetrics
from bench.plugins import code_entry

from .attempt import Attempt
from .full_spectrum import Shifted, shifted_words
from .network import TestedNetwork
from .protocol import Split

VERSION = 1
"""Raised when a change of metrics or of the way of evaluation alters results."""


@dataclass(frozen=True, eq=False)
class Cell(Attempt):
    """What is evaluated, before parameters are tuned."""

    network: TestedNetwork
    method: Method
    id: str
    ood: str
    id_images: Images
    ood_images: Images
    shifted: Shifted
    protocol: str
    tune_on: str | None
    tune_identity: str | None
    train_identity: str | None
    precision: str

    @property
    def place(self) -> str:
        """The pair, for messages."""
        return f"{self.id} / {self.ood}"

    def describe(self) -> dict[str, Any]:
        """What determines the result, as plain data."""
        tuned = self.protocol != "published"
        return {
            "version": VERSION,
            "method": self.method.name,
            "method_version": self.method.version,
            **code_entry("method_code", type(self.method)),
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
            "precision": self.precision,
            **({} if self.train_identity is None else {"train": self.train_identity}),
            **({"shifted": [[name, one.identity] for name, one in self.shifted.items()]} if self.shifted else {}),
        }

    @property
    def slot(self) -> str:
        """What names the cell before its network is trained: its key with the training in the place of the weights."""
        return content_key({**self.describe(), "weights": self.network.origin or self.network.weights_hash})

    def row(
        self,
        chosen: Method,
        split: Split,
        shifted: Shifted,
        metrics: OODMetrics,
        accuracies: Mapping[str, float | None],
        *,
        tuned: bool,
    ) -> dict[str, Any]:
        """The row with the columns of `bench.running.rows`, but for those of its cost.

        `shifted` are the covariate-shifted images that were tested, `accuracies` those on the ID set and on each of
        them.
        """
        return {
            "method": self.method.name,
            "id": self.id,
            "ood": self.ood,
            "network": self.network.name,
            "objective": self.network.objective,
            "seed": self.network.seed,
            "protocol": self.protocol,
            "parameters": chosen.parameters(),
            "id_accuracy": accuracies[self.id],
            "shifted": {name: accuracies[name] for name in shifted},
            **metrics.to_dict(),
            "precision": self.precision,
            "transform": transform_words(self.network.transform),
            "tuned_on": split.tuned_on.replace("another OOD set", self.tune_on or "") if tuned else "",
            "network_note": self.network.note,
            "id_note": "; ".join(filter(None, (self.id_images.note, shifted_words(shifted)))),
            "ood_note": self.ood_images.note,
            "weights": self.network.weights_hash[:12],
            "key": self.key,
        }
