import json
import pickle
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from bench.data.transform import InputTransform
from bench.extraction.constant import Constant
from bench.extraction.probe import Probe, Seen
from bench.networks.classifier import NetworkOutput


@dataclass(frozen=True)
class Brightness(Probe):
    power: float
    channels: tuple[int, ...] = (0, 1)
    weights: Constant = Constant(np.arange(3.0))  # noqa: RUF009 - it does not change
    unit: str = "raw"

    def __call__(self, seen: Seen) -> Tensor:
        return seen.pixels.mean((1, 2, 3)) ** self.power


@dataclass(frozen=True)
class Darkness(Brightness):
    version = 2


shapes = st.sampled_from([(6,), (2, 3), (3, 2), (1, 6), (0,)])
kinds = st.sampled_from([np.float32, np.float64, np.int64])


@given(shapes, kinds, st.integers(0, 2))
def test_constants_of_the_same_content_are_one_key(shape: tuple[int, ...], kind: type[np.generic], seed: int) -> None:
    array = np.random.default_rng(seed).integers(0, 9, shape).astype(kind)
    one, other = Constant(array), Constant(np.asfortranarray(array.copy()))
    assert one == other
    assert hash(one) == hash(other)
    assert {one: "found"}[other] == "found"
    assert one.digest == other.digest == pickle.loads(pickle.dumps(one)).digest  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    "other",
    [
        np.array([[1.0, 2.0]]),
        np.array([1.0, 2.0], dtype=np.float32),
        np.array([1.0, 2.5]),
        np.array([2.0, 1.0]),
        np.array([1.0]),
        np.array([1.0, 2.0], dtype=">f8"),
    ],
)
def test_constants_differ_in_shape_type_and_bytes(other: np.ndarray) -> None:
    constant = Constant(np.array([1.0, 2.0]))
    assert constant != Constant(other)
    assert constant.digest != Constant(other).digest
    assert constant != constant.array.tolist()


def test_a_constant_is_a_copy_that_cannot_be_written_to() -> None:
    array = np.array([1.0, 2.0])
    constant = Constant(array)
    array[0] = 9
    assert constant.array.tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        constant.array[0] = 9
    assert repr(constant) == f"Constant(float64[2], {constant.digest[:8]})"


def test_the_digest_is_the_same_on_every_machine() -> None:
    constant = Constant(np.array([[1, 2], [3, 4]], dtype="<i8"))
    assert constant.digest == "c680c0439ca264ec21a2d2a99ab3905d4c0518d34dfbd337111d9dc96fcf7dde"


def test_a_probe_is_described_by_its_class_version_and_fields_as_plain_data() -> None:
    probe = Brightness(2.0, (2,), Constant(np.ones(2)))
    described = probe.describe()
    assert described == {
        "kind": f"{__name__}.Brightness",
        "version": 1,
        "parameters": {"power": 2.0, "channels": [2], "weights": Constant(np.ones(2)).digest, "unit": "raw"},
    }
    assert json.loads(json.dumps(described)) == described


def test_probes_of_equal_fields_are_one_key_and_of_other_classes_are_not() -> None:
    one, other = Brightness(1.0, weights=Constant(np.ones(2))), Brightness(1.0, weights=Constant(np.ones(2)))
    assert one == other
    assert {one: "found"}[other] == "found"
    assert one.describe() == other.describe()
    for different in (Brightness(2.0), Brightness(1.0, weights=Constant(np.zeros(2))), Darkness(1.0, one.channels)):
        assert different != one
        assert different.describe() != one.describe()
    assert Darkness(1.0).describe()["version"] == 2


def test_pixels_are_what_the_transform_made_the_images_from() -> None:
    transform = InputTransform(8, 8, 3, (0.5, 0.4, 0.3), (0.25, 0.2, 0.1))
    pixels = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    images = transform(pixels)
    nothing = torch.zeros(4, 2)
    seen = Seen(images, transform, nn.Identity(), NetworkOutput(nothing, nothing, None), [])
    assert torch.allclose(seen.pixels, torch.from_numpy(pixels / 255).permute(0, 3, 1, 2).float(), atol=1e-6)
    assert torch.allclose(Brightness(1.0)(seen), seen.pixels.flatten(1).mean(1))
