"""Where each image of a set comes from, and which images of two sets are the same picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .fingerprint import Fingerprints
    from .images import Images

NOWHERE = -1

Places = NDArray[np.intp]


@dataclass(frozen=True)
class Lineage:
    """The set `root` that images were read from, and the place of each there, `(N,)`; -1 for one from elsewhere.

    `forms` are the sets that show the picture, each with the places there: the root, and what was made of it.
    """

    root: Images
    places: Places
    forms: tuple[tuple[Images, Places], ...]

    @classmethod
    def of(cls, images: Images) -> Lineage:
        """That of a set which is made of no other."""
        places = np.arange(len(images))
        return cls(images, places, ((images, places),))

    def take(self, indices: Places) -> Lineage:
        """That of the images at `indices`."""
        return Lineage(self.root, self.places[indices], tuple((one, at[indices]) for one, at in self.forms))

    def between(self, before: int, after: int) -> Lineage:
        """That of a set with so many images from elsewhere before and after these."""

        def padded(places: Places) -> Places:
            return np.pad(places, (before, after), constant_values=NOWHERE)

        return Lineage(self.root, padded(self.places), tuple((one, padded(at)) for one, at in self.forms))

    def made_into(self, images: Images) -> Lineage:
        """That of `images`, each made of the one at its place here."""
        own = np.where(self.places == NOWHERE, NOWHERE, np.arange(len(images)))
        return replace(self, forms=(*self.forms, (images, own)))

    def shares(self, other: Lineage) -> NDArray[np.bool_]:
        """Which images `(N,)` are among those of `other`.

        In sets with one root it is the place that counts: a picture that a published set holds twice stays on both
        sides of a split, as its authors have it. In others it is the pixels, of whatever form.
        """
        here = self.places != NOWHERE
        if self.root.identity == other.root.identity:
            same: NDArray[np.bool_] = here & np.isin(self.places, other.places[other.places != NOWHERE])
            return same
        theirs = np.concatenate(other._fingerprints())
        shared = np.zeros(len(here), bool)
        for found in self._fingerprints():
            shared[here] |= np.isin(found, theirs)
        return shared

    def _fingerprints(self) -> Sequence[Fingerprints]:
        """Of each form, the fingerprints of the images that are not from elsewhere."""
        return [one.fingerprints[at[at != NOWHERE]] for one, at in self.forms]


def shared(images: Images, others: Images) -> NDArray[np.bool_]:
    """Which of `images` `(N,)` are among `others`, or are made of the same picture."""
    found = np.zeros(len(images), bool)
    for one in images.lineages():
        for other in others.lineages():
            found |= one.shares(other)
    return found
