"""A method that a test can hold in the midst of its work, in whatever process that is."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

_PLUGIN = '''
import os, time
from pathlib import Path
from bench.method_contract import Method, method

@method("held")
class Held(Method):
    """Scores sets of more than 100 images at once; else says that it has begun, and waits to be let go."""

    group = "baselines"
    objective = None

    def score(self, outputs):
        size, folder = len(outputs.logits), Path(__file__).parent
        if size < 100:
            (folder / f"begun-{size}-{os.getpid()}").touch()
            while not (folder / f"go-{size}").exists():
                time.sleep(0.02)
        return outputs.logits.sum(axis=1) + size
'''


@dataclass(frozen=True)
class Hold:
    """The method `held` of the file `plugin`: it waits at sets of images that are told apart by their sizes."""

    folder: Path

    @property
    def plugin(self) -> Path:
        return self.folder / "held.py"

    def begun(self) -> list[tuple[int, int]]:
        """The sizes of the sets that were begun, and the processes that began them."""
        names = [path.name.split("-") for path in self.folder.glob("begun-*")]
        return sorted((int(size), int(pid)) for _, size, pid in names)

    def let_go(self, *sizes: int) -> None:
        for size in sizes:
            (self.folder / f"go-{size}").touch()


@pytest.fixture
def hold(tmp_path: Path) -> Hold:
    made = Hold(tmp_path / "held")
    made.folder.mkdir()
    made.plugin.write_text(f"{_PLUGIN}# of {tmp_path}", encoding="utf-8")  # one with equal content is the same one
    return made


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """A function that waits for something to hold."""

    def wait(holds: Callable[[], object]) -> None:
        deadline = time.monotonic() + 300
        while not holds():
            assert time.monotonic() < deadline, "it never came to that"
            time.sleep(0.02)

    return wait
