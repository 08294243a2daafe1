"""Methods fitted on the training images of one network, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from bench.canonical import canonical_json
from bench.data.images import Images
from bench.errors import BenchError
from bench.extraction.probe import Probe
from bench.extraction.view import CLEAN, View
from bench.fitting.data import FitData
from bench.method_contract import Method

from .cost import Cost
from .extraction import Extractor


def spelt(*methods: Method) -> str:
    """Class and parameters of methods: equal for those that are fitted and score alike."""

    def spell(method: Method) -> str:
        kind = type(method)  # of two plugins, each may have a class of that name
        return f"{kind.__module__}.{kind.__qualname__} {canonical_json(method.parameters())}"

    return " ".join(map(spell, methods))


@dataclass(frozen=True)
class Fitted:
    """A fitted method and what fitting it cost."""

    method: Method
    cost: Cost


@dataclass
class Fitter:
    """Gives each method the last layer and, where it needs them, the training images' outputs.

    `train` loads the training images of the data set called `id`; they are passed through the network, or found
    extracted, when the first method needs them.
    """

    extract: Extractor
    train: Callable[[], Images]
    id: str
    _fitted: dict[str, Fitted] = field(default_factory=dict)
    _probes: dict[Probe, None] = field(default_factory=dict)
    _views: dict[View, None] = field(default_factory=dict)
    _data: FitData | None = None

    def announce(self, methods: Iterable[Method]) -> None:
        """Say which methods will be fitted, so that one pass over the training images serves all of them."""
        needing = [method for method in methods if "training" in method.needs]
        probes = {probe: None for method in needing for probe in method.fit_probes()}
        views = {view: None for method in needing for view in method.fit_views()}
        if not (probes.keys() <= self._probes.keys() and views.keys() <= self._views.keys()):
            self._probes |= probes
            self._views |= views
            self._data = None

    def fit(self, method: Method) -> Fitted:
        """A method of the same kind and parameters, fitted. Raises what its `fit` raises."""
        key = spelt(method)
        if key not in self._fitted:
            self.announce([method])
            data, cost = self._data_for(method), Cost()
            with cost.measured([data.shared]):
                method.fit(data)
            self._fitted[key] = Fitted(method, cost)
        return self._fitted[key]

    def _data_for(self, method: Method) -> FitData:
        if "training" not in method.needs:
            return FitData(self.extract.network.head)
        if self._data is None:
            images = self.train()
            if images.labels is None:
                raise BenchError(f"The training images of {self.id} have no labels, which {method.name} needs.")
            wanted = {CLEAN: tuple(self._probes), **dict.fromkeys(self._views, ())}
            found = self.extract(images, wanted, f"{self.id} (training)")
            train = replace(found[CLEAN], beside={view: found[view] for view in self._views})
            self._data = FitData(self.extract.network.head, train)
        return self._data
