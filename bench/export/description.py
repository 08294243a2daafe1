"""What is written beside a program: what it decides, of which images, and how it came about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.data.transform import InputTransform
from bench.detector import Detector
from bench.errors import BenchError
from bench.json_text import parse_json

FORMAT, SCHEMA = "oodbench program", 1

DESCRIPTION = "detector.json"
"""What the description is called inside a file."""

_KEYS = {"method", "parameters", "threshold", "transform", "classes", "provenance"}


def describe_program(detector: Detector, threshold: float, differences: dict[str, Any]) -> dict[str, Any]:
    """A program as plain data; `threshold` is its own, `differences` say how far its scores are from the suite's."""
    described = detector.describe()
    network, suite_threshold = described.pop("checkpoint"), described.pop("threshold")
    transform: InputTransform = detector.checkpoint.transform
    return {
        "format": FORMAT,
        "schema": SCHEMA,
        "input": f"images (N, {transform.channels}, {transform.height}, {transform.width}), float32 in [0, 1], not "
        "normalised",
        "outputs": ["scores (N,) float64", "is_id (N,) bool"],
        **described,
        "threshold": threshold,
        "suite": {"threshold": suite_threshold, **differences},
        **network,
        "classes": list(detector.checkpoint.classes),
    }


def checked_description(path: Path, text: str | bytes) -> dict[str, Any]:
    """The description that a file holds. Raises `BenchError` where it is none, or one of a newer version."""
    try:
        found: dict[str, Any] = parse_json(text)
        if found["format"] != FORMAT:
            raise ValueError(f"its format is {found['format']!r}")
        if found["schema"] > SCHEMA:
            raise BenchError(f"{path} was written by a newer oodbench (schema {found['schema']}). Upgrade it.")
        if lacking := _KEYS - set(found):
            raise ValueError(f"it lacks {', '.join(sorted(lacking))}")
        InputTransform.from_dict(found["transform"])
    except (ValueError, TypeError, KeyError) as error:
        raise BenchError(
            f"{path} does not say what it decides ({type(error).__name__}: {error}): it was not made by bench export."
        ) from error
    return found
