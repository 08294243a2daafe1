"""The labels of ID images, in the order in which the network has its classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.data.class_order import with_classes_of
from bench.data.images import Images
from bench.errors import BenchError


def in_network_order(images: Images, name: str, classes: Sequence[str], count: int) -> Images:
    """The ID images of the set `name`, with labels that count as a network does that has `count` classes.

    Where the names `classes` of these are known, the images' own classes are found by name, and may be some of them;
    else the images must have as many as the network, which are taken to be in its order. Raises `BenchError` for
    classes that the network does not have.
    """
    if images.labels is None:
        return images
    if not classes and images.classes and len(images.classes) != count:
        raise BenchError(
            f"The network tells {count} classes apart, whose names are not known, and '{name}' has "
            f'{len(images.classes)}: {", ".join(images.classes[:5])}, …. Say which is which: classes = ["…", …], in '
            f"the network's order, in the table [datasets.{name}] of a bench.toml."
        )
    found = with_classes_of(images, classes, name=name, whose="the network")
    assert found.labels is not None
    largest = int(found.labels.max())
    if largest >= count:
        raise BenchError(
            f"'{name}' has the label {largest}, but the network tells {count} classes apart, which count from 0. Name "
            "the data set it was trained on as the in-distribution one."
        )
    return found


def named_classes(images: Images, classes: Sequence[str]) -> tuple[str, ...]:
    """The network's `classes`, if those of the images are among them; else none, since they are called otherwise.

    ImageNet's, for one, have names and numbers, and some of the names are given twice.
    """
    known = set(classes)
    return tuple(classes) if len(known) == len(classes) and known.issuperset(images.classes) else ()


def assumed_order(images: Images, classes: Sequence[str]) -> Iterator[str]:
    """A warning if the images' classes have names and the network's have none, so that their order is a guess."""
    if images.labels is not None and images.classes and not classes:
        order = ", ".join(images.classes[:5]) + (", …" if len(images.classes) > 5 else "")
        yield f"the names of the network's classes are not known; they are taken to be in the order {order}"
