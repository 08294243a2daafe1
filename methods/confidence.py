"""Learned confidence (DeVries & Taylor 2018): the training objective and the score."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.method_contract import Method, Scores, TensorScore, method
from bench.networks.classifier import NetworkOutput
from bench.training.objective import Objective, objective

TINY = 1e-12

DEVRIES_2018 = Citation(
    title="Learning Confidence for Out-of-Distribution Detection in Neural Networks",
    authors="Terrance DeVries, Graham W. Taylor",
    year=2018,
    venue="arXiv",
    url="https://arxiv.org/abs/1802.04865",
)


@method("confidence")
class Confidence(Method):
    """The learned confidence: what the network's confidence branch says of an image.

    An image is called OOD when its confidence is below a threshold delta, else ID. (The paper's g(x; delta) calls
    OOD what is at most delta; `bench.detector` tells why delta itself is ID here.) The score is the confidence, in
    (0, 1), computed in float64 from the branch's logit. It needs a network trained with the objective
    `learned-confidence`.
    """

    citation = DEVRIES_2018
    objective = "learned-confidence"
    equation = "c(x), the sigmoid of the confidence branch"
    group = "confidence"
    needs = frozenset({"confidence"})

    def score(self, outputs: Outputs) -> Scores:
        """The confidence of each image `(N,)` in (0, 1)."""
        return outputs.confidence

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""

        def score(output: NetworkOutput) -> Tensor:
            assert output.confidence_logit is not None
            return output.confidence_logit.sigmoid()

        return score

    def probability(self, scores: Scores) -> Scores:
        """The confidence itself."""
        return scores


@objective("learned-confidence")
class LearnedConfidence(Objective):
    """Cross-entropy on predictions that may buy hints, plus the price of the hints, held to a budget.

    With p the softmax, c the confidence, y the one-hot label and b a fair coin per image:
    c' = c b + (1 - b); p' = c' p + (1 - c') y; loss = mean(-log p'_label) + lambda mean(-log c).
    Lambda starts at 0.1 and after each step is divided by 1.01 when mean(-log c) is below the budget, else by 0.99.
    A training's log has mean(-log c) as `price` and lambda after the epoch as `lambda`.

    Args:
        budget: the value that mean(-log c) is steered to (the paper's beta, 0.3).
        hints: the probability that an image of the batch may buy a hint (the paper's 0.5).
    """

    confidence_branch = True

    def __init__(self, *, budget: float = 0.3, hints: float = 0.5) -> None:
        super().__init__()
        if budget <= 0 or not 0 <= hints <= 1:
            raise BenchError(
                f"learned-confidence: the budget must be above 0 and hints between 0 and 1, got {budget} and {hints}."
            )
        self.budget, self.hints = budget, hints
        self.state["lambda"] = torch.tensor(0.1)

    def parameters(self) -> dict[str, float]:
        """The budget and the share of hints."""
        return {"budget": self.budget, "hints": self.hints}

    def loss(self, output: NetworkOutput, labels: Tensor, generator: torch.Generator) -> Tensor:
        """The loss of one batch; lambda is updated for the next one."""
        assert output.confidence_logit is not None
        p = _at_least_single(output.logits).softmax(1).clamp(TINY, 1 - TINY)
        c = _at_least_single(output.confidence_logit).sigmoid().clamp(TINY, 1 - TINY)
        asked = (torch.rand(len(c), generator=generator) < self.hints).to(c.device)
        paid = torch.where(asked, c, 1.0)
        right = p.gather(1, labels[:, None]).squeeze(1)
        task = -(paid * right + (1 - paid)).log().mean()
        price = -c.log().mean()
        self.measured["price"] = price.detach()
        price_weight = self.state["lambda"].to(c.device)
        shrink = torch.where(price.detach() < self.budget, 1.01, 0.99)
        self.state["lambda"] = price_weight / shrink
        return task + price_weight * price


def _at_least_single(logits: Tensor) -> Tensor:
    """The logits in float32, or in float64 where they are, so that the loss can be held to its definition."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))
