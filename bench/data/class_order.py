"""Which number a class has: by its name, in the order in which the network has the classes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from bench.errors import BenchError, did_you_mean

from .images import Images, Labels, SubsetImages

_DIGITS = 9
"""Of the number of a class, at most."""


def in_order(names: Iterable[str]) -> list[str]:
    """Names of classes in alphabetical order, or in that of their numbers where all are whole numbers."""
    found = sorted(names)
    return sorted(found, key=int) if all(map(_is_number, found)) else found


def numbered(names: Sequence[str]) -> tuple[Labels, tuple[str, ...]]:
    """The labels `(N,)` that the texts `names` mean, and the classes they count in: none where all are numbers."""
    if all(map(_is_number, names)):
        return np.array([int(name) for name in names], np.int64), ()
    classes = in_order(set(names))
    places = {name: place for place, name in enumerate(classes)}
    return np.array([places[name] for name in names], np.int64), tuple(classes)


def with_classes_of(images: Images, classes: Sequence[str], *, name: str, whose: str) -> Images:
    """`images` with labels that count in the order of `classes`, found by the names that the images' own classes have.

    Capitals, spaces, `_` and `-` do not tell names apart; where the images' classes are called by whole numbers and
    `classes` are not, the numbers are places among these. `name` is the set's and `whose` says whose classes these are,
    for messages. Images without labels or without names of classes come back as they are.

    Raises `BenchError` for a class that is not among `classes`.
    """
    if images.labels is None or not images.classes or not classes or tuple(images.classes) == tuple(classes):
        return images
    places = [_place(one, classes) for one in images.classes]
    if all(_is_number(one) for one in images.classes) and not any(one in classes for one in images.classes):
        places = [int(one) if int(one) < len(classes) else None for one in images.classes]
    unknown = [images.classes[label] for label in np.unique(images.labels) if places[label] is None]
    if unknown:
        shown = ", ".join(f"'{one}'" for one in unknown[:5]) + (", …" if len(unknown) > 5 else "")
        known = ", ".join(classes[:12]) + (", …" if len(classes) > 12 else "")
        raise BenchError(
            f"'{name}' has classes that {whose} does not know: {shown}.{did_you_mean(unknown[0], classes)} Call them "
            f"as it does: {known}."
        )
    table = np.array([-1 if place is None else place for place in places])
    found = SubsetImages(images, np.arange(len(images)), labels=table[images.labels], classes=classes)
    found.held_out = images.held_out
    return found


def _place(name: str, classes: Sequence[str]) -> int | None:
    """The place of the one class that is called so, or of the one that is called nearly so."""
    if name in classes:
        return classes.index(name)
    near = [place for place, one in enumerate(classes) if _key(one) == _key(name)]
    return near[0] if len(near) == 1 else None


def _key(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name).strip().casefold()


def label_number(text: str) -> int | None:
    """The number of a class that a text is, from 0 on; None where it is none, or larger than any class is numbered."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def _is_number(name: str) -> bool:
    return label_number(name) is not None
