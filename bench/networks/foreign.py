"""Checkpoints from elsewhere: other names, other containers, and nothing about their input."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from bench.data.transform import NORMALIZATIONS, InputTransform, parse_normalization
from bench.errors import BenchError

from .checkpoint import Checkpoint, is_own_checkpoint
from .classifier import NETWORKS, Classifier
from .fit import Misfit, expected_state, find_misfit
from .tensor_file import is_safetensors, read_pickle, read_safetensors

_CONTAINERS = ("state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "params")
_WRAPPERS = ("module", "_orig_mod", "_forward_module", "model", "net", "network", "backbone")
_SIDE = 32


def open_checkpoint(
    path: str | Path,
    *,
    network: str | None = None,
    normalize: str | None = None,
    transform: InputTransform | None = None,
    id_dataset: str,
    classes: tuple[str, ...] = (),
) -> Checkpoint:
    """A checkpoint of this project, or one from elsewhere trained on 32x32 images of `id_dataset`.

    A foreign one needs `normalize` (as `parse_normalization` reads it) or a whole `transform`, which may be of another
    size, and takes `classes` as its classes' names; `network` names its architecture where the tensors leave a doubt.
    One of our own says all that itself. Raises `BenchError` where something is missing, contradicts the file, or does
    not fit.
    """
    if is_own_checkpoint(path):
        own = Checkpoint.load(path)
        _refuse_contradiction(path, own, network, normalize, transform)
        return own
    if transform is not None:
        if normalize is not None:
            raise BenchError("The input transform includes a normalisation already. Leave --normalize out.")
        return load_foreign(path, network, transform, classes=classes, id_dataset=id_dataset)
    if normalize is None:
        raise BenchError(
            f"{path} does not say how the images it was trained on were normalised, and a wrong guess changes every "
            f"number silently. Add --normalize {'|'.join(NORMALIZATIONS)}, or --normalize MEAN/STD with values in "
            "[0, 1], such as 0.49,0.48,0.45/0.25,0.24,0.26; or --transform FILE.toml."
        )
    mean, std = parse_normalization(normalize)
    transform = InputTransform(_SIDE, _SIDE, len(mean), mean, std)
    return load_foreign(path, network, transform, classes=classes, id_dataset=id_dataset)


def load_foreign(
    path: str | Path,
    network: str | None,
    transform: InputTransform,
    *,
    num_classes: int | None = None,
    classes: tuple[str, ...] = (),
    id_dataset: str,
) -> Checkpoint:
    """A checkpoint from a safetensors file or one that `torch.save` wrote, wherever its state dict is kept in there.

    Names are translated by the architecture's `aliases`; classes, channels and the confidence branch are read off the
    tensors; without `network` the one registered architecture that fits is taken. Raises `BenchError` if none or
    several do, if the file cannot be read without running code, or if it does not have `num_classes` classes.
    """
    state = read_state(path)
    candidate = _fitting(path, state) if network is None else _Candidate(network, state)
    if candidate.misfit:
        raise BenchError(f"{path} does not fit the network '{candidate.network}' ({candidate.misfit}).")
    if num_classes not in (None, candidate.num_classes):
        raise BenchError(f"{path} tells {candidate.num_classes} classes apart, not {num_classes}.")
    return Checkpoint(
        network=candidate.network,
        num_classes=candidate.num_classes,
        channels=candidate.channels,
        confidence_branch=candidate.confidence_branch,
        transform=transform,
        classes=classes,
        id_dataset=id_dataset,
        objective="unknown",
        seed=None,
        training={"source": Path(path).name},
        state=candidate.converted(),
    )


class _Candidate:
    """A foreign state dict in one architecture's names, and what can be read off it."""

    def __init__(self, network: str, foreign: Mapping[str, Tensor]) -> None:
        self.network = network
        architecture: type[Classifier] = NETWORKS.get(network)
        self.state: dict[str, Tensor] = {}
        for key, tensor in foreign.items():
            name = translate(key, architecture.aliases)
            self.state[f"{key} (again {name})" if name in self.state else name] = tensor
        self.confidence_branch = "confidence.weight" in self.state
        self.num_classes = self._size("classifier.weight", 0, otherwise=10)
        self.expected = self._expected(channels=3)
        stem = next(key for key, tensor in self.expected.items() if tensor.ndim == 4)
        self.channels = self._size(stem, 1, otherwise=3)
        if self.channels != 3:
            self.expected = self._expected(channels=self.channels)
        # Files older than PyTorch 0.4.1 lack batch normalisation's step counters, and nothing here reads those.
        for key, tensor in self.expected.items():
            if key.endswith(".num_batches_tracked"):
                self.state.setdefault(key, tensor.new_zeros(()))
        self.misfit: Misfit = find_misfit(self.state, self.expected)

    def _expected(self, *, channels: int) -> dict[str, Tensor]:
        return expected_state(
            self.network, self.num_classes, channels=channels, confidence_branch=self.confidence_branch
        )

    def _size(self, key: str, dimension: int, *, otherwise: int) -> int:
        tensor = self.state.get(key)
        return max(1, tensor.shape[dimension]) if tensor is not None and tensor.ndim > dimension else otherwise

    def converted(self) -> dict[str, Tensor]:
        """The tensors in the architecture's order and types."""
        return {
            key: self.state[key].detach().to(tensor.dtype, copy=True).contiguous()
            for key, tensor in self.expected.items()
        }


