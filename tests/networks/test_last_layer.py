"""Which layer is taken for the last one, and that a wrong one is refused, named or guessed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from bench.errors import BenchError, UnknownNameError
from bench.networks.adapt import AdaptedClassifier, adapt

EXAMPLE = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))


class Parts(nn.Module):
    """A trunk and layers that a test joins as it likes by `finish`."""

    def __init__(self, finish: Callable[[Parts, Tensor], Tensor]) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.trunk = nn.Conv2d(3, 6, 3)
            self.fc = nn.Linear(6, 5)
            self.other = nn.Linear(6, 5)
            self.conv = nn.Conv2d(6, 5, 1)
            self.wide = nn.Conv2d(6, 5, 3)
            self.unused = nn.Linear(6, 5)
        self.finish = finish

    def forward(self, images: Tensor) -> Tensor:
        return self.finish(self, self.trunk(images))


def pooled(maps: Tensor) -> Tensor:
    return maps.mean((2, 3))


def tokens(maps: Tensor) -> Tensor:
    return maps.flatten(2).transpose(1, 2)


NOT_LINEAR: dict[str, Callable[[Parts, Tensor], Tensor]] = {
    "scaled after the layer": lambda m, x: m.fc(pooled(x)) * 1.01,
    "shifted after the layer": lambda m, x: m.fc(pooled(x)) + 0.1,
    "classes in another order": lambda m, x: m.fc(pooled(x)).flip(1),
    "rectified after the layer": lambda m, x: m.fc(pooled(x)).relu(),
    "the mean of two layers": lambda m, x: (m.fc(pooled(x)) + m.other(pooled(x))) / 2,
    "applied to each token, then the largest": lambda m, x: m.fc(tokens(x)).amax(1),
    "applied to each token, then averaged": lambda m, x: m.fc(tokens(x)).mean(1),
    "a convolution whose largest counts": lambda m, x: m.conv(x).amax((2, 3)),
    "a convolution rectified, then averaged": lambda m, x: pooled(m.conv(x).relu()),
    "a convolution of several pixels": lambda m, x: pooled(m.wide(x)),
    "no layer at all": lambda m, x: pooled(x)[:, :5],
    "a layer that is called as a function": lambda m, x: nn.functional.linear(pooled(x), m.fc.weight),
}


@pytest.mark.parametrize("how", NOT_LINEAR)
def test_where_no_layer_makes_the_logits_none_is_taken(how: str) -> None:
    wrapped = adapt(Parts(NOT_LINEAR[how]), example=EXAMPLE)
    assert isinstance(wrapped, AdaptedClassifier)
    assert not wrapped.has_features


@pytest.mark.parametrize("how", NOT_LINEAR)
@pytest.mark.parametrize("name", ["fc", "conv", "wide"])
def test_a_layer_that_is_named_wrongly_is_refused(how: str, name: str) -> None:
    with pytest.raises(BenchError, match=rf"The layer '{name}' does not make the logits: .*No other layer's output"):
        adapt(Parts(NOT_LINEAR[how]), example=EXAMPLE, last_layer=name)


LINEAR: dict[str, tuple[Callable[[Parts, Tensor], Tensor], str, Callable[[Tensor], Tensor]]] = {
    "behind dropout": (lambda m, x: m.fc(nn.functional.dropout(pooled(x), training=m.training)), "fc", pooled),
    "of two of one shape the right one": (lambda m, x: m.fc(pooled(x) + 0 * m.other(pooled(x)).sum()), "fc", pooled),
    "the other of two of one shape": (lambda m, x: m.other(pooled(x) + 0 * m.fc(pooled(x)).sum()), "other", pooled),
    "called twice": (lambda m, x: m.fc(pooled(x) + 0 * m.fc(pooled(x) * 2).sum()), "fc", pooled),
    "a convolution of averages": (lambda m, x: m.conv(pooled(x)[..., None, None]).flatten(1), "conv", pooled),
    "a convolution, then averaged": (lambda m, x: pooled(m.conv(x)), "conv", pooled),
    "flattened after the layer": (lambda m, x: m.fc(pooled(x)).view(len(x), -1), "fc", pooled),
}


@pytest.mark.parametrize("how", LINEAR)
@pytest.mark.parametrize("named", [True, False])
def test_the_layer_that_makes_the_logits_is_found(how: str, named: bool) -> None:
    finish, name, features = LINEAR[how]
    model = Parts(finish).eval()
    wrapped = adapt(model, example=EXAMPLE[:2], last_layer=name if named else None)
    assert isinstance(wrapped, AdaptedClassifier)
    assert wrapped.classifier_name == name
    with torch.no_grad():
        output = wrapped(EXAMPLE)
        torch.testing.assert_close(output.features, features(model.trunk(EXAMPLE)))
    assert wrapped.classifier is not None
    weight = wrapped.classifier.weight.flatten(1)
    torch.testing.assert_close(output.features @ weight.T + wrapped.classifier.bias, output.logits)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("other", r"they are not its weight times what enters it.* they are is 'fc'"),
        ("trunk", "it is a Conv2d, and a linear layer or a convolution of one pixel is needed"),
        ("unused", "it does not run when the network is evaluated"),
    ],
)
def test_a_wrong_layer_is_told_from_the_right_one(name: str, message: str) -> None:
    model = Parts(lambda m, x: m.fc(pooled(x) + 0 * m.other(pooled(x)).sum()))
    with pytest.raises(BenchError, match=rf"The layer '{name}' does not make the logits: .*{message}"):
        adapt(model, example=EXAMPLE, last_layer=name)


def test_a_layer_that_does_not_exist_is_named_with_the_right_one() -> None:
    with pytest.raises(UnknownNameError, match=r"layer of the network: 'head'\..*Known: fc\."):
        adapt(Parts(LINEAR["behind dropout"][0]), example=EXAMPLE,
              last_layer="head")  # fmt: skip


def test_a_head_that_changes_with_the_images_is_refused_where_it_does() -> None:
    """What held of the example is compared on every batch."""

    def finish(model: Parts, maps: Tensor) -> Tensor:
        logits: Tensor = model.fc(pooled(maps))
        return logits * 2 if float(maps.detach().mean()) > 1 else logits

    model = Parts(finish)
    wrapped = adapt(model, example=EXAMPLE)
    wrapped(EXAMPLE)
    bright = 20 * model.trunk.weight.detach().sum((0, 2, 3)).sign().view(1, 3, 1, 1).expand_as(EXAMPLE)
    with pytest.raises(BenchError, match="not of these images, so its input cannot stand for their features"):
        wrapped(bright)
    assert all(not part._forward_pre_hooks for part in wrapped.modules())


def test_features_that_are_changed_in_place_afterwards_are_refused() -> None:
    def finish(model: Parts, maps: Tensor) -> Tensor:
        features = pooled(maps)
        logits: Tensor = model.fc(features)
        if len(maps) > 2:
            features.mul_(2)
        return logits

    wrapped = adapt(Parts(finish), example=EXAMPLE[:2])
    with torch.no_grad(), pytest.raises(BenchError, match="not of these images"):
        wrapped(EXAMPLE)


def test_bfloat16_passes_are_no_wrong_guesses() -> None:
    wrapped = adapt(Parts(LINEAR["behind dropout"][0]), example=EXAMPLE)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        assert wrapped(EXAMPLE).features.shape == (4, 6)
