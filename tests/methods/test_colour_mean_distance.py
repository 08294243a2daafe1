"""The distance of the mean colour."""

import numpy as np
import pytest

from bench.fitting.data import FitData
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.colour_mean_distance import scores
from tests.methods.pixel_case import outputs_of, pixel_case, pixels_of, seen_of

METHOD = METHODS.get("colour-mean-distance")


@pytest.mark.parametrize("channels", [1, 3])
def test_it_is_the_mahalanobis_distance(channels: int) -> None:
    method = METHOD()
    case = pixel_case(method, channels=channels)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-9)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_with_one_channel_it_is_brightness() -> None:
    other = METHODS.get("brightness")()
    expected = other.score(pixel_case(other, channels=1).id)
    method = METHOD()
    assert method.score(pixel_case(method, channels=1).id) == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_its_probe_is_the_mean_of_each_channel_before_normalisation() -> None:
    pixels = pixels_of(7)
    [probe] = METHOD().probes()
    assert METHOD().fit_probes() == (probe,)
    assert probe(seen_of(pixels)).numpy() == pytest.approx(pixels.numpy().mean((2, 3)), abs=1e-6)


def test_colour_is_far_from_grey_training_images_in_three_channels() -> None:
    grey = pixels_of(100, channels=1).expand(-1, 3, -1, -1)
    method = METHOD()
    method.fit(FitData(given_train=outputs_of(grey, method.fit_probes())))
    coloured = grey[:20].clone()
    coloured[:, 0] += 0.1
    found = [method.score(outputs_of(pixels, method.probes())) for pixels in (grey[:20], coloured)]
    assert np.isfinite(found[0]).all()
    assert found[0].min() > -5
    assert found[1].max() < -10
