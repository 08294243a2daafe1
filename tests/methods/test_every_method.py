"""What must hold for every registered method; a new file in `methods/` is held to it by being there."""

import inspect
import json
import math
import pickle
from collections.abc import Callable
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np
import pytest
import torch

from bench.data.images import ArrayImages
from bench.data.transform import InputTransform
from bench.errors import UnknownNameError
from bench.extraction.extract import extract
from bench.extraction.outputs import Outputs
from bench.extraction.view import CLEAN
from bench.method import METHODS, Method, Scores
from bench.metrics import auroc
from bench.networks.classifier import Classifier, NetworkOutput, build_network
from bench.training.objective import OBJECTIVES

NAMES = METHODS.names()
every_method = pytest.mark.parametrize("name", NAMES)
COUNT, CLASSES = 60, 5


def some_outputs(*, ood: bool = False, seed: int = 0) -> Outputs:
    """Sure and confident predictions, or for outliers hesitant ones; the features explain the logits."""
    stream = np.random.default_rng([seed, ood])
    labels = stream.integers(0, CLASSES, COUNT)
    logits = stream.normal(0, 0.7, (COUNT, CLASSES))
    if not ood:
        logits[np.arange(COUNT), labels] += 7
    features = logits @ np.linspace(-1, 1, CLASSES * 8).reshape(CLASSES, 8)
    confidence = stream.normal(-1 if ood else 3, 0.5, COUNT)
    return Outputs(
        logits.astype(np.float32), features.astype(np.float32), confidence.astype(np.float32), labels.astype(np.int64)
    )


def softmax_oracle(outputs: Outputs, temperature: float) -> list[float]:
    scores = []
    with localcontext() as context:
        context.prec = 80
        for row in outputs.logits.tolist():
            terms = [(Decimal(value) / Decimal(temperature)).exp() for value in row]
            scores.append(float((max(terms) / sum(terms)).ln()))
    return scores


def sigmoid_oracle(outputs: Outputs) -> list[float]:
    assert outputs.confidence_logit is not None
    return [1 / (1 + math.exp(-value)) for value in outputs.confidence_logit.tolist()]


ORACLES: dict[str, Callable[[Outputs], list[float]]] = {
    "confidence": sigmoid_oracle,
    "confidence-preprocessed": sigmoid_oracle,
    "msp": lambda outputs: softmax_oracle(outputs, 1),
    "odin": lambda outputs: softmax_oracle(outputs, 1000),
}


def other_values(cls: type[Method], name: str) -> list[Any]:
    """Legal values of a parameter besides its default."""
    hint, default = get_type_hints(cls.__init__)[name], inspect.signature(cls).parameters[name].default
    if get_origin(hint) is Literal:
        return [value for value in get_args(hint) if value != default]
    if isinstance(default, bool):
        return [not default]
    return [type(default)(3 * default + 1)]


def test_every_method_has_an_oracle_for_its_score() -> None:
    assert sorted(ORACLES) == NAMES


@every_method
def test_the_score_is_the_oracles(name: str) -> None:
    for ood in (False, True):
        outputs = some_outputs(ood=ood)
        assert METHODS.get(name)().score(outputs) == pytest.approx(ORACLES[name](outputs), rel=1e-12)


@every_method
def test_the_constructor_stores_keyword_parameters_under_their_names_and_nothing_else(name: str) -> None:
    cls = METHODS.get(name)
    for parameter in inspect.signature(cls).parameters.values():
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
        assert parameter.default is not inspect.Parameter.empty
    assert vars(cls()) == cls().parameters()
    for parameter in cls.parameter_names():
        for value in other_values(cls, parameter):
            changed = cls(**{parameter: value})
            assert changed.parameters() == {**cls().parameters(), parameter: value}


@every_method
def test_the_metadata_is_complete(name: str) -> None:
    cls, entry = METHODS.get(name), METHODS.entry(name)
    assert (cls.name, cls.registered_as) == (name, "method")
    assert issubclass(cls, Method)
    assert cls.citation.title
    assert cls.citation.authors
    assert cls.citation.venue
    assert 1950 < cls.citation.year < 2100
    assert cls.citation.url.startswith("https://")
    doc = inspect.getdoc(cls) or ""
    assert doc.split("\n")[0] == entry.summary
    assert entry.summary.endswith(".")
    assert "score" in doc.lower()
    assert all(f"{parameter}:" in doc for parameter in cls.parameter_names()), "each parameter is explained"
    assert isinstance(cls.version, int)
    json.dumps(cls().parameters())


@every_method
def test_what_is_searched_are_parameters_and_the_default_is_among_the_values(name: str) -> None:
    cls = METHODS.get(name)
    for parameter, values in cls.search.items():
        default = cls().parameters()[parameter]
        assert default in values
        assert len(set(values)) == len(values)
        assert all(type(value) is type(default) for value in values)


@every_method
def test_its_training_objective_exists_and_gives_it_what_it_needs(name: str) -> None:
    cls = METHODS.get(name)
    assert OBJECTIVES.get(cls.objective).confidence_branch or not cls.needs_confidence


