"""`bench extract`: what networks say of data sets, kept for a run, in shards where that is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import (
    AnyNetwork,
    Checkpoint,
    Compile,
    Data,
    LastLayer,
    Normalize,
    Precision,
    Recipe,
    Settings,
    SkipBroken,
    Suite,
    Transform,
    Workers,
)

_NOT_OF_THE_SPECIFICATION = ("file", "setting", "shard", "suite")


def extract(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="TOML run file with the same keys as the options.")] = None,
    method: Annotated[
        list[str] | None, typer.Option(help="Scoring method: a name, 'all', 'group:logits', '*mahalanobis*'.")
    ] = None,
    id: Annotated[str | None, typer.Option("--id", help="In-distribution set: a name, or NAME=folder:PATH.")] = None,
    ood: Annotated[list[str] | None, typer.Option(help="OOD set: a name, NAME=folder:PATH or NAME=npz:PATH.")] = None,
    suite: Suite = None,
    network: AnyNetwork = None,
    checkpoint: Checkpoint = None,
    normalize: Normalize = None,
    transform: Transform = None,
    last_layer: LastLayer = None,
    recipe: Recipe = None,
    setting: Settings = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = None,
    precision: Precision = None,
    workers: Workers = None,
    compile: Compile = None,
    skip_broken: SkipBroken = None,
    data: Data = None,
    shard: Annotated[
        str, typer.Option(metavar="I/N", help="Do this part of every set; the last of the N parts joins them.")
    ] = "1/1",
) -> None:
    """Run networks over the sets of a run and keep what they say in the cache, where bench run finds it.

    The options are those of bench run. Several processes that share the cache folder each do one part of every set:

    bench extract --method msp --id cifar10 --ood svhn --checkpoint net.safetensors --shard 2/4
    """
    from bench.extraction.shards import Shard
    from bench.progress import say
    from bench.running.preparation import Preparation
    from bench.running.run_file import read_run_file
    from bench.running.sharded import extract_sharded
    from bench.suites.library import find_suite

    from .run import make_specification

    part = Shard.parse(shard)
    given = {name: value for name, value in context.params.items() if name not in _NOT_OF_THE_SPECIFICATION}
    options = {name: None if value == () else value for name, value in given.items()}
    options["suite"] = None if suite is None else find_suite(suite)
    values = {} if file is None else read_run_file(file)
    values.pop("format", None)
    for network_name, name, is_whole in extract_sharded(
        Preparation(make_specification(values, options, setting or [])), part
    ):
        say(f"{name} with {network_name}: {'complete' if is_whole else f'shard {part} done; others are missing'}.")
