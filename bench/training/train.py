"""Train a network once, or find it trained: checkpoints are stored by what determines them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench.aside import set_aside
from bench.cache import cache_root
from bench.canonical import content_key
from bench.data.images import Images
from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.leases import Lease, LeaseLostError, turn
from bench.networks.checkpoint import Checkpoint
from bench.networks.classifier import NETWORKS, Classifier, build_network
from bench.networks.tensor_file import UnsoundTensorsError
from bench.plugins import code_entry
from bench.presence import announce
from bench.progress import Progress
from bench.remote import shared_cache
from bench.seeds import derived_seed
from bench.stopping import check

from .loop import TrainingData, train_epoch
from .objective import OBJECTIVES, Objective
from .parallel import shared_model
from .recipe import Recipe
from .resume import TrainingState, load_state, save_state
from .team import ALONE, Team

VERSION = 1


@dataclass(frozen=True)
class TrainingPlan:
    """What determines a trained network; equal plans give equal weights on equal machines."""

    network: str
    id_dataset: str
    data_identity: str
    classes: tuple[str, ...]
    transform: InputTransform
    objective: str
    recipe: Recipe
    seed: int
    objective_parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The content key under which the checkpoint is stored."""
        return content_key({"version": VERSION, **self.describe()})

    def describe(self) -> dict[str, Any]:
        """The plan as plain data, kept in the checkpoint."""
        return {
            "network": self.network,
            "network_version": NETWORKS.get(self.network).version,
            **code_entry("network_code", NETWORKS.get(self.network)),
            "id_dataset": self.id_dataset,
            "data_identity": self.data_identity,
            "transform": self.transform.to_dict(),
            "objective": self.objective,
            **code_entry("objective_code", OBJECTIVES.get(self.objective)),
            "objective_parameters": self.make_objective().parameters(),
            "recipe": self.recipe.to_dict(),
            "seed": self.seed,
        }

    def make_objective(self) -> Objective:
        """A fresh objective with the plan's parameters."""
        made: Objective = OBJECTIVES.get(self.objective).make(self.objective_parameters)
        return made

    @property
    def folder(self) -> Path:
        """Where the checkpoint, its log and the state to resume from are kept."""
        return cache_root() / "checkpoints" / f"{self.id_dataset}-{self.network}-{self.objective}-{self.key}"

    @property
    def path(self) -> Path:
        """The finished checkpoint's file."""
        return self.folder / "checkpoint.safetensors"


def find_or_train(plan: TrainingPlan, images: Images, device: torch.device) -> Checkpoint:
    """The checkpoint of `plan`: loaded if it is stored, else trained, from the last finished epoch if there is one.

    Of several processes, also on machines that share the folder or a cache at an address, one trains, and the others
    wait for it. One that has lost its lease because it was asleep for long stops after its epoch, and waits too. A
    damaged checkpoint is set aside, and the network is trained again.
    """
    announce(cache_root())
    what, shared = f"the network {plan.folder.name}", shared_cache()
    while True:
        while lease := turn(plan.folder / "lease", plan.path.exists, what):
            with contextlib.suppress(LeaseLostError), lease, shared.turn(plan.path, what):
                if plan.path.exists():  # another machine has trained it
                    break
                trained = train(plan, images, device, after_epoch=partial(_go_on_if_held, lease))
                shared.put(plan.path)
                return trained
        try:
            return Checkpoint.load(plan.path)
        except UnsoundTensorsError as error:
            set_aside(plan.path, error, "the network is trained again")


def _go_on_if_held(lease: Lease) -> None:
    check()
    lease.require_held()


def train(
    plan: TrainingPlan,
    images: Images,
    device: torch.device,
    *,
    after_epoch: Callable[[], None] = lambda: None,
    team: Team = ALONE,
) -> Checkpoint:
    """Train `plan` on `images` to the end and store the checkpoint; what is done of it already is not done again.

    `after_epoch` is called when an epoch is safely stored. Of a `team` the first process stores.
    """
    with team.first_before_others():  # it sets aside what is damaged
        state = _start(plan, device)
    if state.epoch < plan.recipe.epochs:
        data = _prepare(plan, images, device)
        _train_epochs(plan, state, data, after_epoch, team)
    checkpoint = _finish(plan, state, team)
    if team.rank == 0:
        checkpoint.save(plan.path)
    return checkpoint


