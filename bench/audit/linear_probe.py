"""What a linear classifier of ID against OOD images reaches on features that know no objects."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.metrics import auroc
from bench.seeds import derived_seed

FOLDS = 3
MOST_IMAGES = 4000
"""How many images of each set the classifier sees; more would cost time and change little."""

PENALTY = 0.1


@dataclass(frozen=True)
class ProbeResult:
    """The features, the AUROC on images left out of fitting, and how many images of each set were used."""

    features: str
    auroc: float
    images: tuple[int, int]


def linear_probe(name: str, ids: NDArray[np.float32], oods: NDArray[np.float32], *, seed: int) -> ProbeResult | None:
    """Logistic regression on rows `(n, D)` and `(m, D)`, cross-validated; None for sets of fewer than 10 images.

    The features are standardised, `C` is 0.1, and the AUROC is the mean over three folds.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if min(len(ids), len(oods)) < 10:
        return None
    ids, oods = (_some(rows, seed, name) for rows in (ids, oods))
    rows, is_id = np.concatenate([ids, oods]), np.repeat([1, 0], [len(ids), len(oods)])
    found = []
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(rows, is_id):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=PENALTY, max_iter=200))
        with warnings.catch_warnings():
            # One that has not converged tells what it reaches all the same: a lower bound.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(rows[train], is_id[train])
        scores = model.decision_function(rows[test])
        found.append(auroc(scores[is_id[test] == 1], scores[is_id[test] == 0]))
    return ProbeResult(name, float(np.mean(found)), (len(ids), len(oods)))


def _some(rows: NDArray[np.float32], seed: int, name: str) -> NDArray[np.float32]:
    if len(rows) <= MOST_IMAGES:
        return rows
    stream = np.random.default_rng(derived_seed(seed, "audit probe", name, len(rows)))
    return rows[np.sort(stream.choice(len(rows), MOST_IMAGES, replace=False))]
