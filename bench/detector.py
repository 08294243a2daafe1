"""The decision rule g(x; delta): from a score and a threshold to ID or OOD for each image."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bench.data.images import Images
from bench.detector_file import read_description, write_description
from bench.device import pick_device
from bench.errors import BenchError
from bench.extraction.extract import extract
from bench.extraction.view import CLEAN
from bench.fitting.data import FitData
from bench.method_contract import METHODS, Method, Scores
from bench.metrics.inputs import score_array
from bench.networks.checkpoint import Checkpoint
from bench.provenance import provenance
from bench.running.extraction import seen_by, wanted_by
from bench.running.facts import facts_of_checkpoint
from bench.running.network import TestedNetwork
from bench.threshold_choice import ThresholdFrom, choose_threshold

RULE = "out-of-distribution where score < threshold, else in-distribution; larger scores are more in-distribution"


@dataclass(frozen=True)
class Decision:
    """The scores `(N,)` of N images, larger = more in-distribution, and whether each is called in-distribution."""

    scores: Scores
    is_id: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Detector:
    """A network, a method and a threshold delta: an image is called OOD where its score < delta, else ID.

    `fit_detector` sets delta to the largest score that at least the share `tpr` of its ID validation images reaches,
    which is the score of one of them. That image must be called ID for the share to be attained, hence < and not <=.
    DeVries & Taylor 2018 write g(x; delta) = OOD where c <= delta; that is this rule, with the next smaller
    floating-point number for delta. Or delta was chosen from misclassified images, and `tpr` is None. `validation` says
    on how many images delta was chosen, which share it calls ID, and, of misclassified ones, their number and the
    detection error.
    """

    checkpoint: Checkpoint
    method: Method
    threshold: float
    tpr: float | None
    validation: dict[str, Any]
    provenance: dict[str, Any]
    device: torch.device

    def decide(self, images: Images) -> Decision:
        """Score `images`, shown as the checkpoint's input transform says, and compare with the threshold.

        Raises `BenchError` when there are none, `NonFiniteScoresError` for a score that is not a finite number.
        """
        scores, _ = _score(self._network, self.checkpoint, self.method, images, self.device)
        return Decision(scores, scores >= self.threshold)

    def save(self, path: str | Path, *, checkpoint: str | Path) -> None:
        """Write the detector as JSON; `checkpoint` is the file of its network, which is pointed to, not copied.

        Raises `BenchError` if that file does not hold the detector's network, or `path` cannot be written.
        """
        write_description(Path(path), self.describe(), Path(checkpoint))

    @classmethod
    def load(cls, path: str | Path, *, device: str = "auto") -> Detector:
        """Read what `save` wrote. Raises `BenchError` if anything that decides has changed since, or is missing."""
        described, checkpoint = read_description(Path(path))
        method = METHODS.get(described["method"]).make(described["parameters"])
        if method.version != described["method_version"]:
            raise BenchError(
                f"{path} was made with version {described['method_version']} of {method.name}, whose scores differ "
                f"from those of version {method.version}. Fit the detector again with bench threshold."
            )
        method = _fitted(method, checkpoint)
        kept = {name: described[name] for name in ("threshold", "tpr", "validation", "provenance")}
        return cls(checkpoint=checkpoint, method=method, device=pick_device(device), **kept)

    def describe(self) -> dict[str, Any]:
        """The detector as plain data, but for the path of its checkpoint."""
        return {
            "rule": RULE,
            "method": self.method.name,
            "method_version": self.method.version,
            "parameters": self.method.parameters(),
            "threshold": self.threshold,
            "tpr": self.tpr,
            "validation": self.validation,
            "checkpoint": {
                "weights_hash": self.checkpoint.weights_hash,
                "network": self.checkpoint.network,
                "id_dataset": self.checkpoint.id_dataset,
                "transform": self.checkpoint.transform.to_dict(),
            },
            "provenance": self.provenance,
        }

    @cached_property
    def _network(self) -> nn.Module:
        return TestedNetwork.of(self.checkpoint, self.device).model


def fit_detector(
    checkpoint: Checkpoint,
    method: Method,
    images: Images,
    *,
    threshold_from: ThresholdFrom = "tpr",
    tpr: float = 0.95,
    name: str = "",
    device: str = "auto",
) -> Detector:
    """The detector whose threshold is chosen on the ID validation `images`, as `choose_threshold` says.

    By `tpr` it calls at least that share of them in-distribution; by `misclassified` it tells rightly from wrongly
    classified ones best. `name` says in the file what these images are; they should be in no training and no test set.
    Raises `BenchError` for a `tpr` outside (0, 1], when there are no images, when the checkpoint lacks what the method
    needs, and where nothing can be chosen.
    """
    started = time.perf_counter()
    method = _fitted(method, checkpoint)
    chosen = pick_device(device)
    scores, correct = _score(TestedNetwork.of(checkpoint, chosen).model, checkpoint, method, images, chosen)
    choice = choose_threshold(scores, correct, threshold_from=threshold_from, tpr=tpr)
    validation = {
        "images": len(images),
        "called_id": float((scores >= choice.threshold).mean()),
        "name": name,
        "identity": images.identity,
        **choice.facts,
    }
    made = provenance(chosen, time.perf_counter() - started)
    return Detector(checkpoint, method, choice.threshold, choice.tpr, validation, made, chosen)


def require_keepable(method: Method) -> None:
    """Raise `BenchError` for a method that needs more than a network and its last layer: a file keeps no more."""
    if "training" in method.needs or method.ensemble or method.objective is None:
        what = "training images" if "training" in method.needs else "something else than one network"
        raise BenchError(f"{method.name} needs {what}, which a detector's file does not keep. Use another method.")


def _fitted(method: Method, checkpoint: Checkpoint) -> Method:
    """`method` fitted on the checkpoint's last layer alone, since a detector's file keeps no training images.

    Raises `BenchError` if it needs more, or anything else that the checkpoint lacks.
    """
    require_keepable(method)
    method.check(facts_of_checkpoint(checkpoint, _no_images))
    return method.fit(FitData(TestedNetwork.of(checkpoint, torch.device("cpu")).head))


def _no_images() -> Images:
    raise BenchError("a detector's file keeps no training images.")


def _score(
    network: nn.Module, checkpoint: Checkpoint, method: Method, images: Images, device: torch.device
) -> tuple[Scores, NDArray[np.bool_] | None]:
    """The scores `(N,)`, and which images are classified rightly, or None without labels."""
    if len(images) == 0:
        raise BenchError("There are no images to score.")
    wanted = wanted_by([method])
    found = extract(network, images, checkpoint.transform, list(wanted), probes=wanted, device=device)
    scores = score_array(method.score(seen_by(method, found)), f"scores of {method.name}")
    return scores, None if found[CLEAN].labels is None else found[CLEAN].correct
