"""What makes the figures of a network doubtful, though they can be computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.data.images import Images
from bench.data.lineage import shared


def caveats(trained_on: str, id_name: str, id_images: Images, classes: Sequence[str]) -> tuple[str, ...]:
    """Warnings for the rows of a network that was trained on the data set `trained_on` and is tested on `id_name`.

    `classes` names the classes of the ID images where they are known.
    """
    return (*other_training_set(trained_on, id_name), *_single_class(id_images, classes))


def other_training_set(trained_on: str, id_name: str) -> Iterator[str]:
    """A warning if the ID set is not the one that the network was trained on."""
    if trained_on != id_name:
        yield (
            f"the checkpoint says that it was trained on '{trained_on}', not on '{id_name}': unless these are the same "
            "classes, the ID images are out-of-distribution to it"
        )


def _single_class(images: Images, classes: Sequence[str]) -> Iterator[str]:
    """A warning if all images are of one class.

    This is no error, since a part of a test set may be asked about; but such figures are not those of the whole set.
    """
    if images.labels is None or int(images.labels.min()) < int(images.labels.max()):
        return
    label = int(images.labels[0])
    name = f"'{classes[label]}'" if label < len(classes) else str(label)
    yield f"all {len(images):,} ID test images are of the class {name}: accuracy and figures are of that class alone"


def fitted_on_tests(id_images: Images, train_images: Images) -> tuple[str, ...]:
    """A warning if some of the ID test images are among the training images that methods are fitted on."""
    both = int(shared(id_images, train_images).sum())
    if not both:
        return ()
    return (f"{both:,} of the {len(id_images):,} ID test images are among the training images that it is fitted on",)
