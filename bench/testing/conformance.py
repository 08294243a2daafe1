"""The checks as functions: for a method, a data set or a network, all of them at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor

from bench.data.dataset import DataSet
from bench.data.images import Images
from bench.errors import BenchError
from bench.method_contract import Method
from bench.networks.classifier import Classifier

from .check import Check, CheckFailure
from .dataset_subject import DatasetSubject
from .method_subject import MethodSubject
from .network_subject import NetworkSubject
from .outcome import Outcome
from .target import Checked, Options, one_checked
from .trials import Trial, Trials


class NotConforming(AssertionError):  # noqa: N818 - likewise
    """Checks have failed; the message has each of them with what was expected, what came, and how to look further."""


def check_method(method: type[Method] | str | Path, *, tolerance: float = 1e-5) -> list[Outcome]:
    """Run every check of a method: a class, a registered name, `path.py`, `path.py:NAME` or `module:NAME`.

    `tolerance` is how much two scores of one image may differ, as a share of the scores' size. Returns the outcomes;
    raises `NotConforming` (an `AssertionError`) if a check fails.
    """
    return _all(one_checked(method, "method", Options(tolerance=tolerance)))


def check_dataset(data_set: type[DataSet] | DataSet | str | Path, *, data: Path | None = None) -> list[Outcome]:
    """Run every check of a data set, whose files are below the folder `data` (default: as everywhere).

    What needs images is skipped where there are none on this machine. Returns the outcomes; raises `NotConforming`.
    """
    return _all(one_checked(data_set, "dataset", Options(data=data)))


def check_network(network: type[Classifier] | str | Path, *, size: int = 32) -> list[Outcome]:
    """Run every check of a network, on images of `size` x `size` pixels.

    Returns the outcomes; raises `NotConforming`.
    """
    return _all(one_checked(network, "network", Options(size=size)))


def trial(method: type[Method] | str | Path, **parameters: Any) -> Trial:
    """A method with these hyper-parameters, fitted on the tiny images of the checks, with the outputs that it scores.

    `trial("msp").method.score(trial("msp").id)` are the scores of 60 ID images; `.ood` and `.blank` are the others.
    """
    subject: MethodSubject = one_checked(method, "method").subject
    return Trials()(subject.cls(**parameters))


class DatasetTrial:
    """A data set, and its images as the checks load them."""

    def __init__(self, subject: DatasetSubject) -> None:
        self.data_set, self._subject = subject.data_set, subject

    def load(self, split: str) -> Images:
        """The images of a split."""
        return self._subject.load(split)


def dataset_trial(data_set: type[DataSet] | DataSet | str | Path, data: str | Path | None = None) -> DatasetTrial:
    """A data set, whose files are below the folder `data`, as the checks look at it."""
    root = None if data is None else Path(data)
    return DatasetTrial(one_checked(data_set, "dataset", Options(data=root)).subject)


def network_trial(network: type[Classifier] | str | Path, *, size: int = 32) -> tuple[Classifier, Tensor]:
    """A network for 7 classes in eval mode, with the confidence branch, and three images for it."""
    subject: NetworkSubject = one_checked(network, "network", Options(size=size)).subject
    return subject.build(confidence_branch=True).eval(), subject.images()


def named_check(checked: Checked, name: str) -> Check[Any]:
    """The check called `name` of this kind; raises `BenchError` with the known names."""
    for one in checked.checks:
        if one.name == name:
            return one
    raise BenchError(f"Unknown check '{name}' of a {checked.kind}. Known: {', '.join(c.name for c in checked.checks)}.")


def _all(checked: Checked) -> list[Outcome]:
    outcomes = [checked.outcome(check) for check in checked.checks]
    failures = [
        f"{one.check}: {one.meaning}\n{one.failure}" for one in outcomes if isinstance(one.failure, CheckFailure)
    ]
    if failures:
        raise NotConforming(
            f"{checked.name} fails {len(failures)} of {len(outcomes)} checks.\n\n" + "\n\n".join(failures)
        )
    return outcomes
