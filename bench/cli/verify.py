"""`bench verify`: compute a run again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import Checkpoint, Data, Network, Normalize, Settings, Transform, TrustCode
from .results_folder import results

if TYPE_CHECKING:
    from bench.comparing import Verification

FAILED = 1


def verify(
    folder: Annotated[
        Path, typer.Argument(metavar="[RUN]", parser=results, help="Results folder of bench run --out.")
    ] = Path("runs/latest"),
    cells: Annotated[int, typer.Option(min=0, help="How many cells' scores to compute again.")] = 5,
    all_cells: Annotated[bool, typer.Option("--all", help="Compute the scores of all cells again.")] = False,
    seed: Annotated[int, typer.Option(help="Draws the cells.")] = 0,
    checkpoint: Checkpoint = None,
    network: Network = None,
    normalize: Normalize = None,
    transform: Transform = None,
    setting: Settings = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    data: Data = None,
    trust_code: TrustCode = False,
) -> None:
    """Compute all metrics from the kept scores, and some cells' scores from the network; compare bit for bit.

    Only reads the folder. Ends with exit code 1 if anything differs, scores are gone, or damaged files were set aside.
    Networks that this machine trained are found; others are named with --checkpoint, as for bench run. Example:

    bench verify runs/latest --cells 10
    """
    from bench.comparing import verify_run
    from bench.comparing.recompute import Sources
    from bench.data.project import project_bindings
    from bench.running.specification import settings_from

    sources = Sources(
        data=data,
        checkpoint=checkpoint,
        network=network,
        normalize=normalize,
        transform=transform,
        device=device,
        settings=settings_from(setting or []),
        bindings=project_bindings(Path.cwd()),
        trust_code=trust_code,
    )
    found = verify_run(folder, sources, cells=None if all_cells else cells, seed=seed)
    for what in ("metrics", "scores"):
        for status in ("differs", "gone", "not recomputed"):
            for check in found.of(what, status):
                print(f"{what}: {check.words}: {status}: {check.detail}")
        origin = "from the kept scores" if what == "metrics" else "from the network and the images"
        print(f"{what}, {origin}: {_counts(found, what)}")
    if found.set_aside:
        print(
            f"set aside as damaged earlier: {', '.join(found.set_aside)}. Run the command that made the results again, "
            f"and delete {folder / 'damaged'}."
        )
    if not found.is_sound:
        raise typer.Exit(FAILED)


def _counts(found: Verification, what: str) -> str:
    equal, wrong, gone, left = (len(found.of(what, one)) for one in ("equal", "differs", "gone", "not recomputed"))
    of_gone = f" {gone} have no scores any more," if gone else ""
    return f"{equal} equal bit for bit, {wrong} differ,{of_gone} {left} could not be computed again"
