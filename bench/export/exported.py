"""A detector that is one program: what `bench export` writes and `bench detect` runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from bench.data.images import Images
from bench.data.transform import InputTransform
from bench.detector import Decision
from bench.errors import BenchError
from bench.extraction.options import PassOptions
from bench.method_contract import Scores
from bench.metrics.inputs import score_array

Run = Callable[[Tensor], tuple[Scores, NDArray[np.bool_]]]
"""A program: from images `(N, C, H, W)` in [0, 1] to scores `(N,)` and decisions `(N,)`, true for ID."""


@dataclass(frozen=True, eq=False)
class ExportedDetector:
    """A program `run`, and what is known of it as plain data."""

    run: Run
    description: dict[str, Any]

    @cached_property
    def transform(self) -> InputTransform:
        """What makes the program's input of pixels; its normalisation is inside the program."""
        return InputTransform.from_dict(self.description["transform"])

    @property
    def method_name(self) -> str:
        """The name of the scoring method."""
        name: str = self.description["method"]
        return name

    @property
    def threshold(self) -> float:
        """The smallest score of an image that is called ID."""
        threshold: float = self.description["threshold"]
        return threshold

    def decide(self, images: Images) -> Decision:
        """Score `images`, resized as the transform says, and say which are ID, as the program does.

        Raises `BenchError` when there are none, `NonFiniteScoresError` for a score that is not a finite number.
        """
        scores, is_id = run_over(self.run, images, self.transform)
        return Decision(score_array(scores, f"scores of {self.method_name}"), is_id)


def run_over(run: Run, images: Images, transform: InputTransform) -> tuple[Scores, NDArray[np.bool_]]:
    """What a program says of all `images`, batch by batch."""
    if len(images) == 0:
        raise BenchError("There are no images to score.")
    size = PassOptions().batch_size
    starts = range(0, len(images), size)
    batches = (images.read(np.arange(start, min(start + size, len(images)))) for start in starts)
    found = [run(transform.to_unit(pixels)) for pixels in batches]
    scores, is_id = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return scores, is_id
