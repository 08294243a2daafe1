"""What is known of a network and its training images before any of them is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from bench.data.images import Images
from bench.errors import BenchError
from bench.fitting.data import Facts
from bench.networks.adapt import AdaptedClassifier
from bench.networks.checkpoint import Checkpoint
from bench.networks.classifier import NETWORKS, Classifier
from bench.training.objective import OBJECTIVES
from bench.training.train import TrainingPlan

from .network import TestedNetwork


def facts_of_plan(plan: TrainingPlan, train_images: Callable[[], Images]) -> Facts:
    """Facts of a network that is to be trained, or was trained, as `plan` says."""
    classes = len(plan.classes)
    lacks = {}
    if not OBJECTIVES.get(plan.objective).confidence_branch:
        lacks["confidence"] = f"which training with {plan.objective} does not give"
    counts = class_counts(train_images, classes, lacks)
    return Facts(classes, count_features(plan.network, classes), counts, lacks)


def facts_of_checkpoint(checkpoint: Checkpoint, train_images: Callable[[], Images]) -> Facts:
    """Facts of a network that is given as a checkpoint. Raises `BenchError` if it has but one class."""
    _require_several_classes(checkpoint.num_classes, "The checkpoint")
    lacks = {}
    if not checkpoint.confidence_branch or checkpoint.objective not in ("learned-confidence", "unknown"):
        branch = "a" if checkpoint.confidence_branch else "no"
        lacks["confidence"] = (
            f"trained with the objective learned-confidence; the given checkpoint was trained with "
            f"{checkpoint.objective} and has {branch} confidence branch. Leave out --checkpoint to train one."
        )
    counts = class_counts(train_images, checkpoint.num_classes, lacks)
    features = count_features(checkpoint.network, checkpoint.num_classes)
    return Facts(checkpoint.num_classes, features, counts, lacks)


def facts_of_model(
    network: TestedNetwork, train_images: Callable[[], Images], known_lacks: Mapping[str, str] | None = None
) -> Facts:
    """Facts of a torch module at hand, `known_lacks` among them. Raises `BenchError` if it has but one class."""
    model = network.model
    assert isinstance(model, Classifier | AdaptedClassifier)
    _require_several_classes(model.num_classes, network.name)
    lacks = {}
    if model.confidence is None:
        lacks["confidence"] = (
            f"trained with the objective learned-confidence, and {network.name} has none. Train one with bench.run or "
            "bench train."
        )
    if not isinstance(model, Classifier):
        lacks["stages"] = f"and of {network.name} they are not known. Leave this method out."
    if network.head is None:
        for need in ("features", "head"):
            lacks[need] = (
                f"and {network.name} does not end in a linear layer. Leave this method out, or let the model end in a "
                "torch.nn.Linear."
            )
    lacks.update(known_lacks or {})
    features = 0 if network.head is None else network.head.weight.shape[1]
    return Facts(model.num_classes, features, class_counts(train_images, model.num_classes, lacks), lacks)


def facts_without_network(train_images: Callable[[], Images]) -> Facts:
    """Facts for methods that look at pixels alone."""
    lacks: dict[str, str] = {}
    counts = class_counts(train_images, 0, lacks)
    return Facts(0, 0, counts, lacks)


def _require_several_classes(count: int, whose: str) -> None:
    """Raise `BenchError` for a network of fewer than two classes: its softmax is 1 for every image."""
    if count < 2:
        raise BenchError(
            f"{whose} tells {count} class{'' if count == 1 else 'es'} apart, and scores compare classes: at least two "
            "are needed. A network with one output for two classes must return two logits, such as (0, z)."
        )


def count_features(network: str, classes: int) -> int:
    """D of a registered network, read off its sizes alone."""
    with torch.device("meta"):
        features: int = NETWORKS.get(network)(classes).classifier.in_features
    return features


def class_counts(train_images: Callable[[], Images], classes: int, lacks: dict[str, str]) -> NDArray[np.int64] | None:
    """The number of training images of each class; where there are none `lacks` says why under `training`."""
    try:
        images = train_images()
    except BenchError as error:
        lacks["training"] = f"which are not at hand: {error}"
        return None
    if images.labels is None:
        lacks["training"] = "and the training images have no labels."
        return None
    return np.bincount(images.labels, minlength=classes)
