"""A method under check."""

from __future__ import annotations

import random
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bench.method_contract import Method

from .check import CheckFailure, CheckSkipped
from .outcome import raised
from .trials import Trial, Trials

Array = NDArray[Any]


class MethodSubject:
    """A class of methods, how it is spelt in what is printed, and what its checks share.

    `tolerance` is how much two scores of one image may differ, as a share of the scores' size: what the rounding of
    float32 makes. A method in float64 keeps 1e-9.
    """

    def __init__(self, cls: type[Method], spelling: str, *, tolerance: float = 1e-5) -> None:
        self.cls, self.spelling, self.tolerance = cls, spelling, tolerance
        self.trials = Trials()

    @property
    def look(self) -> str:
        """Python lines that make the method's trial again."""
        return f"from bench.testing import trial\none = trial({self.spelling!r})\none.method.score(one.id)"

    def failure(self, expected: str, found: str, *lines: str) -> CheckFailure:
        """The failure of a check, with further lines that show it."""
        return CheckFailure(expected, found, "\n".join([self.look, *lines]))

    def trial(self, **parameters: Any) -> Trial:
        """A new instance, fitted, with what it scores. Raises `CheckSkipped` where the method does not run at all."""
        self.require_runs()
        return self.trials(self.cls(**parameters))

    @cached_property
    def trouble(self) -> str:
        """Why the method cannot be fitted and asked for scores, one for each image; empty where it can."""
        try:
            trial = self.trials(self.cls())
            scores = trial.method.score(trial.id)
            trial.method.score(trial.ood)
        except Exception as error:
            return raised(error)
        if np.shape(scores) != (len(trial.id),):
            return "shape"
        return ""

    def require_runs(self) -> None:
        """Raise `CheckSkipped` unless the method gives a score for each image."""
        if self.trouble:
            told = "shape" if self.trouble == "shape" else "runs"
            raise CheckSkipped(f"nothing to look at before the check {told} is mended")

    @cached_property
    def trembles(self) -> bool:
        """Whether scores of the same images, after the same training images, differ from time to time."""
        with restored_random_state():
            trial = self.trials(self.cls())
            one, again = (np.asarray(trial.method.score(trial.id)) for _ in range(2))
            seed_all(1)
            other = self.trials(self.cls())
            return not (same(one, again) and same(one, np.asarray(other.method.score(other.id))))

    @cached_property
    def seeded_scores(self) -> tuple[Array, Array]:
        """The ID scores of two instances, each of a pass of its own, from one global random state.

        Between them OOD images are scored.
        """
        with restored_random_state():
            found = []
            for _ in range(2):
                seed_all(0)
                trial = Trials()(self.cls())
                found.append(np.asarray(trial.method.score(trial.id)))
                trial.method.score(trial.ood)
        return found[0], found[1]

    def require_steady(self) -> None:
        """Raise `CheckSkipped` where scores differ from time to time, so that comparing them says nothing."""
        self.require_runs()
        if self.trembles:
            raise CheckSkipped("scores differ from time to time, so that comparing them says nothing")

    def close(self, found: Array, expected: Array) -> bool:
        """Whether scores are equal up to the tolerance; NaN equals NaN."""
        finite = expected[np.isfinite(expected)]
        size = float(np.abs(finite).max(initial=0))
        return bool(np.allclose(found, expected, rtol=self.tolerance, atol=self.tolerance * size, equal_nan=True))


def same(one: Array, other: Array) -> bool:
    """Whether scores are equal bit for bit, NaN included."""
    return np.array_equal(one, other, equal_nan=True)


def seed_all(seed: int) -> None:
    """Put the global random states of Python, NumPy and torch to `seed`."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global state is what is meant
    torch.manual_seed(seed)


def random_state() -> dict[str, str]:
    """The global random states by library, spelt out."""
    legacy: Any = np.random.get_state(legacy=False)["state"]  # noqa: NPY002 - the global state is what is watched
    return {
        "Python's random": repr(random.getstate()),
        "numpy.random": repr((legacy["pos"], legacy["key"].tolist())),
        "torch": repr(torch.get_rng_state().tolist()),
    }


class restored_random_state:  # noqa: N801 - used like a function
    """A block after which the global random states are what they were."""

    def __enter__(self) -> None:
        self._kept = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002

    def __exit__(self, *_: object) -> None:
        random.setstate(self._kept[0])
        np.random.set_state(self._kept[1])  # noqa: NPY002
        torch.set_rng_state(self._kept[2])
