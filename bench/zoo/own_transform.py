"""The input transform that a network's library says, where it can be imitated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.data.transform import InputTransform
from bench.data.transform_words import transform_words
from bench.errors import BenchError

from .named import OwnTransform


def own_transform(library: str, find: Callable[[], InputTransform], checkpoint: Path | None) -> OwnTransform:
    """What `find` gives, with where it comes from; or why it cannot be had, where it raises `BenchError`.

    That is no error yet, since a user may describe the input otherwise. Nothing says that weights from elsewhere, in
    the file `checkpoint`, were trained with it.
    """
    try:
        transform = find()
    except BenchError as error:
        return OwnTransform(None, str(error), certain=checkpoint is None)
    words = f"the input transform is the one that {library} names: {transform_words(transform)}"
    if checkpoint is not None:
        words += f"; nothing says that the weights in {checkpoint.name} were trained with it"
    return OwnTransform(transform, words, certain=checkpoint is None)