@every_method
def test_an_unknown_parameter_is_refused_with_the_nearest_known_one(name: str) -> None:
    cls = METHODS.get(name)
    for parameter in cls.parameter_names():
        with pytest.raises(UnknownNameError, match=f"Did you mean '{parameter}'"):
            cls.make({f"{parameter}x": 1})
    with pytest.raises(UnknownNameError, match=rf"setting of {name}: 'zzz'\."):
        cls.make({"zzz": 1})


@every_method
def test_scores_are_one_finite_double_per_image(name: str) -> None:
    scores = METHODS.get(name)().score(some_outputs())
    assert isinstance(scores, np.ndarray)
    assert (scores.shape, scores.dtype) == ((COUNT,), np.float64)
    assert np.isfinite(scores).all()
    assert METHODS.get(name)().score(some_outputs().take(slice(0, 1))).shape == (1,)


@every_method
def test_in_distribution_images_score_higher(name: str) -> None:
    method = METHODS.get(name)()
    assert auroc(method.score(some_outputs()), method.score(some_outputs(ood=True))) > 0.95


@every_method
def test_an_images_score_depends_on_that_image_alone(name: str) -> None:
    method, outputs = METHODS.get(name)(), some_outputs()
    scores = method.score(outputs)
    order = np.random.default_rng(1).permutation(COUNT)
    assert np.array_equal(method.score(outputs.take(order)), scores[order])
    parts = [method.score(outputs.take(slice(start, start + 7))) for start in range(0, COUNT, 7)]
    assert np.array_equal(np.concatenate(parts), scores)


@every_method
def test_scoring_twice_gives_the_same_and_changes_nothing(
    name: str, global_random_state: Callable[[], str], tmp_path: Path
) -> None:
    method, outputs, before = METHODS.get(name)(), some_outputs(), global_random_state()
    fields = ("logits", "features", "confidence_logit")
    for field in fields:
        np.save(tmp_path / f"{field}.npy", getattr(outputs, field))
    mapped = Outputs(*(np.load(tmp_path / f"{field}.npy", mmap_mode="r") for field in fields))
    scores = method.score(outputs)
    assert np.array_equal(method.score(mapped), scores), "arrays on disk may only be read"
    assert np.array_equal(pickle.loads(pickle.dumps(method)).score(outputs), scores)  # noqa: S301 - our own bytes
    assert np.array_equal(METHODS.get(name).make(method.parameters()).score(outputs), scores)
    for field in fields:
        assert np.array_equal(getattr(outputs, field), getattr(some_outputs(), field))
    assert vars(method) == method.parameters()
    assert global_random_state() == before


TRANSFORM = InputTransform(16, 16, 1, (0.4,), (0.25,))


@pytest.fixture(scope="module")
def network() -> Classifier:
    """Untrained, with statistics of its own, so that features and gradients vary from image to image."""
    built = build_network("convnet", CLASSES, channels=1, confidence_branch=True, seed=1)
    with torch.no_grad():
        built.train()(TRANSFORM(some_images().pixels))
        built.classifier.weight.mul_(10)
    return built.eval()


def some_images() -> ArrayImages:
    return ArrayImages(np.random.default_rng(0).integers(0, 256, (12, 16, 16), dtype=np.uint8))


def scores_on_images(method: Method, network: Classifier) -> Scores:
    found = extract(network, some_images(), TRANSFORM, [method.view()], device=torch.device("cpu"))
    return method.score(found[method.view()])


@every_method
def test_every_parameter_changes_the_scores(name: str, network: Classifier) -> None:
    cls = METHODS.get(name)
    scores = scores_on_images(cls(), network)
    for parameter in cls.parameter_names():
        for value in other_values(cls, parameter):
            changed = scores_on_images(cls(**{parameter: value}), network)
            assert not np.array_equal(changed, scores), f"{parameter}={value} does nothing"
    for parameter, values in cls.search.items():
        tried = {scores_on_images(cls(**{parameter: value}), network).tobytes() for value in values}
        assert len(tried) == len(values), f"some values of {parameter} do the same"


@every_method
def test_its_view_is_plain_data_and_equal_for_equal_parameters(name: str) -> None:
    cls = METHODS.get(name)
    view = cls().view()
    assert view == cls().view()
    assert hash(view) == hash(cls().view())
    assert json.loads(json.dumps(view.describe())) == view.describe()
    assert pickle.loads(pickle.dumps(view)) == view  # noqa: S301 - our own bytes


@every_method
def test_its_input_loss_is_one_number_per_image_and_depends_on_that_image_alone(name: str, network: Classifier) -> None:
    loss = METHODS.get(name)().view().loss
    if loss is None:
        assert METHODS.get(name)().view() == CLEAN
        return
    output = network(TRANSFORM(some_images().pixels))
    losses = loss(output)
    assert losses.shape == (12,)
    for index in range(12):
        alone = NetworkOutput(*(tensor[index : index + 1] for tensor in output))
        assert torch.allclose(loss(alone), losses[index : index + 1])
    (gradients,) = torch.autograd.grad(losses[3], output.logits, allow_unused=True, retain_graph=True)
    if gradients is not None:
        assert gradients[[index for index in range(12) if index != 3]].abs().sum() == 0