def translate(key: str, aliases: Mapping[str, str]) -> str:
    """A foreign key in our names: wrappers such as `module.` fall away, aliases replace whole dotted components."""
    parts = key.split(".")
    while len(parts) > 1 and parts[0] in _WRAPPERS:
        parts = parts[1:]
    dotted = f".{'.'.join(parts)}."
    for foreign, ours in aliases.items():
        dotted = dotted.replace(f".{foreign}.", f".{ours}.")
    return dotted[1:-1]


def _fitting(path: str | Path, state: Mapping[str, Tensor]) -> _Candidate:
    candidates = [_Candidate(name, state) for name in NETWORKS.usable()]
    fitting = [candidate for candidate in candidates if not candidate.misfit]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(candidate.network for candidate in fitting)
        raise BenchError(f"{path} fits several networks: {names}. Say which with --network.")
    nearest = sorted(candidates, key=lambda candidate: len(candidate.misfit))[0]
    raise BenchError(
        f"{path} fits none of the networks {', '.join(NETWORKS.names())}. The nearest is '{nearest.network}' "
        f"({nearest.misfit})."
    )


def read_state(path: str | Path) -> dict[str, Tensor]:
    """The state dict in a safetensors file or one that `torch.save` wrote, wherever it is kept in there.

    Raises `BenchError` if the file cannot be read without running code, or holds none.
    """
    content = read_safetensors(path)[0] if is_safetensors(path) else read_pickle(path)
    state = _find_state(content)
    if state is None:
        kind = type(content).__name__
        inside = f" with the keys {', '.join(map(repr, list(content)[:8]))}" if isinstance(content, Mapping) else ""
        raise BenchError(
            f"{path} holds no state dict, but a {kind}{inside}. Save model.state_dict() itself or under 'state_dict'."
        )
    return state


def _find_state(content: Any) -> dict[str, Tensor] | None:
    if not isinstance(content, Mapping):
        return None
    for key in _CONTAINERS:
        inner = _find_state(content.get(key))
        if inner is not None:
            return inner
    tensors = {key: value for key, value in content.items() if isinstance(key, str) and isinstance(value, Tensor)}
    return tensors or None


def _refuse_contradiction(
    path: str | Path, own: Checkpoint, network: str | None, normalize: str | None, transform: InputTransform | None
) -> None:
    if transform not in (None, own.transform):
        raise BenchError(f"{path} carries its own input transform, and --transform contradicts it. Leave it out.")
    if network not in (None, own.network):
        raise BenchError(f"{path} is a '{own.network}', not a '{network}'. Leave --network out.")
    if normalize is not None and parse_normalization(normalize) != (own.transform.mean, own.transform.std):
        raise BenchError(
            f"{path} carries its own normalisation (mean {own.transform.mean}, standard deviation "
            f"{own.transform.std}), and --normalize {normalize} contradicts it. Leave --normalize out."
        )
