"""Choosing a method's parameters on tuning images: every candidate in its search space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from bench.extraction.outputs import Outputs
from bench.extraction.view import View
from bench.method import Method
from bench.metrics import auroc
from bench.metrics.inputs import score_array


def candidates(method: Method) -> Iterator[Method]:
    """The method with every combination of the values in its search space, other parameters as they are."""
    names = list(method.search)
    for values in product(*method.search.values()):
        yield type(method).make({**method.parameters(), **dict(zip(names, values, strict=True))})


def tune(method: Method, of_id: Mapping[View, Outputs], of_ood: Mapping[View, Outputs] | None) -> Method:
    """The candidate with the highest AUROC on the tuning images' outputs; of equal ones the first.

    Without outliers (`of_ood` None) it is the candidate with the highest mean score on ID images, as Hsu et al. 2020
    (Generalized ODIN, arXiv 2002.11297) choose epsilon. Raises `NonFiniteScoresError` for NaN and infinite scores.
    """

    def quality(candidate: Method) -> float:
        context = f"{candidate.name} with {candidate.parameters()}, while tuning"
        id_scores = score_array(candidate.score(of_id[candidate.view()]), "ID scores", context)
        if of_ood is None:
            return float(id_scores.mean())
        ood_scores = score_array(candidate.score(of_ood[candidate.view()]), "OOD scores", context)
        return auroc(id_scores, ood_scores)

    return max(candidates(method), key=quality)
