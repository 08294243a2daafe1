"""Checks of what a method asks of a pass: probes, views and their losses; and of scores that are probabilities."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import torch

from bench.extraction.extract import extract
from bench.extraction.view import CLEAN
from bench.networks.classifier import Classifier, NetworkOutput
from bench.running.extraction import wanted_by

from .check import CheckSkipped, check
from .method_subject import MethodSubject
from .tiny_images import tiny_images
from .tiny_network import TRANSFORM
from .trials import CPU, Trial, Wanted, network_for, part_of, passed

ROUNDING = 2e-3
"""What other batches may change by rounding in float32, as a share of an array's size."""

SOME = (5, 3, 40)


@check
def asks_for_plain_data(subject: MethodSubject) -> None:
    """Probes and views are frozen dataclasses of plain data: equal, hashed and described alike after pickling.

    Outputs are kept under what they describe, so that what is the same is computed once.
    """
    trial = subject.trial()
    for one in _asked(trial):
        try:
            again = pickle.loads(pickle.dumps(one))  # noqa: S301 - our own bytes
            told = one.describe()
            plain = again == one and hash(again) == hash(one) and json.loads(json.dumps(told)) == told
        except Exception as error:
            found = f"{type(error).__name__}: {error}"
        else:
            if plain:
                continue
            found = "a copy that is not equal, or is described otherwise"
        raise subject.failure(
            "@dataclass(frozen=True) with fields that are numbers, words or Constants",
            f"{type(one).__name__}: {found}",
            "print(one.method.probes(), one.method.view())",
        )


@check
def probes_see_images_alone(subject: MethodSubject) -> None:
    """What a probe sees of an image does not depend on the other images of the batch."""
    trial = subject.trial()
    wanted = wanted_by([trial.method])
    if not any(wanted.values()) and not trial.method.fit_probes():
        raise CheckSkipped("it has no probes")
    everything: Wanted = {**wanted, CLEAN: (*wanted[CLEAN], *trial.method.fit_probes())}
    whole = passed(trial.method, "id", everything)
    network = network_for(trial.method)
    few = extract(network, part_of("id", SOME), TRANSFORM, list(wanted), device=CPU, probes=everything)
    for view, probes in everything.items():
        for probe in probes:
            expected, found = whole[view].probed[probe][list(SOME)], few[view].probed[probe]
            size = float(np.abs(expected).max(initial=0))
            if not np.allclose(found, expected, rtol=ROUNDING, atol=ROUNDING * size, equal_nan=True):
                raise subject.failure(
                    "the same from three images alone as from all of them in one batch",
                    f"{type(probe).__name__} differs by up to {np.nanmax(np.abs(found - expected)):.3g}",
                    "print(one.method.probes(), one.method.fit_probes())",
                )


@check
def input_loss_sees_images_alone(subject: MethodSubject) -> None:
    """The loss along whose gradient a view moves images is one number per image, and depends on that image alone."""
    trial = subject.trial()
    losses = [view.loss for view in _views(trial) if view.loss is not None]
    network = network_for(trial.method)
    if not losses or not isinstance(network, Classifier):
        raise CheckSkipped("it moves no images")
    output = network(TRANSFORM(tiny_images()["id"].pixels[:12]))
    for loss in losses:
        together = loss(output)
        if together.shape != (12,):
            raise subject.failure(
                "a loss of shape (12,) for 12 images", f"shape {tuple(together.shape)}", "print(one.method.view().loss)"
            )
        alone = torch.cat([loss(_row(output, place)) for place in range(12)])
        if not torch.allclose(alone, together, rtol=1e-4, atol=1e-5):
            raise subject.failure(
                "the same loss of an image alone as in company",
                f"losses that differ by up to {float((alone - together).abs().max()):.3g}",
                "print(one.method.view().loss)",
            )


@check
def probability_is_one(subject: MethodSubject) -> None:
    """Where scores can be read as probabilities, `probability` gives numbers in [0, 1] that rise with the score."""
    trial = subject.trial()
    scores = np.sort(np.asarray(trial.method.score(trial.id), np.float64))
    scores = scores[np.isfinite(scores)]
    found = trial.method.probability(scores)
    if found is None:
        raise CheckSkipped("its scores are no probabilities")
    if np.min(found) < 0 or np.max(found) > 1 or np.any(np.diff(found) < 0):
        raise subject.failure(
            "numbers in [0, 1], larger for larger scores",
            f"from {np.min(found):.3g} to {np.max(found):.3g}, rising: {bool(np.all(np.diff(found) >= 0))}",
            "print(one.method.probability(one.method.score(one.id)))",
        )


def _views(trial: Trial) -> list[Any]:
    return [trial.method.view(), *trial.method.further_views(), *trial.method.fit_views()]


def _asked(trial: Trial) -> list[Any]:
    return [*dict.fromkeys(_views(trial)), *trial.method.fit_probes(), *trial.method.probes()]


def _row(output: NetworkOutput, place: int) -> NetworkOutput:
    logits, features, confidence = output
    rows = slice(place, place + 1)
    return NetworkOutput(logits[rows], features[rows], None if confidence is None else confidence[rows])


CHECKS = (asks_for_plain_data, probes_see_images_alone, input_loss_sees_images_alone, probability_is_one)
