"""Everything a run needs, resolved and checked before any long work starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch

from bench.data.dataset import DataSet, Place
from bench.data.images import Images
from bench.data.location import data_root
from bench.data.resolve import resolve_dataset
from bench.data.transform import InputTransform
from bench.device import pick_device
from bench.errors import BenchError
from bench.method import METHODS, Method
from bench.networks.checkpoint import Checkpoint
from bench.networks.foreign import open_checkpoint
from bench.training.planning import plan_training
from bench.training.train import TrainingPlan, find_or_train

from .cells import TestedNetwork
from .specification import RunSpecification


@dataclass(frozen=True)
class NetworkNeed:
    """A network that some methods share: given as a checkpoint, or to be trained as `plan` says."""

    methods: tuple[Method, ...]
    checkpoint: Checkpoint | None
    plan: TrainingPlan | None

    def describe(self) -> str:
        """One line for the plan of a run."""
        names = ", ".join(method.name for method in self.methods)
        if self.plan is None:
            assert self.checkpoint is not None
            return f"{self.checkpoint.network} (given checkpoint {self.checkpoint.weights_hash[:12]}): {names}"
        plan = self.plan
        state = "found trained" if plan.path.exists() else f"to train for {plan.recipe.epochs} epochs"
        return f"{plan.network}, {plan.objective}, recipe {plan.recipe.name}, seed {plan.seed} ({state}): {names}"


class Preparation:
    """A run specification with its names resolved. Building it raises `BenchError` for anything a user can mend."""

    def __init__(self, specification: RunSpecification) -> None:
        self.specification = spec = specification
        self.device: torch.device = pick_device(spec.device)
        self.methods: list[Method] = self._make_methods()
        self.id_set = self._data_set(spec.id)
        self.ood_sets = {one.name: one for one in map(self._data_set, spec.ood)}
        self.tune_set = None if spec.tune_on is None else self._data_set(spec.tune_on)
        self._check_names()
        self.given = self._open_given()
        self.transform = self._find_transform()
        self.needs: list[NetworkNeed] = list(self._find_needs())

    def _make_methods(self) -> list[Method]:
        spec = self.specification
        names = METHODS.names() if spec.method == ("all",) else list(dict.fromkeys(spec.method))
        return [METHODS.get(name).make(spec.settings_of(name)) for name in names]

    def _data_set(self, text: str) -> DataSet:
        return resolve_dataset(text, self.specification.bindings, self.specification.settings_of(text))

    def _check_names(self) -> None:
        spec = self.specification
        if self.id_set.name in self.ood_sets:
            raise BenchError(f"'{self.id_set.name}' is both the ID set and an OOD set. Leave it out of --ood.")
        if self.tune_set is not None and self.tune_set.name in (self.id_set.name, *self.ood_sets):
            raise BenchError(f"'{self.tune_set.name}' cannot be tuned on and tested on. Use another --tune-on.")
        if len(self.ood_sets) < len(set(spec.ood)):
            raise BenchError(f"Two of the OOD sets have the same name: {', '.join(spec.ood)}.")
        owners = [method.name for method in self.methods]
        sets = [one.name for one in (self.id_set, *self.ood_sets.values(), self.tune_set) if one is not None]
        trained = [] if spec.checkpoint else ["recipe", *(method.objective for method in self.methods)]
        spec.require_used([*owners, *sets, *trained])

    def _open_given(self) -> Checkpoint | None:
        spec = self.specification
        if spec.checkpoint is None:
            if spec.normalize is not None:
                raise BenchError("--normalize describes a --checkpoint from elsewhere; without one, leave it out.")
            return None
        if spec.recipe is not None:
            raise BenchError("--recipe describes a training, and a --checkpoint is trained. Leave one of them out.")
        given = open_checkpoint(
            spec.checkpoint,
            network=spec.network,
            normalize=spec.normalize,
            id_dataset=self.id_set.name,
            classes=self.id_set.classes,
        )
        classes = len(self.id_set.classes)
        if classes not in (0, given.num_classes):
            raise BenchError(
                f"The checkpoint tells {given.num_classes} classes apart, but '{self.id_set.name}' has {classes}. Name "
                "the data set it was trained on as the in-distribution one."
            )
        for method in self.methods:
            require_objective(method, given)
        return given

    def _find_transform(self) -> InputTransform:
        if self.given is not None:
            return self.given.transform
        transform = self.id_set.training_transform()
        if transform is None:
            raise BenchError(
                f"'{self.id_set.name}' is not a set to train on. Give a trained network with --checkpoint."
            )
        return transform

    def _find_needs(self) -> Iterator[NetworkNeed]:
        if self.given is not None:
            yield NetworkNeed(tuple(self.methods), self.given, None)
            return
        for seed in dict.fromkeys(self.specification.seeds):
            for objective in dict.fromkeys(method.objective for method in self.methods):
                methods = tuple(method for method in self.methods if method.objective == objective)
                yield NetworkNeed(methods, None, self._plan(objective, seed))

    def _plan(self, objective: str, seed: int) -> TrainingPlan:
        spec = self.specification
        return plan_training(
            self.id_set,
            self.train_images,
            objective=objective,
            network=spec.network,
            recipe=spec.recipe,
            seed=seed,
            recipe_settings=spec.settings_of("recipe"),
            objective_settings=spec.settings_of(objective),
        )

    @property
    def place(self) -> Place:
        """Where data sets are loaded from, and the size of generated images."""
        transform = self.transform
        return Place(data_root(self.specification.data), transform.height, transform.width, transform.channels)

    @cached_property
    def train_images(self) -> Images:
        """The ID training images."""
        return not_empty(self.id_set.load("train", self.place), self.id_set.name)

    @cached_property
    def id_images(self) -> Images:
        """The ID test images."""
        return not_empty(self.id_set.load("test", self.place), self.id_set.name)

    @cached_property
    def ood_images(self) -> dict[str, Images]:
        """The OOD test images by name."""
        return {name: not_empty(one.load("test", self.place), name) for name, one in self.ood_sets.items()}

    @cached_property
    def tune_images(self) -> Images | None:
        """The images of the OOD set that is tuned on, or None."""
        return None if self.tune_set is None else not_empty(self.tune_set.load("test", self.place), self.tune_set.name)

    def load_images(self) -> None:
        """Load everything that is tested or tuned on, so that what is missing is said before any long work.

        Raises `BenchError` if two of the sets are the same images under two names.
        """
        named = [(self.id_set.name, self.id_images), *self.ood_images.items()]
        if self.tune_set is not None and self.tune_images is not None:
            named.append((self.tune_set.name, self.tune_images))
        seen: dict[str, str] = {}
        for name, images in named:
            if images.identity in seen:
                raise BenchError(f"'{seen[images.identity]}' and '{name}' are the same images. Leave one of them out.")
            seen[images.identity] = name

    def tested_network(self, need: NetworkNeed) -> TestedNetwork:
        """The network of a need, trained now unless it was before, on the run's device."""
        checkpoint = need.checkpoint
        if checkpoint is None:
            assert need.plan is not None
            checkpoint = find_or_train(need.plan, self.train_images, self.device)
        model = checkpoint.build(self.device).to(memory_format=torch.channels_last).requires_grad_(False)
        return TestedNetwork(
            model,
            checkpoint.network,
            checkpoint.weights_hash,
            checkpoint.transform,
            checkpoint.objective,
            checkpoint.seed,
        )

    def plan_lines(self) -> Sequence[str]:
        """The plan of the run, for `--dry-run`."""
        cells = sum(len(need.methods) for need in self.needs) * len(self.ood_sets)
        return [
            f"ID: {self.id_set.name} ({len(self.id_images):,} test images)",
            *(f"OOD: {name} ({len(images):,} images){_note(images)}" for name, images in self.ood_images.items()),
            *(f"Network: {need.describe()}" for need in self.needs),
            f"Protocol: {self.specification.protocol}",
            f"Cells: {cells}, results in {self.specification.out}, on {self.device}",
        ]


def require_objective(method: Method, checkpoint: Checkpoint) -> None:
    """Raise `BenchError` if `method` needs a training objective that `checkpoint` is known to lack."""
    trained = checkpoint.confidence_branch and checkpoint.objective in (method.objective, "unknown")
    if method.needs_confidence and not trained:
        raise BenchError(
            f"{method.name} needs a network trained with the objective {method.objective}; the given checkpoint was "
            f"trained with {checkpoint.objective} and has {'a' if checkpoint.confidence_branch else 'no'} confidence "
            "branch. Leave out --checkpoint to train one."
        )


def not_empty(images: Images, name: str) -> Images:
    """`images` themselves; raises `BenchError` when there are none."""
    if len(images) == 0:
        raise BenchError(f"'{name}' holds no images.")
    return images


def _note(images: Images) -> str:
    return f" [{images.note}]" if images.note else ""
