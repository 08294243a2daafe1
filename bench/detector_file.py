"""`detector.json`: a detector as a file that a person can read; the weights stay in the checkpoint it points to.

What its method learnt from training images, if anything, lies beside it in a file of arrays.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any

from bench.atomic import write_json
from bench.data.transform import InputTransform
from bench.detector_network import DetectorNetwork, GivenNetwork
from bench.errors import BenchError
from bench.json_text import parse_json
from bench.method_contract import Method
from bench.method_file import load_method, save_method
from bench.networks.checkpoint import Checkpoint, is_own_checkpoint
from bench.networks.foreign import load_foreign
from bench.zoo.opening import runs_code

FORMAT, SCHEMA = "oodbench detector", 1

_KEYS = {"method", "method_version", "parameters", "threshold", "tpr", "validation", "checkpoint", "provenance"}
_CHECKPOINT_KEYS = {"path", "weights_hash", "network", "id_dataset", "transform"}
_MAKE = "A new detector is made by: bench threshold … --out detector.json"


def write_description(path: Path, description: dict[str, Any], checkpoint: Path | None, learnt: Method | None) -> None:
    """Write what a detector is to `path`, with the way to its `checkpoint` file: relative when that lies beside it.

    `learnt` is the method where it learnt something from training images, which goes into a file beside `path`.
    """
    way = None if checkpoint is None else _way(path.resolve().parent, checkpoint.resolve())
    found = {**description, "checkpoint": {"path": way, **description["checkpoint"]}}
    _open_checkpoint(path, found, trusts_code=True)
    if learnt is not None:
        state = path.with_name(f"{path.stem}.method.safetensors")
        save_method(learnt, state)
        found["state"] = {"path": state.name, "sha256": _sha256(state)}
    write_json(path, {"format": FORMAT, "schema": SCHEMA, **found})


def _way(folder: Path, target: Path) -> str:
    return target.relative_to(folder).as_posix() if target.is_relative_to(folder) else str(target)


def read_description(path: Path, *, trusts_code: bool) -> tuple[dict[str, Any], DetectorNetwork]:
    """What `write_description` wrote, and the checkpoint, which is still the same one.

    A network that Python code or a TorchScript program makes is opened only with `trusts_code`, as the file may be a
    stranger's. Raises `BenchError` for files that are missing, damaged, of another kind or from a newer version, and
    for a checkpoint whose weights or input transform have changed.
    """
    description = _parse(path)
    return description, _open_checkpoint(path, description, trusts_code=trusts_code)


def state_of(path: Path, description: dict[str, Any]) -> Method:
    """The fitted method whose state lies beside the detector at `path`.

    Raises `BenchError` where that file is missing, damaged, or not the one that the detector was written with.
    """
    facts = description.get("state") or {}
    if set(facts) != {"path", "sha256"}:
        raise BenchError(f"{path} is not a whole detector file (it lacks the state of its method). {_MAKE}")
    file = path.parent / facts["path"]
    if not file.is_file():
        raise BenchError(f"The detector {path} needs {file}, which is not there. Put it back. {_MAKE}")
    if _sha256(file) != facts["sha256"]:
        raise BenchError(f"{file} is not what {path} was written with. Put that back. {_MAKE}")
    method = load_method(file)
    if (method.name, method.parameters()) != (description["method"], description["parameters"]):
        raise BenchError(f"{path} and {file} are of different methods or parameters. {_MAKE}")
    return method


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _parse(path: Path) -> dict[str, Any]:
    try:
        description: dict[str, Any] = parse_json(path.read_text(encoding="utf-8"))
        if description["format"] != FORMAT:
            raise ValueError(f"its format is {description['format']!r}")
        if description["schema"] > SCHEMA:
            raise BenchError(f"{path} was written by a newer oodbench (schema {description['schema']}). Upgrade it.")
        lacking = _KEYS - set(description) | _CHECKPOINT_KEYS - set(description["checkpoint"])
        if lacking or not math.isfinite(description["threshold"]):
            raise ValueError(f"it lacks {', '.join(sorted(lacking)) or 'a finite threshold'}")
        _require_texts(description["checkpoint"])
    except OSError as error:
        raise BenchError(f"Cannot read the detector {path}: {error.strerror}. {_MAKE}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise BenchError(f"{path} is not a whole detector file ({type(error).__name__}: {error}). {_MAKE}") from error
    return description


def _require_texts(facts: dict[str, Any]) -> None:
    """Raise `ValueError` where what a checkpoint is called, or where it is, is no text."""
    for key, value in facts.items():
        if key != "transform" and not isinstance(value, str | None):
            raise ValueError(f"its '{key}' is {value!r:.80}")


def _open_checkpoint(path: Path, description: dict[str, Any], *, trusts_code: bool) -> DetectorNetwork:
    facts = description["checkpoint"]
    file = None if facts["path"] is None else path.parent / facts["path"]
    if file is not None and not file.is_file():
        raise BenchError(f"The detector {path} needs the checkpoint {file}, which is not there. Put it back. {_MAKE}")
    if "opened_by" in facts:
        if runs_code(facts["opened_by"]) and not trusts_code:
            raise BenchError(
                f"The network of {path} is made by the code {facts['opened_by']}. If you trust it, add --trust-code "
                "(trust_code=True in Python)."
            )
        given = GivenNetwork.open(facts, file)
        if given.weights_hash != facts["weights_hash"]:
            raise BenchError(
                f"The network {facts['opened_by']} is not the one that {path} was made for: its weights or its code "
                f"have changed. Put those back. {_MAKE}"
            )
        return given
    if file is None:
        raise BenchError(f"{path} does not say where its checkpoint is. {_MAKE}")
    return _own(path, file, facts)


def _own(path: Path, file: Path, facts: dict[str, Any]) -> Checkpoint:
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
