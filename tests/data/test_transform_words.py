"""An input transform in words says what a reader needs to tell two of them apart."""

import pytest

from bench.data.transform import NORMALIZATIONS, InputTransform, parse_normalization
from bench.data.transform_words import transform_words


@pytest.mark.parametrize("name", NORMALIZATIONS)
def test_a_normalisation_with_a_name_is_called_by_it(name: str) -> None:
    assert transform_words(InputTransform(32, 24, 3, *parse_normalization(name))) == f"{name} 32x24"


def test_others_are_written_as_normalize_takes_them() -> None:
    values = ((0.49139968, 0.48215841, 0.4465), (0.247, 0.2435, 0.2616))
    words = transform_words(InputTransform(32, 32, 3, *values))
    assert words == "0.4914,0.4822,0.4465/0.247,0.2435,0.2616 32x32"
    mean, std = parse_normalization(words.partition(" ")[0])
    assert (*mean, *std) == pytest.approx((*values[0], *values[1]), abs=1e-4)


def test_a_fit_that_is_not_the_usual_one_is_named() -> None:
    assert transform_words(InputTransform(8, 8, 1, (0.5,), (0.25,), fit="stretch")) == "0.5/0.25 8x8 stretch"
