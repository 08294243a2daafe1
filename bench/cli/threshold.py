"""`bench threshold`: a threshold chosen on ID images: by the share that it keeps, or from misclassified ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .columns import print_columns
from .detector_making import Choice, ChosenBy, NetworkOptions, Reading, fit, network_for, resolve
from .formats import FormatOption, TableOrJson
from .options import (
    Checkpoint,
    Data,
    Device,
    LastLayer,
    Network,
    Normalize,
    Recipe,
    Settings,
    SkipBroken,
    Transform,
)
from .results_folder import local

if TYPE_CHECKING:
    from bench.detector import Detector


def threshold(
    method: Annotated[str, typer.Option(help="Scoring method.")],
    id: Annotated[str, typer.Option("--id", help="In-distribution set: a name, or NAME=folder:PATH.")],
    threshold_from: Annotated[
        ChosenBy,
        typer.Option(
            "--from",
            help="tpr: the share of ID images called ID; misclassified: wrongly classified ones stand in for OOD.",
        ),
    ] = ChosenBy.tpr,
    tpr: Annotated[
        float | None, typer.Option(help="Share of ID images that is to be called ID, in (0, 1] (default: 0.95).")
    ] = None,
    checkpoint: Checkpoint = None,
    normalize: Normalize = None,
    transform: Transform = None,
    last_layer: LastLayer = None,
    network: Network = None,
    recipe: Recipe = None,
    seed: Annotated[int | None, typer.Option(help="The seed to train with (default: 0).")] = None,
    setting: Settings = None,
    skip_broken: SkipBroken = None,
    device: Device = "auto",
    data: Data = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", parser=local, help="Write the detector to this file, for bench detect."),
    ] = None,
    output_format: FormatOption = TableOrJson.TABLE,
) -> None:
    """Find the threshold at which a share of ID validation images is called ID, and make a detector of it.

    With --from misclassified it is the threshold that tells rightly from wrongly classified images best. The validation
    images are the first 1,000 of the ID test set, or its first fifth if that is fewer. The network is the given
    checkpoint, or is trained (or found trained) as bench run does. Example:

    bench threshold --method confidence --id digits --tpr 0.95 --out detector.json
    """
    from bench.running.specification import settings_from
    from bench.zoo.opening import runs_code

    choice = Choice.of(threshold_from, tpr)  # a wrong one is refused before hours of training
    settings, reading = settings_from(setting or []), Reading(data, bool(skip_broken), device)
    chosen, data_set = resolve(method, id, settings)
    wanted = NetworkOptions(checkpoint, normalize, network, recipe, seed, transform, last_layer)
    found, file = network_for(chosen, data_set, settings, wanted, reading)
    detector, _ = fit(found, chosen, data_set, choice, reading)
    if out is not None:
        detector.save(out, checkpoint=file)
    _print(detector, output_format)
    trust = " --trust-code" if network is not None and runs_code(network) else ""
    then = (
        f"wrote {out}; apply it with: bench detect {out} PATH…{trust}" if out else "Keep it with: --out detector.json"
    )
    typer.echo(then, err=True)


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
