"""Images in tar shards, read in pieces and never all at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError

from .decode import decode, why_undecodable
from .encoded import EncodedImages, stacked
from .images import Pixels
from .shard import Shard
from .tar_index import Sample

Located = tuple[Shard, Sample]

_GAP = 1 << 12
"""Bytes between two images (the label, headers) over which they are still read in one piece."""

_PIECE = 1 << 26
"""Bytes that are read in one piece at most, but for a larger image."""


class TarImages(EncodedImages):
    """The images `samples`, each in its shard; memory holds their places and the batch that is read."""

    def __init__(self, samples: Sequence[Located], *, note: str = "") -> None:
        self.samples, self.note = samples, note
        labels = [sample.label for _, sample in samples]
        if None not in labels:
            self.labels = np.array(labels, np.int64)
        elif any(label is not None for label in labels):
            shard, sample = samples[labels.index(None)]
            raise BenchError(
                f"Some images of the shards have labels and others have none, such as {sample.name} in {shard.address}."
            )

    def __len__(self) -> int:
        return len(self.samples)

    def open(self, index: int) -> BytesIO:
        """The bytes of one image."""
        [content] = _contents([self.samples[index]])
        return BytesIO(content)

    def read(self, indices: NDArray[np.intp]) -> Pixels:
        """The decoded images; those that lie behind each other in a shard are read in one piece."""
        wanted = [self.samples[index] for index in indices]
        contents = zip(wanted, _contents(wanted), strict=True)
        return stacked([decode(BytesIO(content), _address(one)) for one, content in contents])

    def sample_id(self, index: int) -> str:
        """The shard and the name of the image in it."""
        return self.samples[index][1].name

    def address(self, index: int) -> str:
        """The same, with the shard's whole address."""
        return _address(self.samples[index])

    def digest(self, index: int) -> bytes:
        """SHA-256 of the bytes of one image, as they were when the shard was read through."""
        return self.samples[index][1].digest

    def broken(self, *, thorough: bool = False) -> dict[int, str]:
        """As for all encoded images; what is seen without a thorough look is known already."""
        known = {index: sample.broken for index, (_, sample) in enumerate(self.samples) if sample.broken}
        others = [index for index in range(len(self)) if index not in known] if thorough else []
        contents = _contents([self.samples[index] for index in others])
        damaged = {index: why_undecodable(BytesIO(one)) for index, one in zip(others, contents, strict=True)}
        return {**known, **{index: reason for index, reason in damaged.items() if reason}}

    def take(self, indices: NDArray[np.intp]) -> TarImages:
        """The images at `indices`, as if the shards held no others."""
        found = TarImages([self.samples[index] for index in indices], note=self.note)
        found.classes = self.classes
        return found


def _address(one: Located) -> str:
    shard, sample = one
    return f"{sample.name.partition('/')[2]} in {shard.address}"


def _contents(wanted: Sequence[Located]) -> Iterator[bytes]:
    """The bytes of images, in their order. Raises `BenchError` where they are not what the shard held before."""
    for run in _runs(wanted):
        shard, first, last = run[0][0], run[0][1], run[-1][1]
        piece = shard.read(first.offset, last.offset + last.size - first.offset)
        for _, sample in run:
            content = piece[sample.offset - first.offset :][: sample.size]
            if hashlib.sha256(content).digest() != sample.digest:
                raise BenchError(f"The shard {shard.address} has changed since it was read through. Start again.")
            yield content


def _runs(wanted: Sequence[Located]) -> Iterator[list[Located]]:
    """Parts of `wanted` that can be read in one piece."""
    run: list[Located] = []
    for one in wanted:
        if run and not _goes_on(run, one):
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _goes_on(run: Sequence[Located], one: Located) -> bool:
    (shard, last), (other, sample) = run[-1], one
    gap = sample.offset - (last.offset + last.size)
    return other is shard and 0 <= gap <= _GAP and sample.offset + sample.size - run[0][1].offset <= _PIECE
