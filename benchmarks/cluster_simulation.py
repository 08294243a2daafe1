"""A large grid on a cluster, as discrete events: trainings and passes under leases, scoring, workers that die.

    python benchmarks/cluster_simulation.py                       # the plan of docs/design/0018
    python benchmarks/cluster_simulation.py --workers 8 --deaths 0

Nothing is computed: a part of a run takes the seconds that the figures below say. The parts, and the order in which
they are begun, are those of `bench.running.part`. A worker that wants what another makes waits; one that dies loses the
work since the last epoch or flush, its lease expires, and its part is begun again by whoever is free. The end is
compared with a bound that no schedule can beat, and with the arithmetic of the plan.
"""

from __future__ import annotations

import argparse
import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from bench.running.part import Part, cut, networks_first

EXPIRY = 45.0


@dataclass(frozen=True)
class Figures:
    """The grid, and seconds on one GPU. Assumptions, but for what is said otherwise; change them to your own.

    `image` is one image through the network with all views and probes; `fit` all methods on the training images;
    `score` one image by all methods. `restart` is a new worker until it works.
    """

    networks: int = 10
    sets: int = 50
    methods: int = 100
    train_images: int = 1_281_167
    id_images: int = 50_000
    ood_images: int = 20_000
    training: float = 24 * 3600.0
    epochs: int = 90
    image: float = 1 / 600
    fit: float = 3600.0
    score: float = 0.02
    restart: float = 120.0

    @property
    def passes(self) -> float:
        """Seconds to pass all images through one network."""
        return self.image * (self.train_images + self.id_images + self.sets * self.ood_images)

    @property
    def scoring(self) -> float:
        """Seconds to score all pairs of one network, the ID images once."""
        return self.score * (self.id_images + self.sets * self.ood_images)


@dataclass
class Made:
    """Something that is made once, under a lease: `left` seconds of it are not safe yet."""

    left: float
    safe_every: float
    owner: int | None = None
    waiting: list[int] = field(default_factory=list)


@dataclass
class Worker:
    """A worker, and the steps of its part that are left: names of what is made once, or seconds of its own."""

    part: int | None = None
    steps: list[str | float] = field(default_factory=list)
    life: int = 0
    began: float = 0.0


