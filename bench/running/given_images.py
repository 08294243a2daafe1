"""Data sets as Python code gives them: names, images at hand, and torch Datasets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch.utils.data import Dataset

from bench.data.images import Images
from bench.data.torch_dataset import DatasetImages, is_dataset
from bench.errors import BenchError

Given = str | Images | Dataset[Any]
"""The name of a data set, or images with their labels."""


Several = Given | Sequence[Given] | Mapping[str, Given]
"""One data set, several, or several by names of the caller's choice."""


@dataclass(frozen=True)
class GivenSets:
    """The sets of one evaluation: their `names` by role, what each name stands for, and what methods are fitted on."""

    names: dict[str, Any]
    sources: dict[str, str | Images]
    train: str | Images | None

    @classmethod
    def of(
        cls, *, id: Given | None, ood: Several, shifted: Several, tune_on: Given | None, train: Given | None
    ) -> GivenSets:
        """The sets of these roles; a suite names those that are not given. Raises `BenchError` for what is no set."""
        of_id = {} if id is None else named_images(id, "id images")
        of_ood = named_images(ood, "ood images")
        of_shifted = named_images(shifted, "shifted images")
        of_tuning = {} if tune_on is None else named_images(tune_on, "tuning images")
        names = {
            "id": next(iter(of_id), ""),
            "ood": tuple(of_ood),
            "shifted": tuple(of_shifted),
            "tune_on": next(iter(of_tuning), None),
        }
        fitted_on = None if train is None else given_images(train, "train images")
        return cls(names, {**of_id, **of_ood, **of_shifted, **of_tuning}, fitted_on)


def given_images(given: Given, name: str) -> str | Images:
    """The name or the images that are meant; `name` is what a torch Dataset is called.

    Raises `BenchError` for anything else.
    """
    if isinstance(given, str | Images):
        return given
    if is_dataset(given):
        return DatasetImages(given, name=name)
    raise BenchError(
        f"The {name} are of type {type(given).__name__}. Give the name of a data set, a torch Dataset, or Images."
    )


def named_images(given: Several, otherwise: str) -> dict[str, str | Images]:
    """Data sets by their names: the keys of a mapping, else the names themselves.

    Images at hand are called `otherwise`, with their place where several sets are given.
    """
    if isinstance(given, Mapping):
        return {name: given_images(one, name) for name, one in given.items()}
    several = list(given) if isinstance(given, Sequence) and not isinstance(given, str | Images) else [given]
    unnamed = [f"{otherwise} {place}" if len(several) > 1 else otherwise for place in range(1, len(several) + 1)]
    found = zip(several, unnamed, strict=True)
    return {one if isinstance(one, str) else name: given_images(one, name) for one, name in found}
