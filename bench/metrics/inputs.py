"""What callers hand in, checked once: scores, correctness flags and the wanted true-positive rate."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bench.errors import BenchError, NonFiniteScoresError

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_LARGEST_EXACT_INTEGER = 2**53


def score_array(values: npt.ArrayLike, name: str, context: str = "") -> FloatArray:
    """Return `values` as a float64 array of shape (n,), n >= 1, all finite; the conversion is exact.

    `name` says what they are ("ID scores") and `context` where they come from ("msp on svhn"); both stand in the
    messages. Integers and floats of up to 64 bits are accepted. Raises `BenchError` for anything else, for another
    shape and for an empty set, and `NonFiniteScoresError` with the first index for NaN and infinite scores.
    """
    where = f"{name} of {context}" if context else name
    raw = _numeric_array(values, where)
    if raw.ndim != 1:
        raise BenchError(f"{where}: expected a 1-D array with one score per image, got shape {raw.shape}.")
    if raw.size == 0:
        raise BenchError(f"{where}: there are none; give at least one score.")
    scores = raw.astype(np.float64, copy=False)
    _refuse_non_finite(scores, where)
    return scores


def correctness_array(correct: npt.ArrayLike, expected: int) -> BoolArray:
    """Return `correct` as booleans of shape (expected,); zeros and ones of any numeric type are accepted.

    Raises `BenchError` for other values and for another shape.
    """
    flags = np.asarray(correct)
    if flags.shape != (expected,):
        raise BenchError(f"Correctness: expected one flag for each of {expected} scores, got shape {flags.shape}.")
    if flags.dtype != np.bool_ and not np.isin(flags, (0, 1)).all():
        raise BenchError("Correctness: expected booleans (or 0 and 1), true where the prediction was right.")
    return flags.astype(np.bool_)


def checked_tpr(tpr: float) -> float:
    """Return `tpr` as a float; raises `BenchError` unless it lies in (0, 1]."""
    if not 0 < tpr <= 1:
        hint = f" Did you mean {tpr / 100:g}?" if 1 < tpr <= 100 else ""
        raise BenchError(f"The true-positive rate must be a fraction in (0, 1], got {tpr:g}.{hint}")
    return float(tpr)


def _numeric_array(values: npt.ArrayLike, where: str) -> npt.NDArray[Any]:
    try:
        raw = np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise BenchError(f"{where}: cannot be read as an array of numbers: {error}") from error
    if raw.size == 0 or (raw.dtype.kind in "iuf" and raw.dtype.itemsize <= 8):
        _refuse_inexact_integers(raw, where)
        return raw
    raise BenchError(f"{where}: expected integers or floats of at most 64 bits, got an array of type {raw.dtype}.")


def _refuse_inexact_integers(raw: npt.NDArray[Any], where: str) -> None:
    if raw.size and raw.dtype.kind in "iu" and max(-int(raw.min()), int(raw.max())) > _LARGEST_EXACT_INTEGER:
        raise BenchError(f"{where}: integers beyond 2**53 cannot be told apart in float64; rescale the scores.")


def _refuse_non_finite(scores: FloatArray, where: str) -> None:
    bad = ~np.isfinite(scores)
    if bad.any():
        first = int(bad.argmax())
        raise NonFiniteScoresError(
            f"{where}: {scores[first]} at index {first} (the first of {int(bad.sum())} among {scores.size}); "
            "every score must be a finite number."
        )