class Cluster:
    """The simulation. `hours` between deaths of one worker are exponential; 0 for none."""

    def __init__(self, figures: Figures, workers: int, hours: float, seed: int) -> None:
        self.figures, self.hours, self.stream = figures, hours, random.Random(seed)
        ood = tuple(f"set {number}" for number in range(figures.sets))
        methods = tuple(f"method {number}" for number in range(figures.methods))
        self.parts = cut([Part(f"network {number}", ood, methods) for number in range(figures.networks)], workers)
        self.todo = networks_first(self.parts)
        self.made: dict[str, Made] = {}
        self.workers = [Worker() for _ in range(workers)]
        self.events: list[tuple[float, int, int, int, str]] = []
        self.order, self.now, self.busy, self.deaths, self.left = count(), 0.0, 0.0, 0, len(self.parts)

    def run(self) -> float:
        """Seconds until all parts are done."""
        for number in range(len(self.workers)):
            self._live(number)
            self._next_part(number)
        while self.left:
            self.now, _, number, life, kind = heapq.heappop(self.events)
            if life == self.workers[number].life:
                getattr(self, f"_{kind}")(number)
        return self.now

    def _at(self, seconds: float, number: int, kind: str) -> None:
        event = (self.now + seconds, next(self.order), number, self.workers[number].life, kind)
        heapq.heappush(self.events, event)

    def _live(self, number: int) -> None:
        if self.hours:
            self._at(3600 * self.stream.expovariate(1 / self.hours), number, "die")

    def _next_part(self, number: int) -> None:
        worker = self.workers[number]
        worker.part, worker.steps = None, []
        if self.todo:
            worker.part = self.todo.pop(0)
            worker.steps = list(self._steps(self.parts[worker.part]))
            self._step(number)

    def _steps(self, part: Part) -> Iterator[str | float]:
        one, network = self.figures, part.network
        yield self._thing(f"{network} weights", one.training, one.training / one.epochs)
        share = len(part.methods) / one.methods
        yield self._thing(f"{network} train", one.image * one.train_images, 10)
        yield one.fit * share
        yield self._thing(f"{network} id", one.image * one.id_images, 10)
        yield one.score * one.id_images * share
        for ood in part.ood:
            yield self._thing(f"{network} {ood}", one.image * one.ood_images, 10)
            yield one.score * one.ood_images * share

    def _thing(self, name: str, seconds: float, safe_every: float) -> str:
        self.made.setdefault(name, Made(seconds, safe_every))
        return name

    def _step(self, number: int) -> None:
        """Begin the next step of a worker's part, or wait for whoever is at it."""
        worker = self.workers[number]
        if not worker.steps:
            self.left -= 1
            self._next_part(number)
            return
        step = worker.steps[0]
        if not isinstance(step, str):
            self._work(number, step)
            return
        made = self.made[step]
        if made.left <= 0:
            worker.steps.pop(0)
            self._step(number)
        elif made.owner is None:
            made.owner = number
            self._work(number, made.left)
        else:
            made.waiting.append(number)

    def _work(self, number: int, seconds: float) -> None:
        self.workers[number].began = self.now
        self._at(seconds, number, "finish")

    def _finish(self, number: int) -> None:
        worker = self.workers[number]
        step = worker.steps.pop(0)
        self.busy += self.now - worker.began
        if isinstance(step, str):
            self._free(self.made[step], left=0.0)
        self._step(number)

    def _free(self, made: Made, left: float) -> None:
        made.left, made.owner = left, None
        waiting, made.waiting = made.waiting, []
        for number in waiting:
            self._step(number)

    def _die(self, number: int) -> None:
        """Lose what is not safe; the lease expires later; the part goes back, and the worker comes again."""
        worker = self.workers[number]
        self.deaths += 1
        worker.life += 1
        owned = [made for made in self.made.values() if made.owner == number]
        for made in owned:
            done = self.now - worker.began
            made.left = max(made.left - done // made.safe_every * made.safe_every, made.safe_every / 2)
            self._at(EXPIRY, number, "expire")
        for made in self.made.values():
            made.waiting = [one for one in made.waiting if one != number]
        if worker.part is not None:
            self.todo.insert(0, worker.part)
            worker.part = None
        self._at(self.figures.restart, number, "return")
        self._live(number)

    def _expire(self, number: int) -> None:
        for made in self.made.values():
            if made.owner == number:
                self._free(made, made.left)

    def _return(self, number: int) -> None:
        self._next_part(number)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--workers", type=int, default=64)
    arguments.add_argument("--deaths", type=float, default=200.0, help="hours between deaths of one worker; 0: none")
    arguments.add_argument("--seeds", type=int, default=20)
    for name, default in vars(Figures()).items():
        arguments.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    chosen = vars(arguments.parse_args())
    workers, hours, seeds = chosen.pop("workers"), chosen.pop("deaths"), chosen.pop("seeds")
    figures = Figures(**chosen)
    report(figures, workers, hours, seeds)


def report(figures: Figures, workers: int, hours: float, seeds: int) -> None:
    """Print the arithmetic and what the simulation says of it."""
    calm = Cluster(figures, workers, 0, 0)
    undisturbed = calm.run()
    print(f"cells: {figures.networks * figures.sets * figures.methods:,}, parts: {len(calm.parts)}")
    for name, seconds in (("training", figures.training), ("passes", figures.passes), ("fits", figures.fit)):
        print(f"{name} of a network: {seconds / 3600:.2f} h")
    print(f"scores of a network: {figures.scoring / 3600:.2f} h")
    print(f"arithmetic: {arithmetic(figures, workers) / 3600:.2f} h")
    print(f"no schedule can beat: {bound(figures, workers) / 3600:.2f} h")
    print(f"simulated without deaths: {undisturbed / 3600:.2f} h, busy {share(calm, workers):.0%}")
    if hours:
        disturbed = [Cluster(figures, workers, hours, seed) for seed in range(seeds)]
        ends = sorted(one.run() for one in disturbed)
        deaths = sum(one.deaths for one in disturbed) / seeds
        middle = f"{ends[len(ends) // 2] / 3600:.2f} h, at most {ends[-1] / 3600:.2f} h"
        print(f"with {deaths:.1f} deaths on average: median {middle} ({seeds} simulations)")


def arithmetic(figures: Figures, workers: int) -> float:
    """The plan's: networks in rounds, or each in parts, which share its sets, but neither fits nor ID scores."""
    parts = max(1, workers // figures.networks)
    rounds = -(-figures.networks // workers)
    of_sets = -(-figures.sets // parts)
    shared = figures.training + figures.image * (figures.train_images + figures.id_images)
    own = figures.fit + figures.score * figures.id_images
    return rounds * (shared + own + of_sets * figures.ood_images * (figures.image + figures.score))


def bound(figures: Figures, workers: int) -> float:
    """All work divided among all workers, or one network's chain where that is longer."""
    total = figures.networks * (figures.training + figures.passes + figures.fit + figures.scoring)
    chain = figures.training + figures.image * (figures.train_images + figures.ood_images)
    return max(total / workers, chain + figures.fit / figures.methods + figures.score * figures.ood_images)


def share(cluster: Cluster, workers: int) -> float:
    """The part of the workers' time that was work."""
    return cluster.busy / (workers * cluster.now)


if __name__ == "__main__":
    main()
