"""Seeds with an address: the same everywhere, different for each purpose, and no global state."""

import hashlib
from collections.abc import Callable

import torch

from bench.seeds import derived_seed, torch_generator


def test_the_seed_is_the_upper_63_bits_of_a_hash_of_seed_and_purpose() -> None:
    expected = int(hashlib.sha256(b"3/epoch/7").hexdigest()[:16], 16) >> 1
    assert derived_seed(3, "epoch", 7) == expected
    assert 0 <= expected < 2**63


def test_seeds_and_purposes_do_not_meet() -> None:
    addresses = [(seed, word, place) for seed in range(20) for word in ("epoch", "tiles") for place in range(20)]
    assert len({derived_seed(seed, word, place) for seed, word, place in addresses}) == len(addresses)


def test_generators_of_one_address_draw_the_same_and_others_do_not() -> None:
    first, second, other = (torch_generator(1, *words) for words in (("a",), ("a",), ("b",)))
    draws = torch.rand(8, generator=first)
    assert torch.equal(draws, torch.rand(8, generator=second))
    assert not torch.equal(draws, torch.rand(8, generator=other))


def test_global_random_states_are_left_alone(global_random_state: Callable[[], str]) -> None:
    before = global_random_state()
    torch.rand(3, generator=torch_generator(0, "x"))
    assert global_random_state() == before
