"""The maps between a network's stages as one row per image, and which of its columns belong to which stage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe, Seen


@dataclass(frozen=True)
class StageWidths(Probe):
    """The number of channels of each of the S stages `(B, S)`, the same for every image.

    It says how the rows of other probes are laid out, which `fit` cannot learn from the rows alone.
    """

    stages = True

    def __call__(self, seen: Seen) -> Tensor:
        """The widths of the maps, first stage first."""
        widths = torch.tensor([float(maps.shape[1]) for maps in seen.stages], device=seen.images.device)
        return widths.expand(len(seen.images), -1)


@dataclass(frozen=True)
class StageMeans(Probe):
    """The average over the pixels of every channel `(B, C_1 + … + C_S)`, stage by stage."""

    stages = True

    def __call__(self, seen: Seen) -> Tensor:
        """The averages, in float32 whatever the pass runs in."""
        return torch.cat([maps.float().mean((2, 3)) for maps in seen.stages], 1)


def stage_columns(outputs: Outputs, per_channel: int = 1) -> list[slice]:
    """The columns of each stage in rows with `per_channel` numbers per channel; `StageWidths` must have been probed."""
    widths = outputs.probed[StageWidths()][0].astype(np.int64) * per_channel
    ends = np.cumsum(widths)
    return [slice(int(end - width), int(end)) for end, width in zip(ends, widths, strict=True)]
