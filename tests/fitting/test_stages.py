import numpy as np
import torch

from bench.data.images import ArrayImages
from bench.data.transform import InputTransform
from bench.extraction.extract import extract
from bench.extraction.view import CLEAN
from bench.fitting.stages import StageMeans, StageWidths, stage_columns
from bench.networks.classifier import build_network

TRANSFORM = InputTransform(32, 32, 3, (0.5,) * 3, (0.25,) * 3)


def test_the_averages_of_each_stage_lie_where_the_columns_say() -> None:
    network = build_network("wrn-40-2", 4, seed=3).eval()
    images = ArrayImages(np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8))
    probes = {CLEAN: (StageMeans(), StageWidths())}
    found = extract(network, images, TRANSFORM, [CLEAN], device=torch.device("cpu"), probes=probes)[CLEAN]
    assert found.probed[StageWidths()].tolist() == [[32, 64, 128]] * 5
    assert stage_columns(found) == [slice(0, 32), slice(32, 96), slice(96, 224)]
    assert stage_columns(found, 10) == [slice(0, 320), slice(320, 960), slice(960, 2240)]
    means = found.probed[StageMeans()]
    with torch.no_grad():
        stages, _ = network.forward_stages(TRANSFORM(images.pixels))
    for columns, maps in zip(stage_columns(found), stages, strict=True):
        assert np.allclose(means[:, columns], maps.mean((2, 3)).numpy(), rtol=1e-4, atol=1e-6)
    assert np.allclose(means[:, stage_columns(found)[-1]], found.features, rtol=1e-6)
