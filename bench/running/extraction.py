"""Extraction for one network under test: views and probes of methods united, each data set passed once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import log_softmax, logsumexp

from bench.data.images import Images
from bench.errors import BenchError
from bench.extraction.cache import extract_cached
from bench.extraction.options import PassOptions
from bench.extraction.outputs import Name, Outputs
from bench.extraction.passing import Wanted
from bench.extraction.probe import Probe
from bench.extraction.took import UNKNOWN, Took
from bench.extraction.view import CLEAN, View
from bench.method_contract import Method

from .network import TestedNetwork

Found = Mapping[View, Outputs]


@dataclass(frozen=True)
class Extractor:
    """Runs one network over data sets, or finds what it said of them."""

    network: TestedNetwork
    device: torch.device
    options: PassOptions = field(default_factory=PassOptions)

    def __call__(self, images: Images, wanted: Wanted, label: str) -> Found:
        """The outputs of every wanted view; `label` says in the progress what these images are.

        Raises `BenchError` where the logits are no numbers, so that no method has to answer for them.
        """
        if self.network.members:
            return {CLEAN: self._ensemble(images, label)}
        return self._extract(self.network, images, wanted, label)

    def _extract(self, network: TestedNetwork, images: Images, wanted: Wanted, label: str) -> Found:
        found = extract_cached(
            network.model,
            network.weights_hash,
            images,
            network.transform,
            wanted,
            device=self.device,
            label=f"Extracting {label} with {network.name}",
            options=self.options,
        )
        require_finite(found[CLEAN].logits, f"{network.name} gives", label)
        return found

    def _ensemble(self, images: Images, label: str) -> Outputs:
        """The logarithm of the members' mean softmax as logits, in float64's precision where it is near 0.

        What all methods share is one member's forward pass, so those of the others count as the ensemble's own.
        """
        found = [self._extract(member, images, {CLEAN: ()}, label)[CLEAN] for member in self.network.members]
        started = time.perf_counter()
        each = [log_softmax(one.logits.astype(np.float64), axis=1) for one in found]
        mean = (logsumexp(each, axis=0) - np.log(len(each))).astype(np.float32)
        further = [one.took.get("forward", UNKNOWN) for one in found[1:]]
        took: dict[Name, Took] = {"logits": sum(further, start=Took(time.perf_counter() - started))}
        return Outputs(mean, np.empty((len(images), 0), np.float32), labels=images.labels, took=took)


def require_finite(logits: NDArray[np.float32], whose: str, label: str) -> None:
    """Raise `BenchError` that names the first of the images `label` whose largest logit is NaN or infinite.

    Minus infinity beside finite logits is no mistake: it is how a model rules classes out.
    """
    if logits.shape[1] == 0:
        return
    largest = logits.max(axis=1)
    bad = ~np.isfinite(largest)
    if bad.any():
        first = int(bad.argmax())
        raise BenchError(
            f"{whose} logits that are not finite: {largest[first]} for image {first} of {label} (the first of "
            f"{int(bad.sum()):,} among {len(bad):,}). Look for weights that are not finite, or another normalisation "
            "than the network was trained with."
        )


def wanted_by(methods: Iterable[Method]) -> dict[View, tuple[Probe, ...]]:
    """The views and probes of all methods, which are fitted, united; the plain view is always among them."""
    wanted: dict[View, dict[Probe, None]] = {CLEAN: {}}
    for method in methods:
        wanted.setdefault(method.view(), {}).update(dict.fromkeys(method.probes()))
        for view in method.further_views():
            wanted.setdefault(view, {})
    return {view: tuple(probes) for view, probes in wanted.items()}


def seen_by(method: Method, found: Found) -> Outputs:
    """What `method` scores: the outputs of its view with those of its further views beside, and no labels."""
    views = method.further_views()
    return replace(found[method.view()], labels=None, beside={view: found[view] for view in views})
