"""How the input of a model at hand is made: as a user says, or else as its library does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.data.images import Images
from bench.data.transform import NORMALIZATIONS, InputTransform, parse_normalization
from bench.errors import BenchError
from bench.zoo.named import NamedNetwork


@dataclass(frozen=True)
class Ways:
    """How a user says what a model's input is, in the words of the command line or of Python."""

    normalize: str
    transform: str
    advice: str


COMMAND_LINE = Ways(
    normalize="--normalize",
    transform="--transform FILE.toml",
    advice=f"Give --normalize {'|'.join(NORMALIZATIONS)}, or --normalize MEAN/STD with values in [0, 1], for images of "
    "the ID set's own size; or the whole input transform with --transform FILE.toml.",
)

PYTHON = Ways(
    normalize="normalize",
    transform="a whole bench.data.transform.InputTransform as transform",
    advice=f"Give normalize={' or '.join(map(repr, NORMALIZATIONS))}, or 'MEAN/STD' with values in [0, 1], or a whole "
    "bench.data.transform.InputTransform as transform.",
)


@dataclass(frozen=True)
class FoundTransform:
    """An input transform, and sentences on what was assumed about it."""

    transform: InputTransform
    assumed: tuple[str, ...] = ()


def said_or_own(
    network: NamedNetwork, given: InputTransform | None, normalize: str | None, ways: Ways
) -> FoundTransform | None:
    """The transform that a user gives, or the network's own; None where `normalize` alone says something.

    Raises `BenchError` where they contradict each other, or where nothing says what the input is.
    """
    own = network.own
    if normalize is not None:
        if given is not None or (own is not None and own.certain and own.transform is not None):
            raise BenchError(f"The input transform includes a normalisation already. Leave {ways.normalize} out.")
        return None
    if given is not None:
        return FoundTransform(given)
    if own is None:
        raise BenchError(
            "Nothing says how the images that the model was trained on were normalised, and a wrong guess changes "
            f"every number silently. {ways.advice}"
        )
    if own.transform is None:
        raise BenchError(own.words)
    return FoundTransform(own.transform, (own.words,) if own.words else ())


def of_own_size(normalize: str, images: Images, name: str, ways: Ways) -> FoundTransform:
    """The transform that normalises images of the ID set's own size, which the model is taken to expect.

    Raises `BenchError` where these `images` have several sizes.
    """
    sizes = {image.shape[:2] for image in images.read(np.arange(min(len(images), 100)))}
    if len(sizes) > 1:
        raise BenchError(
            f"The images of '{name}' have several sizes, so {ways.normalize} does not say which one the model takes. "
            f"Give {ways.transform}."
        )
    [(height, width)] = sizes
    mean, std = parse_normalization(normalize)
    return FoundTransform(InputTransform(height, width, len(mean), mean, std))
