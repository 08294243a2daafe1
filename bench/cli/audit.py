"""`bench audit`: whether an ID/OOD pair is a fair test."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from .columns import print_columns
from .formats import FormatOption, TableOrJson
from .options import Data
from .results_folder import local


def audit(
    id: Annotated[str, typer.Option("--id", help="In-distribution set: a name, or NAME=folder:PATH.")],
    ood: Annotated[list[str], typer.Option(help="OOD set: a name, NAME=folder:PATH or NAME=npz:PATH.")],
    train: Annotated[bool, typer.Option(help="Look for duplicates of the ID training images, too.")] = True,
    limit: Annotated[int, typer.Option(min=10, help="Test images of each set that are looked at.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="What they are drawn with where there are more.")] = 0,
    data: Data = None,
    out: Annotated[
        Path, typer.Option(metavar="DIR", parser=local, help="Folder of audit.json, audit.md and sheets of duplicates.")
    ] = Path("runs/audit"),
    output_format: FormatOption = TableOrJson.TABLE,
) -> None:
    """Say whether something trivial tells the OOD images from the ID images, and whether they share images.

    The verdict on a pair is sound, shortcut (a pixel statistic or a linear probe separates it), overlapping (classes of
    one name) or contaminated (duplicates), with the evidence. Example:

    bench audit --id cifar10 --ood svhn --ood isun --out runs/cifar10
    """
    import torch

    from bench.atomic import require_writable
    from bench.audit.audit import Options
    from bench.audit.audit import audit as audited
    from bench.data.location import data_root
    from bench.data.project import project_bindings
    from bench.data.resolve import resolve_dataset
    from bench.progress import say
    from bench.provenance import provenance

    started = time.monotonic()
    require_writable(out)
    bindings = project_bindings(Path.cwd())
    id_set, *ood_sets = (resolve_dataset(text, bindings, {}) for text in (id, *ood))
    found = audited(id_set, ood_sets, data_root(data), Options(limit, seed, train))
    origin = provenance(torch.device("cpu"), time.monotonic() - started)
    written = found.write(out, origin)
    if output_format is TableOrJson.JSON:
        typer.echo(json.dumps(found.to_dict(origin), indent=1, allow_nan=False))
    else:
        print_columns([(pair.ood, pair.verdict) for pair in found.pairs])
    say(f"Wrote {', '.join(path.name for path in written)} to {out}.")
