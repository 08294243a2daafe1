"""A random number per image."""

from typing import Any

import numpy as np
import torch
from scipy.stats import kstest

from bench.extraction.outputs import Outputs
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.random import scores
from tests.methods.pixel_case import outputs_of, pixel_case, pixels_of, seen_of

METHOD = METHODS.get("random")


def shown(pixels: Any) -> Outputs:
    return outputs_of(pixels, METHOD().probes())


def test_it_is_the_hash_of_the_fingerprint_and_chance() -> None:
    case = pixel_case(METHOD())
    assert METHOD().score(case.id).tolist() == scores(METHOD(), case.data, case.id)
    assert 0.3 < auroc(METHOD().score(case.id), METHOD().score(case.ood)) < 0.7


def test_it_is_uniform_and_without_ties() -> None:
    found = METHOD().score(shown(torch.rand(3000, 1, 4, 4, generator=torch.Generator().manual_seed(0))))
    assert kstest(found, "uniform").pvalue > 0.01
    assert len(np.unique(found)) == 3000


def test_it_depends_on_the_pixels_and_the_seed_alone() -> None:
    pixels = pixels_of(20)
    found = METHOD().score(shown(pixels))
    assert np.array_equal(METHOD().score(shown(pixels.flip(0)))[::-1], found)
    assert np.array_equal(METHOD().score(shown(pixels + 1e-4)), found), "images are compared at 8 bits"
    assert np.unique(METHOD().score(shown(pixels[:1].expand(5, -1, -1, -1)))).size == 1
    assert not np.isin(METHOD(seed=1).score(shown(pixels)), found).any()
    assert abs(np.corrcoef(found, METHOD(seed=1).score(shown(pixels)))[0, 1]) < 0.6


def test_one_grey_level_of_one_pixel_gives_another_fingerprint() -> None:
    [probe] = METHOD().probes()
    pixels = pixels_of(2)
    pixels[1] = pixels[0]
    pixels[1, 2, 3, 4] += 1 / 255
    one, other = probe(seen_of(pixels))
    assert not torch.equal(one, other)
    assert torch.equal(one, one.round())
    assert 0 <= one.min() <= one.max() < 2**16
