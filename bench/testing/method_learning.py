"""Checks of what a method learns: of ID images alone, anew each time, with every hyper-parameter at work."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np

from bench.data.dataset import DataSet
from bench.errors import NotFittedError
from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from bench.method_contract import Method

from .check import CheckSkipped, check
from .method_subject import MethodSubject, same
from .other_values import accepted, other_values
from .outcome import raised
from .trials import Trial, copied
from .watching import watched_reads

FEW = 16
"""Images of each set that are scored for every value of a search."""


@check
def parameters_matter(subject: MethodSubject) -> None:
    """Another value of a hyper-parameter changes the scores after a refit: none is dead."""
    subject.require_steady()
    usual = _scores(subject, {})
    names = subject.cls.parameter_names()
    for name in names:
        tried = []
        for value in other_values(subject.cls, name):
            if accepted(subject.trials, subject.cls, {name: value}):
                tried.append(value)
                if not same(_scores(subject, {name: value}), usual):
                    break
        else:
            if tried:
                raise subject.failure(
                    f"other scores with another value of '{name}'",
                    f"{name} = {' and '.join(map(repr, tried))} give the scores of the default, bit for bit",
                    f"two = trial({subject.spelling!r}, {name}={tried[0]!r})",
                    "print(one.method.score(one.id) - two.method.score(two.id))",
                )
    if not names:
        raise CheckSkipped("it has no hyper-parameters")


@check
def search_values_differ(subject: MethodSubject) -> None:
    """Each value that `search` lists gives scores of its own, so that none is tried in vain."""
    subject.require_steady()
    for name, values in subject.cls.search.items():
        if name not in subject.cls.parameter_names():
            raise CheckSkipped(f"'{name}' is no parameter (see the check search-is-sound)")
        seen: dict[bytes, Any] = {}
        for value in values:
            scores = _scores(subject, {name: value}, FEW).tobytes()
            if scores in seen and seen[scores] != value:
                raise subject.failure(
                    f"different scores for different values of '{name}'",
                    f"{seen[scores]!r} and {value!r} do the same",
                    f"two, three = (trial({subject.spelling!r}, {name}=v) for v in ({seen[scores]!r}, {value!r}))",
                    "print(two.method.score(two.id) - three.method.score(three.id))",
                )
            seen[scores] = value
    if not subject.cls.search:
        raise CheckSkipped("it names nothing to search")


@check
def refit_forgets(subject: MethodSubject) -> None:
    """`fit` forgets what was learnt before: a used method, fitted again, is as a new one."""
    subject.require_steady()
    _require_learning(subject)
    used, new = subject.cls(), subject.cls()
    subject.trials(used, train=slice(None, None, 2))
    again, fresh = subject.trials(used), subject.trials(new)
    found, expected = (np.asarray(one.method.score(one.id)) for one in (again, fresh))
    if not same(found, expected) or vars(used).keys() != vars(new).keys():
        raise subject.failure(
            "the scores of a method that was fitted once, after fitting it on half of the images and then on all",
            f"scores that differ by up to {np.nanmax(np.abs(found - expected)):.3g}, attributes {sorted(vars(used))}",
            "used = one.method.fit(one.data)  # once more\nprint(used.score(one.id))",
        )


@check
def learnt_names(subject: MethodSubject) -> None:
    """What `fit` learns is stored under names that end in `_`, by which it is saved, sent and counted."""
    method = subject.trial().method
    others = sorted(name for name in vars(method).keys() - vars(subject.cls()).keys() if not name.endswith("_"))
    if others:
        raise subject.failure(
            "the hyper-parameters, and names that end in '_'",
            f"also {', '.join(others)}",
            "print(vars(one.method).keys())",
        )


@check
def unfitted_error(subject: MethodSubject) -> None:
    """A method that must learn first says so when it is asked for scores before."""
    subject.require_runs()
    _require_learning(subject)
    outputs = subject.trial().id
    try:
        subject.cls().score(outputs)
    except NotFittedError:
        return
    except Exception as error:
        if "fit" in str(error):
            return
        found = raised(error)
    else:
        found = "scores"
    raise subject.failure(
        "an error that says to call fit first; attributes that end in '_' and are set in fit alone raise it",
        found,
        "type(one.method)().score(one.id)",
    )


@check
def fit_sees_id_only(subject: MethodSubject) -> None:
    """`fit` learns from what it is given: it loads no data set and reads no file, so no OOD image reaches it."""
    subject.require_runs()
    method = subject.cls()
    data = subject.trials.data_for(method)
    with watched_reads(DataSet) as reads:
        method.fit(data)
    if reads:
        raise subject.failure(
            "nothing read in fit but the training images' outputs and the last layer",
            " and ".join(reads),
            "one.method.fit(one.data)",
        )


@check
def declares_its_needs(subject: MethodSubject) -> None:
    """What `needs` does not name is not used: without it the scores are the same."""
    subject.require_steady()
    if subject.cls.objective is None:
        raise CheckSkipped("it looks at pixels alone, without a network")
    trial = subject.trial()
    expected = np.asarray(trial.method.score(trial.id))
    stripped = _stripped(subject.cls(), subject)
    try:
        found = np.asarray(stripped.method.fit(stripped.data).score(stripped.id))
    except Exception as error:
        told = raised(error)
    else:
        if same(found, expected):
            return
        told = "other scores"
    undeclared = sorted({"features", "head"} - set(subject.cls.needs))
    raise subject.failure(
        f"the same scores without {' and '.join(undeclared)}, which needs = {sorted(subject.cls.needs)} does not name",
        told,
        "print(one.method.needs)",
    )


@check
def picklable(subject: MethodSubject) -> None:
    """A fitted method can be pickled, so that other processes can use it, and scores as before."""
    trial = subject.trial()
    before = np.asarray(trial.method.score(trial.id))
    lines = "import pickle\nloaded = pickle.loads(pickle.dumps(one.method))"
    try:
        loaded = pickle.loads(pickle.dumps(trial.method))  # noqa: S301 - our own bytes
    except Exception as error:
        raise subject.failure("pickle.dumps(method), and loads again", raised(error), lines) from error
    subject.require_steady()
    if not same(np.asarray(loaded.score(trial.id)), before):
        raise subject.failure("the scores that it gave before", "other scores", lines, "print(loaded.score(one.id))")


def _scores(subject: MethodSubject, parameters: dict[str, Any], count: int | None = None) -> Any:
    trial = subject.trials(subject.cls(**parameters), count=count)
    return np.concatenate([np.asarray(trial.method.score(one)) for one in (trial.id, trial.ood)])


def _require_learning(subject: MethodSubject) -> None:
    if subject.cls.fit is Method.fit:
        raise CheckSkipped("it learns nothing: it has no fit of its own")


def _stripped(method: Method, subject: MethodSubject) -> Trial:
    """A trial without the features and the last layer, where the method does not say that it needs them."""

    def without(outputs: Outputs) -> Outputs:
        kept = copied(outputs)
        nothing = np.empty((len(kept), 0), np.float32)
        features = kept.features if "features" in method.needs else nothing
        beside = {view: without(one) for view, one in kept.beside.items()}
        return Outputs(kept.logits, features, kept.confidence_logit, kept.labels, kept.probed, beside)

    data, trial = subject.trials.data_for(method), subject.trial()
    head = data.given_head if "head" in method.needs else None
    train = None if data.given_train is None else without(data.given_train)
    return Trial(method, FitData(head, train), without(trial.id), trial.ood, trial.blank)


CHECKS = (
    parameters_matter, search_values_differ, refit_forgets, learnt_names, unfitted_error, fit_sees_id_only,
    declares_its_needs, picklable,
)  # fmt: skip
