"""One network trained by a team of processes: the first holds the lease and stores, and all stop and go on together."""

from __future__ import annotations

import contextlib
from functools import partial

import torch

from bench.data.images import Images
from bench.leases import Lease, LeaseLostError, turn
from bench.networks.checkpoint import Checkpoint

from .team import Team
from .train import TrainingPlan, find_or_train, train


def find_or_train_together(plan: TrainingPlan, images: Images, device: torch.device, team: Team) -> Checkpoint:
    """`find_or_train`, which every process of the `team` has to call; they share the cache folder.

    The network differs from the one that a single process trains by rounding errors only, and counts as the same: its
    key does not tell of the team, its metadata does (`processes`).
    """
    if team.size == 1:
        return find_or_train(plan, images, device)
    while True:
        first = team.rank == 0
        lease = turn(plan.folder / "lease", plan.path.exists, f"the network {plan.folder.name}") if first else None
        if not team.first_says(lease is not None):
            return Checkpoint.load(plan.path)
        with contextlib.suppress(LeaseLostError), lease or contextlib.nullcontext():
            checkpoint = train(plan, images, device, after_epoch=partial(_go_on_if_held, lease, team), team=team)
            team.first_says(True)  # it is stored by now
            return checkpoint


def _go_on_if_held(lease: Lease | None, team: Team) -> None:
    if not team.first_says(lease is not None and lease.is_held()):
        raise LeaseLostError
