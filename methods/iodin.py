"""i-ODIN (Regmi 2024): ODIN whose step moves the most influential input value alone."""

from __future__ import annotations

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.extraction.view import Unit, View, checked_unit
from bench.logits import log_max_softmax
from bench.method_contract import Method, Scores, method

from .odin import PredictedClassLoss


@method("iodin")
class IODIN(Method):
    """The largest softmax probability at a high temperature, after moving the one input value that matters most.

    With g = d CE(f(x) / T, predicted class) / d x: x'_i = x_i - epsilon sign(g_i) where abs(g_i) is largest, and
    x'_i = x_i elsewhere; the score is log max_k softmax(f(x') / T)_k. An input value is one channel of one pixel; of
    values with equal gradients the first one is moved.

    The definition is that of the author's released code, which OpenOOD took over: gradients are compared in the
    network's normalised input, and then the step is divided by the channel's standard deviation. With `share` 1 it is
    ODIN. No other library has it.

    Args:
        temperature: T, 1000 in the author's configuration, which tries 1, 10, 100 and 1000.
        epsilon: length of the step; 0.0014 in the author's configuration, which tries 0.0014 and 0.0028.
        unit: `raw`, pixel values in [0, 1], as in the author's code; or `normalized`, the network's input.
        share: the share of the input values that is moved, in [0, 1], rounded down, but one value at least: 0 moves
            the one with the largest gradient alone. The author's code names the extension and leaves it at one value.
    """

    citation = Citation(
        title="Going Beyond Conventional OOD Detection",
        authors="Sudarshan Regmi",
        year=2024,
        venue="arXiv",
        url="https://arxiv.org/abs/2411.10794v1",
        where="i-ODIN, as defined by the released code",
    )
    equation = (
        "log max_k softmax(f(x') / T)_k with x'_i = x_i - ε sign(g_i) for i = argmax |g| only, g = ∇ₓ CE(f(x) / T)"
    )
    group = "inputs"
    needs = frozenset({"gradients"})
    search = {"temperature": (1.0, 10.0, 100.0, 1000.0), "epsilon": (0.0014, 0.0028)}  # noqa: RUF012 - read-only

    def __init__(
        self, *, temperature: float = 1000.0, epsilon: float = 0.0014, unit: Unit = "raw", share: float = 0.0
    ) -> None:
        if not temperature > 0:
            raise BenchError(f"iodin: temperature must be positive, got {temperature}.")
        if not 0 <= share <= 1:
            raise BenchError(f"iodin: share must be between 0 and 1, got {share}.")
        self.temperature, self.epsilon, self.share = temperature, epsilon, share
        self.unit: Unit = checked_unit(unit)

    def view(self) -> View:
        """The step of the most influential values towards the predicted class."""
        return View(PredictedClassLoss(self.temperature), self.epsilon, self.unit, self.share, "largest")

    def score(self, outputs: Outputs) -> Scores:
        """Log of the largest softmax probability at the temperature `(N,)`."""
        return log_max_softmax(outputs.logits, self.temperature)
