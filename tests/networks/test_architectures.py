"""One battery for every registered network; parameter counts against closed forms and the papers' figures."""

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from bench.citation import Citation
from bench.errors import BenchError
from bench.networks.classifier import NETWORKS, Classifier, build_network
from bench.testing import parametrize_with_checks

NAMES = list(NETWORKS.built_in)
every_network = pytest.mark.parametrize("name", NAMES)


def conv(kernel: int, channels_in: int, channels: int) -> int:
    return kernel * kernel * channels_in * channels


def count_convnet(classes: int) -> int:
    widths = (3, 16, 32, 64, 64)
    return sum(conv(3, a, b) + 2 * b for a, b in pairwise(widths)) + 65 * classes


def count_vgg13(classes: int) -> int:
    widths = (3, 64, 64, 128, 128, 256, 256, 512, 512, 512, 512)
    return sum(conv(3, a, b) + 3 * b for a, b in pairwise(widths)) + 513 * classes


def count_cifar_resnet(depth: int, classes: int) -> int:
    """Per stage 2n convolutions, all square but the first of stages two and three; a BN behind each."""
    n = (depth - 2) // 6
    squares = sum((2 * n - (width > 16)) * conv(3, width, width) for width in (16, 32, 64))
    norms = 2 * (16 + 2 * n * (16 + 32 + 64))
    return conv(3, 3, 16) + squares + conv(3, 16, 32) + conv(3, 32, 64) + norms + 65 * classes


