"""Brightness."""

from typing import Any

import numpy as np
import pytest

from bench.fitting.data import FitData
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.brightness import scores
from tests.methods.pixel_case import outputs_of, pixel_case, pixels_of, seen_of

METHOD = METHODS.get("brightness")


@pytest.mark.parametrize("channels", [1, 3])
def test_it_is_the_distance_from_the_training_images(channels: int) -> None:
    method = METHOD()
    case = pixel_case(method, channels=channels)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-9)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_its_probe_is_the_mean_of_the_pixels_before_normalisation() -> None:
    pixels = pixels_of(7)
    [probe] = METHOD().probes()
    assert METHOD().fit_probes() == (probe,)
    assert probe(seen_of(pixels)).numpy() == pytest.approx(pixels.numpy().mean((1, 2, 3)), abs=1e-6)


def test_darker_and_brighter_images_score_lower() -> None:
    method: Any = METHOD()
    case = pixel_case(method)
    usual = pixels_of(1) * 0 + method.typical_.mean
    found = [float(method.score(outputs_of(usual + step, method.probes()))[0]) for step in (-0.2, 0.0, 0.2)]
    assert found == pytest.approx([-0.2 / method.typical_.spread, 0, -0.2 / method.typical_.spread], abs=1e-3)
    assert case.data.train.probed


def test_training_images_of_one_brightness_leave_the_unit_of_the_pixels() -> None:
    pixels = pixels_of(5) * 0 + 0.5
    method = METHOD()
    method.fit(FitData(given_train=outputs_of(pixels, method.fit_probes())))
    assert np.allclose(method.score(outputs_of(pixels + 0.25, method.probes())), -0.25, atol=1e-5)
