"""Preparation of a run on a torch module at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial

import numpy as np
from torch import nn

from bench.data.dataset import DataSet, Place
from bench.data.held import HeldSet
from bench.data.images import Images
from bench.data.location import data_root
from bench.data.resolve import resolve_dataset
from bench.data.transform import NORMALIZATIONS, InputTransform, parse_normalization
from bench.errors import BenchError
from bench.method_contract import METHODS, Method
from bench.networks.classifier import Classifier

from .caveats import fitted_on_tests
from .facts import facts_of_model, facts_without_network
from .model_at_hand import as_tested, device_of, require_classes, require_module
from .network import TestedNetwork, no_network
from .network_need import NetworkNeed
from .preparation import Preparation, not_empty
from .selection import select_methods
from .specification import RunSpecification, require_used


class ModelPreparation(Preparation):
    """A run's specification with a model, methods and images at hand in the place of some of its names.

    `methods` replaces the specification's; `sources` says what each of its data sets' names stands for; `train` are
    the images that methods are fitted on, where they are not the ID data set's own.
    """

    def __init__(
        self,
        specification: RunSpecification,
        model: nn.Module,
        *,
        methods: Sequence[str | Method],
        sources: Mapping[str, str | Images],
        transform: InputTransform | None,
        train: str | Images | None = None,
    ) -> None:
        require_module(model)
        self.train_source = train
        self.model, self.at_hand, self.sources, self.given_transform = model, methods, sources, transform
        named = select_methods(name for name in methods if isinstance(name, str))
        require_used(specification.settings, [*sources, *named])
        if specification.device == "auto":
            specification = replace(specification, device=str(device_of(model)))
        super().__init__(specification)

    def _make_methods(self) -> list[Method]:
        self.named: dict[str, bool] = {}
        made: list[Method] = []
        for one in self.at_hand:
            chosen = {} if isinstance(one, Method) else select_methods([one])
            self.named |= chosen
            made += [one] if isinstance(one, Method) else []
            made += [METHODS.get(name).make(self.specification.settings_of(name)) for name in chosen]
        return made

    def _data_set(self, text: str) -> DataSet:
        source = self.sources[text]
        if isinstance(source, Images):
            return HeldSet(text, lambda _: source, source.classes)
        found = resolve_dataset(source, self.specification.bindings, self.specification.settings_of(text))
        return found if source == text else HeldSet(text, partial(found.load, "test"), found.classes)

    def _open_given(self) -> None:
        return None

    def _find_transform(self) -> InputTransform:
        normalize, given = self.specification.normalize, self.given_transform
        own = self.model.transform if isinstance(self.model, Classifier) else None
        transform = given or own
        if normalize is not None:
            if transform is not None:
                raise BenchError("The input transform includes a normalisation already. Leave normalize out.")
            mean, std = parse_normalization(normalize)
            return InputTransform(*self._image_size(), len(mean), mean, std)
        if transform is None:
            raise BenchError(
                "Nothing says how the images that the model was trained on were normalised, and a wrong guess changes "
                f"every number silently. Give normalize={' or '.join(map(repr, NORMALIZATIONS))}, or 'MEAN/STD' with "
                "values in [0, 1], or a whole bench.data.transform.InputTransform as transform."
            )
        return transform

    def _image_size(self) -> tuple[int, int]:
        """Height and width of the ID images, which the model is taken to expect where only values are described."""
        images = not_empty(self.id_set.load("test", Place(data_root(self.specification.data))), self.id_set.name)
        sizes = {image.shape[:2] for image in images.read(np.arange(min(len(images), 100)))}
        if len(sizes) > 1:
            raise BenchError(
                f"The images of '{self.id_set.name}' have several sizes, so normalize does not say which one the model "
                "takes. Give a whole bench.data.transform.InputTransform as transform."
            )
        [(height, width)] = sizes
        return height, width

    def _find_needs(self) -> Iterator[NetworkNeed]:
        self.network = as_tested(self.model, self.transform, self.device)
        require_classes(self.network, self.id_set.name, self.id_images, self.id_images.classes or self.id_set.classes)
        for method in self.methods:
            if method.ensemble:
                self._skip(method, f"{method.name} needs several networks, and one model is given.")
        single = [method for method in self.methods if method.objective is not None and not method.ensemble]
        facts = facts_of_model(self.network, lambda: self.train_images)
        yield NetworkNeed(self._able(single, facts), of_model=True, facts=facts)
        without = [method for method in self.methods if method.objective is None]
        facts = facts_without_network(lambda: self.train_images)
        yield NetworkNeed(self._able(without, facts), facts=facts)

    def tested_network(self, need: NetworkNeed) -> TestedNetwork:
        """The model at hand, or none."""
        return self.network if need.of_model else no_network(self.transform)

    @cached_property
    def train_images(self) -> Images:
        """The images that were given to fit on, else the training images of the ID data set."""
        if self.train_source is None:
            if isinstance(self.sources[self.specification.id], Images):
                raise BenchError("with images at hand as ID set, give some with train=…")
            return super().train_images
        if isinstance(self.train_source, Images):
            return not_empty(self.train_source, "train images")
        found = resolve_dataset(self.train_source, self.specification.bindings, {})
        return not_empty(found.load("train", self.place), found.name)

    @cached_property
    def fit_caveats(self) -> tuple[str, ...]:
        """A warning if ID test images are among the training images that were given.

        It is no error, since published sets repeat some of their training images in the test; and it is not looked for
        in a data set's own training images, which are as published, and may be a million files.
        """
        if self.train_source is None or not any("training" in method.needs for method in self.methods):
            return ()
        return fitted_on_tests(self.id_images, self.train_images)