def count_resnet18(classes: int) -> int:
    """Table 1 of the paper: four 3x3 convolutions a stage, of which one widens in the last three, and projections."""
    stages = (64, 128, 256, 512)
    squares = sum((4 - (width > 64)) * conv(3, width, width) for width in stages)
    widening = sum(conv(3, width // 2, width) + conv(1, width // 2, width) for width in stages[1:])
    norms = 2 * (64 + sum((4 + (width > 64)) * width for width in stages))
    return conv(3, 3, 64) + squares + widening + norms + 513 * classes


def count_wide_resnet(depth: int, width: int, classes: int) -> int:
    """Per stage 2n convolutions and one 1x1 shortcut; a BN before each convolution and one at the end."""
    n, stages = (depth - 4) // 6, (16 * width, 32 * width, 64 * width)
    squares = sum((2 * n - 1) * conv(3, w, w) for w in stages)
    inputs = (16, *stages[:2])
    entering = sum(conv(3, a, b) + conv(1, a, b) for a, b in zip(inputs, stages, strict=True))
    norms = 2 * (sum(inputs) + (2 * n - 1) * sum(stages) + stages[-1])
    return conv(3, 3, 16) + squares + entering + norms + (stages[-1] + 1) * classes


def count_densenet(classes: int) -> int:
    """Sixteen layers a block; a layer that sees c channels has 48c + 9 * 48 * 12 weights and 2c + 96 of its BNs."""
    blocks = [24]
    for _ in range(2):
        blocks.append((blocks[-1] + 192) // 2)
    layers = sum(50 * (start + 12 * layer) + 9 * 48 * 12 + 96 for start in blocks for layer in range(16))
    ends = [start + 192 for start in blocks]
    transitions = sum(end * (end // 2) + 2 * end for end in ends[:2])
    return conv(3, 3, 24) + layers + transitions + 2 * ends[2] + (ends[2] + 1) * classes


# The closed form at 10 classes, the papers' figure in millions and its number of decimals, the number of features.
EXPECTED = {
    "convnet": (count_convnet(10), 0.06, 2, 64),
    "densenet-bc-100-12": (count_densenet(10), 0.769162, 6, 342),
    "resnet18": (count_resnet18(10), 11.17, 2, 512),
    "resnet20": (count_cifar_resnet(20, 10), 0.27, 2, 64),
    "resnet56": (count_cifar_resnet(56, 10), 0.85, 2, 64),
    "vgg13": (count_vgg13(10), 9.4, 1, 512),
    "wrn-16-8": (count_wide_resnet(16, 8, 10), 10.96, 2, 512),
    "wrn-28-10": (count_wide_resnet(28, 10, 10), 36.5, 1, 640),
    "wrn-40-2": (count_wide_resnet(40, 2, 10), 2.24, 2, 128),
}


def images(count: int, channels: int = 3) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, channels, 32, 32, generator=generator, dtype=torch.float64)


def test_every_network_has_an_expectation() -> None:
    assert sorted(EXPECTED) == NAMES


@parametrize_with_checks(NAMES, kind="network")
def test_it_conforms(check: Callable[[], None]) -> None:
    check()


@every_network
def test_parameters_agree_with_the_closed_form_and_the_paper(name: str) -> None:
    with torch.device("meta"):
        built: Classifier = NETWORKS.get(name)(10)
    count = sum(parameter.numel() for parameter in built.parameters())
    exact, millions, decimals, _ = EXPECTED[name]
    assert count == exact
    assert round(count / 1e6, decimals) == millions


@every_network
def test_a_confidence_branch_and_channels_change_only_what_they_must(name: str) -> None:
    architecture = NETWORKS.get(name)
    with torch.device("meta"):
        plain: Classifier = architecture(10)
        other: Classifier = architecture(13, channels=1, confidence_branch=True)
    plain_shapes = {key: value.shape for key, value in plain.state_dict().items()}
    shapes = {key: value.shape for key, value in other.state_dict().items()}
    assert set(shapes) - set(plain_shapes) == {"confidence.weight", "confidence.bias"}
    changed = {key for key, shape in plain_shapes.items() if shapes[key] != shape}
    assert {"classifier.weight", "classifier.bias"} < changed
    (stem,) = changed - {"classifier.weight", "classifier.bias"}
    assert (plain_shapes[stem][1], shapes[stem][1]) == (3, 1)
    assert (plain.num_classes, other.num_classes) == (10, 13)


@every_network
def test_its_description_is_complete(name: str) -> None:
    architecture = NETWORKS.get(name)
    assert architecture.name == name
    assert isinstance(architecture.citation, Citation)
    assert architecture.citation.year > 2000
    assert NETWORKS.entry(name).summary.endswith((".", ";"))


def test_building_a_network_leaves_the_global_random_state_alone() -> None:
    before = torch.random.get_rng_state()
    weights = [build_network("convnet", 5, seed=seed).state_dict()["classifier.weight"] for seed in (11, 11, 12)]
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_outputs_have_the_promised_shapes(lively: Classifier) -> None:
    with torch.no_grad():
        logits, features, confidence = lively(images(2))
        assert confidence is not None
    assert (logits.shape, features.shape, confidence.shape) == ((2, 7), (2, EXPECTED[lively.name][3]), (2,))
    assert bool((features >= 0).all()), "features follow a ReLU"


def test_logits_are_the_last_layer_of_the_features(lively: Classifier) -> None:
    with torch.no_grad():
        logits, features, confidence = lively(images(2))
    assert lively.confidence is not None
    torch.testing.assert_close(logits, features @ lively.classifier.weight.T + lively.classifier.bias)
    torch.testing.assert_close(confidence, features @ lively.confidence.weight[0] + lively.confidence.bias)


def test_input_gradients_agree_with_finite_differences(lively: Classifier) -> None:
    batch = images(1).requires_grad_()

    def value(at: Tensor) -> Tensor:
        logits, features, confidence = lively(at)
        total: Tensor = logits.logsumexp(1).sum() + confidence.sum() + features.square().mean()
        return total

    (gradient,) = torch.autograd.grad(value(batch), batch)
    generator = torch.Generator().manual_seed(2)
    direction = torch.randn(batch.shape, generator=generator, dtype=torch.float64)
    direction = gradient / gradient.norm() + direction / direction.norm()
    step = 1e-6 * direction
    with torch.no_grad():
        slope = (value(batch + step) - value(batch - step)) / 2e-6
    torch.testing.assert_close((gradient * direction).sum(), slope, rtol=1e-4, atol=0)


def test_vgg_says_what_size_it_needs() -> None:
    with pytest.raises(BenchError, match="needs 32x32 pixels, got 28x28"):
        build_network("vgg13", 10).eval()(torch.zeros(1, 3, 28, 28))
