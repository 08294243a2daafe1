"""AdaSCALE-L (Regmi 2025): logits scaled the more, the less a perturbation of the image shifts the activations."""

from __future__ import annotations

import numpy as np

from bench.extraction.outputs import Outputs
from bench.logits import Doubles
from bench.method_contract import method

from .adascale_a import AdaSCALE


@method("adascale-l")
class AdaSCALEL(AdaSCALE):
    """The energy of logits that are scaled adaptively: strongly where a small perturbation hardly shifts activations.

    The score is log sum_k exp(r^2 z_k) with the logits z and the ratio r of `adascale-a`, where the perturbation, the
    ratio, and what differs elsewhere are described.

    Args:
        p_min: percentile for the images that look least in-distribution, in [0, 99.5]; the author's fixed 60.
        p_max: percentile for those that look most so; to be tuned for each network, from 65 to 99.
        k1: share of the largest activations whose shifts are summed, in [0, 1]; 0.01 in the paper.
        k2: share of the largest activations whose perturbed values are summed; 0.05 in the paper.
        lam: weight of the shifts, the paper's lambda, 10.
        share: share of the image's values that is moved, the paper's o, 0.05.
        epsilon: length of the step, 0.5 in the paper.
        unit: `normalized`, the network's input, as in the author's code; or `raw`, pixel values in [0, 1].
    """

    equation = "log Σ_k exp(r² z_k) with r = Σ_d h_d / Σ_{h_d > P_p(h)} h_d, p = p_min + (1 - F(Q'))(p_max - p_min)"
    needs = frozenset({"features", "gradients", "training"})

    def scaled(self, outputs: Outputs, block: slice, ratio: Doubles) -> Doubles:
        """The logits times r squared."""
        return outputs.logits[block].astype(np.float64) * ratio[:, None] ** 2
