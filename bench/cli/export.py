"""`bench export`: network, score and threshold as one program that needs torch, or ONNX Runtime, alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.errors import BenchError

from .columns import print_columns
from .detector_making import Choice, ChosenBy, NetworkOptions, Reading, fit, network_for, resolve, validation_images
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
    TrustCode,
)
from .results_folder import local, results

if TYPE_CHECKING:
    from bench.data.images import Images
    from bench.detector import Detector
    from bench.export.exported import ExportedDetector

_RUN: Any = typer.Option(parser=results, help="Folder or address of a run whose method and network are meant.")


def export(
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", parser=local, help="File to write: NAME.pt2 or NAME.onnx.")
    ],
    detector: Annotated[Path | None, typer.Argument(help="File that bench threshold --out wrote.")] = None,
    run: Annotated[Path | None, _RUN] = None,
    method: Annotated[str | None, typer.Option(help="Scoring method.")] = None,
    id: Annotated[str | None, typer.Option("--id", help="In-distribution set: a name, or NAME=folder:PATH.")] = None,
    ood: Annotated[str | None, typer.Option(help="OOD set of the run's cell, where parameters were tuned.")] = None,
    threshold_from: Annotated[
        ChosenBy, typer.Option("--from", help="What the threshold is chosen by, as in bench threshold.")
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
    trust_code: TrustCode = False,
) -> None:
    """Write network, score and threshold as one program: a batch of images in, scores and decisions out.

    The detector is one that bench threshold wrote (with --id, whose validation images it is checked on); or a method
    and network of a run (--run); or is made as bench threshold makes it. Its decisions on all validation images are
    compared with the program's before anything is written. Examples:

    bench export --method msp --id digits --tpr 0.95 -o detector.pt2

    bench export --run runs/latest --method knn -o detector.onnx
    """
    from bench.export.write import checked_target, export_detector
    from bench.running.specification import settings_from

    checked_target(out)
    choice, settings = Choice.of(threshold_from, tpr), settings_from(setting or [])
    reading = Reading(data, bool(skip_broken), device)
    wanted = NetworkOptions(checkpoint, normalize, network, recipe, seed, transform, last_layer)
    training = (normalize, transform, recipe, seed, setting)
    if detector is not None:
        _refuse_beside("a detector's file", run, method, ood, tpr, checkpoint, network, last_layer, *training)
        found, images = _opened(detector, id, reading, trust_code)
    elif method is None:
        raise BenchError("Give a detector's file, or say with --method which score is meant.")
    elif run is not None:
        _refuse_beside("--run", *training)
        found, images = _of_run(run, method, id, ood, wanted, choice, reading)
    elif id is None or ood is not None:
        raise BenchError("Say with --id which images the threshold is chosen on; --ood is asked for with --run only.")
    else:
        found, images = _made(method, id, settings, wanted, choice, reading)
    _print(export_detector(found, images, out), out)


def _refuse_beside(what: str, *options: object) -> None:
    """Raise `BenchError` where any of the options was given."""
    if any(one is not None for one in options):
        raise BenchError(
            f"Beside {what}, which says most of it already, some options mean nothing. See which do with: bench export "
            "--help"
        )


def _opened(file: Path, id_text: str | None, reading: Reading, trust_code: bool) -> tuple[Detector, Images]:
    """The detector in a file, and its validation images."""
    from bench.data.project import project_bindings
    from bench.data.resolve import resolve_dataset
    from bench.detector import Detector
    from bench.export.program import require_exportable

    found = Detector.load(file, device=reading.device, trust_code=trust_code)
    require_exportable(found.method)
    if id_text is None:
        name = found.validation["name"] or "the validation images"
        raise BenchError(f"Say with --id which images the program is checked on: {name}.")
    data_set = resolve_dataset(id_text, project_bindings(Path.cwd()), {})
    return found, validation_images(data_set, found.checkpoint, reading)[0]


def _of_run(
    folder: Path,
    method: str,
    id_text: str | None,
    ood: str | None,
    wanted: NetworkOptions,
    choice: Choice,
    reading: Reading,
) -> tuple[Detector, Images]:
    """A detector of a run's method, with its parameters, and network; and its validation images."""
    from bench.export.from_run import find_cell, method_of, network_of
    from bench.export.program import require_exportable

    cell = find_cell(folder, method, id=None if id_text is None else id_text.partition("=")[0], ood=ood)
    chosen = method_of(cell)
    require_exportable(chosen)
    _, data_set = resolve(method, id_text or cell["row"]["id"], {})
    network = network_of(cell, wanted.checkpoint, wanted.network, wanted.last_layer)
    return fit(network, chosen, data_set, choice, reading)


def _made(
    method: str, id_text: str, settings: dict[str, Any], wanted: NetworkOptions, choice: Choice, reading: Reading
) -> tuple[Detector, Images]:
    """A detector as bench threshold makes it, and its validation images."""
    from bench.export.program import require_exportable

    chosen, data_set = resolve(method, id_text, settings)
    require_exportable(chosen)  # before hours of training
    network, _ = network_for(chosen, data_set, settings, wanted, reading)
    return fit(network, chosen, data_set, choice, reading)


def _print(exported: ExportedDetector, file: Path) -> None:
    told, transform = exported.description, exported.transform
    print_columns(
        [
            ("program", f"{file}, {file.stat().st_size / 1e6:.1f} MB"),
            ("input", told["input"]),
            ("outputs", ", ".join(told["outputs"])),
            ("method", exported.method_name),
            ("threshold", f"{exported.threshold!r} (the suite's is {told['suite']['threshold']!r})"),
            ("checked on", f"{told['validation']['name']}: every decision is the same"),
            ("scores differ by", f"at most {told['suite']['largest_difference']:.1e}"),
        ]
    )
    runtime = "torch" if file.suffix == ".pt2" else "ONNX Runtime"
    size = f"{transform.height}x{transform.width}"
    typer.echo(
        f"It needs {runtime} alone. Images of {size} pixels go in; bench detect {file} resizes others.", err=True
    )
