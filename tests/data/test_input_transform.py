"""The input transform: its sizes against torchvision's own, what it is as plain data, and as a TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

from bench.data.transform import InputTransform
from bench.data.transform_file import MEANINGS, read_transform
from bench.errors import BenchError, UnknownNameError

PLAIN = InputTransform(8, 8, 1, (0.0,), (1.0,))
SIDES = st.integers(5, 60)


@given(SIDES, SIDES, st.integers(6, 20), st.integers(0, 9), st.sampled_from(["bilinear", "bicubic"]))
@settings(max_examples=80, deadline=None)
def test_resized_and_cropped_as_torchvision_does(
    height: int, width: int, side: int, margin: int, interpolation: Any
) -> None:
    pixels = np.random.default_rng(height * 61 + width).integers(0, 256, (2, height, width), dtype=np.uint8)
    ours = InputTransform(side, side, 1, (0.0,), (1.0,), resize=side + margin, interpolation=interpolation)(pixels)
    theirs = Compose([Resize(side + margin, InterpolationMode(interpolation), antialias=True), CenterCrop(side)])
    expected = theirs(torch.from_numpy(pixels)[:, None].float() / 255).clamp(0, 1)
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-5)


def test_an_odd_margin_is_halved_as_said() -> None:
    pixels = np.arange(11, dtype=np.uint8)[None, :, None].repeat(11, 2)
    first = {
        odd: int(InputTransform(8, 8, 1, (0.0,), (1.0,), resize=11, odd_margin=odd)(pixels)[0, 0, 0, 0] * 255 + 0.5)
        for odd in ("half-even", "down")
    }
    assert first == {"half-even": 2, "down": 1}


def test_what_came_later_changes_no_older_key() -> None:
    assert PLAIN.to_dict() == {
        "height": 8, "width": 8, "channels": 1, "mean": (0.0,), "std": (1.0,), "fit": "crop"
    }  # fmt: skip
    every = InputTransform(8, 9, 1, (0.1,), (0.2,), "stretch", 12, "bicubic", "down")
    for transform in (PLAIN, every):
        assert InputTransform.from_dict(transform.to_dict()) == transform
    assert len(every.to_dict()) == len(MEANINGS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"resize": 7}, "cannot resize to 7 pixels and then cut out 8x8"),
        ({"resize": 9, "fit": "refuse"}, "with fit 'refuse'"),
        ({"interpolation": "lanczos"}, "interpolation 'lanczos'"),
        ({"fit": "pad"}, "fit of an input transform: 'pad'"),
        ({"odd_margin": "up"}, "odd margin of an input transform: 'up'"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BenchError, match=message):
        InputTransform.from_dict(PLAIN.to_dict() | change)


def test_a_centre_that_is_larger_than_the_images_is_refused() -> None:
    wide = InputTransform(8, 20, 1, (0.0,), (1.0,), resize=10)
    with pytest.raises(BenchError, match=r"The centre of 8x20 pixels cannot be cut out of images .* 10x10"):
        wide(np.zeros((1, 30, 30), np.uint8))


def test_a_file_says_all_of_it(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text(
        'height = 8\nwidth = 9\nmean = [0.1]\nstd = [0.2]\nfit = "stretch"\nresize = 12\ninterpolation = "bicubic"\n'
        'odd_margin = "down"\n'
    )
    assert read_transform(tmp_path / "t.toml") == InputTransform(
        8, 9, 1, (0.1,), (0.2,), "stretch", 12, "bicubic", "down"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("height = 8.5", "'height' in .* must be a whole number"),
        ("mean = 0.5", "'mean' in .* must be a list of numbers"),
        ("fit = 3", "'fit' in .* must be a word in quotes"),
        ("height = 8", "does not say width, mean, std. It is to be such as: height = 224"),
        ("height = 8\nwidth = 8\nmean = [0.5]\nstd = [0]", "is no input transform: Standard deviations"),
        ("height = [", "is not valid TOML"),
    ],
)
def test_a_file_that_says_something_else_is_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text(text)
    with pytest.raises(BenchError, match=message):
        read_transform(tmp_path / "t.toml")


def test_an_unknown_key_is_told_from_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text("size = 8")
    with pytest.raises(UnknownNameError, match=r"'size'.*Known: channels, fit, height"):
        read_transform(tmp_path / "t.toml")
