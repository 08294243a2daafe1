"""Compressed size."""

import zlib
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.compression_size import scores
from tests.methods.pixel_case import pixel_case, pixels_of, seen_of

METHOD = METHODS.get("compression-size")
[PROBE] = METHOD().probes()


@pytest.mark.parametrize("channels", [1, 3])
def test_it_is_the_distance_from_the_training_images(channels: int) -> None:
    method = METHOD()
    case = pixel_case(method, channels=channels)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-9)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


@pytest.mark.parametrize("channels", [1, 3])
def test_its_probe_is_the_size_of_a_png_that_holds_every_pixel(channels: int) -> None:
    pixels = pixels_of(4, channels=channels)
    for image, size in zip(pixels.numpy(), PROBE(seen_of(pixels)).tolist(), strict=True):
        eight_bit = np.round(image * 255).astype(np.uint8)
        file = BytesIO()
        shown = np.moveaxis(eight_bit, 0, 2) if channels == 3 else eight_bit.reshape(-1, image.shape[2])
        Image.fromarray(shown).save(file, "PNG", compress_level=9)
        assert size == len(file.getvalue())
        assert np.array_equal(np.asarray(Image.open(file)), shown)


def test_noise_is_as_long_as_its_pixels_and_a_plain_image_is_short() -> None:
    noise = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    plain = torch.full((1, 3, 32, 32), 0.3)
    raw = (noise * 255).round().to(torch.uint8).numpy().tobytes()
    assert PROBE(seen_of(noise)).item() >= len(zlib.compress(raw, 9)) - 64 > 2900
    assert PROBE(seen_of(plain)).item() < 120
