"""RankFeat by a singular value decomposition of each image's maps, from the network's input in float64."""

from typing import Any

import numpy as np
import torch

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from tests.methods.raw_maps import network_and_input


@torch.no_grad()
def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    del data
    network, images = network_and_input(outputs)
    found = []
    for image in images:
        stages, _ = network.forward_stages(image[None])
        logits = []
        for block, number in (("last", len(stages) - 1), ("previous", len(stages) - 2)):
            matrix = stages[number][0].flatten(1).numpy()
            u, s, v = np.linalg.svd(matrix, full_matrices=False)
            edited = torch.from_numpy(matrix - s[0] * np.outer(u[:, 0], v[0])).reshape(stages[number].shape)
            if method.block in {block, "both"}:
                logits.append(network.resume(edited, number + 1).logits[0])
        found.append(float(torch.stack(logits).mean(0).logsumexp(0)))
    return found
