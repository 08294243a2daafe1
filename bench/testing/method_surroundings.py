"""Checks that a method leaves alone what is not its own: arrays, the network, hooks, the global random state."""

from __future__ import annotations

import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from bench.extraction.options import PassOptions
from bench.extraction.outputs import Outputs
from bench.extraction.passing import Pass
from bench.extraction.view import CLEAN
from bench.fitting.data import FitData
from bench.method_contract import Method
from bench.networks.mode import evaluating
from bench.running.extraction import wanted_by

from .check import check
from .method_subject import MethodSubject, random_state, restored_random_state, same, seed_all
from .outcome import raised
from .tiny_images import tiny_images
from .tiny_network import TRANSFORM
from .trials import CPU, Trials, Wanted, copied, network_for

BATCH = 32

UNLIKELY = 987_654_321
"""A seed that no method is likely to take."""


@check
def leaves_network_alone(subject: MethodSubject) -> None:
    """The passes that a method asks for leave the network's mode, parameters, buffers and gradients as they were."""
    subject.require_runs()
    for network, wanted, name in _passes(subject):
        before = _state(network)
        found: dict[str, None] = {}
        with evaluating(network):
            modes = _modes(network)
            for _ in Pass(network, TRANSFORM, wanted, CPU, PassOptions(batch_size=BATCH)).batches(tiny_images()[name]):
                if _modes(network) != modes:
                    found["the mode of a part (train or eval)"] = None
        after = _state(network)
        found |= {key: None for key in before if key not in after or not _equal(before[key], after[key])}
        if found or before.keys() != after.keys():
            raise subject.failure(
                "a network that is bit for bit what it was",
                f"changed by the pass over '{name}': {', '.join(found) or 'its parts'}",
                "print(one.method.probes(), one.method.fit_probes())",
            )


@check
def leaves_no_hooks(subject: MethodSubject) -> None:
    """No hook stays on the network after the passes that a method asks for."""
    subject.require_runs()
    for network, wanted, name in _passes(subject):
        before = _hooks(network)
        for _ in Pass(network, TRANSFORM, wanted, CPU, PassOptions(batch_size=BATCH)).batches(tiny_images()[name]):
            pass
        left = [place for place, count in _hooks(network).items() if count > before.get(place, 0)]
        if left:
            raise subject.failure(
                "as many hooks after a pass as before; handle = …register_forward_hook(…) has handle.remove()",
                f"hooks that stay on {', '.join(left)}",
                "print(one.method.probes(), one.method.fit_probes())",
            )


@check
def leaves_random_state_alone(subject: MethodSubject) -> None:
    """The global random states of Python, NumPy and torch are neither set nor used: others rely on them."""
    subject.require_runs()
    with restored_random_state():
        seed_all(UNLIKELY)  # a method that seeds has left its own state behind
        before = random_state()
        trial = Trials()(subject.cls())
        trial.method.score(trial.id)
        changed = [library for library, state in random_state().items() if state != before[library]]
    if changed:
        raise subject.failure(
            "random numbers from a generator of one's own, such as numpy.random.default_rng(self.seed)",
            f"the state of {' and '.join(changed)} has moved",
            "import numpy, torch",
            "print(torch.get_rng_state().sum(), numpy.random.get_state()[2])  # before and after fit and score",
        )


@check
def leaves_inputs_alone(subject: MethodSubject) -> None:
    """`fit` and `score` change none of the arrays that they are given, which other methods get too."""
    subject.require_runs()
    method, outputs = subject.cls(), subject.trial().id
    data = subject.trials.data_for(method)
    before = _arrays(data), _arrays(outputs)
    method.fit(data)
    method.score(outputs)
    changed = [
        name
        for old, now in zip(before, (_arrays(data), _arrays(outputs)), strict=True)
        for name in old
        if not np.array_equal(old[name], now[name], equal_nan=True)
    ]
    if changed:
        raise subject.failure(
            "arrays that are what they were; work on a copy",
            f"changed: {', '.join(changed)}",
            "before = one.id.features.copy()\none.method.score(one.id)\nprint((one.id.features != before).sum())",
        )


