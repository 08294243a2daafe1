"""The plan that `--dry-run` prints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from bench.cache import cache_root
from bench.errors import BenchError
from bench.reproducing.calibration import seconds_per_image
from bench.reproducing.jobs import jobs_of, slots_of
from bench.reproducing.plan import plan_lines
from bench.reproducing.prepared import Preparer
from bench.reproducing.reproduce import chosen_rows, reproduce
from bench.reproducing.request import Request

MakeRequest = Callable[..., Request]


@pytest.fixture(autouse=True)
def a_calibration_of_one_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.reproducing.estimate.seconds_per_image", lambda *_: 1.0)


def test_every_row_has_a_state_and_a_reason(make_request: MakeRequest) -> None:
    text = "\n".join(plan_lines(make_request()))
    for line in (
        "Rows: 5 rows, 3 of which can be run",
        "convnet/digits-0to6/digits-7to9   run\n",
        "convnet/digits-0to6/lsun-resize   not run: LSUN is not at hand",
        "convnet/digits-0to6/made-up       not run: it was made up",
        "resnet20/digits-0to6/digits-7to9  run in part: nobody knows how it works",
        "convnet on digits-0to6, cross-entropy, recipe smoke with epochs = 1, 1 epoch: seeds 0, 1 to train",
        "lsun-resize is not on this machine",
    ):
        assert line in text


def test_the_time_is_epochs_times_images_times_networks(make_request: MakeRequest) -> None:
    """Two networks of each of two kinds, one epoch of 1,082 digits each, at a second an image."""
    request = make_request(rows=("convnet",))
    [one, _] = [Preparer(request).prepare(job) for job in jobs_of(slots_of(chosen_rows(request), request))]
    assert one.preparation is not None
    seconds = 4 * len(one.preparation.train_images)
    lines = plan_lines(request)
    assert any(
        f"Estimated time: {seconds // 3600} h {seconds % 3600 // 60:02d} min of training" in line for line in lines
    )


def test_what_is_trained_is_found_and_costs_nothing(make_request: MakeRequest) -> None:
    reproduce(make_request(rows=("convnet",), seed_count=1))
    text = "\n".join(plan_lines(make_request(rows=("convnet",))))
    assert "seed 0 found trained; seed 1 to train" in text
    again = "\n".join(plan_lines(make_request(rows=("convnet",), seed_count=1)))
    assert "Estimated time: 0 s of training" in again


def test_a_plan_writes_nothing(make_request: MakeRequest) -> None:
    request = make_request()
    plan_lines(request)
    assert not request.out.exists()
    assert not cache_root().exists()


def test_table_1_shows_all_rows_without_any_data(tmp_path: Path) -> None:
    lines = plan_lines(Request.of("devries2018-table1", data=tmp_path, device="cpu"))
    assert sum("not run:" in line for line in lines) == 24
    assert "Rows: 24 rows, 0 of which can be run" in lines


def test_bad_input_is_refused_as_by_the_run(make_request: MakeRequest) -> None:
    with pytest.raises(BenchError, match="No row fits"):
        plan_lines(make_request(rows=("vgg13",)))


def test_a_step_takes_time_on_few_and_on_many_images(make_request: MakeRequest) -> None:
    request = make_request(rows=("convnet",))
    for job in jobs_of(slots_of(chosen_rows(request), request)):
        preparation = Preparer(request).prepare(job).preparation
        assert preparation is not None
        [plan, _] = [need.plan for need in preparation.needs]
        assert plan is not None
        assert 1e-7 < seconds_per_image(plan, torch.device("cpu")) < 1
    assert not cache_root().exists()
