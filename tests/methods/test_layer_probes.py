"""What must hold for the probes of the methods that look between the stages, on every kind of network."""

from typing import Any

import numpy as np
import pytest
import torch

from bench.data.images import ArrayImages
from bench.data.transform import InputTransform
from bench.extraction.extract import extract
from bench.extraction.options import PassOptions
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe, Seen
from bench.extraction.view import CLEAN
from bench.method_contract import METHODS
from bench.networks.classifier import build_network

NETWORKS = ("convnet", "densenet-bc-100-12", "resnet18", "resnet20", "vgg13", "wrn-16-8")
TRANSFORM = InputTransform(32, 32, 3, (0.5,) * 3, (0.25,) * 3)


def probes() -> dict[str, Probe]:
    methods: dict[str, Any] = {name: METHODS.get(name) for name in ("gram", "mahalanobis-ensemble", "nac", "rankfeat")}
    return {
        "gram": methods["gram"]().fit_probes()[0],
        "widths": methods["gram"]().fit_probes()[1],
        "means": methods["mahalanobis-ensemble"]().probes()[0],
        "nac last": methods["nac"]().probes()[0],
        "nac all": methods["nac"](layers="all").probes()[0],
        "rankfeat last": methods["rankfeat"](block="last").probes()[0],
        "rankfeat previous": methods["rankfeat"](block="previous").probes()[0],
    }


@pytest.mark.parametrize("name", NETWORKS)
def test_a_row_depends_on_its_image_alone_and_the_maps_stay_as_they_were(name: str) -> None:
    network = build_network(name, 4, seed=3).eval()
    images = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))

    def see(part: torch.Tensor) -> Seen:
        with torch.no_grad():
            stages, output = network.forward_stages(part)
        return Seen(part, TRANSFORM, network, output, stages)

    together, alone = see(images), [see(image[None]) for image in images]
    before = [maps.clone() for maps in together.stages]
    for what, probe in probes().items():
        with torch.no_grad():
            rows = probe(together)
            one_by_one = torch.cat([probe(one) for one in alone])
        assert rows.dtype == torch.float32
        assert not rows.requires_grad
        scale = rows.abs().max()
        # Convolutions of one image and of three may round differently, and gradients add that up over all layers.
        assert torch.allclose(rows, one_by_one, rtol=1e-3, atol=(2e-3 if "nac" in what else 1e-5) * float(scale)), what
    for maps, former in zip(together.stages, before, strict=True):
        assert torch.equal(maps, former)
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_pass_in_any_precision_and_batch_size_sees_the_same(precision: Any) -> None:
    network = build_network("resnet20", 4, seed=3)
    images = ArrayImages(np.random.default_rng(0).integers(0, 256, (11, 32, 32, 3), dtype=np.uint8))
    wanted = {CLEAN: tuple(probes().values())}

    def see(options: PassOptions) -> Outputs:
        return extract(network, images, TRANSFORM, [CLEAN], device=torch.device("cpu"), probes=wanted, options=options)[
            CLEAN
        ]

    plain, other = see(PassOptions()), see(PassOptions(precision=precision, batch_size=4))
    for what, probe in probes().items():
        one, two = plain.probed[probe].ravel(), other.probed[probe].ravel()
        assert np.corrcoef(one, two)[0, 1] > (0.999999 if precision == "fp32" else 0.9), what
