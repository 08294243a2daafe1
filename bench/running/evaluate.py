"""`bench.evaluate`: methods on a torch module at hand."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from bench.data.images import Images
from bench.data.project import project_bindings
from bench.data.transform import InputTransform
from bench.extraction.options import Precision
from bench.method_contract import Method

from .execute import execute
from .model_preparation import ModelPreparation
from .specification import RunSpecification

if TYPE_CHECKING:
    import pandas as pd


def evaluate(
    model: nn.Module,
    *,
    id: str | Images,
    ood: str | Sequence[str | Images] | Mapping[str, str | Images],
    methods: str | Method | Sequence[str | Method],
    shifted: str | Images | Sequence[str | Images] | Mapping[str, str | Images] = (),
    transform: InputTransform | None = None,
    normalize: str | None = None,
    protocol: str = "published",
    tune_on: str | Images | None = None,
    train: str | Images | None = None,
    data: str | Path | None = None,
    device: str = "auto",
    precision: Precision = "fp32",
    out: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Evaluate methods on ID/OOD pairs with a model at hand; one row per OOD set and method, as `bench.run` gives them.

    `model` turns normalised images `(N, C, H, W)` into logits `(N, K)`. It is run in eval mode and left exactly as it
    was. Data sets are names, or images at hand; the keys of a mapping `ood` are the names in the table. The sets
    `shifted` count as in-distribution in the test, besides the ID test images. Methods are names or objects. How the
    model's input is made is said by `transform`; or by `normalize` (`cifar10`, `svhn`, `imagenet` or `MEAN/STD`) where
    the model takes images of the ID set's own size; a network built from a checkpoint knows it. `train` are labelled
    images to fit on, for methods that need some; by default the training images of the ID data set. `device` auto is
    where the model is. With `out` the results are kept in that folder, and what it holds already is not computed again.
    `settings` maps `"odin.epsilon"` to a value, for methods given by name.

    Raises `BenchError` for bad input: among others when nothing says how the input is normalised, or when a method
    needs a confidence branch or features that the model lacks; and when cells failed, after all others are done.
    """
    chosen = (methods,) if isinstance(methods, str | Method) else tuple(methods)
    id_sources = _named(id, "id images")
    ood_sources = ood if isinstance(ood, Mapping) else _named(ood, "ood images")
    shifted_sources = shifted if isinstance(shifted, Mapping) else _named(shifted, "shifted images")
    tune_sources = {} if tune_on is None else _named(tune_on, "tuning images")
    with tempfile.TemporaryDirectory() as temporary:
        specification = RunSpecification(
            method=tuple(one if isinstance(one, str) else type(one).__name__ for one in chosen),
            id=next(iter(id_sources)),
            ood=tuple(ood_sources),
            shifted=tuple(shifted_sources),
            normalize=normalize,
            protocol=protocol,
            tune_on=next(iter(tune_sources), None),
            settings=settings or {},
            bindings=project_bindings(Path.cwd()),
            device=device,
            precision=precision,
            data=None if data is None else Path(data),
            out=Path(temporary if out is None else out),
        )
        sources = {**id_sources, **ood_sources, **shifted_sources, **tune_sources}
        preparation = ModelPreparation(
            specification, model, methods=chosen, sources=sources, transform=transform, train=train
        )
        return execute(preparation).to_frame()


def _named(given: str | Images | Sequence[str | Images], otherwise: str) -> dict[str, str | Images]:
    """Data sets by name; images at hand are called `otherwise`, with their place where several sets are given."""
    several = [given] if isinstance(given, str | Images) else list(given)
    unnamed = [f"{otherwise} {place}" if len(several) > 1 else otherwise for place in range(1, len(several) + 1)]
    return {one if isinstance(one, str) else name: one for one, name in zip(several, unnamed, strict=True)}
