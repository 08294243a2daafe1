"""What all tests share: caches of their own, and one thread for reproducible and quick small networks."""

import builtins
import io
import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def isolated_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's folders; data sets of the user's are used where BENCH_DATA names them."""
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("bench.plugins.active._ACTIVE", {})
    if "BENCH_DATA" not in os.environ:
        monkeypatch.setenv("BENCH_DATA", str(tmp_path / "data"))


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Small tensors are slower on several threads; torch is left alone where no test has imported it."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


@pytest.fixture
def global_random_state() -> Callable[[], str]:
    """A function that spells out the states of Python's, NumPy's and torch's global generators."""

    def state() -> str:
        import torch

        of_numpy = np.random.get_state(legacy=False)["state"]  # noqa: NPY002 - the global state is what is watched
        return repr((random.getstate(), of_numpy["pos"], of_numpy["key"].tolist(), torch.get_rng_state().tolist()))

    return state


@pytest.fixture
def full_disk() -> Callable[[], AbstractContextManager[None]]:
    """A block in which no file of this process can grow beyond 4,000 bytes, as on a disk that is full."""
    resource = pytest.importorskip("resource")

    @contextmanager
    def limited() -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited


@pytest.fixture
def opened_below(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], AbstractContextManager[set[Path]]]:
    """A block that tells which files below a folder were opened in it, and which folders were listed."""

    @contextmanager
    def watched(folder: Path) -> Iterator[set[Path]]:
        opened: set[Path] = set()

        def noting(call: Callable[..., Any]) -> Callable[..., Any]:
            def noted(*arguments: Any, **options: Any) -> Any:
                if arguments and isinstance(arguments[0], str | os.PathLike):
                    opened.add(Path(arguments[0]).absolute())
                return call(*arguments, **options)

            return noted

        with monkeypatch.context() as patch:
            for module, name in ((builtins, "open"), (io, "open"), (os, "scandir"), (os, "listdir")):
                patch.setattr(module, name, noting(getattr(module, name)))
            yield opened
        opened.intersection_update({path for path in opened if path.is_relative_to(folder)})

    return watched
