"""How long the command line takes to answer; run `python benchmarks/startup.py` on an idle machine.

The aim: `bench --help` and `bench list methods` within 0.4 s. They take turns with a bare interpreter, whose time is
part of theirs, so that load hits all alike; what is printed are the medians of the rounds.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 15
AIM = 0.4

COMMANDS = {
    "python -c pass": ("-c", "pass"),
    "bench --help": ("-m", "bench", "--help"),
    "bench list methods": ("-m", "bench", "list", "methods"),
    "bench run --help": ("-m", "bench", "run", "--help"),
    "bench list datasets": ("-m", "bench", "list", "datasets"),
    "import bench": ("-c", "import bench"),
}


def main() -> None:
    times = measure(COMMANDS)
    floor = times["python -c pass"]
    print(f"medians of {ROUNDS} rounds; the aim is {AIM} s")
    for name, taken in times.items():
        print(f"{name:<22} {taken:>6.3f} s  {taken - floor:>+7.3f} s over the interpreter")


def measure(commands: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Median seconds of each command; a first round, which fills the caches, does not count."""
    rounds = [{name: seconds(arguments) for name, arguments in commands.items()} for _ in range(ROUNDS + 1)]
    return {name: median(one[name] for one in rounds[1:]) for name in commands}


def seconds(arguments: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
