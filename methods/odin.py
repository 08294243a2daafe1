"""ODIN (Liang et al. 2018): temperature scaling and a small step that raises the largest softmax probability."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.extraction.view import InputLoss, Unit, View, checked_unit
from bench.logits import log_max_softmax
from bench.method_contract import Method, Scores, method
from bench.networks.classifier import NetworkOutput


@dataclass(frozen=True)
class PredictedClassLoss(InputLoss):
    """Cross-entropy of logits / temperature against the predicted class."""

    temperature: float

    def __call__(self, output: NetworkOutput) -> Tensor:
        """The loss of each image `(N,)`."""
        logits = output.logits.float()
        return F.cross_entropy(logits / self.temperature, logits.argmax(1), reduction="none")


@method("odin")
class ODIN(Method):
    """The largest softmax probability at a high temperature, after moving the image towards its predicted class.

    x' = x - epsilon sign(d CE(f(x) / T, predicted class) / d x); the score is log max_k softmax(f(x') / T)_k.

    The paper chooses T among 1, 2, 5, 10, 20, 50, 100, 200, 500 and 1000, and epsilon among 21 even steps from 0 to
    0.004, both on held-out images of the OOD set; it finds T = 1000 best throughout, which its code then fixes, while
    DeVries & Taylor tune both for each set. Tuning here tries all of the steps and T = 1, 10 and 1000: each T has a
    gradient of its own, and from 100 on images are ranked all but alike. That is 63 forward passes over the tuning
    images and 3 backward ones; without outliers it is epsilon alone, since scores of different T do not compare.

    pytorch-ood computes the same, of the negated probability in float32, whose epsilon of 0.0014 is in the network's
    input unless it is told the deviations that images were divided by; OpenOOD divides by them. oodeel takes 0.014 in
    the network's input. detectors does not move images unless told to, and then raises the predicted class's logit
    alone, without the softmax that the others' step also sees.

    Args:
        temperature: T, 1000 in the paper.
        epsilon: length of the step. Its unit is `unit`: `raw` is pixel values in [0, 1], as in ODIN's code, whose
            0.0014 was chosen for DenseNet-BC on CIFAR-10; `normalized` is the network's input, as in DeVries &
            Taylor's code. On CIFAR-10 the two differ by a factor of about 4.
        unit: `raw` or `normalized`.
    """

    citation = Citation(
        title="Enhancing The Reliability of Out-of-distribution Image Detection in Neural Networks",
        authors="Shiyu Liang, Yixuan Li, R. Srikant",
        year=2018,
        venue="ICLR",
        url="https://arxiv.org/abs/1706.02690",
        where="equations 1 and 2",
    )
    equation = "log max_k softmax(f(x') / T)_k with x' = x - ε sign(∇ₓ CE(f(x) / T, argmax f(x)))"
    group = "inputs"
    needs = frozenset({"gradients"})
    search = {  # noqa: RUF012 - read-only by contract
        "temperature": (1.0, 10.0, 1000.0),
        "epsilon": tuple(round(0.0002 * step, 4) for step in range(21)),
    }

    def __init__(self, *, temperature: float = 1000.0, epsilon: float = 0.0014, unit: Unit = "raw") -> None:
        if temperature <= 0:
            raise BenchError(f"odin: temperature must be positive, got {temperature}.")
        self.temperature, self.epsilon = temperature, epsilon
        self.unit: Unit = checked_unit(unit)

    def view(self) -> View:
        """The step towards the predicted class."""
        return View(PredictedClassLoss(self.temperature), self.epsilon, self.unit)

    def score(self, outputs: Outputs) -> Scores:
        """Log of the largest softmax probability at the temperature `(N,)`."""
        return log_max_softmax(outputs.logits, self.temperature)
