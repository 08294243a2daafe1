"""JSON as this project writes it: finite numbers, and no deeper than anyone can mean."""

from __future__ import annotations

import json
import math
from typing import Any


def parse_json(text: str | bytes) -> Any:
    """The value that a JSON text stands for.

    Raises `ValueError` for anything that is no JSON, and for what Python would take beside it: NaN, infinite numbers,
    and lists in lists without an end.
    """
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _refuse(text: str) -> float:
    raise ValueError(f"{text[:40]} is no finite number")
