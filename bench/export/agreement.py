"""The threshold of a program, set so that it decides as the suite does, and the proof of that on the validation images.

A program's scores may differ from the suite's in their last bits, as network passes do between batch sizes, and the
suite's threshold is the score of one image. So the program's threshold lies a little below its own score of that image:
by a few times what the scores were seen to differ, and never by more than half the way to the next lower image.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.method_contract import Scores

SAFETY = 10.0
"""How many times the largest difference seen on the validation images a difference may be elsewhere."""

LEAST = 1e-6
"""The least slack, as a share of the range of the scores; no differences seen means none on this machine."""


def program_threshold(scores: Scores, is_id: NDArray[np.bool_], suite_scores: Scores) -> float:
    """The threshold for a program with `scores` `(n,)` of images which the suite decides on by `is_id` and scores so.

    Raises `BenchError` where no threshold separates the images as the suite does.
    """
    lowest = float(scores[is_id].min(initial=np.inf))
    highest = float(scores[~is_id].max(initial=-np.inf))
    if not highest < lowest:
        raise BenchError(
            "The scores of two validation images lie so close to the threshold that the exported program ranks them "
            f"the other way round ({lowest!r} and {highest!r}). Choose a slightly different --tpr."
        )
    slack = max(SAFETY * float(np.abs(scores - suite_scores).max()), LEAST * float(np.ptp(scores)))
    return lowest - min(slack, (lowest - highest) / 2)
