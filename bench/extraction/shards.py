"""One large set extracted in shards, by processes or machines that share the cache folder, and joined to one.

Shards are cut between batches. So every image is in the batch in which it would be otherwise, and what is joined equals
what one process extracts bit for bit.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn

from bench.data.images import Images
from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.progress import Progress
from bench.remote import SharedCache, shared_cache

from .cache import Key, fill, kept_array, kept_facts, make_missing, needed, output_folders
from .growing import GrowingFolder
from .options import PassOptions
from .passing import Pass, Wanted

_COPIED_AT_ONCE = 2**26
"""Bytes of one array that are in memory while shards are joined."""


@dataclass(frozen=True)
class Shard:
    """The `number`-th of `count` parts of a set, counted from 1. Raises `BenchError` for others."""

    number: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count:
            raise BenchError(f"A shard is one of 1/{self.count} to {self.count}/{self.count}, not {self}.")

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @classmethod
    def parse(cls, text: str) -> Shard:
        """From `i/n`; raises `BenchError` for anything else."""
        number, _, count = text.partition("/")
        if not (number.isdecimal() and count.isdecimal() and int(count) > 0):
            raise BenchError(f"A shard is written as 1/4 to 4/4, not '{text}'.")
        return cls(int(number), int(count))

    def rows(self, total: int, batch_size: int) -> range:
        """Which of `total` images it has: whole batches, as many as the others have or one more; maybe none."""
        batches = -(-total // batch_size)
        first, last = (batches * number // self.count for number in (self.number - 1, self.number))
        return range(min(first * batch_size, total), min(last * batch_size, total))


def extract_shard(
    model: nn.Module,
    weights_hash: str,
    images: Images,
    transform: InputTransform,
    wanted: Wanted,
    shard: Shard,
    *,
    device: torch.device,
    label: str,
    options: PassOptions | None = None,
) -> bool:
    """Extract one shard of what `extract_cached` would, and join all shards where this was the last.

    True when the whole is in the cache, where `extract_cached` finds it. Every shard must be given the same options;
    what was done before, or is done by another process, is not done again.
    """
    options = options or PassOptions()
    folders = output_folders(weights_hash, images, transform, wanted, options)
    missing = {key: folder for key, folder in folders.items() if not folder.is_dir()}
    rows = shard.rows(len(images), options.batch_size)

    def extract(mine: Mapping[Key, GrowingFolder]) -> None:
        fill(Pass(model, transform, needed(wanted, mine), device, options), images, rows, mine, f"{label}, {shard}")

    if rows and missing:
        parts = {key: _part_folder(folder, rows) for key, folder in missing.items()}
        make_missing(parts, len(rows), extract, f"{label}, shard {shard}", SharedCache(None))
    every = (Shard(number, shard.count) for number in range(1, shard.count + 1))
    cut = [part for one in every if (part := one.rows(len(images), options.batch_size))]
    return _join_where_whole(missing, cut, len(images), label)


def _join_where_whole(folders: Mapping[Key, Path], parts: list[range], total: int, label: str) -> bool:
    """Make of each folder's parts the whole, and delete them; False where a part is missing."""
    for folder in folders.values():
        whole = all(_part_folder(folder, rows).is_dir() for rows in parts)
        if not whole and not folder.is_dir():  # looked at last: another process may have joined them meanwhile
            return False

    def join(mine: Mapping[Key, GrowingFolder]) -> None:
        for growing in mine.values():
            _join(growing, [_part_folder(growing.folder, rows) for rows in parts], label)

    make_missing(folders, total, join, f"{label}, joining shards", shared_cache())
    for folder in folders.values():
        for rows in parts:
            shutil.rmtree(_part_folder(folder, rows), ignore_errors=True)
    return True


def _part_folder(folder: Path, rows: range) -> Path:
    return folder.with_name(f"{folder.name}.rows-{rows.start}-{rows.stop}")


def _join(whole: GrowingFolder, parts: list[Path], label: str) -> None:
    progress = Progress(f"{label}, joining shards", whole.total)
    found = [kept_facts(part) for part in parts]
    runs = {str(run) for _, run in found}
    whole.run = runs.pop() if len(runs) == 1 else "several"
    done = 0
    try:
        for part in parts:
            for rows, arrays in _pieces(part):
                done += rows
                whole.append(done, arrays, {})
                progress.update(done)
        whole.seconds = {name: sum(seconds[name] for seconds, _ in found) for name in found[0][0]}
        whole.finish()
    finally:
        whole.close()
    progress.finish(f"{whole.total:,} images")


def _pieces(part: Path) -> Iterator[tuple[int, dict[str, NDArray[Any]]]]:
    """The arrays of a part by their names on disk, some rows at a time."""
    arrays = {path.stem: kept_array(part, path.stem) for path in sorted(part.glob("*.npy"))}
    rows = min(map(len, arrays.values()))
    step = max(1, _COPIED_AT_ONCE // max(1, *(array[:1].nbytes for array in arrays.values())))
    for first in range(0, rows, step):
        yield min(step, rows - first), {name: array[first : first + step] for name, array in arrays.items()}
