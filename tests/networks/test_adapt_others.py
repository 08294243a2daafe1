"""The adapter on architectures of timm and torchvision with random weights: features, logits, and nothing left behind.

What the features must be is taken from each library's own layers, never from the adapter.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision import models

from bench.networks.adapt import AdaptedClassifier, adapt

timm = pytest.importorskip("timm")

CLASSES = 7
SMALL_SWIN = {"img_size": 32, "window_size": 4, "embed_dim": 24, "depths": (1, 1, 1, 1), "num_heads": (1, 2, 2, 4)}

TIMM: dict[str, tuple[dict[str, Any], int]] = {
    "resnet18": ({}, 32),
    "wide_resnet50_2": ({"layers": (1, 1, 1, 1)}, 32),
    "densenet121": ({"block_config": (2, 2, 2, 2)}, 32),
    "convnext_atto": ({}, 32),
    "vit_tiny_patch16_224": ({"img_size": 32, "depth": 2}, 32),
    "swin_tiny_patch4_window7_224": (SMALL_SWIN, 32),
    "efficientnet_b0": ({}, 32),
    "tf_efficientnetv2_b0": ({}, 32),
    "mobilenetv2_050": ({}, 32),
    "mobilenetv3_small_050": ({}, 32),
    "regnetx_002": ({}, 32),
    "dla34": ({}, 32),
    "ghostnet_050": ({}, 32),
    "edgenext_xx_small": ({}, 32),
    "xcit_nano_12_p16_224": ({}, 32),
    "test_nfnet": ({}, 64),
    "test_byobnet": ({}, 64),
    "beit_base_patch16_224": ({"img_size": 32, "depth": 1, "embed_dim": 48, "num_heads": 3}, 32),
    "cait_xxs24_224": ({"img_size": 32, "depth": 1}, 32),
    "eva02_tiny_patch14_224": ({"img_size": 28, "depth": 1}, 28),
}
"""Networks of timm, made small where the architecture allows, and the side of the images that they take."""


def averaged(maps: Tensor) -> Tensor:
    return maps.mean((2, 3))


def small_vit() -> Any:
    model: Any = models.VisionTransformer(32, 8, 1, 2, 16, 16, num_classes=CLASSES)
    nn.init.normal_(model.heads.head.weight)  # else it is 0, and any layer of zeros would make such logits
    return model


def vit_features(model: Any, images: Tensor) -> Tensor:
    tokens = model._process_input(images)
    first: Tensor = model.encoder(torch.cat([model.class_token.expand(len(images), -1, -1), tokens], 1))[:, 0]
    return first


def small_swin() -> Any:
    return models.SwinTransformer([4, 4], 12, [1, 1], [1, 2], [4, 4], num_classes=CLASSES)


def small_convnext() -> Any:
    blocks = [models.convnext.CNBlockConfig(8, 16, 1), models.convnext.CNBlockConfig(16, None, 1)]
    return models.ConvNeXt(blocks, num_classes=CLASSES)


def small_vgg() -> Any:
    """VGG's layers with a narrow classifier: the original's alone has 120 million weights."""
    with torch.device("meta"):
        model: Any = models.VGG(models.vgg.make_layers([8, "M", 16, "M"], batch_norm=True), CLASSES, init_weights=False)
        model.classifier[0], model.classifier[3] = nn.Linear(16 * 49, 20), nn.Linear(20, 20)
        model.classifier[6] = nn.Linear(20, CLASSES)
    model.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(0)
    for tensor in model.state_dict().values():
        tensor.copy_(torch.rand(tensor.shape, generator=generator) - 0.4 if tensor.is_floating_point() else tensor)
    for layer in model.features:
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()
    return model


Features = Callable[[Any, Tensor], Tensor]

TORCHVISION: dict[str, tuple[Callable[[], nn.Module], Features, str]] = {
    "resnet18": (
        lambda: models.resnet18(num_classes=CLASSES),
        lambda m, x: nn.Sequential(*list(m.children())[:-1])(x).flatten(1),
        "fc",
    ),
    "vgg": (small_vgg, lambda m, x: m.classifier[:-1](m.avgpool(m.features(x)).flatten(1)), "classifier.6"),
    "densenet": (
        lambda: models.DenseNet(8, (1, 1, 1, 1), 8, num_classes=CLASSES),
        lambda m, x: averaged(F.relu(m.features(x))),
        "classifier",
    ),
    "mobilenet_v2": (
        lambda: models.mobilenet_v2(num_classes=CLASSES, width_mult=0.25),
        lambda m, x: averaged(m.features(x)),
        "classifier.1",
    ),
    "mobilenet_v3_small": (
        lambda: models.mobilenet_v3_small(num_classes=CLASSES),
        lambda m, x: m.classifier[:-1](averaged(m.features(x))),
        "classifier.3",
    ),
    "efficientnet_b0": (
        lambda: models.efficientnet_b0(num_classes=CLASSES),
        lambda m, x: averaged(m.features(x)),
        "classifier.1",
    ),
    "convnext": (
        small_convnext,
        lambda m, x: m.classifier[:-1](m.avgpool(m.features(x))),
        "classifier.2",
    ),
    "swin": (small_swin, lambda m, x: m.norm(m.features(x)).mean((1, 2)), "head"),
    "vit": (small_vit, vit_features, "heads.head"),
    "shufflenet_v2_x0_5": (
        lambda: models.shufflenet_v2_x0_5(num_classes=CLASSES),
        lambda m, x: averaged(nn.Sequential(*list(m.children())[:-1])(x)),
        "fc",
    ),
    "regnet_y_400mf": (
        lambda: models.regnet_y_400mf(num_classes=CLASSES),
        lambda m, x: averaged(m.trunk_output(m.stem(x))),
        "fc",
    ),
}
"""Networks of torchvision, what their features are by their own layers, and what their last layer is called."""


def images(side: int) -> Tensor:
    return torch.randn(3, 3, side, side, generator=torch.Generator().manual_seed(1))


def set_apart(model: nn.Module) -> dict[str, Any]:
    """Give a model gradients and mixed modes, and remember all that running it could change."""
    for place, parameter in enumerate(model.parameters()):
        if place % 2:
            parameter.grad = torch.full_like(parameter, 0.25)
    for place, part in enumerate(model.modules()):
        part.training = bool(place % 3)
    return remembered(model)


def remembered(model: nn.Module) -> dict[str, Any]:
    return {
        "state": copy.deepcopy(model.state_dict()),
        "gradients": [None if one.grad is None else one.grad.clone() for one in model.parameters()],
        "asked": [one.requires_grad for one in model.parameters()],
        "modes": [part.training for part in model.modules()],
        "hooks": [(len(part._forward_hooks), len(part._forward_pre_hooks)) for part in model.modules()],
        "random": torch.get_rng_state(),
    }


def same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def check(model: nn.Module, batch: Tensor, features: Features, layer: str | None = None) -> None:
    with torch.no_grad():
        expected, logits = features(model.eval(), batch), model.eval()(batch)
    before = set_apart(model)
    wrapped = adapt(model, example=batch[:2])
    assert isinstance(wrapped, AdaptedClassifier)
    with torch.no_grad():
        output = wrapped(batch)
    assert same(remembered(model), before)
    assert torch.equal(output.logits, logits)
    assert bool(logits.any())
    torch.testing.assert_close(output.features, expected, rtol=1e-5, atol=1e-6)
    assert wrapped.classifier is not None
    assert wrapped.num_classes == CLASSES
    assert layer in (None, wrapped.classifier_name)
    inputs = batch.clone().requires_grad_()
    found = wrapped(inputs).features  # weighted, since the plain sum of normalised features never changes
    (gradient,) = torch.autograd.grad((found * torch.linspace(0, 1, found.shape[1])).sum(), inputs)
    assert bool(gradient.any()), "features must pass gradients to the images"
    assert same(remembered(model), before)


@pytest.mark.parametrize("name", TIMM)
def test_a_network_of_timm_tells_what_enters_its_last_layer(name: str) -> None:
    options, side = TIMM[name]
    model = timm.create_model(name, num_classes=CLASSES, **options)
    check(model, images(side), lambda m, x: m.forward_head(m.forward_features(x), pre_logits=True))


@pytest.mark.parametrize("name", TORCHVISION)
def test_a_network_of_torchvision_tells_what_enters_its_last_layer(name: str) -> None:
    make, features, layer = TORCHVISION[name]
    check(make(), images(32), features, layer)


def test_two_heads_whose_mean_the_logits_are_have_no_features() -> None:
    model = timm.create_model("deit_tiny_distilled_patch16_224", num_classes=CLASSES, img_size=32, depth=1)
    wrapped = adapt(model, example=images(32))
    assert isinstance(wrapped, AdaptedClassifier)
    assert not wrapped.has_features


def test_squeezenet_rectifies_what_its_last_layer_gives_and_has_no_features() -> None:
    wrapped = adapt(models.squeezenet1_1(num_classes=CLASSES), example=images(32))
    assert isinstance(wrapped, AdaptedClassifier)
    assert not wrapped.has_features
