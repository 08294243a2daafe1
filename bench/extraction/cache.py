"""Extracted outputs kept on disk by content: weights, transform, images, view, precision; read back memory-mapped."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
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
from bench.presence import announce
from bench.progress import Progress
from bench.remote import SharedCache, shared_cache

from .growing import FACTS, GrowingFolder, lease_path
from .options import PassOptions
from .outputs import Name, Outputs
from .passing import Pass, Piece, Wanted
from .probe import Probe
from .sound import set_aside_damaged
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
    folders = output_folders(weights_hash, images, transform, wanted, options)

    def extract(mine: Mapping[Key, GrowingFolder]) -> None:
        one = Pass(model, transform, needed(wanted, mine), device, options)
        fill(one, images, range(len(images)), mine, label)

    announce(cache_root())
    set_aside_damaged(folders.values(), FACTS)
    make_missing(folders, len(images), extract, label, shared_cache())
    return {view: _load(view, probes, folders, images.labels) for view, probes in wanted.items()}


def needed(wanted: Wanted, missing: Container[Key]) -> Wanted:
    """What of the `wanted` has to be seen for the `missing` folders."""
    found = {view: [probe for probe in probes if (view, probe) in missing] for view, probes in wanted.items()}
    return {view: probes for view, probes in found.items() if probes or (view, None) in missing}


def make_missing(
    folders: Mapping[Key, Path],
    total: int,
    make: Callable[[Mapping[Key, GrowingFolder]], None],
    label: str,
    shared: SharedCache,
) -> None:
    """Let `make` fill those folders that are missing, but for those that other processes make: these are waited for.

    Leases are asked for in one order, and only as far as they are free: so of several processes that want the same, one
    makes all of it in one pass. Whoever waits holds none, so nobody waits for anybody for ever. What the `shared` cache
    has is fetched.
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
                if missing[key].is_dir():  # it was finished between the look and the lease
                    continue
                claim = shared.claim(missing[key])
                if claim is None:
                    break
                held.enter_context(claim)
                set_aside_damaged([missing[key]], FACTS)
                if not missing[key].is_dir():
                    mine[key] = GrowingFolder(missing[key], total, lease)
            if mine:
                make(mine)
                for key in mine:
                    shared.put(missing[key])
        if not mine:
            next(waiting)


def fill(one: Pass, images: Images, rows: range, missing: Mapping[Key, GrowingFolder], label: str) -> None:
    """Pass those of the images that are `rows`, and finish the folders, which hold that many."""
    progress = Progress(label, len(rows))
    try:
        start = rows.start + min(folder.done for folder in missing.values())
        for done, found in one.batches(images, start, rows.stop):
            for (view, probe), folder in missing.items():
                folder.append(done - rows.start, *_part(found[view], probe))
            progress.update(done - rows.start)
        for folder in missing.values():
            folder.finish()
    finally:
        for folder in missing.values():
            folder.close()
    progress.finish(f"{len(rows):,} images")


def _part(piece: Piece, probe: Probe | None) -> tuple[dict[str, Any], dict[str, float]]:
    """The arrays and seconds that one folder holds, under their names on disk."""
    if probe is not None:
        return {_PROBED: piece.arrays[probe]}, {_PROBED: piece.seconds[probe]}
    arrays = {name: array for name, array in piece.arrays.items() if isinstance(name, str)}
    return arrays, {name: seconds for name, seconds in piece.seconds.items() if isinstance(name, str)}


def output_folders(
    weights_hash: str, images: Images, transform: InputTransform, wanted: Wanted, options: PassOptions
) -> dict[Key, Path]:
    """Where what is wanted of these images is kept, by what determines it."""

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
            arrays[name] = kept_array(folder, name)
    took: dict[Name, Took] = dict(_took(folder).items())
    for probe in probes:
        arrays[probe] = kept_array(folders[view, probe], _PROBED)
        took[probe] = _took(folders[view, probe]).get(_PROBED, UNKNOWN)
    return Outputs.of(arrays, labels, took)


def kept_array(folder: Path, name: str) -> NDArray[Any]:
    """An array of a folder, memory-mapped. Raises `BenchError` where it is damaged."""
    try:
        array: NDArray[Any] = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        return array
    except (OSError, ValueError, EOFError) as error:
        raise _damaged(folder, error) from error


def kept_facts(folder: Path) -> tuple[dict[str, float], str | None]:
    """The seconds that the pass took which made a folder, and its run, None where that was not noted yet."""
    try:
        facts = parse_json((folder / FACTS).read_text(encoding="utf-8"))
        return {name: float(seconds) for name, seconds in facts["seconds"].items()}, facts.get("run")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(folder, error) from error


def _took(folder: Path) -> dict[str, Took]:
    """What the pass that made the folder took; those made before the run was noted are an earlier one's."""
    seconds, run = kept_facts(folder)
    return {name: Took.by(run, value) for name, value in seconds.items()}


def _damaged(folder: Path, error: Exception) -> BenchError:
    return BenchError(f"Extracted outputs are damaged ({error}). Delete {folder} to extract them again.")
