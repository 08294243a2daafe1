"""Two processes train the network that one trains with the same batches, up to rounding errors."""

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from bench.data.images import ArrayImages
from bench.errors import BenchError
from bench.networks.checkpoint import Checkpoint
from bench.networks.classifier import NetworkOutput
from bench.seeds import torch_generator
from bench.training.augmentation import crop_and_flip, cutout, pad_images
from bench.training.recipe import Augmentation
from bench.training.team import ALONE, Team, joined_team
from bench.training.train import TrainingPlan
from tests.forked import Forked

MakePlan = Callable[..., TrainingPlan]

PROCESS = """
import json, os, sys
import torch
from bench.training import train
from bench.training.loop import TrainingData
torch.set_num_threads(1)
from bench.training.objective import OBJECTIVES
from bench.training.team import joined_team
from bench.training.together import find_or_train_together
plans, images = given
curves, save_state, batch = [], train.save_state, TrainingData.batch
TrainingData.batch = lambda *given: batch(*given).to(torch.get_default_dtype())
def save_and_stop(folder, state):
    save_state(folder, state)
    os._exit(9)
if "stop" in sys.argv:
    train.save_state = save_and_stop
with joined_team("cpu") as (team, device):
    for double, plan in plans:
        torch.set_default_dtype(torch.float64 if double else torch.float32)
        kind = OBJECTIVES.get(plan.objective)
        losses, loss_of = [], kind.loss
        def noting(self, output, labels, generator, loss_of=loss_of, losses=losses):
            loss = loss_of(self, output, labels, generator)
            losses.append(float(loss.detach()))
            return loss
        kind.loss = noting
        checkpoint = find_or_train_together(plan, images, device, team)
        kind.loss = loss_of
        curves.append(losses)
print(json.dumps(curves))
"""

Plans = list[tuple[bool, TrainingPlan]]
"""Plans to train one after the other, and whether in float64."""


def run(size: int, plans: Plans, images: ArrayImages, cache: Path, *arguments: str) -> list[tuple[int, str, str]]:
    """The exit codes of `size` processes that train together, and what they print."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    team = {"BENCH_CACHE": str(cache), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(size)}
    said = cache.with_name(f"{cache.name} says{''.join(arguments)}")
    processes = [
        Forked(
            PROCESS,
            *arguments,
            folder=said / str(rank),
            environment={**team, "RANK": str(rank)},
            given=(plans, images),
        )
        for rank in range(size)
    ]
    return [(process.wait(), process.out, process.err) for process in processes]


def trained_by(size: int, plans: Plans, images: ArrayImages, cache: Path) -> list[list[float]]:
    """The loss of every step of each plan, as each of `size` processes saw it; they must agree to the last bit."""
    told = run(size, plans, images, cache)
    assert [code for code, _, _ in told] == [0] * size, told
    curves = [json.loads(out) for _, out, _ in told]
    assert all(one == curves[0] for one in curves)
    found: list[list[float]] = curves[0]
    return found


def the_checkpoint(plan: TrainingPlan, cache: Path) -> Checkpoint:
    return Checkpoint.load(next(cache.glob(f"checkpoints/*{plan.key}/checkpoint.safetensors")))


def assert_close(left: Checkpoint, right: Checkpoint, atol: float) -> None:
    assert left.state.keys() == right.state.keys()
    for name, tensor in left.state.items():
        assert torch.allclose(tensor.double(), right.state[name].double(), atol=atol, rtol=0), name


def test_teams_train_to_the_loss_curve_of_one_process(
    make_plan: MakePlan, toy_images: ArrayImages, tmp_path: Path
) -> None:
    """Both objectives, 52 steps of 15 images and of 12 at the end of an epoch, with crops, flips and Cutout.

    In float64 nothing but mistakes could tell the curves apart; in float32 rounding errors grow with the steps.
    """
    varied = {"epochs": 13, "batch_size": 15, "learning_rate": 0.02}
    plans = [
        (double, make_plan(name, seed=int(double), **varied))
        for double in (False, True)
        for name in ("cross-entropy", "learned-confidence")
    ]
    one = trained_by(1, plans, toy_images, tmp_path / "one")
    two = trained_by(2, plans, toy_images, tmp_path / "two")
    for (double, plan), alone, together in zip(plans, one, two, strict=True):
        assert len(alone) == len(together) == 52
        atol = 1e-9 if double and plan.objective == "learned-confidence" else 1e-6 if double else 1e-4
        assert max(abs(left - right) for left, right in zip(alone, together, strict=True)) < atol
        assert alone[0] - alone[-1] > 0.3, "it learns"
        left, right = (the_checkpoint(plan, tmp_path / name) for name in ("one", "two"))
        assert_close(left, right, 1e-9 if double else 1e-3)
        assert right.training["processes"] == 2
        assert "processes" not in left.training
        for before, after in zip(left.training["log"], right.training["log"], strict=True):
            assert after == pytest.approx(before, abs=atol)


def test_a_team_that_was_killed_goes_on_from_its_last_epoch(
    make_plan: MakePlan, toy_images: ArrayImages, tmp_path: Path
) -> None:
    """Three processes, for batches of which the last has two images, so that one process has none of them."""
    plans = [(True, make_plan("learned-confidence", epochs=2, batch_size=11))]
    (alone,) = trained_by(1, plans, toy_images, tmp_path / "one")
    told = run(3, plans, toy_images, tmp_path / "three", "stop")
    assert all(code for code, _, _ in told)
    assert not list((tmp_path / "three").glob("checkpoints/*/checkpoint.safetensors"))
    (rest, nothing) = trained_by(3, [*plans, *plans], toy_images, tmp_path / "three")
    assert rest == pytest.approx(alone[6:], abs=1e-9)
    assert nothing == []
    left, right = (the_checkpoint(plans[0][1], tmp_path / name) for name in ("one", "three"))
    assert_close(left, right, 1e-9)


def test_parts_cover_a_batch_once() -> None:
    for size in (1, 2, 3, 5):
        for count in (0, 1, 2, 7, 128):
            parts = [Team(rank, size).part(count) for rank in range(size)]
            assert [place for part in parts for place in range(count)[part]] == list(range(count))


def test_parts_of_an_augmented_batch_are_what_the_whole_has() -> None:
    augmentation = Augmentation(crop_padding=2, flip=True, cutout=3)
    pixels = torch.randint(256, (20, 8, 8, 3), generator=torch_generator(0, "pixels"))
    padded, chosen = pad_images(pixels, augmentation), torch.arange(20).flip(0)[:7]

    def made(part: slice) -> torch.Tensor:
        generator = torch_generator(0, "augmentation")
        batch = crop_and_flip(padded, chosen, augmentation, generator, part).permute(0, 3, 1, 2).float()
        return cutout(batch, augmentation, generator, len(chosen), part)

    whole = made(slice(None))
    for size in (2, 3):
        assert torch.equal(torch.cat([made(Team(rank, size).part(7)) for rank in range(size)]), whole)


def test_alone_nothing_is_gathered_and_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    output = NetworkOutput(torch.ones(2, 3), torch.ones(2, 4), None)
    assert ALONE.whole(output, 2) is output
    assert ALONE.first_says(True)
    with joined_team("cpu") as (team, device):
        assert (team, device) == (ALONE, torch.device("cpu"))
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(BenchError, match="give cuda instead of cuda:1"), joined_team("cuda:1"):
        pass
