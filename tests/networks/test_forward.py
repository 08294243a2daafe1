"""Every network computes what its paper draws: each is rebuilt from the paper with plain tensor operations."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from bench.networks.classifier import NETWORKS, Classifier

State = Mapping[str, Tensor]


def conv(state: State, key: str, x: Tensor, stride: int = 1) -> Tensor:
    weight = state[f"{key}.weight"]
    return F.conv2d(x, weight, state.get(f"{key}.bias"), stride, padding=weight.shape[-1] // 2)


def norm(state: State, key: str, x: Tensor) -> Tensor:
    weight, bias, mean, variance = (
        state[f"{key}.{part}"][:, None, None] for part in ("weight", "bias", "running_mean", "running_var")
    )
    return weight * (x - mean) / (variance + 1e-5).sqrt() + bias


def norm_relu(state: State, key: str, x: Tensor) -> Tensor:
    return norm(state, key, x).clamp(min=0)


def halve(x: Tensor, reduce: Callable[[Tensor, int], Tensor]) -> Tensor:
    """Reduce each 2x2 square to one pixel."""
    count, channels, height, width = x.shape
    squares = x.view(count, channels, height // 2, 2, width // 2, 2).transpose(3, 4)
    return reduce(squares.reshape(count, channels, height // 2, width // 2, 4), -1)


def max_pool(x: Tensor) -> Tensor:
    return halve(x, lambda squares, dimension: squares.max(dimension).values)


def average_pool(x: Tensor) -> Tensor:
    return halve(x, lambda squares, dimension: squares.mean(dimension))


def plain(state: State, x: Tensor, layout: str) -> Tensor:
    """Convolutions (c), maximum (p) and average pools (a), numbered as a list in which a convolution takes three."""
    place = 0
    for kind in layout:
        if kind == "c":
            x = norm_relu(state, f"trunk.{place + 1}", conv(state, f"trunk.{place}", x))
            place += 3
        else:
            x = max_pool(x) if kind == "p" else average_pool(x)
            place += 1
    return x


def residual(state: State, x: Tensor, blocks: list[int]) -> Tensor:
    """He et al. 2016, figure 2, with identity, padded or projected shortcuts, whichever the tensors show."""
    x = norm_relu(state, "bn1", conv(state, "conv1", x))
    for stage, count in enumerate(blocks, start=1):
        for block in range(count):
            key = f"layer{stage}.{block}"
            stride = 2 if stage > 1 and block == 0 else 1
            hidden = norm_relu(state, f"{key}.bn1", conv(state, f"{key}.conv1", x, stride))
            hidden = norm(state, f"{key}.bn2", conv(state, f"{key}.conv2", hidden))
            if f"{key}.shortcut.0.weight" in state:
                x = norm(state, f"{key}.shortcut.1", conv(state, f"{key}.shortcut.0", x, stride))
            elif stride == 2:
                x = x[:, :, ::2, ::2]
                zeros = torch.zeros_like(x[:, : x.shape[1] // 2])
                x = torch.cat((zeros, x, zeros), 1)
            x = (hidden + x).clamp(min=0)
    return x


def wide(state: State, x: Tensor, blocks: int) -> Tensor:
    """Zagoruyko & Komodakis 2016, figure 1 (a) and table 1: BN-ReLU-conv, projections only where the width changes."""
    x = conv(state, "conv1", x)
    for stage in (1, 2, 3):
        for block in range(blocks):
            key = f"layer{stage}.{block}"
            stride = 2 if stage > 1 and block == 0 else 1
            active = norm_relu(state, f"{key}.bn1", x)
            hidden = conv(state, f"{key}.conv1", active, stride)
            hidden = conv(state, f"{key}.conv2", norm_relu(state, f"{key}.bn2", hidden))
            x = hidden + (conv(state, f"{key}.shortcut", active, stride) if block == 0 else x)
    return norm_relu(state, "bn1", x)


def dense(state: State, x: Tensor) -> Tensor:
    """Huang et al. 2017, sections 3 and 4: 16 bottleneck layers a block, each fed with all before it."""
    x = conv(state, "conv1", x)
    for block in (1, 2, 3):
        for layer in range(16):
            key = f"block{block}.{layer}"
            hidden = conv(state, f"{key}.conv1", norm_relu(state, f"{key}.bn1", x))
            x = torch.cat((x, conv(state, f"{key}.conv2", norm_relu(state, f"{key}.bn2", hidden))), 1)
        if block < 3:
            x = conv(state, f"trans{block}.conv1", norm_relu(state, f"trans{block}.bn1", x))
            x = halve(x, lambda squares, dimension: squares.mean(dimension))
    return norm_relu(state, "bn1", x)


TRUNKS: dict[str, Callable[[State, Tensor], Tensor]] = {
    "convnet": lambda state, x: plain(state, x, "acpcpcpc"),
    "densenet-bc-100-12": dense,
    "resnet18": lambda state, x: residual(state, x, [2, 2, 2, 2]),
    "resnet20": lambda state, x: residual(state, x, [3, 3, 3]),
    "resnet56": lambda state, x: residual(state, x, [9, 9, 9]),
    "vgg13": lambda state, x: plain(state, x, "ccpccpccpccpccp"),
    "wrn-16-8": lambda state, x: wide(state, x, 2),
    "wrn-28-10": lambda state, x: wide(state, x, 4),
    "wrn-40-2": lambda state, x: wide(state, x, 6),
}


def test_every_network_is_rebuilt() -> None:
    assert sorted(TRUNKS) == NETWORKS.names()


def test_features_and_logits_are_the_papers(lively: Classifier) -> None:
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    state = lively.state_dict()
    features = TRUNKS[lively.name](state, images).mean((2, 3))
    with torch.no_grad():
        output = lively(images)
    torch.testing.assert_close(output.features, features, rtol=1e-9, atol=1e-9)
    logits = features @ state["classifier.weight"].T + state["classifier.bias"]
    torch.testing.assert_close(output.logits, logits, rtol=1e-9, atol=1e-9)
    assert float(features.std()) > 1e-3, "constant features would agree with anything"
