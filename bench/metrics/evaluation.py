"""Every OOD metric of one pair of score sets, from one sort."""

from __future__ import annotations

from dataclasses import dataclass

import numpy.typing as npt

from .inputs import checked_tpr
from .ood import band_mean_fpr
from .ranking import rank_scores

TIE_SHARE_WARNING = 0.01


@dataclass(frozen=True)
class OODMetrics:
    """The metrics of n ID scores against m OOD scores; fractions in [0, 1]. `bench.metrics.ood` has the definitions.

    `auroc`, `aupr_in` (ID positive) and `aupr_out` (OOD positive): higher is better. `fpr_at_95_tpr` and
    `fpr_at_95_tpr_band` (ID positive), `fpr_at_95_tpr_ood` (OOD positive) and `detection_error`: lower is better.
    `fpr_at_tpr` and `fpr_at_tpr_ood` are the false-positive rates at the `tpr` that was asked for.
    The band is None where it is undefined. `tie_share` is the share of scores that equal one of the other set.
    """

    auroc: float
    fpr_at_95_tpr: float
    fpr_at_95_tpr_ood: float
    detection_error: float
    aupr_in: float
    aupr_out: float
    fpr_at_95_tpr_band: float | None
    tpr: float
    fpr_at_tpr: float
    fpr_at_tpr_ood: float
    n_id: int
    n_ood: int
    tie_share: float
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, float | int | list[str] | None]:
        """Return the columns of a result row, JSON-ready.

        The rates at 95 % are always there; another `tpr` adds `fpr_at_{p}_tpr` and `fpr_at_{p}_tpr_ood` with p in
        percent.
        """
        row: dict[str, float | int | list[str] | None] = {
            "n_id": self.n_id,
            "n_ood": self.n_ood,
            "auroc": self.auroc,
            "fpr_at_95_tpr": self.fpr_at_95_tpr,
            "fpr_at_95_tpr_ood": self.fpr_at_95_tpr_ood,
        }
        name = fpr_name(self.tpr)
        row |= {name: self.fpr_at_tpr, f"{name}_ood": self.fpr_at_tpr_ood}
        return row | {
            "detection_error": self.detection_error,
            "aupr_in": self.aupr_in,
            "aupr_out": self.aupr_out,
            "fpr_at_95_tpr_band": self.fpr_at_95_tpr_band,
            "tie_share": self.tie_share,
            "warnings": list(self.warnings),
        }


def evaluate(
    id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike, *, tpr: float = 0.95, context: str = ""
) -> OODMetrics:
    """Compute all metrics of `id_scores` (n,) against `ood_scores` (m,), larger = more in-distribution.

    `tpr` in (0, 1] asks for further false-positive rates beside those at 95 %. `context` names the origin of the
    scores ("msp, cifar10 against svhn") in errors. Raises `BenchError` for empty, non-numeric or non-1-D input and
    for a `tpr` out of range, `NonFiniteScoresError` for NaN and infinite scores.

    >>> evaluate([2.0, 3.0, 4.0, 5.0], [0.0, 1.0, 2.5]).auroc
    0.9166666666666666
    """
    checked_tpr(tpr)
    ranking = rank_scores(id_scores, ood_scores, context)
    id_steps, ood_steps = ranking.id_steps, ranking.ood_steps
    share = ranking.tie_share()
    return OODMetrics(
        auroc=ranking.auroc(),
        fpr_at_95_tpr=id_steps.fpr_at_tpr(0.95),
        fpr_at_95_tpr_ood=ood_steps.fpr_at_tpr(0.95),
        detection_error=id_steps.detection_error(),
        aupr_in=id_steps.average_precision(),
        aupr_out=ood_steps.average_precision(),
        fpr_at_95_tpr_band=band_mean_fpr(ranking),
        tpr=float(tpr),
        fpr_at_tpr=id_steps.fpr_at_tpr(tpr),
        fpr_at_tpr_ood=ood_steps.fpr_at_tpr(tpr),
        n_id=ranking.n_id,
        n_ood=ranking.n_ood,
        tie_share=share,
        warnings=tie_warnings(ranking.value(0), ranking.value(-1), share),
    )


def fpr_name(tpr: float) -> str:
    """Return the column name of the false-positive rate at `tpr`.

    >>> fpr_name(0.95), fpr_name(0.995)
    ('fpr_at_95_tpr', 'fpr_at_99.5_tpr')
    """
    return f"fpr_at_{100 * tpr:.10g}_tpr"


def tie_warnings(lowest: float, highest: float, share: float) -> tuple[str, ...]:
    """What a row says of scores from `lowest` to `highest`, the `share` of which is tied with the other set."""
    if lowest == highest:
        return (f"constant scores: all are tied at {lowest:g}, so they carry no information",)
    if share > TIE_SHARE_WARNING:
        return (f"tied scores: {100 * share:.1f} % of the scores equal a score of the other set",)
    return ()
