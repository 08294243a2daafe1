"""Extraction in memory: one pass, all of whose outputs are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import nn

from bench.data.images import Images
from bench.data.transform import InputTransform

from .options import PassOptions
from .outputs import Outputs
from .passing import Pass, Piece
from .probe import Probe
from .took import Took
from .view import View


def extract(
    model: nn.Module,
    images: Images,
    transform: InputTransform,
    views: Sequence[View],
    *,
    device: torch.device,
    probes: Mapping[View, Sequence[Probe]] | None = None,
    options: PassOptions | None = None,
    after_batch: Callable[[int], None] = lambda done: None,
) -> dict[View, Outputs]:
    """The outputs of `model` (returning `NetworkOutput`) for each view of `images`, with what the `probes` of it see.

    Gradients are taken with respect to images and maps only: the network's mode, buffers, parameters and `.grad` stay
    as they were. `after_batch` is told how many images are done.
    """
    wanted = {view: tuple((probes or {}).get(view, ())) for view in views}
    pieces: dict[View, list[Piece]] = {view: [] for view in wanted}
    for done, found in Pass(model, transform, wanted, device, options or PassOptions()).batches(images):
        for view, piece in found.items():
            pieces[view].append(piece)
        after_batch(done)
    return {view: _joined(parts, images) for view, parts in pieces.items()}


def _joined(parts: list[Piece], images: Images) -> Outputs:
    arrays = {name: np.concatenate([part.arrays[name] for part in parts]) for name in parts[0].arrays}
    took = {name: Took(sum(part.seconds[name] for part in parts)) for name in parts[0].seconds}
    return Outputs.of(arrays, images.labels, took)
