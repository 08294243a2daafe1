"""A row of a run's results with its types made plain again."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from bench.errors import BenchError

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

METRICS = (
    "fpr_at_95_tpr",
    "detection_error",
    "auroc",
    "aupr_in",
    "aupr_out",
    "fpr_at_95_tpr_ood",
    "fpr_at_95_tpr_band",
)

COSTS = (
    "fit_seconds",
    "microseconds_per_image",
    "microseconds_of_earlier_passes",
    "peak_memory_mb",
    "state_bytes",
)

NO_NETWORK = "none"
"""The network in the rows of methods that look at pixels alone."""

USUAL_PRECISION = "fp32"
"""How networks are run unless asked otherwise; rows from before precision was told were made so too."""

MOST_SHIFTED = 2
"""More shifted sets than these are counted instead of named; the note of the ID images names them all."""

UNKNOWN_TRAINING = "unknown"
"""The objective in the rows of networks that were not trained here."""


@dataclass(frozen=True)
class ResultRow:
    """One finished cell. `metrics` are fractions in [0, 1], None where undefined; texts are empty where absent.

    `shifted` maps each covariate-shifted set that counts as in-distribution, besides the ID test images, to the
    accuracy there; it is empty where there are none. `intervals` are the ends of the metrics'
    95 % intervals. `costs` are None where not known; `tuned_on` is empty when nothing was tuned; `warnings` is one
    text. The other names are those of the result rows.
    """

    method: str
    id: str
    ood: str
    network: str
    objective: str
    seed: int | None
    protocol: str
    precision: str
    transform: str
    parameters: Mapping[str, Any]
    n_id: int
    n_ood: int
    id_accuracy: float | None
    shifted: Mapping[str, float | None]
    metrics: Mapping[str, float | None]
    intervals: Mapping[str, tuple[float, float] | None]
    costs: Mapping[str, float | None]
    tuned_on: str
    network_note: str
    id_note: str
    ood_note: str
    warnings: str
    weights: str
    key: str

    @property
    def has_network(self) -> bool:
        """Whether the method looks at what a network makes of the images, not at their pixels alone."""
        return self.network != NO_NETWORK

    @property
    def positives(self) -> str:
        """What counts as in-distribution: the ID set and the shifted sets, by name or if there are many by number."""
        shown = list(self.shifted) if len(self.shifted) <= MOST_SHIFTED else [f"{len(self.shifted)} shifted sets"]
        return " + ".join([self.id, *shown])


def read_rows(frame: pd.DataFrame, metrics: Sequence[str] = METRICS) -> list[ResultRow]:
    """The rows of `frame`, which has the columns of `bench.running.rows`; a cell that occurs twice is kept once.

    `metrics` names the columns that become the rows' metrics. Raises `BenchError` when there are none.
    """
    rows = {str(record["key"]): _read(record, metrics) for record in frame.to_dict("records")}
    if not rows:
        raise BenchError("There is nothing to report: no finished cells. Run some first, or look at the failures.")
    return list(rows.values())


def grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """The items by `key`, both in the order in which they first appear."""
    groups: dict[K, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def training_words(objective: str) -> str:
    """How a network was trained, to be read after its name or a figure."""
    return "trained elsewhere" if objective == UNKNOWN_TRAINING else f"trained with {objective}"


def _read(record: Mapping[Hashable, Any], metrics: Sequence[str]) -> ResultRow:
    texts = {name: _text(record[name]) for name in ("method", "id", "ood", "network", "objective", "protocol")}
    notes = {name: _text(record[name]) for name in ("tuned_on", "id_note", "ood_note", "warnings", "weights", "key")}
    seed = _number(record["seed"])
    return ResultRow(
        **texts,
        **notes,
        precision=_text(record["precision"]) or USUAL_PRECISION,
        network_note=_text(record.get("network_note")),
        transform=_text(record.get("transform")),  # tables from before it was told lack the column
        seed=None if seed is None else int(seed),
        parameters=json.loads(record["parameters"]),
        n_id=int(record["n_id"]),
        n_ood=int(record["n_ood"]),
        id_accuracy=_number(record["id_accuracy"]),
        shifted=json.loads(_text(record.get("shifted")) or "{}"),  # as above
        metrics={name: _number(record[name]) for name in metrics},
        intervals={name: _interval(record, name) for name in metrics},
        costs={name: _number(record.get(name)) for name in COSTS},
    )


def _interval(record: Mapping[Hashable, Any], metric: str) -> tuple[float, float] | None:
    low, high = (_number(record.get(f"{metric}_{end}")) for end in ("low", "high"))
    return None if low is None or high is None else (low, high)


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)  # NaN is a table's None  # noqa: PLR0124


def _text(value: Any) -> str:
    return "" if value is None or value != value else str(value)  # noqa: PLR0124
