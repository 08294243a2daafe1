"""`webdataset:SHARDS`: tar archives of images and labels, on this machine or behind https addresses."""

from __future__ import annotations

from pathlib import Path

from bench.data.binding_kind import BindingKind, binding_kind
from bench.data.brace_expansion import expanded
from bench.data.download import secure
from bench.data.shard import Shard
from bench.data.tar_images import TarImages
from bench.data.tar_index import samples_in
from bench.errors import BenchError
from bench.user_path import user_path

_BETWEEN = "::"


@binding_kind("webdataset")
class WebDataset(BindingKind):
    """Tar shards in WebDataset's layout, with braces such as `{000..146}.tar`, several separated by `::`.

    The shards are read through once, to learn what is in them, and then batch by batch; they are never held whole, nor
    kept. A sample is an image and, if there are labels, a file `cls` with the number of its class.
    """

    form = "SHARDS"

    @classmethod
    def located(cls, text: str, base: Path) -> str:
        """Paths counting from `base`; https addresses as they are. Raises `BenchError` for any other address."""
        return _BETWEEN.join(_located(part, base) for part in text.split(_BETWEEN))

    def paths(self) -> dict[str, list[Path]]:
        """The shards on this machine."""
        return {"test": [Path(address) for address in self._addresses() if "://" not in address]}

    def open(self, split: str) -> TarImages:
        """The images of all shards, in the order in which they are given."""
        del split
        addresses = self._addresses()
        again = sorted({address for address in addresses if addresses.count(address) > 1})
        if again:
            raise BenchError(f"The shard {again[0]} is given twice. Name each once.")
        return TarImages([(shard, sample) for shard in map(Shard, addresses) for sample in samples_in(shard)])

    def _addresses(self) -> list[str]:
        return [address for part in self.source.split(_BETWEEN) for address in expanded(part)]


def _located(part: str, base: Path) -> str:
    if part.startswith("pipe:"):  # a command to WebDataset's library
        raise BenchError(f"Shards are read from files and https addresses, not from '{part}'.")
    return secure(part) if "://" in part else str(user_path(part, base))
