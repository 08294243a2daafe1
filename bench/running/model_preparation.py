"""Preparation of a run on a torch module at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial

from torch import nn

from bench.data.dataset import DataSet
from bench.data.held import HeldSet
from bench.data.images import Images
from bench.data.resolve import resolve_dataset
from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.method_contract import Method
from bench.networks.classifier import Classifier
from bench.zoo.named import NamedNetwork, OwnTransform

from .caveats import fitted_on_tests
from .model_at_hand import device_of, require_module
from .model_transform import PYTHON, FoundTransform, said_or_own
from .preparation import Preparation
from .selection import select_methods
from .specification import RunSpecification, require_used


class ModelPreparation(Preparation):
    """A run's specification with a model, methods and images at hand in the place of some of its names.

    Without a `model` it is the one of another library that the specification names.
    `methods` replaces the specification's; `sources` says what its data sets' names stand for, where they are not what
    they are called; `train` are the images that methods are fitted on, where they are not the ID data set's own.
    """

    def __init__(
        self,
        specification: RunSpecification,
        model: nn.Module | None,
        *,
        methods: Sequence[str | Method],
        sources: Mapping[str, str | Images],
        transform: InputTransform | None,
        train: str | Images | None = None,
    ) -> None:
        if model is not None:
            require_module(model)
        self.train_source = train
        self.model, self.at_hand, self.sources, self.given_transform = model, methods, sources, transform
        named = select_methods(name for name in methods if isinstance(name, str))
        sets = (specification.id, *specification.ood, *specification.shifted)
        require_used(specification.settings, [*sources, *sets, *named])
        if specification.device == "auto" and model is not None:
            specification = replace(specification, device=str(device_of(model)))
        super().__init__(specification)

    def _make_methods(self) -> list[Method]:
        self.named: dict[str, bool] = {}
        made: list[Method] = []
        for one in self.at_hand:
            chosen = {} if isinstance(one, Method) else select_methods([one])
            self.named |= chosen
            made += [one] if isinstance(one, Method) else []
            made += self._make(chosen, self.specification)
        return made

    def _data_set(self, text: str) -> DataSet:
        source = self.sources.get(text, text)
        if isinstance(source, Images):
            return HeldSet(text, lambda _: source, source.classes)
        found = resolve_dataset(source, self.specification.bindings, self.specification.settings_of(text))
        return found if source == text else HeldSet(text, partial(found.load, "test"), found.classes)

    def _open_foreign(self) -> NamedNetwork | None:
        """The model at hand, or the one that is named in its place."""
        if self.model is None:
            return super()._open_foreign()
        own = self.model.transform if isinstance(self.model, Classifier) else None
        return NamedNetwork(self.model, own=None if own is None else OwnTransform(own, ""))

    def _transform_of(self, network: NamedNetwork) -> FoundTransform:
        found = said_or_own(network, self.given_transform, self.specification.normalize, PYTHON)
        return found or self._of_own_size(PYTHON)

    def _in_network_order(self, images: Images) -> Images:
        """The images themselves: a model at hand does not say what its classes are called."""
        return images if self.model is not None else super()._in_network_order(images)

    @cached_property
    def train_images(self) -> Images:
        """The images that were given to fit on, else the training images of the ID data set."""
        if self.train_source is None:
            if isinstance(self.sources.get(self.specification.id), Images):
                raise BenchError("with images at hand as ID set, give some with train=…")
            return super().train_images
        if isinstance(self.train_source, Images):
            return self._usable(self.train_source, "train images")
        found = resolve_dataset(self.train_source, self.specification.bindings, {})
        return self._usable(found.load("train", self.place), found.name)

    @cached_property
    def fit_caveats(self) -> tuple[str, ...]:
        """A warning if ID test images are among the training images that were given.

        It is no error, since published sets repeat some of their training images in the test; and it is not looked for
        in a data set's own training images, which are as published, and may be a million files.
        """
        if self.train_source is None or not any("training" in method.needs for method in self.methods):
            return ()
        return fitted_on_tests(self.id_images, self.train_images)
