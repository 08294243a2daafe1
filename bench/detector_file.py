"""`detector.json`: a detector as a file that a person can read; the weights stay in the checkpoint it points to."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from bench.atomic import write_json
from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.networks.checkpoint import Checkpoint, is_own_checkpoint
from bench.networks.foreign import load_foreign

FORMAT, SCHEMA = "oodbench detector", 1

_KEYS = {"method", "method_version", "parameters", "threshold", "tpr", "validation", "checkpoint", "provenance"}
_CHECKPOINT_KEYS = {"path", "weights_hash", "network", "id_dataset", "transform"}
_MAKE = "A new detector is made by: bench threshold … --out detector.json"


def write_description(path: Path, description: dict[str, Any], checkpoint: Path) -> None:
    """Write what a detector is to `path`, with the way to its `checkpoint` file: relative when that lies beside it."""
    folder, target = path.resolve().parent, checkpoint.resolve()
    way = target.relative_to(folder).as_posix() if target.is_relative_to(folder) else str(target)
    found = {**description, "checkpoint": {"path": way, **description["checkpoint"]}}
    _open_checkpoint(path, found)
    write_json(path, {"format": FORMAT, "schema": SCHEMA, **found})


def read_description(path: Path) -> tuple[dict[str, Any], Checkpoint]:
    """What `write_description` wrote, and the checkpoint, which is still the same one.

    Raises `BenchError` for files that are missing, damaged, of another kind or from a newer version, and for a
    checkpoint whose weights or input transform have changed.
    """
    description = _parse(path)
    return description, _open_checkpoint(path, description)


def _parse(path: Path) -> dict[str, Any]:
    try:
        description: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if description["format"] != FORMAT:
            raise ValueError(f"its format is {description['format']!r}")
        if description["schema"] > SCHEMA:
            raise BenchError(f"{path} was written by a newer oodbench (schema {description['schema']}). Upgrade it.")
        lacking = _KEYS - set(description) | _CHECKPOINT_KEYS - set(description["checkpoint"])
        if lacking or not math.isfinite(description["threshold"]):
            raise ValueError(f"it lacks {', '.join(sorted(lacking)) or 'a finite threshold'}")
    except OSError as error:
        raise BenchError(f"Cannot read the detector {path}: {error.strerror}. {_MAKE}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise BenchError(f"{path} is not a whole detector file ({type(error).__name__}: {error}). {_MAKE}") from error
    return description


def _open_checkpoint(path: Path, description: dict[str, Any]) -> Checkpoint:
    facts = description["checkpoint"]
    file = path.parent / facts["path"]
    if not file.is_file():
        raise BenchError(f"The detector {path} needs the checkpoint {file}, which is not there. Put it back. {_MAKE}")
    transform = InputTransform.from_dict(facts["transform"])
    if is_own_checkpoint(file):
        checkpoint = Checkpoint.load(file)
    else:
        checkpoint = load_foreign(file, facts["network"], transform, id_dataset=facts["id_dataset"])
    if checkpoint.weights_hash != facts["weights_hash"]:
        raise BenchError(f"The weights in {file} are not those that {path} was made for. Put those back. {_MAKE}")
    if checkpoint.transform != transform:
        raise BenchError(f"The input transform of {file} is not the one that {path} was made for. {_MAKE}")
    return checkpoint