def _start(plan: TrainingPlan, device: torch.device) -> TrainingState:
    objective = plan.make_objective()
    model = build_network(
        plan.network,
        len(plan.classes),
        channels=plan.transform.channels,
        confidence_branch=objective.confidence_branch,
        seed=derived_seed(plan.seed, "weights"),
    ).to(device)
    model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=plan.recipe.learning_rate,
        momentum=plan.recipe.momentum,
        nesterov=plan.recipe.nesterov,
        weight_decay=plan.recipe.weight_decay,
    )
    state = TrainingState(model, optimizer, objective)
    load_state(plan.folder, state)
    return state


def _prepare(plan: TrainingPlan, images: Images, device: torch.device) -> TrainingData:
    if images.labels is None:
        raise BenchError(f"'{plan.id_dataset}' has no labels to train on.")
    low, high = int(images.labels.min()), int(images.labels.max())
    if low < 0 or high >= len(plan.classes):
        raise BenchError(f"'{plan.id_dataset}' has labels from {low} to {high}, but {len(plan.classes)} classes.")
    pixels = images.read(np.arange(len(images)))
    return TrainingData.prepare(pixels, images.labels, plan.transform, plan.recipe.augmentation, device)


def _train_epochs(
    plan: TrainingPlan, state: TrainingState, data: TrainingData, after_epoch: Callable[[], None], team: Team
) -> None:
    device = data.labels.device
    model, recipe, epochs = shared_model(state.model, team, device), plan.recipe.on(device), plan.recipe.epochs
    instead = "" if recipe == plan.recipe else f" in {recipe.precision}, as {plan.recipe.precision} is slow here"
    what = f"Training {plan.network} on {plan.id_dataset} ({plan.objective}){instead}"
    progress = Progress(what, epochs * len(data))
    for epoch in range(state.epoch, epochs):
        before = epoch * len(data)
        means = train_epoch(
            model,
            state.optimizer,
            state.objective,
            data,
            recipe,
            epoch=epoch,
            seed=plan.seed,
            after_step=lambda done, _, before=before: progress.update(before + done),  # type: ignore[misc]
            team=team,
        )
        if not (np.isfinite(means["loss"]) and _is_finite(state.model)):
            raise BenchError(
                f"Training diverged in epoch {epoch + 1}, with a mean loss of {means['loss']}. Lower learning_rate."
            )
        kept = {name: float(value) for name, value in state.objective.state.items()}
        state.log.append({"epoch": epoch + 1, **means, **kept})
        state.epoch = epoch + 1
        if team.rank == 0:
            save_state(plan.folder, state)
        progress.update(before + len(data), f"epoch {epoch + 1}/{epochs}, accuracy {100 * means['accuracy']:.1f} %")
        after_epoch()
    progress.finish(f"training accuracy {100 * state.log[-1]['accuracy']:.1f} %")


def _is_finite(model: Classifier) -> bool:
    return all(bool(tensor.isfinite().all()) for tensor in model.state_dict().values())


def _finish(plan: TrainingPlan, state: TrainingState, team: Team) -> Checkpoint:
    model: Classifier = state.model
    together = {"processes": team.size} if team.size > 1 else {}
    precision = plan.recipe.on(next(model.parameters()).device).precision
    return Checkpoint(
        network=plan.network,
        num_classes=model.num_classes,
        channels=plan.transform.channels,
        confidence_branch=model.confidence is not None,
        transform=plan.transform,
        classes=plan.classes,
        id_dataset=plan.id_dataset,
        objective=plan.objective,
        seed=plan.seed,
        training={**plan.describe(), **together, "computed_in": precision, "log": state.log},
        state={name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()},
    )
