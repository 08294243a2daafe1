"""Input transforms of other libraries: ours make of real photographs what theirs make, to less than a grey level."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_images
from torch import Tensor
from torchvision import models

from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.zoo.given_transform import as_input_transform
from bench.zoo.same_input import Preprocess, require_same_input
from bench.zoo.timm_network import transform_of_timm
from bench.zoo.torchvision_network import transform_of_torchvision
from bench.zoo.transformers_network import transform_of_transformers

timm: Any = pytest.importorskip("timm")
transformers: Any = pytest.importorskip("transformers")

MEAN, MOST = 0.35, 1.5
"""Grey levels of 256, on average and of all but a thousandth of the values, by which photographs may differ.

Measured: 0.31 and 1.0. Theirs are rounded to whole levels after each of two directions, ours not at all.
"""


@pytest.fixture(scope="module")
def photographs() -> list[NDArray[np.uint8]]:
    """A lying and a standing photograph of odd sides, and a small one."""
    first, second = load_sample_images().images
    return [first[:421, :633], second[:, 100:401], first[200:248:2, 300:370:2]]


def levels(ours: Tensor, theirs: Tensor, std: tuple[float, ...]) -> tuple[float, float]:
    assert ours.shape == theirs.shape
    found = ((ours - theirs) * torch.tensor(std).view(-1, 1, 1) * 255).abs().flatten()
    return float(found.mean()), float(np.quantile(found.numpy(), 0.999))


def assert_same(transform: InputTransform, preprocess: Preprocess, photographs: list[NDArray[np.uint8]]) -> None:
    for pixels in photographs:
        theirs = preprocess(Image.fromarray(pixels))
        mean, most = levels(transform([pixels])[0], theirs, transform.std)
        assert mean < MEAN
        assert most < MOST


TIMM = [
    "resnet18.a1_in1k",
    "vit_tiny_patch16_224.augreg_in21k_ft_in1k",
    "vit_base_patch32_clip_448.laion2b_ft_in12k_in1k",
    "deit3_small_patch16_384.fb_in22k_ft_in1k",
    "nfnet_l0.ra2_in1k",
    "inception_v3.tv_in1k",
]


@pytest.mark.parametrize("name", TIMM)
def test_timms(name: str, photographs: list[NDArray[np.uint8]]) -> None:
    config = timm.data.resolve_data_config(pretrained_cfg=timm.get_pretrained_cfg(name).to_dict())
    transform = transform_of_timm(config)
    assert transform == as_input_transform(config)
    assert_same(transform, timm.data.create_transform(**config, is_training=False), photographs)


def test_timm_may_squash(photographs: list[NDArray[np.uint8]]) -> None:
    config = timm.data.resolve_data_config({"crop_mode": "squash", "crop_pct": 0.9, "input_size": (3, 96, 96)})
    transform = transform_of_timm(config)
    assert transform.fit == "stretch"
    assert_same(transform, timm.data.create_transform(**config, is_training=False), photographs)


TORCHVISION = [
    models.ResNet18_Weights.IMAGENET1K_V1,
    models.ViT_B_16_Weights.IMAGENET1K_SWAG_E2E_V1,
    models.ViT_B_16_Weights.IMAGENET1K_SWAG_LINEAR_V1,
    models.Swin_T_Weights.IMAGENET1K_V1,
    models.EfficientNet_B0_Weights.IMAGENET1K_V1,
    models.Inception_V3_Weights.IMAGENET1K_V1,
    models.RegNet_Y_400MF_Weights.IMAGENET1K_V2,
]


@pytest.mark.parametrize("weights", TORCHVISION, ids=str)
def test_torchvisions(weights: Any, photographs: list[NDArray[np.uint8]]) -> None:
    preset = weights.transforms()
    transform = transform_of_torchvision(preset)
    assert transform == as_input_transform(preset)
    assert_same(transform, preset, photographs)


def processed(processor: Any, image: Image.Image) -> Tensor:
    found: Tensor = processor(images=image, return_tensors="pt")["pixel_values"][0]
    return found


PROCESSORS: dict[str, tuple[str, dict[str, Any]]] = {
    "ViT": ("ViTImageProcessor", {}),
    "ViT without normalisation": ("ViTImageProcessor", {"do_normalize": False}),
    "ViT with nearest pixels": ("ViTImageProcessor", {"resample": 0}),
    "BEiT": ("BeitImageProcessor", {}),
    "DeiT": ("DeiTImageProcessor", {}),
    "BiT": ("BitImageProcessor", {}),
    "ConvNeXt that crops": ("ConvNextImageProcessor", {"size": {"shortest_edge": 224}}),
    "ConvNeXt that stretches": ("ConvNextImageProcessor", {"size": {"shortest_edge": 384}}),
    "EfficientNet": ("EfficientNetImageProcessor", {}),
    "MobileNet": ("MobileNetV2ImageProcessor", {}),
    "CLIP": ("CLIPImageProcessor", {}),
}


@pytest.mark.parametrize("name", PROCESSORS)
def test_those_of_transformers(name: str, photographs: list[NDArray[np.uint8]]) -> None:
    kind, options = PROCESSORS[name]
    processor = getattr(transformers, kind)(**options)
    transform = transform_of_transformers(processor)
    assert transform == as_input_transform(processor)
    assert_same(transform, partial(processed, processor), photographs)


@pytest.mark.parametrize("kind", ["LevitImageProcessor", "MobileViTImageProcessor", "PerceiverImageProcessor"])
def test_what_cannot_be_imitated_is_refused(kind: str) -> None:
    with pytest.raises(BenchError):
        transform_of_transformers(getattr(transformers, kind)())


def test_what_timm_pads_is_refused() -> None:
    config = timm.data.resolve_data_config({"crop_mode": "border", "input_size": (3, 96, 96)})
    with pytest.raises(BenchError, match=r"of timm is none that can be imitated here: .*--transform FILE\.toml"):
        transform_of_timm(config)


MARGINS = [models.ResNet18_Weights.IMAGENET1K_V1, models.Swin_T_Weights.IMAGENET1K_V1]


@pytest.mark.parametrize("weights", MARGINS, ids=str)
def test_an_odd_margin_that_is_rounded_otherwise_is_noticed(weights: Any) -> None:
    preset = weights.transforms()
    other = dataclasses.replace(transform_of_torchvision(preset), odd_margin="down")
    with pytest.raises(BenchError, match="grey levels on average"):
        require_same_input(other, preset, "it")


WRONG: dict[str, dict[str, Any]] = {
    "another interpolation": {"interpolation": "bilinear"},
    "nearest pixels": {"interpolation": "nearest"},
    "one pixel larger": {"resize": 225},
    "stretched": {"fit": "stretch"},
    "another mean": {"mean": (0.49, 0.47, 0.42)},
    "another deviation": {"std": (0.28, 0.27, 0.29)},
    "another size": {"height": 223},
}


@pytest.mark.parametrize("how", WRONG)
def test_a_transform_that_is_a_little_wrong_is_noticed(how: str) -> None:
    processor = transformers.CLIPImageProcessor()
    right = transform_of_transformers(processor)
    require_same_input(right, partial(processed, processor), "CLIP's")
    with pytest.raises(BenchError, match="CLIP's is none that can be imitated here"):
        require_same_input(dataclasses.replace(right, **WRONG[how]), partial(processed, processor), "CLIP's")


def test_a_crop_that_is_a_pixel_off_is_noticed() -> None:
    preset = models.ResNet18_Weights.IMAGENET1K_V1.transforms()
    right = transform_of_torchvision(preset)

    def moved(image: Image.Image) -> Tensor:
        width, height = image.size
        found: Tensor = preset(image.transform((width, height), Image.Transform.AFFINE, (1, 0, 2, 0, 1, 2)))
        return found

    with pytest.raises(BenchError, match="grey levels on average"):
        require_same_input(right, moved, "it")


def test_anything_else_is_no_transform() -> None:
    with pytest.raises(BenchError, match="The transform is a list"):
        as_input_transform([1])
