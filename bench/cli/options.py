"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class OutputFormat(StrEnum):
    """How a result is printed on stdout: a table for people (percent), or exact fractions for machines."""

    table = "table"
    json = "json"
    csv = "csv"


Network = Annotated[str | None, typer.Option(help="Architecture to train (default: the ID set's).")]
AnyNetwork = Annotated[
    str | None,
    typer.Option(
        help="Architecture to train (default: the ID set's), or a trained network: timm:NAME, torchvision:NAME, "
        "hf:REPO, FILE.py:FUNCTION, torchscript:FILE, onnx:FILE."
    ),
]
Recipe = Annotated[str | None, typer.Option(help="Training recipe (see: bench list recipes; default: the ID set's).")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME.PARAM=VALUE", help="A parameter of a method, data set, objective or the recipe."
    ),
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")]
Precision = Annotated[str | None, typer.Option(help="fp32 or bf16: how networks are run (default: fp32).")]
Workers = Annotated[int | None, typer.Option(help="Threads that read images ahead (default: 1).")]
SkipBroken = Annotated[
    bool | None, typer.Option("--skip-broken", help="Leave out images that cannot be read; they are counted and named.")
]
TrustCode = Annotated[
    bool,
    typer.Option("--trust-code", help="Run Python files and programs that only the given file or folder names."),
]
Compile = Annotated[bool | None, typer.Option("--compile", help="Compile networks with torch.compile, then run them.")]
Protocol = Annotated[
    str | None, typer.Option(help="How parameters are chosen: published, paper-oracle, heldout-ood, noise or id-only.")
]
Seeds = Annotated[int | None, typer.Option(min=1, help="Train and evaluate with the seeds 0 to K-1.")]
TuneOn = Annotated[str | None, typer.Option(help="OOD set that heldout-ood tunes on.")]
Shifted = Annotated[
    list[str] | None,
    typer.Option(help="Set that counts as ID in the test, besides the ID test images: full-spectrum evaluation."),
]
Suite = Annotated[
    str | None, typer.Option(help="ID set and OOD sets: a name (see: bench list suites), or the path of a TOML file.")
]
Group = Annotated[
    list[str] | None, typer.Option(help="Group of the suite's OOD sets to run: near, far, noise (default: all).")
]
FullSpectrum = Annotated[
    bool | None, typer.Option("--full-spectrum", help="Count the suite's covariate-shifted sets as ID.")
]
Data = Annotated[Path | None, typer.Option(help="Folder of the data sets (default: $BENCH_DATA, else a cache folder).")]
Checkpoint = Annotated[Path | None, typer.Option(help="Trained network: .safetensors, .pt, .pth or .th.")]
Normalize = Annotated[
    str | None,
    typer.Option(help="Input normalisation of a foreign checkpoint: cifar10, svhn, imagenet or MEAN/STD."),
]
Transform = Annotated[
    Path | None, typer.Option(help="TOML file with the whole input transform of a network from elsewhere.")
]
LastLayer = Annotated[
    str | None, typer.Option(help="The layer that makes the logits of a network from elsewhere (default: found).")
]
ShardOption = Annotated[
    str | None, typer.Option("--shard", metavar="I/N", help="Compute the I-th of N parts of the cells only.")
]
Format = Annotated[OutputFormat, typer.Option("--format", help="What is printed on stdout.")]
