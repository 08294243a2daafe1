"""Every random number has an address: generators made from a seed and words that say what for."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def derived_seed(seed: int, *purpose: str | int) -> int:
    """A 63-bit seed that depends on `seed` and on each word of `purpose`, the same on every machine."""
    text = "/".join(str(word) for word in (seed, *purpose))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def torch_generator(seed: int, *purpose: str | int) -> torch.Generator:
    """A CPU generator for one purpose; the global random state is neither read nor changed."""
    import torch

    return torch.Generator().manual_seed(derived_seed(seed, *purpose))
