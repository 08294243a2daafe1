"""Total variation."""

import numpy as np
import pytest
import torch

from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.total_variation import scores
from tests.methods.pixel_case import outputs_of, pixel_case, pixels_of, seen_of

METHOD = METHODS.get("total-variation")


@pytest.mark.parametrize("two_sided", METHOD.search["two_sided"])
@pytest.mark.parametrize("channels", [1, 3])
def test_it_is_the_distance_from_the_training_images(two_sided: bool, channels: int) -> None:
    method = METHOD(two_sided=two_sided)
    case = pixel_case(method, channels=channels)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-9)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_its_probe_is_the_mean_difference_of_neighbours() -> None:
    pixels = pixels_of(6)
    [probe] = METHOD().probes()
    found = probe(seen_of(pixels)).numpy()
    for image, value in zip(pixels.numpy().astype(np.float64), found, strict=True):
        steps = np.concatenate([np.abs(np.diff(image, axis=axis)).ravel() for axis in (1, 2)])
        assert value == pytest.approx(steps.mean(), rel=1e-4)


def test_a_single_pixel_or_line_has_what_neighbours_it_has() -> None:
    [probe] = METHOD().probes()
    assert probe(seen_of(torch.full((2, 3, 1, 1), 0.4))).tolist() == [0, 0]
    line = torch.tensor([0.0, 0.5, 0.25]).view(1, 1, 1, 3)
    assert probe(seen_of(line)).item() == pytest.approx(0.375)


def test_one_sided_smooth_images_score_above_all_others() -> None:
    smooth = torch.full((3, 3, 10, 12), 0.5)
    for two_sided, lowest in ((True, True), (False, False)):
        method = METHOD(two_sided=two_sided)
        case = pixel_case(method)
        found = method.score(outputs_of(smooth, method.probes()))
        assert np.all(found < method.score(case.id).min()) == lowest
        assert np.all(found > method.score(case.id).max()) != lowest
