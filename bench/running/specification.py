"""What a run is asked to do, from the command line, a TOML file or Python alike."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from bench.data.bindings import Binding
from bench.data.location import data_root
from bench.errors import BenchError, UnknownNameError
from bench.extraction.options import PassOptions, Precision
from bench.plugins import active_paths, ensure_active
from bench.suites.archives import with_archives
from bench.suites.suite import Suite, set_name

from .protocol import PROTOCOLS


@dataclass(frozen=True)
class RunSpecification:
    """One run: methods against ID/OOD pairs, on networks that are trained or given.

    The sets `shifted` count as in-distribution in the test: the ID test images under a covariate shift.
    `network`, `recipe` are None for the ID set's defaults, `seeds` for the seed 0; `checkpoint` replaces training, as
    does a network of another library or a user's own, such as `timm:resnet18`. `normalize`, or a `transform` file, says
    how the input of a network from elsewhere is made; `last_layer` names the layer that makes its logits.
    `settings` maps `name.parameter` of a method, data set, objective or the `recipe` to a value; `bindings` name local
    images. A `suite` says what is not said otherwise: the ID set, the OOD sets, narrowed to those of some `group` and
    those that `ood` names, what heldout-ood tunes on, and with `full_spectrum` the `shifted` sets; it adds settings and
    bindings. `plugin` are paths of plugin files, to which those that are active already are added. With
    `skip_broken`, images that cannot be read are left out, counted and named. `needed` are the fields that must name
    something, and the kinds of these names.
    """

    needed: ClassVar[Mapping[str, str]] = {"method": "methods", "id": "datasets", "ood": "datasets"}

    method: tuple[str, ...]
    id: str
    ood: tuple[str, ...]
    shifted: tuple[str, ...] = ()
    network: str | None = None
    checkpoint: Path | None = None
    normalize: str | None = None
    transform: Path | None = None
    last_layer: str | None = None
    recipe: str | None = None
    seeds: tuple[int, ...] | None = None
    protocol: str = "published"
    tune_on: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    device: str = "auto"
    precision: Precision = "fp32"
    workers: int = 1
    compile: bool = False
    skip_broken: bool = False
    data: Path | None = None
    out: Path = Path("runs/latest")
    plugin: tuple[str | Path, ...] = ()
    suite: Suite | None = None
    group: tuple[str, ...] = ()
    full_spectrum: bool = False

    def __post_init__(self) -> None:
        ensure_active(self.plugin)
        object.__setattr__(self, "plugin", active_paths())  # all that a worker must activate to know the same names
        self._take_from_suite()
        for option, kind in self.needed.items():
            if not getattr(self, option):
                raise BenchError(f"Nothing given for --{option}. See what there is with: bench list {kind}")
        if self.seeds == ():
            raise BenchError("Nothing given for --seeds: at least one seed is needed.")
        if self.protocol not in PROTOCOLS:
            raise UnknownNameError("protocol", self.protocol, PROTOCOLS)
        if (self.protocol == "heldout-ood") != (self.tune_on is not None):
            raise BenchError("The protocol heldout-ood needs --tune-on NAME, and only that protocol takes it.")
        if self.tune_on in self.ood:
            raise BenchError(f"'{self.tune_on}' cannot be tuned on and tested on. Use another --tune-on.")
        self.pass_options  # noqa: B018 - wrong options are refused here

    def _take_from_suite(self) -> None:
        """Fill what the suite says and nothing else does. Raises `BenchError` for what the suite does not have."""
        if self.suite is None:
            for option, given in (("--group", self.group), ("--full-spectrum", self.full_spectrum)):
                if given:
                    raise BenchError(f"{option} chooses sets of a suite. Give one with --suite NAME, or leave it out.")
            return
        suite = self._suite_here(self.suite)
        if self.id and set_name(self.id) != set_name(suite.id):
            raise BenchError(f"The ID set of the suite {suite.name} is {set_name(suite.id)}, not {set_name(self.id)}.")
        ood = suite.narrowed(self.ood, self.group)
        tune_on = self.tune_on or (suite.tune_on if self.protocol == "heldout-ood" else "") or None
        shifted = tuple(dict.fromkeys((*self.shifted, *(suite.covariate if self.full_spectrum else ()))))
        if self.full_spectrum and not suite.covariate:
            raise BenchError(
                f"The suite {suite.name} has no covariate sets for --full-spectrum. Name some with --shifted."
            )
        owners = {set_name(one) for one in (suite.id, *ood, *shifted, *([tune_on] if tune_on else []))}
        settings = {key: value for key, value in suite.settings.items() if key.partition(".")[0] in owners}
        values = {
            "id": self.id or suite.id,
            "ood": ood,
            "shifted": shifted,
            "tune_on": tune_on,
            "settings": {**settings, **self.settings},
            "bindings": {**suite.bindings, **self.bindings},
            "suite": suite,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)  # the fields of a frozen dataclass, before anything reads them

    def _suite_here(self, suite: Suite) -> Suite:
        """The suite with those of its authors' archives that are on this machine, but for sets that are bound here."""
        texts = (self.id, *self.ood, *self.shifted, self.tune_on or "")
        bound = {*self.bindings, *(set_name(one) for one in texts if "=" in one)}
        return with_archives(suite, data_root(self.data), bound)

    @property
    def pass_options(self) -> PassOptions:
        """How networks are run over data sets."""
        return PassOptions(precision=self.precision, workers=self.workers, compile=self.compile)

    @property
    def training_seeds(self) -> tuple[int, ...]:
        """The seeds to train with, each once."""
        return tuple(dict.fromkeys((0,) if self.seeds is None else self.seeds))

    def settings_of(self, name: str) -> dict[str, Any]:
        """The settings of one method, data set, objective or `recipe`."""
        return settings_of(self.settings, name)

    def require_used(self, names: Iterable[str]) -> None:
        """Raise `UnknownNameError` for a setting whose name is not among those this run knows."""
        require_used(self.settings, names)


def settings_of(settings: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Those of `settings` that belong to `name`, under their own names."""
    prefix = f"{name.partition('=')[0]}."
    return {key.removeprefix(prefix): value for key, value in settings.items() if key.startswith(prefix)}


def require_used(settings: Mapping[str, Any], names: Iterable[str]) -> None:
    """Raise `UnknownNameError` for one of `settings` that belongs to none of `names`."""
    known = {name.partition("=")[0] for name in names}
    for key in settings:
        if not any(key.startswith(f"{name}.") for name in known):
            raise UnknownNameError(f"owner of the setting '{key}':", key.partition(".")[0], known)


def settings_from(texts: Iterable[str]) -> dict[str, Any]:
    """Several settings as the command line takes them, `odin.epsilon=0.002`."""
    return dict(parse_setting(text) for text in texts)


def seeds_from(seed: int | None, seeds: int | None) -> tuple[int, ...] | None:
    """The seeds that `--seed S` or `--seeds K` mean, or None when neither is given."""
    if seed is not None and seeds is not None:
        raise BenchError("Give --seed S for one seed or --seeds K for the seeds 0 to K-1, not both.")
    if seed is not None:
        return (seed,)
    return None if seeds is None else tuple(range(seeds))


def parse_setting(text: str) -> tuple[str, Any]:
    """`odin.epsilon=0.002` as a name and a value: a number, true, false, or else a word."""
    name, equals, value = text.partition("=")
    if not equals or "." not in name:
        raise BenchError(f"Cannot read the setting '{text}'. Write NAME.PARAMETER=VALUE, such as odin.epsilon=0.002.")
    try:
        return name.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name.strip(), value
