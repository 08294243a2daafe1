"""Extracted outputs kept on disk by content: weights, transform, images, view, precision; read back memory-mapped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bench.cache import cache_root
from bench.canonical import content_key
from bench.data.images import Images
from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.json_text import parse_json
from bench.leases import Lease, Watch, pauses
from bench.progress import Progress

from .growing import FACTS, GrowingFolder, lease_path
from .options import PassOptions
from .outputs import Name, Outputs
from .passing import Pass, Piece, Wanted
from .probe import Probe
from .took import UNKNOWN, Took
from .view import View

VERSION = 2

_OF_NETWORK = ("logits", "features", "confidence_logit")
_PROBED = "probed"

Key = tuple[View, Probe | None]
"""What one folder holds: what the network says of a view, or what a probe sees of it."""


def extract_cached(
    model: nn.Module,
    weights_hash: str,
    images: Images,
    transform: InputTransform,
    wanted: Wanted,
    *,
    device: torch.device,
    label: str,
    options: PassOptions | None = None,
) -> dict[View, Outputs]:
    """`extract`, but what was extracted before is read from disk, and what is new is kept there as it comes."""
    options = options or PassOptions()
    folders = _folders(weights_hash, images, transform, wanted, options)

    def extract(mine: Mapping[Key, GrowingFolder]) -> None:
        needed = {view: [p for p in probes if (view, p) in mine] for view, probes in wanted.items()}
        needed = {view: probes for view, probes in needed.items() if probes or (view, None) in mine}
        _extract_missing(Pass(model, transform, needed, device, options), images, mine, label)

    _make_missing(folders, len(images), extract, label)
    return {view: _load(view, probes, folders, images.labels) for view, probes in wanted.items()}


def _make_missing(
    folders: Mapping[Key, Path], total: int, make: Callable[[Mapping[Key, GrowingFolder]], None], label: str
) -> None:
    """Let `make` fill those folders that are missing, but for those that other processes make: these are waited for.

    Leases are asked for in one order, and only as far as they are free: so of several processes that want the same, one
    makes all of it in one pass. Whoever waits holds none, so nobody waits for anybody for ever.
    """
    watches = {key: Watch() for key in folders}
    waiting = pauses(lambda: f"{label}: another process does this; waiting for it.")
    while missing := {key: folder for key, folder in folders.items() if not folder.is_dir()}:
        with ExitStack() as held:
            mine: dict[Key, GrowingFolder] = {}
            for key in sorted(missing, key=lambda key: missing[key].name):
                lease = Lease.take(lease_path(missing[key]), watches[key])
                if lease is None:
                    break
                held.enter_context(lease)
                if not missing[key].is_dir():  # else it was finished between the look and the lease
                    mine[key] = GrowingFolder(missing[key], total, lease)
            if mine:
                make(mine)
        if not mine:
            next(waiting)


def _extract_missing(one: Pass, images: Images, missing: Mapping[Key, GrowingFolder], label: str) -> None:
    progress = Progress(label, len(images))
    try:
        for done, found in one.batches(images, min(folder.done for folder in missing.values())):
            for (view, probe), folder in missing.items():
                folder.append(done, *_part(found[view], probe))
            progress.update(done)
        for folder in missing.values():
            folder.finish()
    finally:
        for folder in missing.values():
            folder.close()
    progress.finish(f"{len(images):,} images")


def _part(piece: Piece, probe: Probe | None) -> tuple[dict[str, Any], dict[str, float]]:
    """The arrays and seconds that one folder holds, under their names on disk."""
    if probe is not None:
        return {_PROBED: piece.arrays[probe]}, {_PROBED: piece.seconds[probe]}
    arrays = {name: array for name, array in piece.arrays.items() if isinstance(name, str)}
    return arrays, {name: seconds for name, seconds in piece.seconds.items() if isinstance(name, str)}


def _folders(
    weights_hash: str, images: Images, transform: InputTransform, wanted: Wanted, options: PassOptions
) -> dict[Key, Path]:
    def folder(view: View, probe: Probe | None) -> Path:
        identity: dict[str, Any] = {
            "version": VERSION,
            "weights": weights_hash,
            "transform": transform.to_dict(),
            "images": images.identity,
            "view": view.describe(),
            "precision": options.identity,
        }
        probed = {} if probe is None else {"probe": probe.describe()}
        return cache_root() / "outputs" / content_key(identity | probed)

    return {(view, probe): folder(view, probe) for view, probes in wanted.items() for probe in (None, *probes)}


def _load(
    view: View, probes: Sequence[Probe], folders: Mapping[Key, Path], labels: NDArray[np.int64] | None
) -> Outputs:
    arrays: dict[Name, Any] = {}
    folder = folders[view, None]
    for name in _OF_NETWORK:
        if name != "confidence_logit" or (folder / f"{name}.npy").exists():
            arrays[name] = _array(folder, name)
    took: dict[Name, Took] = dict(_took(folder).items())
    for probe in probes:
        arrays[probe] = _array(folders[view, probe], _PROBED)
        took[probe] = _took(folders[view, probe]).get(_PROBED, UNKNOWN)
    return Outputs.of(arrays, labels, took)


def _array(folder: Path, name: str) -> Any:
    try:
        return np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise _damaged(folder, error) from error


def _took(folder: Path) -> dict[str, Took]:
    """What the pass that made the folder took; those made before the run was noted are an earlier one's."""
    try:
        facts = parse_json((folder / FACTS).read_text(encoding="utf-8"))
        return {name: Took.by(facts.get("run"), float(seconds)) for name, seconds in facts["seconds"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(folder, error) from error


def _damaged(folder: Path, error: Exception) -> BenchError:
    return BenchError(f"Extracted outputs are damaged ({error}). Delete {folder} to extract them again.")
