"""Exported detectors decide as the suite does on 1,000 images, in a process that has only torch."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import numpy as np
import torch

from bench.data.images import ArrayImages
from bench.detector import Detector
from bench.export.write import export_detector
from tests.export.conftest import TRANSFORM, validation

METHODS = ["msp", "energy", "confidence", "knn", "mahalanobis", "vim"]
TOLERANCE = 1e-5
"""Of the range of the scores: other batches are summed in another order, in float32."""


def required(name: str, found: set[str]) -> set[str]:
    """The distributions that one requires, with those that these require; extras are left out."""
    found.add(re.sub(r"[-_.]+", "-", name).lower())
    try:
        wanted = [one for one in requires(name) or [] if "extra ==" not in one]
    except PackageNotFoundError:  # a requirement for another platform
        return found
    for one in wanted:
        distribution = re.split(r"[^\w.-]", one, maxsplit=1)[0]
        if re.sub(r"[-_.]+", "-", distribution).lower() not in found:
            required(distribution, found)
    return found


def importable_beside_torch() -> Iterator[str]:
    """The names by which torch and what it requires are imported."""
    distributions = required("torch", set())
    for name, owners in packages_distributions().items():
        if any(re.sub(r"[-_.]+", "-", owner).lower() in distributions for owner in owners):
            yield name


def test_decisions_are_equal_where_only_torch_is(
    detector_of: Callable[[str], Detector], thousand: ArrayImages, tmp_path: Path
) -> None:
    allowed = sorted(set(importable_beside_torch()) - {"triton"})  # which torch has for GPUs only
    assert "torch" in allowed
    assert not {"numpy", "bench"} & set(allowed)
    detectors = {name: detector_of(name) for name in METHODS}
    for name, detector in detectors.items():
        export_detector(detector, validation(), tmp_path / f"{name}.pt2")
    torch.save(TRANSFORM.to_unit(thousand.pixels), tmp_path / "images.pt")
    site = str(Path(torch.__file__).parents[1])
    request = json.dumps({"allowed": allowed, "site": site, "methods": METHODS, "batches": [256, 7]})
    script = Path(__file__).with_name("only_torch.py")
    ran = subprocess.run(
        [sys.executable, "-I", "-S", str(script), str(tmp_path), request], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    for (name, detector), batch in itertools.product(detectors.items(), (256, 7)):
        suite, found = detector.decide(thousand), torch.load(tmp_path / f"{name}-{batch}.out", weights_only=True)
        assert np.array_equal(found["is_id"].numpy(), suite.is_id), name
        assert 5 < suite.is_id.sum() < 995, name
        tolerance = TOLERANCE * np.ptp(suite.scores)
        np.testing.assert_allclose(found["scores"].numpy(), suite.scores, rtol=0, atol=tolerance)
