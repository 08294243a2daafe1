"""A training is timed as it would be done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from bench.data.dataset import DATASETS, Place
from bench.reproducing import calibration
from bench.training.loop import train_epoch
from bench.training.planning import plan_training


@pytest.mark.parametrize(("quick", "precision"), [(True, "bf16"), (False, "fp32")])
def test_it_is_timed_in_the_precision_that_the_device_is_quick_in(
    quick: bool, precision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed = []

    def noting(*arguments: Any, **options: Any) -> dict[str, float]:
        timed.append(arguments[4].precision)
        return train_epoch(*arguments, **options)

    monkeypatch.setattr(calibration, "train_epoch", noting)
    monkeypatch.setattr("bench.training.recipe.is_quick_in_bf16", lambda device: quick)
    digits = DATASETS.get("digits")()
    settings = {"precision": "bf16", "batch_size": 4}
    images = digits.load("train", Place(tmp_path))
    plan = plan_training(digits, images, objective="cross-entropy", recipe="smoke", recipe_settings=settings)
    assert calibration.seconds_per_image(plan, torch.device("cpu")) > 0
    assert set(timed) == {precision}
