"""A random number per image: what chance gives."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bench.citation import Citation
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe, Seen
from bench.method_contract import Method, Scores, method
from bench.seeds import derived_seed

from .compression_size import eight_bit


@dataclass(frozen=True)
class Fingerprint(Probe):
    """96 bits of the SHA-256 of each image's 8-bit pixels, as six whole numbers below 2^16 `(B, 6)`."""

    def __call__(self, seen: Seen) -> Tensor:
        """The fingerprint of each image; float32 holds such numbers exactly."""
        digests = b"".join(hashlib.sha256(image.tobytes()).digest()[:12] for image in eight_bit(seen.pixels))
        return torch.from_numpy(np.frombuffer(digests, ">u2").reshape(-1, 6).astype(np.float32))


@method("random")
class Random(Method):
    """A uniform random number that the image's pixels and a seed determine.

    The score is in [0, 1), the hash of the image's pixels rounded to 8 bits and of the seed: it is the same wherever
    and in whatever company the image is scored, and equal images tie. Its AUROC is 0.5 up to chance, so it shows how
    far from 0.5 chance alone gets with that many images.

    Args:
        seed: another one gives other numbers.
    """

    citation = Citation(
        title="An introduction to ROC analysis",
        authors="Tom Fawcett",
        year=2006,
        venue="Pattern Recognition Letters 27(8)",
        url="https://doi.org/10.1016/j.patrec.2005.10.010",
        where="random performance",
    )
    equation = "hash(seed, pixels)"
    group = "baselines"
    objective = None

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed

    def probes(self) -> tuple[Probe, ...]:
        """The images' fingerprints."""
        return (Fingerprint(),)

    def score(self, outputs: Outputs) -> Scores:
        """A number in [0, 1) for each image `(N,)`."""
        key = derived_seed(self.seed, "random").to_bytes(8, "big")
        rows = outputs.probed[Fingerprint()].astype(">u2")
        hashes = b"".join(hashlib.blake2b(row.tobytes(), digest_size=8, key=key).digest() for row in rows)
        return (np.frombuffer(hashes, ">u8") >> np.uint64(11)).astype(np.float64) / 2.0**53
