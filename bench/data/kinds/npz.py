"""`npz:FILE`: pixels in a NumPy archive."""

from __future__ import annotations

from pathlib import Path

from bench.data.binding_kind import BindingKind, binding_kind
from bench.data.images import ArrayImages
from bench.data.npz import open_npz


@binding_kind("npz")
class Npz(BindingKind):
    """A NumPy archive with an array `images`, or one array alone, and, if there are labels, an array `labels`."""

    form = "FILE"

    def sources(self) -> list[Path]:
        """The archive."""
        return [Path(self.source)]

    def open(self, split: str) -> ArrayImages:
        """The images of the archive."""
        del split
        return open_npz(Path(self.source))
