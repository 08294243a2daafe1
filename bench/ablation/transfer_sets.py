"""On which images a transfer tunes, and on which it tests: the same ones for all choices, none of which is tuned on.

Each OOD set is split as the papers split it. ID test images are split too: the papers tune on all of them and test on
them again, here the first ones are for tuning alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from bench.data.images import Images
from bench.errors import BenchError
from bench.running.protocol import Split, part, require_disjoint, split_pair, validation_count
from bench.running.substitutes import substitute_outliers

NOISE = "noise"
"""What the substitutes for outliers are called: noise and shuffled ID images."""

ID_TUNED, ID_TESTED = "ID (tuning)", "ID (test)"


@dataclass(frozen=True)
class TransferSets:
    """The images of a transfer: each OOD set in a part to tune on and one to test on, and ID images likewise."""

    tune_id: Images
    test_id: Images
    tune: Mapping[str, Images]
    test: Mapping[str, Images]

    @classmethod
    def of(cls, id_images: Images, ood_images: Mapping[str, Images]) -> TransferSets:
        """Split the images. Raises `BenchError` where an image would be tuned on and tested on."""
        held = validation_count(id_images)
        tune_id, test_id = part(id_images, 0, held), part(id_images, held, len(id_images))
        splits = {
            name: split_pair("paper-oracle", id_images, images, ood=name, tune_images=None)
            for name, images in ood_images.items()
        }
        tune = {name: split.tune_ood for name, split in splits.items() if split.tune_ood is not None}
        test = {name: split.test_ood for name, split in splits.items()}
        sets = cls(tune_id, test_id, {**tune, NOISE: substitute_outliers(tune_id)}, test)
        for (source, tuned), (target, tested) in product(sets.tune.items(), sets.test.items()):
            _require_disjoint(source, target, Split(test_id, tested, tune_id, tuned))
        return sets

    def named(self) -> Iterator[tuple[str, Images]]:
        """Every set of images with a name of its own."""
        yield ID_TUNED, self.tune_id
        yield ID_TESTED, self.test_id
        for name, images in self.tune.items():
            yield tuned_part(name), images
        yield from self.test.items()


def tuned_part(name: str) -> str:
    """What the part of an OOD set is called that is tuned on."""
    return f"{name} (tuning)"


def _require_disjoint(source: str, target: str, split: Split) -> None:
    try:
        require_disjoint(split, "heldout-ood")
    except BenchError as error:
        raise BenchError(f"'{source}' cannot be tuned on and '{target}' tested on: {error}") from error
