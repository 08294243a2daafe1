"""`bench detect`: ID or OOD for each of some images."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from .columns import print_columns
from .options import Data, Device, Format, OutputFormat, SkipBroken, TrustCode


def detect(
    detector: Annotated[Path, typer.Argument(help="File of bench threshold or bench export.")],
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH…", help="Image files, folders, .npz files, or names of data sets.")
    ],
    skip_broken: SkipBroken = None,
    device: Device = "auto",
    data: Data = None,
    trust_code: TrustCode = False,
    output_format: Format = OutputFormat.table,
) -> None:
    """Say of each image whether it is in-distribution (ID) or out-of-distribution (OOD), with its score.

    An image is OOD where its score is below the detector's threshold. Of a data set the test images are meant.
    """
    from bench.data.dataset import Place
    from bench.data.location import data_root
    from bench.data.project import project_bindings
    from bench.data.sources import open_sources
    from bench.export.opened import open_detector

    found = open_detector(detector, device=device, trust_code=trust_code)
    shape = found.transform
    place = Place(data_root(data), shape.height, shape.width, shape.channels)
    rows: list[dict[str, Any]] = []
    for source in list(open_sources(paths, place, project_bindings(Path.cwd()), skip_broken=bool(skip_broken))):
        decision = found.decide(source.images)
        for index, (score, is_id) in enumerate(zip(decision.scores.tolist(), decision.is_id.tolist(), strict=True)):
            rows.append({"image": source.name(index), "score": score, "decision": "ID" if is_id else "OOD"})
    _print(rows, output_format)
    out = sum(row["decision"] == "OOD" for row in rows)
    rule = f"OOD where {found.method_name} < {found.threshold:.6g}"
    typer.echo(f"{len(rows):,} images: {len(rows) - out:,} ID, {out:,} OOD ({rule}).", err=True)


def _print(rows: list[dict[str, Any]], output_format: OutputFormat) -> None:
    if output_format is OutputFormat.json:
        typer.echo(json.dumps(rows, indent=1, allow_nan=False))
    elif output_format is OutputFormat.csv:
        writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        print_columns([(row["image"], f"{row['score']:.6g}", row["decision"]) for row in rows])
