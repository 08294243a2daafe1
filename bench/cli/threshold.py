"""`bench threshold`: a threshold chosen on ID images: by the share that it keeps, or from misclassified ones."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.errors import BenchError

from .columns import print_columns
from .formats import FormatOption, TableOrJson
from .options import Checkpoint, Data, Device, Network, Normalize, Recipe, Settings

if TYPE_CHECKING:
    from bench.data.dataset import DataSet
    from bench.data.images import Images
    from bench.detector import Detector
    from bench.method_contract import Method
    from bench.networks.checkpoint import Checkpoint as NetworkCheckpoint


class ThresholdFrom(StrEnum):
    """What the threshold is chosen by: the share of ID images called ID, or the misclassified ones among them."""

    tpr = "tpr"
    misclassified = "misclassified"


def threshold(
    method: Annotated[str, typer.Option(help="Scoring method.")],
    id: Annotated[str, typer.Option("--id", help="In-distribution set: a name, or NAME=folder:PATH.")],
    threshold_from: Annotated[
        ThresholdFrom,
        typer.Option(
            "--from",
            help="tpr: the share of ID images called ID; misclassified: wrongly classified ones stand in for OOD.",
        ),
    ] = ThresholdFrom.tpr,
    tpr: Annotated[
        float | None, typer.Option(help="Share of ID images that is to be called ID, in (0, 1] (default: 0.95).")
    ] = None,
    checkpoint: Checkpoint = None,
    normalize: Normalize = None,
    network: Network = None,
    recipe: Recipe = None,
    seed: Annotated[int | None, typer.Option(help="The seed to train with (default: 0).")] = None,
    setting: Settings = None,
    device: Device = "auto",
    data: Data = None,
    out: Annotated[Path | None, typer.Option(help="Write the detector to this file, for bench detect.")] = None,
    output_format: FormatOption = TableOrJson.TABLE,
) -> None:
    """Find the threshold at which a share of ID validation images is called ID, and make a detector of it.

    With --from misclassified it is the threshold that tells rightly from wrongly classified images best. The validation
    images are the first 1,000 of the ID test set, or its first fifth if that is fewer. The network is the given
    checkpoint, or is trained (or found trained) as bench run does. Example:

    bench threshold --method confidence --id digits --tpr 0.95 --out detector.json
    """
    from bench.detector import fit_detector
    from bench.running.protocol import part, validation_count
    from bench.running.specification import settings_from

    share = _checked_share(tpr, threshold_from)  # a wrong one is refused before hours of training
    settings = settings_from(setting or [])
    chosen, data_set = _resolve(method, id, settings)
    if checkpoint is None:
        if normalize is not None:
            raise BenchError("--normalize describes a --checkpoint from elsewhere; without one, leave it out.")
        found, file = _train(chosen, data_set, settings, network, recipe, seed or 0, device, data)
    else:
        if recipe is not None or seed is not None:
            raise BenchError("--recipe and --seed describe a training, and a --checkpoint is trained. Leave them out.")
        found, file = _open(checkpoint, data_set, network, normalize), checkpoint
    images = _test_images(data_set, found, data)
    count = validation_count(images)
    name = f"the first {count:,} of {len(images):,} test images of {data_set.name}"
    choice: dict[str, Any] = {"threshold_from": threshold_from.value, "tpr": share}
    detector = fit_detector(found, chosen, part(images, 0, count), **choice, name=name, device=device)
    if out is not None:
        detector.save(out, checkpoint=file)
    _print(detector, output_format)
    then = f"wrote {out}; apply it with: bench detect {out} PATH…" if out else "Keep it with: --out detector.json"
    typer.echo(then, err=True)


def _checked_share(tpr: float | None, threshold_from: ThresholdFrom) -> float:
    from bench.metrics.inputs import checked_tpr

    if tpr is not None and threshold_from is ThresholdFrom.misclassified:
        raise BenchError("--tpr is another way to choose a threshold than --from misclassified. Leave one of them out.")
    return checked_tpr(0.95 if tpr is None else tpr)


def _resolve(method: str, id_text: str, settings: dict[str, Any]) -> tuple[Method, DataSet]:
    from bench.data.project import project_bindings
    from bench.data.resolve import resolve_dataset
    from bench.detector import require_keepable
    from bench.method_contract import METHODS
    from bench.running.specification import require_used, settings_of

    chosen = METHODS.get(method).make(settings_of(settings, method))
    require_keepable(chosen)
    data_set = resolve_dataset(id_text, project_bindings(Path.cwd()), settings_of(settings, id_text))
    require_used(settings, [method, chosen.objective or "", id_text, "recipe"])
    return chosen, data_set


def _open(path: Path, data_set: DataSet, network: str | None, normalize: str | None) -> NetworkCheckpoint:
    from bench.networks.foreign import open_checkpoint
    from bench.running.caveats import other_training_set

    found = open_checkpoint(
        path, network=network, normalize=normalize, id_dataset=data_set.name, classes=data_set.classes
    )
    for caveat in other_training_set(found.id_dataset, data_set.name):
        typer.echo(f"Warning: {caveat}.", err=True)
    return found


def _train(
    method: Method,
    data_set: DataSet,
    settings: dict[str, Any],
    network: str | None,
    recipe: str | None,
    seed: int,
    device: str,
    data: Path | None,
) -> tuple[NetworkCheckpoint, Path]:
    from bench.data.dataset import Place
    from bench.data.location import data_root
    from bench.device import pick_device
    from bench.running.specification import settings_of
    from bench.training.planning import plan_training
    from bench.training.train import find_or_train

    assert method.objective is not None
    images = data_set.load("train", Place(data_root(data)))
    plan = plan_training(
        data_set,
        images,
        objective=method.objective,
        network=network,
        recipe=recipe,
        seed=seed,
        recipe_settings=settings_of(settings, "recipe"),
        objective_settings=settings_of(settings, method.objective),
    )
    return find_or_train(plan, images, pick_device(device)), plan.path


def _test_images(data_set: DataSet, checkpoint: NetworkCheckpoint, data: Path | None) -> Images:
    from bench.data.dataset import Place
    from bench.data.location import data_root

    shape = checkpoint.transform
    return data_set.load("test", Place(data_root(data), shape.height, shape.width, shape.channels))


def _print(detector: Detector, output_format: TableOrJson) -> None:
    if output_format is TableOrJson.JSON:
        typer.echo(json.dumps(detector.describe(), indent=1, allow_nan=False))
        return
    parameters = ", ".join(f"{name} {value}" for name, value in detector.method.parameters().items())
    print_columns(
        [
            ("threshold", repr(detector.threshold)),
            ("rule", f"OOD where {detector.method.name} < threshold, else ID"),
            ("wanted", _wanted(detector)),
            ("attained", f"{100 * detector.validation['called_id']:.2f} % of {detector.validation['name']}"),
            ("method", detector.method.name + (f" ({parameters})" if parameters else "")),
            ("network", f"{detector.checkpoint.network}, weights {detector.checkpoint.weights_hash[:12]}"),
        ]
    )


def _wanted(detector: Detector) -> str:
    if detector.tpr is not None:
        return f"{100 * detector.tpr:.10g} % of ID images called ID"
    facts = detector.validation
    return (
        f"smallest detection error between {facts['right']:,} right and {facts['wrong']:,} wrong predictions: "
        f"{100 * facts['detection_error']:.2f} %"
    )
