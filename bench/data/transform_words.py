"""An input transform in a few words, to tell rows apart by."""

from __future__ import annotations

from collections.abc import Iterable

from .transform import NORMALIZATIONS, InputTransform


def transform_words(transform: InputTransform) -> str:
    """The normalisation as `--normalize` takes it, to four digits; height x width; what else is not the usual.

    >>> transform_words(InputTransform(32, 32, 1, (0.5,), (0.25,)))
    '0.5/0.25 32x32'
    >>> transform_words(InputTransform(32, 32, 1, (0.5,), (0.25,), resize=36, interpolation="bicubic"))
    '0.5/0.25 32x32 resized to 36 bicubic'
    """
    values = (transform.mean, transform.std)
    names = [name for name, known in NORMALIZATIONS.items() if known == values]
    normalization = names[0] if names else "/".join(map(_numbers, values))
    fit = "" if transform.fit == "crop" else f" {transform.fit}"
    resize = "" if transform.resize is None else f" resized to {transform.resize}"
    interpolation = "" if transform.interpolation == "bilinear" else f" {transform.interpolation}"
    return f"{normalization} {transform.height}x{transform.width}{fit}{resize}{interpolation}"


def _numbers(values: Iterable[float]) -> str:
    return ",".join(f"{value:.4g}" for value in values)
