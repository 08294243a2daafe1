"""Choosing a method's parameters on tuning images: every candidate in its search space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.extraction.view import View
from bench.fitting.data import Facts
from bench.method_contract import Method
from bench.metrics import auroc
from bench.metrics.inputs import score_array

from .extraction import seen_by
from .protocol import TUNED


@dataclass(frozen=True)
class Search:
    """The candidates that can work with a network and its training images, and the reasons of those that cannot."""

    able: tuple[Method, ...]
    left_out: tuple[tuple[dict[str, Any], str], ...] = ()

    @property
    def chooses(self) -> bool:
        """Whether there was anything to choose from."""
        return len(self.able) + len(self.left_out) > 1


@dataclass(frozen=True)
class Tuned:
    """The candidate that was chosen, and the quality of each: its AUROC, or without outliers its mean ID score.

    `left_out` are the candidates that could not work, with the reasons.
    """

    method: Method
    trials: tuple[tuple[dict[str, Any], float], ...]
    left_out: tuple[tuple[dict[str, Any], str], ...] = ()

    def describe(self) -> list[dict[str, Any]]:
        """The trials as plain data, for a result, then what was left out."""
        return [
            *({"parameters": parameters, "quality": quality} for parameters, quality in self.trials),
            *({"parameters": parameters, "left_out": reason} for parameters, reason in self.left_out),
        ]


def search(method: Method, protocol: str, facts: Facts | None) -> Search:
    """What `protocol` tries of a method: every candidate, or where it tunes nothing the method as it is.

    Candidates are asked whether they can work with `facts`, unless these are None. Raises the `BenchError` of the first
    where none can.
    """
    tunes = protocol in TUNED and method.search
    tried = list(candidates(method, outliers=protocol != "id-only")) if tunes else [method]
    able, left_out, errors = [], [], []
    for one in tried:
        try:
            if facts is not None:
                one.check(facts)
            able.append(one)
        except BenchError as error:
            errors.append(error)
            left_out.append((one.parameters(), str(error)))
    if not able:
        raise errors[0]
    return Search(tuple(able), tuple(left_out))


def candidates(method: Method, *, outliers: bool = True) -> Iterator[Method]:
    """The method with every combination of the values in its search space, other parameters as they are.

    Without outliers only those in `id_only_search` are searched.
    """
    names = [name for name in method.search if outliers or name in method.id_only_search]
    for values in product(*(method.search[name] for name in names)):
        yield type(method).make({**method.parameters(), **dict(zip(names, values, strict=True))})


def tune(searched: Search, of_id: Mapping[View, Outputs], of_ood: Mapping[View, Outputs] | None) -> Tuned:
    """The candidate with the highest AUROC on the tuning images' outputs, all of them fitted; of equal ones the first.

    Without outliers (`of_ood` None) it is the candidate with the highest mean score on ID images, as Hsu et al. 2020
    (Generalized ODIN, arXiv 2002.11297) choose epsilon. Raises `NonFiniteScoresError` for NaN and infinite scores.
    """

    def quality(candidate: Method) -> float:
        context = f"{candidate.name} with {candidate.parameters()}, while tuning"
        id_scores = score_array(candidate.score(seen_by(candidate, of_id)), "ID scores", context)
        if of_ood is None:
            return float(id_scores.mean())
        ood_scores = score_array(candidate.score(seen_by(candidate, of_ood)), "OOD scores", context)
        return auroc(id_scores, ood_scores)

    trials = [(candidate, quality(candidate)) for candidate in searched.able]
    best, _ = max(trials, key=lambda trial: trial[1])
    return Tuned(best, tuple((candidate.parameters(), found) for candidate, found in trials), searched.left_out)
