"""`bench.evaluate`: methods on a torch module at hand."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from bench.data.project import project_bindings
from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.extraction.options import Precision
from bench.method_contract import Method
from bench.plugins import activate_with_project
from bench.remote import fetched_folder, settle
from bench.suites.library import find_suite
from bench.suites.suite import Suite
from bench.zoo.given_transform import LibraryTransform, as_input_transform
from bench.zoo.opening import is_foreign

from .execute import execute
from .given_images import Given, GivenSets
from .model_preparation import ModelPreparation
from .specification import RunSpecification

if TYPE_CHECKING:
    import pandas as pd


def evaluate(
    model: nn.Module | str,
    *,
    methods: str | Method | Sequence[str | Method],
    id: Given | None = None,
    ood: Given | Sequence[Given] | Mapping[str, Given] = (),
    suite: str | Path | Suite | None = None,
    group: str | Sequence[str] = (),
    full_spectrum: bool = False,
    shifted: Given | Sequence[Given] | Mapping[str, Given] = (),
    transform: InputTransform | LibraryTransform | None = None,
    normalize: str | None = None,
    checkpoint: str | Path | None = None,
    last_layer: str | None = None,
    protocol: str = "published",
    tune_on: Given | None = None,
    train: Given | None = None,
    data: str | Path | None = None,
    device: str = "auto",
    precision: Precision = "fp32",
    out: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    skip_broken: bool = False,
    plugin: str | Path | Sequence[str | Path] = (),
) -> pd.DataFrame:
    """Evaluate methods on ID/OOD pairs with a model at hand; one row per OOD set and method, as `bench.run` gives them.

    `model` turns normalised images `(N, C, H, W)` into logits `(N, K)`. It is run in eval mode and left exactly as it
    was. It may be a name instead, as `bench run --network` takes it (`timm:resnet18`, `models.py:make`), with the
    weights in the file `checkpoint`. `last_layer` names the layer that makes the logits, where it is not to be found.
    Data sets are names, images at hand or torch Datasets; the keys of a mapping `ood` are the names in the table. A
    `suite` (a name or the path of a file) names them too, narrowed by `group`, with its covariate-shifted sets by
    `full_spectrum`. The sets `shifted` count as in-distribution in the test; `skip_broken` leaves broken images out.
    How the model's input is made is said by `transform` (torchvision's `weights.transforms()`, timm's data
    configuration, an image processor of transformers), or by `normalize` (`cifar10`, `svhn`, `imagenet` or `MEAN/STD`)
    where the model takes images of the ID set's own size; a network built from a checkpoint knows it. `train` are
    labelled images to fit on, by default those of the ID set. `device` auto is where the model is. With `out` results
    are kept in that folder, and what it holds is not computed again. `settings` maps `"odin.epsilon"` to a value, for
    methods given by name; `plugin` are files of your own.

    Raises `BenchError` for bad input, such as no word on the normalisation, and after all else when cells failed.
    """
    activate_with_project(plugin)
    chosen = (methods,) if isinstance(methods, str | Method) else tuple(methods)
    sets = GivenSets.of(id=id, ood=ood, shifted=shifted, tune_on=tune_on, train=train)
    with tempfile.TemporaryDirectory() as temporary:
        specification = RunSpecification(
            **sets.names, **_of_suite(suite, group), full_spectrum=full_spectrum, normalize=normalize,
            method=tuple(one if isinstance(one, str) else type(one).__name__ for one in chosen),
            network=_named_network(model, checkpoint), checkpoint=None if checkpoint is None else Path(checkpoint),
            last_layer=last_layer, protocol=protocol, settings=settings or {}, bindings=project_bindings(Path.cwd()),
            device=device, precision=precision, skip_broken=skip_broken, data=None if data is None else Path(data),
            out=fetched_folder(temporary if out is None else out),
        )  # fmt: skip
        module = None if isinstance(model, str) else model
        made = None if transform is None else as_input_transform(transform)
        preparation = ModelPreparation(
            specification, module, methods=chosen, sources=sets.sources, transform=made, train=sets.train
        )
        return _rows(preparation)


def _rows(preparation: ModelPreparation) -> pd.DataFrame:
    outcome = execute(preparation)
    settle(preparation.specification.out)
    return outcome.to_frame()


def _of_suite(suite: str | Path | Suite | None, group: str | Sequence[str]) -> dict[str, Any]:
    found = find_suite(str(suite)) if isinstance(suite, str | Path) else suite
    return {"suite": found, "group": (group,) if isinstance(group, str) else tuple(group)}


def _named_network(model: nn.Module | str, checkpoint: str | Path | None) -> str | None:
    """The name of a network that is named, None for one at hand. Raises `BenchError` for what does not go together."""
    if isinstance(model, str):
        if not is_foreign(model):
            raise BenchError(f"'{model}' names no network of another library. To train a registered one use bench.run.")
        return model
    if checkpoint is not None:
        raise BenchError("checkpoint holds weights for a network that is named, and a model is given. Leave it out.")
    return None
