"""A network that a function of the user's makes: `module:function` or `path/to/file.py:function`."""

from __future__ import annotations

import hashlib
import inspect
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from bench.errors import BenchError, UnknownNameError, did_you_mean
from bench.plugins import Importable, PluginFile
from bench.user_path import user_path

from .named import NamedNetwork
from .weights import built, with_weights


def open_user_network(text: str, checkpoint: Path | None, others: Iterable[str] = ()) -> NamedNetwork:
    """The torch module that the function named by `text` returns, with the weights of a file if there is one.

    The function is called without arguments; without a file it must have put the weights in. Modules are looked for
    beside the file, and in the current folder. Raises `BenchError` where nothing is found, or what it returns is no
    torch module. `others` are told of where no module is found: words that could have been meant in its place.
    """
    place, _, name = text.rpartition(":")
    module = _load(place, text, others)
    function = getattr(module, name, None)
    if not callable(function):
        functions = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise UnknownNameError(f"function in {place}:", name, functions)
    shown = f"{Path(place).name}:{name}" if place.endswith(".py") else text
    make = _maker(function, shown)
    model = built(make, None) if checkpoint is None else with_weights(make, checkpoint, shown)
    return NamedNetwork(model, shown, code=_code(module))


def _load(place: str, text: str, others: Iterable[str]) -> ModuleType:
    folder: Path
    source: PluginFile | Importable
    if place.endswith(".py"):
        path = user_path(place).resolve()
        if not path.is_file():
            raise BenchError(f"There is no file {path}. Correct the path in --network {text}.")
        folder, source = path.parent, PluginFile.read(path)
    else:
        folder, source = Path.cwd(), Importable(place)
    if os.fspath(folder) not in sys.path:
        sys.path.append(os.fspath(folder))  # last, so that a file of the user's hides no library
    try:
        return source.load()
    except ModuleNotFoundError as error:
        if error.name != place.partition(".")[0]:
            raise _not_imported(place, text, error) from error
        known = f" Besides modules there are: {', '.join(f'{other}:…' for other in others)}." if others else ""
        near = did_you_mean(place, others)
        raise BenchError(f"There is no module {place} for --network {text}.{near}{known}") from error
    except Exception as error:
        raise _not_imported(place, text, error) from error


def _not_imported(place: str, text: str, error: Exception) -> BenchError:
    return BenchError(f"Cannot import {place} for --network {text}: {type(error).__name__}: {error}")


def _maker(function: Callable[..., Any], shown: str) -> Callable[[int | None], nn.Module]:
    def make(classes: int | None) -> nn.Module:
        if classes is not None and "num_classes" not in inspect.signature(function).parameters:
            return make(None)
        try:
            model = function() if classes is None else function(num_classes=classes)
        except Exception as error:
            raise BenchError(f"The function {shown} failed: {type(error).__name__}: {error}") from error
        if not isinstance(model, nn.Module):
            raise BenchError(
                f"The function {shown} returns a {type(model).__name__}, and a torch.nn.Module is needed. Let it "
                "return the network itself."
            )
        return model

    return make


def _code(module: ModuleType) -> str:
    """SHA-256 of the module's text, or nothing where it has none."""
    try:
        return hashlib.sha256(inspect.getsource(module).encode()).hexdigest()
    except (OSError, TypeError):
        return ""
