"""Checks of a network's description and weights: where they come from, that they train, that they can be kept."""

from __future__ import annotations

import inspect
import tempfile
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

from .check import check
from .method_subject import random_state, restored_random_state
from .network_subject import CLASSES, COUNT, NetworkSubject, equal
from .outcome import raised


@check
def complete_metadata(subject: NetworkSubject) -> None:
    """A network has a name, a docstring, a citation and a version."""
    cls: Any = subject.architecture
    citation = getattr(cls, "citation", None)
    named = getattr(cls, "registered_as", "") == "network" and isinstance(getattr(cls, "name", None), str)
    doc = cls.__dict__.get("__doc__") or ""
    missing = [
        said
        for lacks, said in (
            (not named, 'the name: write @bench.network("…") above it'),
            (not inspect.cleandoc(doc), "the docstring"),
            (citation is None or not citation.title, "the citation"),
            (
                type(getattr(cls, "version", None)) is not int or cls.version < 1,
                "a version that is a whole number >= 1",
            ),
        )
        if lacks
    ]
    if missing:
        raise subject.failure(
            "a name, a docstring, a citation and a version",
            f"missing: {'; '.join(missing)}",
            "print(type(network).__doc__)",
        )


@check
def branch_is_optional(subject: NetworkSubject) -> None:
    """The confidence branch adds a linear layer called `confidence` and changes no other weight of the same seed."""
    plain, again = (subject.build(seed=11).state_dict() for _ in range(2))
    branched = subject.build(confidence_branch=True, seed=11).state_dict()
    added = branched.keys() - plain.keys()
    steady = [key for key in plain if equal(plain[key], again[key])]
    moved = [key for key in steady if not equal(plain[key], branched.get(key))]
    if added != {"confidence.weight", "confidence.bias"} or moved:
        raise subject.failure(
            "confidence.weight and confidence.bias beside the weights that the seed gives without the branch",
            f"added {sorted(added)}, changed {moved}. Is the branch made before other layers?",
            "print(network.state_dict().keys())",
        )


@check
def seed_decides_weights(subject: NetworkSubject) -> None:
    """Weights come from torch's generator alone: the seed decides them, and another one gives others."""
    one, same, other = (subject.build(seed=seed).state_dict() for seed in (11, 11, 12))
    moved = [key for key in one if not equal(one[key], same[key])]
    with restored_random_state():
        before = random_state()
        torch.manual_seed(11)
        subject.architecture(CLASSES, channels=3, confidence_branch=False)
        foreign = [name for name, state in random_state().items() if name != "torch" and state != before[name]]
    if moved or foreign or all(equal(one[key], other[key]) for key in one):
        told = (
            f"other values of {moved[:3]}" if moved else f"{foreign} was used" if foreign else "the same weights always"
        )
        raise subject.failure(
            "equal weights after equal torch.manual_seed, others after another",
            told,
            "import torch\ntorch.manual_seed(0)\nprint(type(network)(3).state_dict())",
        )


@check
def weights_can_be_kept(subject: NetworkSubject) -> None:
    """What a network has learnt is in its state dict: kept as safetensors and loaded into another, it says the same."""
    subject.require_steady()
    other = subject.build(confidence_branch=True, seed=5).eval()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.safetensors"
        try:
            save_file({key: value.contiguous() for key, value in subject.lively.state_dict().items()}, path)
            other.load_state_dict(load_file(path))
        except Exception as error:
            found = raised(error)
        else:
            with torch.no_grad():
                said = other(subject.images())
            if all(equal(one, known) for one, known in zip(said, subject.said, strict=True)):
                return
            found = "other outputs. Is something that is learnt or drawn kept in a plain attribute?"
    raise subject.failure(
        "the same outputs from another network of this kind that got the state dict",
        found,
        "other = type(network)(7, confidence_branch=True).eval()\nother.load_state_dict(network.state_dict())",
        "print(other(images).logits - output.logits)",
    )


@check
def training_reaches_all_weights(subject: NetworkSubject) -> None:
    """A step of training has a finite gradient for every parameter, none of which is without effect."""
    subject.require_outputs()
    network = subject.build(4, confidence_branch=True).train()
    images = subject.images(COUNT + 1)
    logits, _, confidence = network(images)
    named = dict(network.named_parameters())
    loss = F.cross_entropy(logits, torch.arange(COUNT + 1) % 4) + F.softplus(-confidence).mean()
    with restored_random_state():
        gradients = torch.autograd.grad(loss, list(named.values()), allow_unused=True)
    dead = [key for key, gradient in zip(named, gradients, strict=True) if gradient is None]
    bad = [key for key, one in zip(named, gradients, strict=True) if one is not None and not bool(one.isfinite().all())]
    idle = [
        key
        for key, one in zip(named, gradients, strict=True)
        if one is not None and not key.endswith("bias") and not bool(one.any())
    ]
    if dead or bad or idle:
        raise subject.failure(
            "a gradient for every parameter from cross-entropy and the confidence",
            f"without a gradient: {dead + idle}; not finite: {bad}",
            "print([name for name, _ in network.named_parameters()])",
        )


CHECKS = (
    complete_metadata, branch_is_optional, seed_decides_weights, weights_can_be_kept, training_reaches_all_weights,
)  # fmt: skip
