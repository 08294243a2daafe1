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
from bench.data.transform import InputTransform
from bench.detector_file import read_description, state_of, write_description
from bench.detector_network import DetectorNetwork, describe_network, facts_of_network, tested_on
from bench.device import pick_device
from bench.errors import BenchError
from bench.extraction.extract import extract
from bench.extraction.view import CLEAN
from bench.method_contract import METHODS, Method, Scores
from bench.metrics.inputs import score_array
from bench.networks.checkpoint import Checkpoint
from bench.networks.classifier import NETWORKS
from bench.plugins import code_entry, require_code
from bench.provenance import provenance
from bench.running.extraction import Extractor, seen_by, wanted_by
from bench.running.fitter import Fitter
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
    detection error; `training` on which images the method was fitted, or None for one that needs none. `checkpoint` is
    the network, which may be one from elsewhere.
    """

    checkpoint: DetectorNetwork
    method: Method
    threshold: float
    tpr: float | None
    validation: dict[str, Any]
    provenance: dict[str, Any]
    device: torch.device
    training: dict[str, Any] | None = None

    @property
    def transform(self) -> InputTransform:
        """What makes the network's input of pixels."""
        return self.checkpoint.transform

    @property
    def method_name(self) -> str:
        """The name of the scoring method."""
        return self.method.name

    def decide(self, images: Images) -> Decision:
        """Score `images`, shown as the checkpoint's input transform says, and compare with the threshold.

        Raises `BenchError` when there are none, `NonFiniteScoresError` for a score that is not a finite number.
        """
        scores, _ = _score(self._network, self.checkpoint, self.method, images, self.device)
        return Decision(scores, scores >= self.threshold)

    def save(self, path: str | Path, *, checkpoint: str | Path | None) -> None:
        """Write the detector as JSON; `checkpoint` is the file of its network, which is pointed to, not copied.

        It is None for a network from elsewhere that needs no file of weights beside what opens it.

        What a method learnt from training images goes into a file beside it, `NAME.method.safetensors`. Raises
        `BenchError` if `checkpoint` does not hold the detector's network, or a file cannot be written.
        """
        learnt = self.method if "training" in self.method.needs else None
        file = None if checkpoint is None else Path(checkpoint)
        write_description(Path(path), self.describe(), file, learnt)

    @classmethod
    def load(cls, path: str | Path, *, device: str = "auto", trust_code: bool = False) -> Detector:
        """Read what `save` wrote. Raises `BenchError` if anything that decides has changed since, or is missing.

        A network that Python code or a TorchScript program makes is opened only with `trust_code`.
        """
        described, checkpoint = read_description(Path(path), trusts_code=trust_code)
        method = METHODS.get(described["method"]).make(described["parameters"])
        if method.version != described["method_version"]:
            raise BenchError(
                f"{path} was made with version {described['method_version']} of {method.name}, whose scores differ "
                f"from those of version {method.version}. Fit the detector again with bench threshold."
            )
        again = "Fit the detector again with bench threshold."
        require_code(described, "method_code", type(method), f"{path} was made", again)
        if isinstance(checkpoint, Checkpoint):  # of others the code is in the hash of the weights
            require_code(described, "network_code", NETWORKS.get(checkpoint.network), f"{path} was made", again)
        if "training" in method.needs:
            method = state_of(Path(path), described)
        else:
            method = _fitted(method, checkpoint, None, torch.device("cpu"))
        kept = {name: described[name] for name in ("threshold", "tpr", "validation", "provenance")}
        training = described.get("training")
        return cls(checkpoint=checkpoint, method=method, device=pick_device(device), training=training, **kept)

    def describe(self) -> dict[str, Any]:
        """The detector as plain data, but for the path of its checkpoint."""
        return {
            "rule": RULE,
            "method": self.method.name,
            "method_version": self.method.version,
            **code_entry("method_code", type(self.method)),
            **self._network_code(),
            "parameters": self.method.parameters(),
            "threshold": self.threshold,
            "tpr": self.tpr,
            "validation": self.validation,
            "training": self.training,
            "checkpoint": describe_network(self.checkpoint),
            "provenance": self.provenance,
        }

    def _network_code(self) -> dict[str, Any]:
        registered = isinstance(self.checkpoint, Checkpoint)
        return code_entry("network_code", NETWORKS.get(self.checkpoint.network)) if registered else {}

    @cached_property
    def _network(self) -> nn.Module:
        return tested_on(self.checkpoint, self.device).model


def fit_detector(
    checkpoint: DetectorNetwork,
    method: Method,
    images: Images,
    *,
    train: Images | None = None,
    threshold_from: ThresholdFrom = "tpr",
    tpr: float = 0.95,
    name: str = "",
    device: str = "auto",
) -> Detector:
    """The detector whose threshold is chosen on the ID validation `images`, as `choose_threshold` says.

    By `tpr` it calls at least that share of them in-distribution; by `misclassified` it tells rightly from wrongly
    classified ones best. `name` says in the file what these images are; they should be in no training and no test set.
    `train` are the labelled training images for a method that needs some. Raises `BenchError` for a `tpr` outside
    (0, 1], when there are no images, when the checkpoint lacks what the method needs, and where nothing can be chosen.
    """
    started = time.perf_counter()
    chosen = pick_device(device)
    method = _fitted(method, checkpoint, train, chosen)
    scores, correct = _score(tested_on(checkpoint, chosen).model, checkpoint, method, images, chosen)
    choice = choose_threshold(scores, correct, threshold_from=threshold_from, tpr=tpr)
    validation = {
        "images": len(images),
        "called_id": float((scores >= choice.threshold).mean()),
        "name": name,
        "identity": images.identity,
        **choice.facts,
    }
    made = provenance(chosen, time.perf_counter() - started)
    training = None
    if "training" in method.needs and train is not None:
        training = {"images": len(train), "identity": train.identity}
    return Detector(checkpoint, method, choice.threshold, choice.tpr, validation, made, chosen, training)


def require_one_network(method: Method) -> None:
    """Raise `BenchError` for a method that looks at no network or at several: a detector has one."""
    if method.ensemble or method.objective is None:
        what = "several networks" if method.ensemble else "no network"
        raise BenchError(f"{method.name} looks at {what}, and a detector has one. Use another method.")


def _fitted(method: Method, checkpoint: DetectorNetwork, train: Images | None, device: torch.device) -> Method:
    """`method` fitted on the checkpoint's last layer and, where it needs them, the training images.

    Raises `BenchError` if the checkpoint or the images lack what it needs.
    """

    def training_images() -> Images:
        if train is None:
            raise BenchError("give them to fit_detector as train.")
        return train

    require_one_network(method)
    method.check(facts_of_network(checkpoint, training_images))
    extract = Extractor(tested_on(checkpoint, device), device)
    return Fitter(extract, training_images, checkpoint.id_dataset).fit(method).method


def _score(
    network: nn.Module, checkpoint: DetectorNetwork, method: Method, images: Images, device: torch.device
) -> tuple[Scores, NDArray[np.bool_] | None]:
    """The scores `(N,)`, and which images are classified rightly, or None without labels."""
    if len(images) == 0:
        raise BenchError("There are no images to score.")
    wanted = wanted_by([method])
    found = extract(network, images, checkpoint.transform, list(wanted), probes=wanted, device=device)
    scores = score_array(method.score(seen_by(method, found)), f"scores of {method.name}")
    return scores, None if found[CLEAN].labels is None else found[CLEAN].correct
