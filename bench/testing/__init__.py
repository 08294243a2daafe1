"""Conformance: what must hold of every method, data set and network, as named checks.

`check_method`, `check_dataset` and `check_network` run all checks of one thing; `parametrize_with_checks` makes a test
of each for pytest; `bench check` prints them. `trial`, `dataset_trial` and `network_trial` make what the checks look
at, to look further. What they say of a check is in docs/conformance.md.
"""

from .check import CheckFailure
from .conformance import (
    DatasetTrial,
    NotConforming,
    check_dataset,
    check_method,
    check_network,
    dataset_trial,
    network_trial,
    trial,
)
from .outcome import Outcome
from .parametrize import parametrize_with_checks
from .trials import Trial

__all__ = [
    "CheckFailure",
    "DatasetTrial",
    "NotConforming",
    "Outcome",
    "Trial",
    "check_dataset",
    "check_method",
    "check_network",
    "dataset_trial",
    "network_trial",
    "parametrize_with_checks",
    "trial",
]
