"""Training: repeatable, resumable bit for bit, done once, and honest when it fails."""

import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench.canonical import canonical_json
from bench.data.images import ArrayImages, Images, Pixels
from bench.errors import BenchError
from bench.networks.checkpoint import Checkpoint, hash_weights
from bench.progress import Progress
from bench.training.resume import FILE, TrainingState, save_state
from bench.training.train import TrainingPlan, find_or_train
from tests.forked import Forked

CPU = torch.device("cpu")
OBJECTIVES = ["cross-entropy", "learned-confidence"]
MakePlan = Callable[..., TrainingPlan]


class Unreadable(Images):
    """Images that must not be needed."""

    def __len__(self) -> int:
        return 57

    def read(self, indices: Any) -> Pixels:
        raise AssertionError("these images must not be read")


def assert_same_training(left: Checkpoint, right: Checkpoint) -> None:
    assert canonical_json(left.training) == canonical_json(right.training)
    assert left.state.keys() == right.state.keys()
    for name, tensor in left.state.items():
        assert torch.equal(tensor, right.state[name]), name


def fresh_cache(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(folder))


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_equal_plans_give_equal_weights_and_other_seeds_do_not(
    make_plan: MakePlan, toy_images: ArrayImages, objective: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = find_or_train(make_plan(objective), toy_images, CPU)
    fresh_cache(monkeypatch, tmp_path / "another cache")
    torch.manual_seed(12345)
    again = find_or_train(make_plan(objective), toy_images, CPU)
    assert_same_training(first, again)
    assert first.weights_hash == again.weights_hash
    other = find_or_train(make_plan(objective, seed=1), toy_images, CPU)
    assert other.weights_hash != first.weights_hash


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_toy_is_learned_and_the_log_says_how(make_plan: MakePlan, toy_images: ArrayImages, objective: str) -> None:
    plan = make_plan(objective, epochs=12)
    checkpoint = find_or_train(plan, toy_images, CPU)
    log = checkpoint.training["log"]
    assert [record["epoch"] for record in log] == list(range(1, 13))
    assert log[-1]["accuracy"] > 0.9
    assert log[-1]["loss"] < 0.5 * log[0]["loss"]
    extra = {"confidence", "lambda", "price"} if objective == "learned-confidence" else set()
    assert set(log[0]) == {"epoch", "loss", "accuracy"} | extra
    model = checkpoint.build()
    with torch.no_grad():
        predictions = model(plan.transform(toy_images.pixels)).logits.argmax(1)
    assert (predictions.numpy() == toy_images.labels).mean() > 0.9


def test_the_checkpoint_says_where_it_comes_from(make_plan: MakePlan, toy_images: ArrayImages) -> None:
    plan = make_plan("learned-confidence", seed=7, parameters={"budget": 0.2})
    trained = find_or_train(plan, toy_images, CPU)
    assert (trained.network, trained.num_classes, trained.channels, trained.confidence_branch) == (
        "convnet",
        3,
        1,
        True,
    )
    assert (trained.objective, trained.seed, trained.id_dataset) == ("learned-confidence", 7, "toy")
    assert trained.classes == ("across", "down", "both")
    assert trained.transform == plan.transform
    assert trained.training["recipe"] == json.loads(json.dumps(plan.recipe.to_dict()))
    assert trained.training["objective_parameters"] == {"budget": 0.2, "hints": 0.5}
    assert trained.training["data_identity"] == toy_images.identity
    loaded = Checkpoint.load(plan.path)
    assert_same_training(loaded, trained)


def test_a_finished_training_is_found_and_not_done_again(make_plan: MakePlan, toy_images: ArrayImages) -> None:
    first = find_or_train(make_plan(), toy_images, CPU)
    changed = make_plan().path.stat().st_mtime_ns
    assert_same_training(find_or_train(make_plan(), Unreadable(), CPU), first)
    assert make_plan().path.stat().st_mtime_ns == changed


def test_whatever_changes_the_weights_changes_the_place_of_the_checkpoint(make_plan: MakePlan) -> None:
    plans = [
        make_plan(), make_plan(seed=1), make_plan("learned-confidence"), make_plan(epochs=4), make_plan(batch_size=9),
        make_plan("learned-confidence", parameters={"budget": 0.2}), make_plan(precision="bf16"),
        make_plan(weight_decay=0.0), make_plan(milestones=(2,)),
    ]  # fmt: skip
    assert len({plan.path for plan in plans}) == len(plans)
    assert make_plan("learned-confidence", parameters={"budget": 0.3}).path == make_plan("learned-confidence").path
    assert make_plan().path == make_plan().path


def test_where_bf16_is_emulated_float32_takes_its_place_and_the_checkpoint_says_so(
    make_plan: MakePlan, toy_images: ArrayImages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = {}
    for quick in (True, False):
        monkeypatch.setattr("bench.training.recipe.is_quick_in_bf16", lambda device, quick=quick: quick)
        fresh_cache(monkeypatch, tmp_path / str(quick))
        trained[quick] = find_or_train(make_plan(precision="bf16"), toy_images, CPU)
    assert [one.training["computed_in"] for one in trained.values()] == ["bf16", "fp32"]
    single = find_or_train(make_plan(), toy_images, CPU)
    assert hash_weights("n", trained[False].state) == hash_weights("n", single.state)
    assert hash_weights("n", trained[True].state) != hash_weights("n", single.state)


def test_global_random_states_are_left_alone(
    make_plan: MakePlan, toy_images: ArrayImages, global_random_state: Callable[[], str]
) -> None:
    before = global_random_state()
    find_or_train(make_plan("learned-confidence", epochs=1), toy_images, CPU)
    assert global_random_state() == before


class Stopped(BaseException):
    """Stands for Ctrl-C."""


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("when", ["before the state is written", "after it"])
def test_a_training_stopped_at_any_epoch_goes_on_as_if_undisturbed(
    make_plan: MakePlan,
    toy_images: ArrayImages,
    objective: str,
    precision: str,
    when: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = make_plan(objective, precision=precision)
    undisturbed = find_or_train(plan, toy_images, CPU)
    fresh_cache(monkeypatch, tmp_path / "disturbed")
    saved = []

    def save_and_stop(folder: Path, state: TrainingState) -> None:
        if when == "after it":
            save_state(folder, state)
        saved.append(state.epoch)
        if len(saved) <= plan.recipe.epochs:
            raise Stopped
        save_state(folder, state)

    monkeypatch.setattr("bench.training.train.save_state", save_and_stop)
    for _ in range(plan.recipe.epochs):
        with pytest.raises(Stopped):
            find_or_train(plan, toy_images, CPU)
        assert not plan.path.exists()
    assert saved == ([1, 2, 3] if when == "after it" else [1, 1, 1])
    assert_same_training(find_or_train(plan, toy_images, CPU), undisturbed)


@pytest.mark.parametrize("step", [1, 9, 20])
def test_a_training_stopped_within_an_epoch_goes_on_as_if_undisturbed(
    make_plan: MakePlan, toy_images: ArrayImages, step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan("learned-confidence")
    undisturbed = find_or_train(plan, toy_images, CPU)
    fresh_cache(monkeypatch, tmp_path / "disturbed")
    steps = []

    def update(self: object, done: int, note: str = "") -> None:
        steps.append(done)
        if len(steps) == step:
            raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "update", update)
        with pytest.raises(Stopped):
            find_or_train(plan, toy_images, CPU)
    assert_same_training(find_or_train(plan, toy_images, CPU), undisturbed)


KILLED_WHILE_WRITING = """
import os, signal
from pathlib import Path
import torch
torch.set_num_threads(1)
from bench.training.train import find_or_train
plan, images = given
replace, written = Path.replace, []
def replace_or_die(self, target):
    written.append(target)
    if len(written) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)
Path.replace = replace_or_die
find_or_train(plan, images, torch.device("cpu"))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_process_killed_while_it_writes_its_state_loses_one_epoch_and_nothing_else(
    make_plan: MakePlan, toy_images: ArrayImages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan("learned-confidence")
    undisturbed = find_or_train(plan, toy_images, CPU)
    fresh_cache(monkeypatch, tmp_path / "disturbed")
    killed = Forked(KILLED_WHILE_WRITING, folder=tmp_path / "said", given=(plan, toy_images))
    assert killed.wait() == -signal.SIGKILL, killed.err
    assert len(list(plan.folder.glob(".*.tmp"))) == 1, "it was killed with a state half written"
    epochs = []
    monkeypatch.setattr("bench.training.train.save_state", lambda folder, state: epochs.append(state.epoch))
    assert_same_training(find_or_train(plan, toy_images, CPU), undisturbed)
    assert epochs == [2, 3]


@pytest.mark.parametrize("damage", ["cut off", "flipped"])
def test_a_damaged_state_is_set_aside_and_the_training_starts_anew(
    make_plan: MakePlan, toy_images: ArrayImages, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = make_plan()
    undisturbed = find_or_train(plan, toy_images, CPU)
    plan.path.unlink()
    path = plan.folder / FILE
    whole = path.read_bytes()
    flipped = whole[:-100] + bytes([whole[-100] ^ 1]) + whole[-99:]
    path.write_bytes({"cut off": whole[:-100], "flipped": flipped}[damage])
    assert_same_training(find_or_train(plan, toy_images, CPU), undisturbed)
    assert f"Warning: {path} is damaged" in capsys.readouterr().err
    assert len(list(plan.folder.glob(f"{FILE}.damaged-*"))) == 1


@pytest.mark.parametrize("place", [0.001, 0.1, 0.6, 0.999])
def test_a_damaged_checkpoint_is_set_aside_and_trained_again(
    make_plan: MakePlan, toy_images: ArrayImages, place: float, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = make_plan()
    undisturbed = find_or_train(plan, toy_images, CPU)
    whole = plan.path.read_bytes()
    byte = int(place * len(whole))
    plan.path.write_bytes(whole[:byte] + bytes([whole[byte] ^ 1]) + whole[byte + 1 :])
    assert_same_training(find_or_train(plan, toy_images, CPU), undisturbed)
    assert plan.path.read_bytes() == whole
    assert f"Warning: {plan.path} is damaged" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
def test_a_disk_that_fills_up_is_said_so(make_plan: MakePlan, toy_images: ArrayImages) -> None:
    import resource

    plan = make_plan(epochs=1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
        with pytest.raises(BenchError, match=rf"Cannot write .*{FILE}.*File too large"):
            find_or_train(plan, toy_images, CPU)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert not plan.path.exists()
    assert list(plan.folder.iterdir()) == []


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("epochs", [1, 3])
def test_a_training_that_diverges_is_an_error_and_leaves_no_checkpoint(
    make_plan: MakePlan, toy_images: ArrayImages, objective: str, epochs: int
) -> None:
    plan = make_plan(objective, learning_rate=1e30, warmup=0.0, epochs=epochs)
    with pytest.raises(BenchError, match=r"diverged in epoch 1.*Lower learning_rate"):
        find_or_train(plan, toy_images, CPU)
    assert not plan.path.exists()


def test_weights_that_become_infinite_in_the_last_step_are_noticed(
    make_plan: MakePlan, toy_images: ArrayImages
) -> None:
    """One step an epoch: the loss was taken before it and is finite."""
    plan = make_plan(learning_rate=1e30, weight_decay=1e30, warmup=0.0, epochs=1, batch_size=57)
    with pytest.raises(BenchError, match=r"diverged in epoch 1.*Lower learning_rate"):
        find_or_train(plan, toy_images, CPU)
    assert not plan.path.exists()


def test_images_without_labels_are_refused(make_plan: MakePlan, toy_images: ArrayImages) -> None:
    with pytest.raises(BenchError, match="'toy' has no labels to train on"):
        find_or_train(make_plan(), ArrayImages(toy_images.pixels), CPU)


@pytest.mark.parametrize("label", [-1, 3])
def test_labels_of_no_class_are_refused(make_plan: MakePlan, toy_images: ArrayImages, label: int) -> None:
    assert toy_images.labels is not None
    labels = toy_images.labels.copy()
    labels[5] = label
    with pytest.raises(BenchError, match=rf"'toy' has labels .*{label}.* 3 classes"):
        find_or_train(make_plan(), ArrayImages(toy_images.pixels, labels), CPU)


def test_progress_is_told_on_stderr(
    make_plan: MakePlan, toy_images: ArrayImages, capsys: pytest.CaptureFixture[str]
) -> None:
    find_or_train(make_plan(epochs=1), toy_images, CPU)
    out, err = capsys.readouterr()
    assert out == ""
    assert "Training convnet on toy (cross-entropy): done in" in err
    assert np.isfinite(float(err.split("accuracy ")[1].split(" %")[0]))
