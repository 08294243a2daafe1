"""How far the losses of a team of processes drift from those of one; run `python benchmarks/team_curves.py`.

The network of the digits, 60 steps of 115 images at a learning rate of 0.1, with crops, flips and Cutout, both
objectives: trained by one process, by two with gloo, and, for comparison, by one whose first weight is the next number
that the type can hold. Shown is the largest difference of a loss up to each step. In float64 the team's is that of
rounding (cross-entropy is summed in float32 there too). In float32 training amplifies rounding errors, whoever makes
them: the rows of the moved weight show by how much.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.data.dataset import Place
from bench.data.resolve import resolve_dataset
from bench.training import train
from bench.training.loop import TrainingData
from bench.training.objective import OBJECTIVES
from bench.training.planning import plan_training
from bench.training.team import joined_team
from bench.training.together import find_or_train_together

RECIPE = {"epochs": 5, "batch_size": 115, "augmentation": {"crop_padding": 1, "flip": True, "cutout": 4}}
STEPS = (1, 5, 10, 20, 40, 60)


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(losses(*sys.argv[1:])))
        return
    print(f"{'':<30} " + " ".join(f"{f'{step} steps':>9}" for step in STEPS))
    for kind in ("float64", "float32"):
        for objective in ("cross-entropy", "learned-confidence"):
            alone = trained(1, kind, objective, "plain")
            for name, other in (
                ("two processes", trained(2, kind, objective, "plain")),
                ("one weight moved", trained(1, kind, objective, "moved")),
            ):
                drift = [abs(left - right) for left, right in zip(alone, other, strict=True)]
                shown = " ".join(f"{max(drift[:step]):>9.0e}" for step in STEPS)
                print(f"{f'{kind}, {objective}':<30} {shown}  {name}", flush=True)


def trained(size: int, *arguments: str) -> list[float]:
    with socket.socket() as free, tempfile.TemporaryDirectory() as cache:
        free.bind(("127.0.0.1", 0))
        common = {**os.environ, "BENCH_CACHE": cache, "MASTER_ADDR": "127.0.0.1", "WORLD_SIZE": str(size)}
        common |= {"MASTER_PORT": str(free.getsockname()[1]), "OMP_NUM_THREADS": "1"}
        free.close()
        command = [sys.executable, __file__, *arguments]
        processes = [
            subprocess.Popen(command, stdout=subprocess.PIPE, env={**common, "RANK": str(rank)}) for rank in range(size)
        ]
        told = [process.communicate()[0] for process in processes]
    found: list[float] = json.loads(told[0])
    return found


def losses(kind: str, name: str, weights: str) -> list[float]:
    """The loss of every step, as the objective computes it on the whole batch."""
    torch.set_num_threads(1)
    torch.set_default_dtype(getattr(torch, kind))
    found: list[float] = []
    objective: Any = OBJECTIVES.get(name)
    batch, loss_of, start = TrainingData.batch, objective.loss, train._start

    def noted(self: Any, *given: Any) -> Any:
        loss = loss_of(self, *given)
        found.append(float(loss.detach()))
        return loss

    def moved(*given: Any) -> Any:
        state = start(*given)
        if weights == "moved":
            first = next(state.model.parameters()).data.view(-1)
            first[0] = torch.nextafter(first[0], first.new_tensor(10.0))
        return state

    TrainingData.batch = lambda *given: batch(*given).to(torch.get_default_dtype())  # type: ignore[method-assign]
    objective.loss, train._start = noted, moved  # type: ignore[assignment]
    data_set = resolve_dataset("digits", {}, {})
    images = data_set.load("train", Place(Path()))
    plan = plan_training(
        data_set, images, objective=name, recipe="smoke", recipe_settings={**RECIPE, "learning_rate": 0.1}
    )
    with joined_team("cpu") as (team, device):
        find_or_train_together(plan, images, device, team)
    return found


if __name__ == "__main__":
    main()
