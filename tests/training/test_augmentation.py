"""Augmentation of whole batches against its definition for one image, enumerated: contents exactly, frequencies too."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.stats import chisquare
from torch import Tensor

from bench.data.transform import InputTransform
from bench.seeds import torch_generator
from bench.training.augmentation import crop_and_flip, cutout, pad_images
from bench.training.loop import TrainingData
from bench.training.recipe import Augmentation, Recipe

HEIGHT, WIDTH = 7, 6
Place = tuple[int, int, bool]


def numbered(count: int, channels: int = 3) -> Tensor:
    """Images whose every value is another number, none of them 0."""
    total = count * HEIGHT * WIDTH * channels
    return torch.arange(1, total + 1).float().view(count, HEIGHT, WIDTH, channels)


def legal_crops(image: NDArray[np.float32], padding: int, flips: Iterable[bool]) -> dict[bytes, Place]:
    """Every crop of the padded image, by its bytes, with its offset and whether it is mirrored; pixel by pixel."""
    found = {}
    for top in range(2 * padding + 1):
        for left in range(2 * padding + 1):
            for flip in flips:
                crop = np.zeros_like(image)
                for row in range(HEIGHT):
                    for column in range(WIDTH):
                        y, x = row + top - padding, (WIDTH - 1 - column if flip else column) + left - padding
                        if 0 <= y < HEIGHT and 0 <= x < WIDTH:
                            crop[row, column] = image[y, x]
                found[crop.tobytes()] = (top, left, flip)
    return found


def crops(images: Tensor, chosen: Tensor, augmentation: Augmentation, seed: int = 0) -> NDArray[np.float32]:
    padded = pad_images(images, augmentation)
    return crop_and_flip(padded, chosen, augmentation, torch_generator(seed)).contiguous().numpy()


def assert_uniform(counts: Counter[object], kinds: int, draws: int) -> None:
    assert len(counts) == kinds
    assert chisquare(list(counts.values()), [draws / kinds] * kinds).pvalue > 1e-3


@pytest.mark.parametrize("flip", [False, True])
def test_every_offset_and_side_is_as_likely(flip: bool) -> None:
    draws, padding = 16_200, 4
    image = numbered(1)
    legal = legal_crops(image[0].numpy(), padding, {False, flip})
    assert len(legal) == 81 * (1 + flip), "all crops differ, so that each says where it is from"
    found = crops(image, torch.zeros(draws, dtype=torch.int64), Augmentation(crop_padding=padding, flip=flip))
    assert_uniform(Counter(legal[crop.tobytes()] for crop in found), len(legal), draws)


@pytest.mark.parametrize(("padding", "flip"), [(0, False), (0, True), (2, False), (2, True)])
def test_each_image_of_a_batch_is_cut_from_its_own_original(padding: int, flip: bool) -> None:
    images = numbered(5)
    chosen = torch.tensor([3, 0, 0, 4, 1, 2] * 60)
    found = crops(images, chosen, Augmentation(crop_padding=padding, flip=flip))
    places = [
        legal_crops(images[index].numpy(), padding, {False, flip})[crop.tobytes()]
        for index, crop in zip(chosen.tolist(), found, strict=True)
    ]
    assert len(set(places)) == (2 * padding + 1) ** 2 * (1 + flip), "and each is varied on its own"


def test_without_augmentation_images_are_as_they_are_and_no_number_is_drawn() -> None:
    generator = torch_generator(0)
    before = generator.get_state()
    images = numbered(3)
    chosen = torch.tensor([2, 0])
    assert torch.equal(crop_and_flip(images, chosen, Augmentation(), generator), images[[2, 0]])
    normalised = images.permute(0, 3, 1, 2)
    assert torch.equal(cutout(normalised, Augmentation(), generator), normalised)
    assert torch.equal(generator.get_state(), before)


def legal_masks(side: int) -> dict[bytes, tuple[int, int]]:
    """What remains for each centre, by DeVries & Taylor's definition: a clipped square about the centre."""
    found = {}
    for y in range(HEIGHT):
        for x in range(WIDTH):
            keep = np.ones((HEIGHT, WIDTH), dtype=bool)
            top, bottom = np.clip([y - side // 2, y + side // 2], 0, HEIGHT)
            left, right = np.clip([x - side // 2, x + side // 2], 0, WIDTH)
            keep[top:bottom, left:right] = False
            found[keep.tobytes()] = (y, x)
    return found


@pytest.mark.parametrize("probability", [0.5, 0.25, 1.0])
def test_cutout_sets_a_clipped_square_about_a_uniform_centre_to_zero(probability: float) -> None:
    draws, side = 16_800, 4
    images = torch.randn(draws, 3, HEIGHT, WIDTH, generator=torch_generator(1)) + 10
    before = images.clone()
    cut = cutout(images, Augmentation(cutout=side, cutout_probability=probability), torch_generator(0))
    assert torch.equal(images, before)
    keep = (cut != 0).numpy()
    assert np.array_equal(cut.numpy(), np.where(keep, before.numpy(), 0)), "what is not cut out is untouched"
    assert np.array_equal(keep, np.broadcast_to(keep[:, :1], keep.shape)), "all channels are cut alike"
    legal = legal_masks(side)
    assert len(legal) == HEIGHT * WIDTH
    masks = [np.ascontiguousarray(mask[0]) for mask in keep]
    centres = Counter[object](legal[mask.tobytes()] for mask in masks if not mask.all())
    hits = sum(centres.values())
    assert_uniform(centres, len(legal), hits)
    assert abs(hits - probability * draws) <= 4 * (draws * probability * (1 - probability)) ** 0.5


def test_a_square_larger_than_the_image_is_clipped_too() -> None:
    cut = cutout(
        torch.ones(200, 1, HEIGHT, WIDTH), Augmentation(cutout=6, cutout_probability=1.0), torch_generator(0)
    ).sum((1, 2, 3))
    assert cut.min() == HEIGHT * WIDTH - 6 * 6
    assert cut.max() == HEIGHT * WIDTH - 3 * 3


def transform(height: int = HEIGHT, width: int = WIDTH) -> InputTransform:
    return InputTransform(height, width, 3, (0.5, 0.25, 0.75), (0.25, 0.5, 0.125))


def recipe(augmentation: Augmentation) -> Recipe:
    return Recipe("r", augmentation=augmentation)


def prepared(pixels: NDArray[np.generic], augmentation: Augmentation) -> TrainingData:
    labels = np.arange(len(pixels)) % 3
    return TrainingData.prepare(pixels, labels, transform(), augmentation, torch.device("cpu"))


def some_bytes(count: int = 40) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(1, 256, (count, HEIGHT, WIDTH, 3), dtype=np.uint8)


def test_the_border_of_a_crop_is_black_and_then_normalised() -> None:
    augmentation = Augmentation(crop_padding=2)
    data = prepared(np.full((1, HEIGHT, WIDTH, 3), 255, dtype=np.uint8), augmentation)
    batch = data.batch(torch.zeros(60, dtype=torch.int64), recipe(augmentation), torch_generator(0))
    for channel, (black, white) in enumerate([(-2.0, 2.0), (-0.5, 1.5), (-6.0, 2.0)]):
        assert set(batch[:, channel].flatten().tolist()) == {black, white}
    shares = (batch[:, 0] == -2.0).float().mean((1, 2))
    assert shares.max() == pytest.approx(1 - (HEIGHT - 2) * (WIDTH - 2) / (HEIGHT * WIDTH))


def test_cutout_comes_after_normalisation() -> None:
    augmentation = Augmentation(cutout=4, cutout_probability=1.0)
    batch = prepared(some_bytes(), augmentation).batch(torch.arange(40), recipe(augmentation), torch_generator(0))
    zeros = (batch == 0).float().mean((1, 2, 3))
    assert (zeros >= 4 / (HEIGHT * WIDTH)).all(), "zero is the mean, which no byte is here"
    plain = transform()(some_bytes())
    assert torch.equal(batch[batch != 0], plain[batch != 0])


def test_bytes_and_the_same_values_as_floats_train_alike() -> None:
    augmentation = Augmentation(crop_padding=2, flip=True, cutout=2)
    pixels = some_bytes()
    as_floats = pixels.astype(np.float32) / 255
    batches = [
        prepared(values, augmentation).batch(torch.arange(40), recipe(augmentation), torch_generator(5))
        for values in (pixels, as_floats)
    ]
    assert prepared(pixels, augmentation).padded.dtype == torch.uint8
    assert torch.equal(*batches)
    assert batches[0].is_contiguous(memory_format=torch.channels_last)


def test_without_augmentation_a_batch_is_what_the_transform_makes() -> None:
    pixels, chosen = some_bytes(), torch.tensor([7, 3, 3])
    batch = prepared(pixels, Augmentation()).batch(chosen, recipe(Augmentation()), torch_generator(0))
    assert torch.equal(batch, transform()(pixels[[7, 3, 3]]))


@pytest.mark.parametrize("kind", ["other size", "grey", "list"])
def test_images_of_another_shape_are_made_to_fit_before_the_border_is_added(kind: str) -> None:
    stream = np.random.default_rng(0)
    shapes = {"other size": (20, 14, 12, 3), "grey": (20, HEIGHT, WIDTH), "list": (20, 11, 9, 3)}
    pixels = stream.integers(0, 256, shapes[kind], dtype=np.uint8)
    given = [*pixels[:10], *pixels[10:, :9]] if kind == "list" else pixels
    data = TrainingData.prepare(given, np.zeros(20, np.int64), transform(), Augmentation(), torch.device("cpu"))
    batch = data.batch(torch.arange(20), recipe(Augmentation()), torch_generator(0))
    assert torch.allclose(batch, transform()(given), atol=1e-6)


def test_images_that_may_not_be_written_to_train_as_well() -> None:
    pixels = some_bytes()
    pixels.setflags(write=False)
    for augmentation in (Augmentation(), Augmentation(crop_padding=1)):
        assert len(prepared(pixels, augmentation)) == 40
