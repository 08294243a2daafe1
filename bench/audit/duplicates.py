"""Images that two sets share, exactly or nearly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.wording import counted

from .look import Look
from .near_duplicates import KnownImages, Near, too_alike

MOST_LISTED = 100


@dataclass(frozen=True)
class Duplicates:
    """Duplicates of the set called `known` in the set called `among`, of which `images` were looked up.

    `exact` and `near` give each of these images at most once, with its double; `near` are not among the exact ones,
    and None where they cannot be told, since the known images are too alike among themselves. Constant images, which
    are all alike, are left out.
    """

    known: str
    among: str
    images: int
    exact: tuple[tuple[int, int], ...]
    near: tuple[Near, ...] | None

    @property
    def count(self) -> int:
        """How many of the images have a double."""
        return len(self.exact) + len(self.near or ())

    @property
    def words(self) -> str:
        """Such as `2 exact duplicates and 14 near-duplicates of cifar10 train`."""
        kinds = {"exact duplicate": len(self.exact), "near-duplicate": len(self.near or ())}
        return f"{' and '.join(counted(count, kind) for kind, count in kinds.items() if count)} of {self.known}"

    def to_dict(self, known: Look, among: Look) -> dict[str, Any]:
        """As plain data, with the names of the first hundred images and their doubles."""
        pairs: list[tuple[int, int, Near | None]] = [(place, other, None) for place, other in self.exact]
        pairs += [(one.place, one.other, one) for one in sorted(self.near or (), key=lambda one: -one.similarity)]
        return {
            "known": self.known,
            "among": self.among,
            "images": self.images,
            "known_images": len(known.images),
            "exact": len(self.exact),
            "near": None if self.near is None else len(self.near),
            "examples": [
                {
                    "image": among.images.sample_id(place),
                    "double": known.images.sample_id(other),
                    "similarity": 1.0 if near is None else round(near.similarity, 4),
                    "exact": near is None,
                    "mirrored": near is not None and near.mirrored,
                    "shift": [0, 0] if near is None else list(near.shift),
                }
                for place, other, near in pairs[:MOST_LISTED]
            ],
        }


@dataclass(frozen=True)
class Library:
    """A set that others are compared with: what was seen of it, and its hashes."""

    name: str
    seen: Look
    hashed: KnownImages | None

    @classmethod
    def of(cls, name: str, seen: Look) -> Library:
        """Hash the images that were seen, unless these are too alike."""
        return cls(name, seen, None if too_alike(seen.grey) else KnownImages(seen.grey))

    def duplicates(self, name: str, other: Look) -> Duplicates:
        """Which images of `other`, called `name`, are in this set."""
        constant = set(other.facts.constant)
        # Of equal pixels np.unique gives the first place.
        values, first = np.unique(self.seen.fingerprints, return_index=True)
        at = np.minimum(np.searchsorted(values, other.fingerprints), len(values) - 1)
        same = np.flatnonzero(values[at] == other.fingerprints)
        exact = {int(place): int(first[at[place]]) for place in same if place not in constant}
        near = None
        if self.hashed is not None:
            near = tuple(one for one in self.hashed.near_duplicates(other.grey) if one.place not in exact)
        return Duplicates(self.name, name, len(other.images), tuple(exact.items()), near)
