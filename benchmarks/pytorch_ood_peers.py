"""The detectors that pytorch-ood and this project both have, set to be the same where that can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from bench.networks.classifier import Classifier


@dataclass(frozen=True)
class Peer:
    """A detector of theirs by its class, with the parts of the network that it takes, and our settings for the same.

    `note` says how the two differ where they do not compute the same.
    """

    name: str
    parts: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    ours: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


LOGITS, FEATURES, HEADED = ("logits",), ("features",), ("features", "linear")
MAPS, POOLED = ("maps", "classify"), ("pooled", "classify")

CLIPS, INVERTS = "theirs clips probabilities at 1e-7", "theirs inverts the covariance in float32"
OPENMAX = "theirs fits wrongly classified images too, by simplex search"
VRA = "theirs raises values below the lower bound to it, ours removes them"

ONE_PASS = {
    "msp": Peer("MaxSoftmax", LOGITS),
    "max-logit": Peer("MaxLogit", LOGITS),
    "energy": Peer("EnergyBased", LOGITS),
    "entropy": Peer("Entropy", LOGITS, note=CLIPS),
    "gen": Peer("GEN", LOGITS, note=CLIPS),
    "kl-matching": Peer("KLMatching", LOGITS),
    "temperature-scaling": Peer("TemperatureScaling", LOGITS, note="theirs ends after 50 small steps"),
    "openmax": Peer("OpenMax", LOGITS, {}, {"tail": 25, "distance": "euclidean"}, note=OPENMAX),
    "mahalanobis": Peer("Mahalanobis", FEATURES, note=INVERTS),
    "relative-mahalanobis": Peer("RMD", FEATURES, note=INVERTS),
    "gmm": Peer("GMM", FEATURES),
    "knn": Peer("KNN", FEATURES),
    "vim": Peer("ViM", ("features", "half", "weight", "bias"), note="theirs computes in float32"),
    "dice": Peer("DICE", ("features", "weight", "bias"), {"p": 0.9}),
    "lts": Peer("LTS", HEADED),
    "nnguide": Peer("NNGuide", HEADED, ours={"alpha": 1.0}),
    "pnml": Peer("PNML", HEADED, note="theirs drops eigenvalues below float32's precision"),
    "she": Peer("SHE", HEADED),
    "fdbd": Peer("fDBD", HEADED),
    "nci": Peer("NCI", HEADED, ours={"alpha": 0.0}),
    "react": Peer("ReAct", MAPS, {}, {"spatial": True}, "ours takes the percentile of a sample of the maps' values"),
    "ash": Peer("ASH", MAPS, {}, {"spatial": True, "percentile": 65.0}),
    "scale": Peer("SCALE", POOLED, {"percentile": 0.85}),
    "vra": Peer("VRA", POOLED, {"lower_percentile": 0.0, "upper_percentile": 0.95}, {"low": 0.0}, note=VRA),
}
"""Functions of one pass's logits, features and last maps."""

NORMALIZED = {"unit": "normalized"}
WEIGHT_ALONE = {"param_filter": lambda name: name == "model.classifier.weight"}
TRUE_CLASSES = "theirs bounds true classes, ours predicted ones, and holds a random tenth out"
MASKS = "30 masks that are drawn anew differ much"

OWN_PASSES = {
    "odin": Peer("ODIN", LOGITS, {}, NORMALIZED),
    "mahalanobis-odin": Peer("MahalanobisODIN", FEATURES, {"eps": 0.0014}, NORMALIZED, INVERTS),
    "gradnorm": Peer("GradNorm", ("plain",), WEIGHT_ALONE, note="theirs takes the gradients, ours its closed form"),
    "gradient-uncertainty": Peer("GradUncertainty", ("plain",), note="theirs clips probabilities at 1e-12"),
    "gram": Peer("Gram", ("classify", "stages", "classes", "orders"), {}, {"by_confidence": False}, TRUE_CLASSES),
    "rankfeat": Peer("RankFeat", MAPS, {}, {"block": "last"}),
    "nac": Peer("NACUE", ("sequence", "last"), {}, {"images": 10**6}, "theirs has other bins"),
    "mahalanobis-ensemble": Peer("MultiMahalanobis", ("stages",), {}, {"combination": "equal"}, INVERTS),
    "mc-dropout": Peer("MCD", ("dropout",), {"samples": 30, "mode": "mean"}, {"passes": 30}, MASKS),
}
"""What takes gradients, maps of several stages, or several passes: there each by a pass of its own or more."""

PEERS = ONE_PASS | OWN_PASSES
GROUPS = {"one-pass": list(ONE_PASS), "own-passes": list(OWN_PASSES), "all": list(PEERS)}


class Part(nn.Module):
    """A part of the network as their detectors call it, with images in channels-last memory."""

    def __init__(self, model: Classifier, say: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.model, self.say = model, say

    def forward(self, images: Tensor) -> Tensor:
        """What the part makes of images, or of maps."""
        return self.say(images.contiguous(memory_format=torch.channels_last))


class Plain(nn.Module):
    """The network's logits of images in any memory: their maps over images refuse to change that."""

    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """The logits `(N, K)`."""
        logits: Tensor = self.model(images).logits
        return logits


def make_detectors(model: Classifier, names: Sequence[str]) -> dict[str, Any]:
    """Their detectors under our names; all are given the same parts, by which they share what is cached."""
    parts, library = make_parts(model), import_module("pytorch_ood.detector")
    return {
        name: getattr(library, peer.name)(*(parts[part] for part in peer.parts), **peer.settings)
        for name, peer in ((name, PEERS[name]) for name in names)
    }


def make_parts(model: Classifier) -> dict[str, Any]:
    """What detectors are given, by the names that `Peer.parts` has."""
    layer = model.classifier
    classify = Part(model, lambda maps: model.classify(maps).logits)
    stages = [Part(model, stage) for stage in model.stages()]
    first = Part(model, lambda images: images.requires_grad_())  # the parameters need none, the maps must have some
    return {
        "logits": Part(model, lambda images: model(images).logits),
        "features": Part(model, lambda images: model(images).features),
        "maps": Part(model, lambda images: model.forward_stages(images)[0][-1]),
        "pooled": Part(model, lambda images: model(images).features[..., None, None]),
        "classify": classify,
        "plain": Plain(model),
        "stages": stages,
        "sequence": nn.Sequential(first, *stages, classify),
        "last": stages[-1:],
        "dropout": nn.Sequential(Part(model, lambda images: model(images).features), nn.Dropout(0.5), layer),
        "classes": model.num_classes,
        "orders": list(range(1, 11)),
        "linear": layer,
        "half": layer.in_features // 2,
        "weight": layer.weight,
        "bias": layer.bias,
    }
