"""Every conformance check, by what it is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import (
    dataset_facts,
    dataset_images,
    method_facts,
    method_learning,
    method_passes,
    method_scores,
    method_surroundings,
    network_outputs,
    network_weights,
)
from .check import Check

CHECKS: Mapping[str, tuple[Check[Any], ...]] = {
    "method": (
        *method_facts.CHECKS,
        *method_scores.CHECKS,
        *method_learning.CHECKS,
        *method_surroundings.CHECKS,
        *method_passes.CHECKS,
    ),
    "dataset": (*dataset_facts.CHECKS, *dataset_images.CHECKS),
    "network": (*network_weights.CHECKS, *network_outputs.CHECKS),
}
"""The checks of methods, data sets and networks, in the order in which they are run and printed."""
