"""Any module that returns logits, adapted without a trace."""

import copy
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import resnet18, squeezenet1_1

from bench.errors import BenchError
from bench.networks.adapt import AdaptedClassifier, adapt
from bench.networks.classifier import build_network

EXAMPLE = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))


class Mlp(nn.Module):
    """Two linear layers with dropout and batch normalisation between; `finish` is applied to the logits."""

    def __init__(self, finish: Any = lambda logits: logits) -> None:
        super().__init__()
        self.head = nn.Linear(12, 5)
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(192, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Dropout(0.5))
        self.finish = finish

    def forward(self, images: Tensor) -> Any:
        return self.finish(self.head(self.body(images)))


class KeywordHead(Mlp):
    def forward(self, images: Tensor) -> Any:
        return self.head(input=self.body(images))


class TwoHeads(Mlp):
    """Another linear layer of the same width runs after the one that makes the logits."""

    def __init__(self) -> None:
        super().__init__()
        self.auxiliary = nn.Linear(12, 5)
        self.seen: Tensor | None = None

    def forward(self, images: Tensor) -> Any:
        features = self.body(images)
        logits = self.head(features)
        self.seen = self.auxiliary(features)
        return logits


def adapted(model: nn.Module, example: Tensor = EXAMPLE) -> AdaptedClassifier:
    result = adapt(model, example=example)
    assert isinstance(result, AdaptedClassifier)
    return result


def hooks(model: nn.Module) -> int:
    return sum(len(part._forward_pre_hooks) + len(part._forward_hooks) for part in model.modules())


@pytest.mark.parametrize("make", [Mlp, KeywordHead, TwoHeads])
def test_features_are_what_enters_the_last_layer(make: type[Mlp]) -> None:
    model = make().eval()
    wrapped = adapted(model)
    logits, features, confidence = wrapped(EXAMPLE)
    assert torch.equal(logits, model(EXAMPLE))
    assert torch.equal(features, model.body(EXAMPLE))
    assert confidence is None
    assert wrapped.classifier is model.head
    assert wrapped.has_features
    assert wrapped.num_classes == 5


def test_a_torchvision_network_has_its_penultimate_features() -> None:
    model = resnet18(num_classes=6).eval()
    wrapped = adapted(model, torch.rand(1, 3, 32, 32))
    with torch.no_grad():
        output = wrapped(torch.rand(3, 3, 32, 32))
    assert output.features.shape == (3, 512)
    head = wrapped.classifier
    assert head is not None
    assert head is model.fc
    torch.testing.assert_close(head(output.features), output.logits)


@pytest.mark.parametrize("training", [True, False])
def test_the_model_is_left_as_it_was(training: bool) -> None:
    model = Mlp().train(training)
    model.body[2].training = not training
    before, modes = copy.deepcopy(model.state_dict()), [part.training for part in model.modules()]
    wrapped = adapted(model)
    first = wrapped(EXAMPLE).logits
    wrapped.train()
    second = wrapped.eval()(EXAMPLE).logits
    assert torch.equal(first, second), "dropout or batch statistics were at work"
    assert hooks(model) == 0
    assert [part.training for part in model.modules()] == modes
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_an_error_of_the_model_leaves_nothing_behind() -> None:
    def fail(_: Tensor) -> Tensor:
        raise RuntimeError("the model's own")

    model = Mlp(fail).train()
    with pytest.raises(RuntimeError, match="the model's own"):
        adapt(model, example=EXAMPLE)
    assert hooks(model) == 0
    assert all(part.training for part in model.modules())


def test_input_gradients_pass_through() -> None:
    model = Mlp().eval()
    images = EXAMPLE.clone().requires_grad_()
    (through,) = torch.autograd.grad(adapted(model)(images).logits.logsumexp(1).sum(), images)
    (direct,) = torch.autograd.grad(model(images).logsumexp(1).sum(), images)
    assert torch.equal(through, direct)
    assert bool(through.any())


@pytest.mark.parametrize(
    "finish",
    [lambda z: z.softmax(1), lambda z: z / 1.5, lambda z: z.div_(1.5), lambda z: z[:, :4]],
    ids=["softmax", "temperature", "temperature in place", "cut"],
)
def test_where_the_logits_are_not_linear_in_them_there_are_no_features(finish: Any) -> None:
    model = Mlp(finish).eval()
    wrapped = adapted(model)
    logits, features, _ = wrapped(EXAMPLE)
    assert torch.equal(logits, model(EXAMPLE))
    assert features.shape == (2, 0)
    assert wrapped.classifier is None
    assert not wrapped.has_features


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_of_logits_that_are_not_finite_nothing_is_said(value: float) -> None:
    assert not adapted(Mlp(lambda logits: torch.full_like(logits, value))).has_features


def test_a_convolutional_head_has_no_features() -> None:
    torch.manual_seed(0)  # with some weights all outputs are positive, and the rectifier behind the head does nothing
    wrapped = adapted(squeezenet1_1(num_classes=4), torch.rand(1, 3, 32, 32))
    assert not wrapped.has_features
    assert wrapped(torch.rand(2, 3, 32, 32)).logits.shape == (2, 4)


def test_lower_precision_is_recognised() -> None:
    model = Mlp().eval().bfloat16()
    assert adapted(model, EXAMPLE.bfloat16()).classifier is model.head


def test_a_record_with_logits_is_understood() -> None:
    model = Mlp(lambda logits: SimpleNamespace(logits=logits, loss=None)).eval()
    wrapped = adapted(model)
    assert wrapped.has_features
    assert torch.equal(wrapped(EXAMPLE).logits, model(EXAMPLE).logits)


@pytest.mark.parametrize("wrapper", [nn.DataParallel, lambda model: torch.compile(model, backend="eager")])
def test_wrappers_that_hide_the_layers_are_looked_through(wrapper: Any) -> None:
    model = Mlp().eval()
    assert adapted(wrapper(model)).classifier is model.head


def test_our_own_networks_need_no_adapting() -> None:
    own = build_network("convnet", 3)
    assert adapt(own, example=EXAMPLE) is own
    wrapped = adapted(Mlp())
    assert adapt(wrapped, example=EXAMPLE) is wrapped


@pytest.mark.parametrize(
    ("finish", "message"),
    [
        (lambda z: (z, z), "returns a tuple"),
        (lambda z: z[:, :, None], r"shape \(2, 5, 1\) for 2 images"),
        (lambda z: z[:1], r"shape \(1, 5\) for 2 images; logits of shape \(2, number of classes\)"),
    ],
)
def test_anything_but_logits_is_refused(finish: Any, message: str) -> None:
    with pytest.raises(BenchError, match=message):
        adapt(Mlp(finish), example=EXAMPLE)
