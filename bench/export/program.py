"""Network, score and threshold as one module, and as one program."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from bench.data.transform import InputTransform
from bench.detector import Detector
from bench.errors import BenchError
from bench.method_contract import METHODS, Method, TensorScore
from bench.networks.classifier import NetworkOutput

from .adapted import traceable

EXAMPLES = 4
"""How many images a program is traced with; it takes any number from 1 on."""


class DetectorProgram(nn.Module):
    """From images `(N, C, H, W)`, float32 in [0, 1] and of the network's size, to scores and decisions.

    Images are normalised inside. The network runs in float32 as it was trained, the score is computed of its outputs in
    float64, as everywhere in oodbench: the scores `(N,)` are float64, and the decisions `(N,)` true for ID. A score
    that is no number is a decision for OOD.
    """

    mean: Tensor
    std: Tensor
    threshold: Tensor

    def __init__(self, network: nn.Module, transform: InputTransform, score: TensorScore) -> None:
        super().__init__()
        self.network, self.score = network, score
        like = torch.empty(0)
        self.register_buffer("mean", transform.per_channel(transform.mean, like))
        self.register_buffer("std", transform.per_channel(transform.std, like))
        self.register_buffer("threshold", torch.tensor(math.nan, dtype=torch.float64))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and decisions of a batch."""
        normalised = (images - self.mean) / self.std
        logits, features, confidence = self.network(normalised.contiguous(memory_format=torch.channels_last))
        trust = None if confidence is None else confidence.double()
        scores = self.score(NetworkOutput(logits.double(), features.double(), trust))
        return scores, scores >= self.threshold


def trace(detector: Detector) -> ExportedProgram:
    """The detector as a program whose threshold is still to be set.

    Raises `BenchError` for a method that has no score in torch, and for a network that cannot be traced.
    """
    transform = detector.checkpoint.transform
    # Weights in the order that a file takes as they are; images in channels-last memory lead to the same kernels.
    network = traceable(detector.checkpoint.build()).requires_grad_(False)
    program = DetectorProgram(network, transform, _score_of(detector.method)).eval()
    example = torch.zeros(EXAMPLES, transform.channels, transform.height, transform.width)
    try:
        with torch.no_grad():
            return torch.export.export(program, (example,), dynamic_shapes=({0: Dim("batch", min=1)},), strict=False)
    except (RuntimeError, ValueError, TypeError, AssertionError) as error:
        raise BenchError(
            f"{detector.checkpoint.network} with {detector.method.name} cannot be traced by torch.export: {error}"
        ) from error


def set_threshold(program: ExportedProgram, threshold: float) -> None:
    """Let a program call images ID whose score is at least `threshold`."""
    program.state_dict["threshold"].fill_(threshold)


def exportable_methods() -> list[str]:
    """The names of all methods that can leave as a program."""
    kinds = ((name, METHODS.get(name)) for name in METHODS.usable())
    return [name for name, kind in kinds if kind.tensor_score is not Method.tensor_score]


def require_exportable(method: Method) -> None:
    """Raise `BenchError` for a method that has no score in torch, fitted or not."""
    if type(method).tensor_score is Method.tensor_score:
        raise BenchError(
            f"{method.name} cannot be exported: it is no function of a network's logits, features and confidence. Keep "
            f"it with bench threshold, or export one of: {', '.join(exportable_methods())}."
        )


def _score_of(method: Method) -> TensorScore:
    require_exportable(method)
    score = method.tensor_score()
    if score is None:
        raise BenchError(
            f"{method.name} cannot be exported with these parameters, by which it looks at maps inside the network: "
            f"{method.parameters()}."
        )
    return score
