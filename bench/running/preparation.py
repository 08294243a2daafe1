"""Everything a run needs, resolved and checked before any long work starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import torch

from bench.data.dataset import DataSet, Place
from bench.data.images import Images
from bench.data.location import data_root
from bench.data.resolve import resolve_dataset
from bench.data.transform import InputTransform
from bench.device import pick_device
from bench.errors import BenchError
from bench.fitting.data import Facts
from bench.method_contract import METHODS, Method
from bench.networks.checkpoint import Checkpoint
from bench.networks.foreign import open_checkpoint
from bench.training.planning import plan_training
from bench.training.train import TrainingPlan, find_or_train

from .caveats import caveats
from .facts import facts_of_checkpoint, facts_of_plan, facts_without_network
from .full_spectrum import shifted_tests
from .network import TestedNetwork, ensemble_of, no_network
from .network_need import NetworkNeed
from .protocol import require_disjoint, split_pair
from .selection import select_methods
from .specification import RunSpecification
from .tuning import search


class Preparation:
    """A run specification with its names resolved. Building it raises `BenchError` for anything a user can mend."""

    def __init__(self, specification: RunSpecification) -> None:
        self.specification = spec = specification
        self.device: torch.device = pick_device(spec.device)
        self.skipped: list[str] = []
        self.methods: list[Method] = self._make_methods()
        self.id_set = self._data_set(spec.id)
        self.ood_sets = {one.name: one for one in map(self._data_set, spec.ood)}
        # Their order changes no figure, so it must not change the key of a result.
        self.shifted_sets = {one.name: one for one in sorted(map(self._data_set, spec.shifted), key=lambda s: s.name)}
        self.tune_set = None if spec.tune_on is None else self._data_set(spec.tune_on)
        self._check_names()
        self.given = self._open_given()
        self.transform = self._find_transform()
        self.needs: list[NetworkNeed] = [need for need in self._find_needs() if need.methods]
        if not self.needs:
            raise BenchError(f"None of the methods can be run. {' '.join(self.skipped)}")

    def _make_methods(self) -> list[Method]:
        self.named: dict[str, bool] = select_methods(self.specification.method)
        return [METHODS.get(name).make(self.specification.settings_of(name)) for name in self.named]

    def _data_set(self, text: str) -> DataSet:
        return resolve_dataset(text, self.specification.bindings, self.specification.settings_of(text))

    def _check_names(self) -> None:
        spec = self.specification
        if self.id_set.name in self.ood_sets:
            raise BenchError(f"'{self.id_set.name}' is both the ID set and an OOD set. Leave it out of --ood.")
        for name in self.shifted_sets:
            if name in (self.id_set.name, *self.ood_sets):
                role = "the ID set" if name == self.id_set.name else "an OOD set"
                raise BenchError(f"'{name}' is both {role} and a shifted set. Leave it out of --shifted.")
        tested = (self.id_set.name, *self.ood_sets, *self.shifted_sets)
        if self.tune_set is not None and self.tune_set.name in tested:
            raise BenchError(f"'{self.tune_set.name}' cannot be tuned on and tested on. Use another --tune-on.")
        for role, found, given in (("OOD", self.ood_sets, spec.ood), ("shifted", self.shifted_sets, spec.shifted)):
            if len(found) < len(set(given)):
                raise BenchError(f"Two of the {role} sets have the same name: {', '.join(given)}.")
        owners = [method.name for method in self.methods]
        sets = [*tested, *([] if self.tune_set is None else [self.tune_set.name])]
        objectives = [method.objective for method in self.methods if method.objective is not None]
        trained = [] if spec.checkpoint else ["recipe", *objectives]
        spec.require_used([*owners, *sets, *trained])

    def _open_given(self) -> Checkpoint | None:
        spec = self.specification
        if spec.checkpoint is None:
            if spec.normalize is not None:
                raise BenchError("--normalize describes a --checkpoint from elsewhere; without one, leave it out.")
            return None
        if spec.recipe is not None:
            raise BenchError("--recipe describes a training, and a --checkpoint is trained. Leave one of them out.")
        if spec.seeds is not None:
            raise BenchError(
                "--seed and --seeds are those of a training, and a --checkpoint is trained. Leave one of them out. The "
                "seed of a method itself is a setting: --set mc-dropout.seed=1."
            )
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
        single = [method for method in self.methods if method.objective is not None and not method.ensemble]
        if self.given is not None:
            facts = facts_of_checkpoint(self.given, lambda: self.train_images)
            yield NetworkNeed(self._able(single, facts), self.given, facts=facts)
        else:
            for seed in self.specification.training_seeds:
                for objective in dict.fromkeys(method.objective for method in single):
                    assert objective is not None
                    methods = [method for method in single if method.objective == objective]
                    plan = self._plan(objective, seed)
                    facts = facts_of_plan(plan, lambda: self.train_images)
                    yield NetworkNeed(self._able(methods, facts), plan=plan, facts=facts)
        yield from self._find_ensembles()
        without = [method for method in self.methods if method.objective is None]
        facts = facts_without_network(lambda: self.train_images)
        yield NetworkNeed(self._able(without, facts), facts=facts)

    def _find_ensembles(self) -> Iterator[NetworkNeed]:
        seeds = self.specification.training_seeds
        for method in self.methods:
            if not method.ensemble:
                continue
            if self.given is not None or len(seeds) < 2:
                way = "Train" if self.given is None else "Leave the one --checkpoint out, and train"
                self._skip(method, f"{method.name} needs networks of several seeds. {way} some with --seeds K.")
                continue
            assert method.objective is not None
            members = tuple(NetworkNeed((), plan=self._plan(method.objective, seed)) for seed in seeds)
            yield NetworkNeed((method,), members=members)

    def _able(self, methods: Sequence[Method], facts: Facts) -> tuple[Method, ...]:
        """Those of `methods` that can work with such a network and training images, as they are or as they are tuned.

        One that was asked for by its name and cannot raises the error; one that was meant along with others is left
        out, which `skipped` says.
        """
        able = []
        for method in methods:
            try:
                search(method, self.specification.protocol, facts)
                able.append(method)
            except BenchError as error:
                self._skip(method, str(error))
        return tuple(able)

    def _skip(self, method: Method, reason: str) -> None:
        if self.named.get(method.name, True):
            raise BenchError(reason)
        if reason not in self.skipped:
            self.skipped.append(reason)

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
        one = self.transform
        return Place(data_root(self.specification.data), one.height, one.width, one.channels, one.mean, one.std)

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
    def shifted_images(self) -> dict[str, Images]:
        """The covariate-shifted images that count as ID in the test, by name, in the order of names."""
        return {name: not_empty(one.load("test", self.place), name) for name, one in self.shifted_sets.items()}

    @cached_property
    def tune_images(self) -> Images | None:
        """The images of the OOD set that is tuned on, or None."""
        return None if self.tune_set is None else not_empty(self.tune_set.load("test", self.place), self.tune_set.name)

    def load_images(self) -> None:
        """Load everything that is tested or tuned on, so that what is missing is said before any long work.

        Raises `BenchError` if two of the sets are the same images under two names, or an image would be tuned on and
        tested on.
        """
        named = [(self.id_set.name, self.id_images), *self.ood_images.items(), *self.shifted_images.items()]
        if self.tune_set is not None and self.tune_images is not None:
            named.append((self.tune_set.name, self.tune_images))
        seen: dict[str, str] = {}
        for name, images in named:
            if images.identity in seen:
                raise BenchError(f"'{seen[images.identity]}' and '{name}' are the same images. Leave one of them out.")
            seen[images.identity] = name
        for name in self.ood_images:
            self._require_disjoint(name)

    def _require_disjoint(self, ood: str) -> None:
        protocol, images = self.specification.protocol, self.ood_images[ood]
        split = split_pair(protocol, self.id_images, images, ood=ood, tune_images=self.tune_images)
        try:
            require_disjoint(split, protocol)
            shifted_tests(self.shifted_images, split, protocol)
        except BenchError as error:
            raise BenchError(f"'{ood}' cannot be tested with the protocol {protocol}: {error}") from error

    @cached_property
    def caveats(self) -> tuple[str, ...]:
        """What a reader of the networks' figures must be warned of."""
        if not any(need.has_network for need in self.needs):
            return ()
        trained_on = self.id_set.name if self.given is None else self.given.id_dataset
        return caveats(trained_on, self.id_set.name, self.id_images, self.id_images.classes or self.id_set.classes)

    @cached_property
    def fit_caveats(self) -> tuple[str, ...]:
        """What a reader of the figures of methods that are fitted on training images must be warned of."""
        return ()

    def tested_network(self, need: NetworkNeed) -> TestedNetwork:
        """The network of a need, trained now unless it was before, on the run's device."""
        if need.members:
            return ensemble_of([self.tested_network(member) for member in need.members])
        checkpoint = need.checkpoint
        if checkpoint is None:
            if need.plan is None:
                return no_network(self.transform)
            checkpoint = find_or_train(need.plan, self.train_images, self.device)
        return TestedNetwork.of(checkpoint, self.device)

    def plan_lines(self) -> Sequence[str]:
        """The plan of the run, for `--dry-run`."""
        cells = sum(len(need.methods) for need in self.needs) * len(self.ood_sets)
        return [
            f"ID: {self.id_set.name} ({len(self.id_images):,} test images)",
            *(f"Shifted: {name} ({len(one):,} images){_note(one)}" for name, one in self.shifted_images.items()),
            *(f"OOD: {name} ({len(images):,} images){_note(images)}" for name, images in self.ood_images.items()),
            *(f"Network: {need.describe()}" for need in self.needs),
            *(f"Left out: {reason}" for reason in self.skipped),
            *(f"Warning: {caveat}." for caveat in self.caveats),
            f"Protocol: {self.specification.protocol}",
            f"Cells: {cells}, results in {self.specification.out}, on {self.device}",
        ]


def not_empty(images: Images, name: str) -> Images:
    """`images` themselves; raises `BenchError` when there are none."""
    if len(images) == 0:
        raise BenchError(f"'{name}' holds no images.")
    return images


def _note(images: Images) -> str:
    return f" [{images.note}]" if images.note else ""