@check
def reads_files_of_arrays(subject: MethodSubject) -> None:
    """Outputs larger than memory come as arrays mapped from files, and give the same scores."""
    subject.require_steady()
    trial = subject.trial()
    expected = np.asarray(trial.method.score(copied(trial.id)))
    with tempfile.TemporaryDirectory() as folder:
        mapped = _mapped(trial.id, Path(folder))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that torch cannot write into them is as it should be
                found = np.asarray(trial.method.score(mapped))
        except ValueError as error:
            if "read-only" in str(error):
                return  # that it writes into them is what leaves-inputs-alone says
            told = raised(error)
        except Exception as error:
            told = raised(error)
        else:
            told = "" if same(found, expected) else "other scores"
        del mapped
    if told:
        raise subject.failure(
            "the scores that arrays in memory give, from np.memmap",
            told,
            "import numpy as np",
            "from dataclasses import replace",
            "np.save('logits.npy', one.id.logits)",
            "one.method.score(replace(one.id, logits=np.load('logits.npy', mmap_mode='r')))",
        )


def _passes(subject: MethodSubject) -> list[tuple[nn.Module, Wanted, str]]:
    """The passes over training and ID images that the method asks for, each with a network of its own."""
    method = subject.trial().method
    of_train: Wanted = {CLEAN: tuple(method.fit_probes()), **dict.fromkeys(method.fit_views(), ())}
    found: list[tuple[nn.Module, Wanted, str]] = [(network_for(method), wanted_by([method]), "id")]
    return [*found, (network_for(method), of_train, "train")] if _asks(method) else found


def _asks(method: Method) -> bool:
    return bool(method.fit_probes() or method.fit_views())


def _state(network: nn.Module) -> dict[str, Any]:
    """Parameters, buffers, gradients, and what asks for gradients, by name; copies."""
    found: dict[str, Any] = {key: value.clone() for key, value in network.state_dict().items()}
    for name, parameter in network.named_parameters():
        found[f"{name}.grad"] = None if parameter.grad is None else parameter.grad.clone()
        found[f"{name}.requires_grad"] = parameter.requires_grad
    return found | {f"the mode of '{name}'": one.training for name, one in network.named_modules()}


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        return torch.equal(one, other)
    return one is other or (type(one) is bool and one == other)


def _modes(network: nn.Module) -> list[bool]:
    return [part.training for part in network.modules()]


def _hooks(network: nn.Module) -> dict[str, int]:
    """How many hooks each part of the network has, and all modules together."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    counts = {
        name or "the network": sum(len(getattr(part, kind)) for kind in kinds) for name, part in network.named_modules()
    }
    of_all = ("_global_forward_hooks", "_global_forward_pre_hooks", "_global_backward_hooks")
    return counts | {"every module": sum(len(getattr(nn.modules.module, kind)) for kind in of_all)}


def _arrays(given: FitData | Outputs) -> dict[str, Any]:
    """Copies of all arrays in what a method is given, by words for them."""
    if isinstance(given, FitData):
        head = (
            {}
            if given.given_head is None
            else {f"the head's {key}": np.array(one) for key, one in vars(given.given_head).items()}
        )
        train = {} if given.given_train is None else _arrays(given.given_train)
        return head | {f"training {name}": array for name, array in train.items()}
    named = {name: getattr(given, name) for name in ("logits", "features", "confidence_logit", "labels")}
    probed = {f"what {type(probe).__name__} saw": array for probe, array in given.probed.items()}
    inner = {
        f"{name} of view {place}": array
        for place, one in enumerate(given.beside.values())
        for name, array in _arrays(one).items()
    }
    return {name: np.array(array) for name, array in (named | probed | inner).items() if array is not None}


def _mapped(outputs: Outputs, folder: Path) -> Outputs:
    """The same outputs as arrays in files that may only be read."""

    def kept(array: Any, name: str) -> Any:
        if array is None:
            return None
        np.save(folder / f"{name}.npy", array)
        return np.load(folder / f"{name}.npy", mmap_mode="r")

    beside = {}
    for place, (view, one) in enumerate(outputs.beside.items()):
        (folder / f"view{place}").mkdir()
        beside[view] = _mapped(one, folder / f"view{place}")
    fields = {name: kept(getattr(outputs, name), name) for name in ("logits", "features", "confidence_logit")}
    probed = {probe: kept(array, f"probe{place}") for place, (probe, array) in enumerate(outputs.probed.items())}
    return replace(copied(outputs), **fields, probed=probed, beside=beside)


CHECKS = (
    leaves_network_alone, leaves_no_hooks, leaves_random_state_alone, leaves_inputs_alone, reads_files_of_arrays,
)  # fmt: skip
