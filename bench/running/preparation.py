"""Everything a run needs, resolved and checked before any long work starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial

import torch

from bench.data.bound import BoundSet
from bench.data.broken import usable
from bench.data.dataset import DataSet, Place
from bench.data.images import Images
from bench.data.location import data_root
from bench.data.resolve import resolve_dataset
from bench.data.transform import InputTransform
from bench.data.transform_file import read_transform
from bench.device import pick_device
from bench.errors import BenchError
from bench.fitting.data import Facts
from bench.method_contract import METHODS, Method
from bench.networks.checkpoint import Checkpoint
from bench.networks.foreign import open_checkpoint
from bench.suites.suite import set_name
from bench.training.planning import plan_training
from bench.training.train import TrainingPlan, find_or_train
from bench.zoo.named import NamedNetwork
from bench.zoo.opening import is_foreign, open_network

from .at_hand import AtHand, load_at_hand
from .caveats import caveats
from .facts import facts_of_checkpoint, facts_of_model, facts_of_plan, facts_without_network
from .full_spectrum import shifted_tests
from .id_classes import assumed_order, in_network_order, named_classes
from .model_at_hand import as_tested, num_classes_of, require_classes
from .model_transform import COMMAND_LINE, FoundTransform, Ways, of_own_size, said_or_own
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
        self.left_out: dict[str, str] = {}
        self.methods: list[Method] = self._make_methods()
        self.id_set = self._data_set(spec.id)
        self.ood_sets = {one.name: one for one in map(self._data_set, spec.ood)}
        # Their order changes no figure, so it must not change the key of a result.
        self.shifted_sets = {one.name: one for one in sorted(map(self._data_set, spec.shifted), key=lambda s: s.name)}
        self.tune_set = None if spec.tune_on is None else self._data_set(spec.tune_on)
        self._check_names()
        self.foreign = self._open_foreign()
        self.given = None if self.foreign is not None else self._open_given()
        self.transform = self._find_transform()
        self.needs: list[NetworkNeed] = [need for need in self._find_needs() if need.methods]
        if not self.needs:
            raise BenchError(f"None of the methods can be run. {' '.join(self.skipped)}")

    def again(self) -> Callable[[], Preparation]:
        """What prepares the same in another process; it can be pickled."""
        return partial(type(self), self.specification)

    def _make_methods(self) -> list[Method]:
        self.named: dict[str, bool] = select_methods(self.specification.method)
        return list(self._make(self.named, self.specification))

    def _make(self, chosen: Mapping[str, bool], specification: RunSpecification) -> Iterator[Method]:
        """The `chosen` methods with their settings; a broken one is left out unless it was asked for by its name."""
        for name, named in chosen.items():
            try:
                kind = METHODS.get(name)
            except BenchError as error:
                if named:
                    raise
                self.skipped.append(str(error))
                continue
            yield kind.make(specification.settings_of(name))

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
        trained = [] if spec.checkpoint or is_foreign(spec.network) else ["recipe", *objectives]
        spec.require_used([*owners, *sets, *trained])

    def _open_foreign(self) -> NamedNetwork | None:
        """The network of another library or a user's own that the specification names, if it names one."""
        spec = self.specification
        if not is_foreign(spec.network):
            if spec.last_layer is not None:
                raise BenchError("--last-layer is for networks such as --network timm:resnet18. Leave it out.")
            return None
        assert spec.network is not None
        _refuse_training(spec, f"the network {spec.network}")
        return open_network(spec.network, spec.checkpoint)

    def _open_given(self) -> Checkpoint | None:
        spec = self.specification
        if spec.checkpoint is None:
            for option, value in (("--normalize", spec.normalize), ("--transform", spec.transform)):
                if value is not None:
                    raise BenchError(f"{option} describes a --checkpoint from elsewhere; without one, leave it out.")
            return None
        _refuse_training(spec, "a --checkpoint")
        given = open_checkpoint(
            spec.checkpoint,
            network=spec.network,
            normalize=spec.normalize,
            transform=None if spec.transform is None else read_transform(spec.transform),
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
        if self.foreign is not None:
            found = self._transform_of(self.foreign)
            self.assumed = found.assumed
            return found.transform
        if self.given is not None:
            return self.given.transform
        transform = self.id_set.training_transform()
        if transform is None:
            raise BenchError(
                f"'{self.id_set.name}' is not a set to train on. Give a trained network with --checkpoint."
            )
        return transform

    def _transform_of(self, network: NamedNetwork) -> FoundTransform:
        """How the input of a foreign network is made: as the specification says, or else as its library does."""
        spec = self.specification
        given = None if spec.transform is None else read_transform(spec.transform)
        if found := said_or_own(network, given, spec.normalize, COMMAND_LINE):
            return found
        return self._of_own_size(COMMAND_LINE)

    def _of_own_size(self, ways: Ways) -> FoundTransform:
        assert self.specification.normalize is not None
        images = self._usable(self.id_set.load("test", Place(data_root(self.specification.data))), self.id_set.name)
        return of_own_size(self.specification.normalize, images, self.id_set.name, ways)

    def _needs_of_foreign(self, network: NamedNetwork) -> Iterator[NetworkNeed]:
        tested = as_tested(
            network, self.transform, self.device, last_layer=self.specification.last_layer, assumed=self.assumed
        )
        self.num_classes = num_classes_of(tested)
        require_classes(tested, self.id_set.name, self.id_images, self.id_images.classes or self.id_set.classes)
        for method in self.methods:
            if method.ensemble:
                self._skip(method, f"{method.name} needs several networks, and one is given.")
        single = [method for method in self.methods if method.objective is not None and not method.ensemble]
        facts = facts_of_model(tested, lambda: self.train_images, network.lacks)
        yield NetworkNeed(self._able(single, facts), model=tested, facts=facts)
        yield self._need_without_network()

    def _need_without_network(self) -> NetworkNeed:
        without = [method for method in self.methods if method.objective is None]
        facts = facts_without_network(lambda: self.train_images)
        return NetworkNeed(self._able(without, facts), facts=facts)

    def _find_needs(self) -> Iterator[NetworkNeed]:
        if self.foreign is not None:
            yield from self._needs_of_foreign(self.foreign)
            return
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
        yield self._need_without_network()

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
        self.left_out[method.name] = reason
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
        images = self._usable(self.id_set.load("train", self.place), self.id_set.name)
        trained_here = self.given is None and self.foreign is None
        return images if trained_here else self._in_network_order(images)

    @cached_property
    def id_images(self) -> Images:
        """The ID test images."""
        return self._in_network_order(self._usable(self.id_set.load("test", self.place), self.id_set.name))

    def _usable(self, images: Images, name: str) -> Images:
        return usable(images, name, skip_broken=self.specification.skip_broken)

    def _in_network_order(self, images: Images) -> Images:
        """ID images of the user's with labels that count as the network does; others count so already."""
        if not isinstance(self.id_set, BoundSet):
            return images
        if self.given is not None:
            return in_network_order(images, self.id_set.name, self.given.classes, self.given.num_classes)
        if self.foreign is not None:
            known = named_classes(images, self.foreign.classes)
            return in_network_order(images, self.id_set.name, known, self.num_classes)
        trained = self.train_images.classes if "train" in self.id_set.splits else ()
        return in_network_order(images, self.id_set.name, trained, len(trained)) if trained else images

    @cached_property
    def _ood_at_hand(self) -> AtHand:
        spec = self.specification
        return load_at_hand(self.ood_sets, self.place, spec.suite, skip_broken=spec.skip_broken)

    @property
    def ood_images(self) -> dict[str, Images]:
        """The OOD test images by name; without those sets of a suite that are missing."""
        return self._ood_at_hand.images

    @property
    def missing(self) -> dict[str, str]:
        """The OOD and covariate-shifted sets of a suite that are missing, and how to get each."""
        return {**self._ood_at_hand.missing, **self._shifted_at_hand.missing}

    @cached_property
    def _shifted_at_hand(self) -> AtHand:
        spec = self.specification
        suite = spec.suite if spec.full_spectrum else None
        return load_at_hand(self.shifted_sets, self.place, suite, role="covariate", skip_broken=spec.skip_broken)

    @property
    def shifted_images(self) -> dict[str, Images]:
        """The covariate-shifted images that count as ID in the test, by name, in the order of names.

        Those of a suite that are missing are left out.
        """
        return self._shifted_at_hand.images

    @cached_property
    def tune_images(self) -> Images | None:
        """The images of the OOD set that is tuned on, or None."""
        return (
            None if self.tune_set is None else self._usable(self.tune_set.load("test", self.place), self.tune_set.name)
        )

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
        names = self.id_images.classes or self.id_set.classes
        assumed: Iterable[str] = ()
        if self.given is not None:
            assumed = assumed_order(self.id_images, self.given.classes)
        elif self.foreign is not None and self.foreign.name and isinstance(self.id_set, BoundSet):
            assumed = assumed_order(self.id_images, named_classes(self.id_images, self.foreign.classes))
        return (*caveats(trained_on, self.id_set.name, self.id_images, names), *assumed)

    @property
    def network_notes(self) -> tuple[str, ...]:
        """What was assumed of the networks that are not this project's, in sentences."""
        return tuple(need.model.note for need in self.needs if need.model is not None and need.model.note)

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
            if need.model is not None:
                return need.model
            if need.plan is None:
                return no_network(self.transform)
            checkpoint = find_or_train(need.plan, self.train_images, self.device)
        return TestedNetwork.of(checkpoint, self.device)

    def plan_lines(self) -> Sequence[str]:
        """The plan of the run, for `--dry-run`."""
        cells = sum(len(need.methods) for need in self.needs) * len(self.ood_images)
        return [
            *self._suite_lines(),
            f"ID: {self.id_set.name} ({len(self.id_images):,} test images)",
            *(f"Shifted: {name} ({len(one):,} images){_note(one)}" for name, one in self.shifted_images.items()),
            *(f"OOD: {name} ({len(images):,} images){_note(images)}" for name, images in self.ood_images.items()),
            *(f"Not run: {name}. {remedy}" for name, remedy in self.missing.items()),
            *(f"Network: {need.describe()}" for need in self.needs),
            *(f"Left out: {reason}" for reason in self.skipped),
            *(f"Warning: {caveat}." for caveat in self.caveats),
            f"Protocol: {self.specification.protocol}",
            f"Cells: {cells}, results in {self.specification.out}, on {self.device}",
        ]

    def _suite_lines(self) -> Iterator[str]:
        suite = self.specification.suite
        if suite is not None:
            groups = [f"{group}: {', '.join(map(set_name, sets))}" for group, sets in suite.groups.items()]
            yield f"Suite: {suite.name} ({'; '.join(groups)})"


def _note(images: Images) -> str:
    return f" [{images.note}]" if images.note else ""


def _refuse_training(spec: RunSpecification, what: str) -> None:
    """Raise `BenchError` for what describes a training, where `what` is trained."""
    if spec.recipe is not None:
        raise BenchError(f"--recipe describes a training, and {what} is trained. Leave one of them out.")
    if spec.seeds is not None:
        raise BenchError(
            f"--seed and --seeds are those of a training, and {what} is trained. Leave one of them out. The seed of a "
            "method itself is a setting: --set mc-dropout.seed=1."
        )
