"""However a run is cut, its cells are there once each, in the same order, and networks stay together."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import BenchError
from bench.running.part import Part, Shard, cut, networks_first, of_shard

PARTS = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=4).map(
    lambda sizes: [
        Part(f"network {number}", tuple(f"o{one}" for one in range(ood)), tuple(f"m{one}" for one in range(methods)))
        for number, (ood, methods) in enumerate(sizes)
    ]
)


def cells(parts: list[Part]) -> list[tuple[str, str, str]]:
    return [(part.network, *pair) for part in parts for pair in product(part.ood, part.methods)]


@given(PARTS, st.integers(1, 60))
def test_a_cut_run_has_the_same_cells_in_the_same_order(parts: list[Part], workers: int) -> None:
    pieces = cut(parts, workers)
    assert cells(pieces) == cells(parts)
    assert all(len(piece) > 0 for piece in pieces)
    if len(parts) >= workers:
        assert pieces == parts, "nothing is cut that need not be"
    else:
        assert len(pieces) < workers + len(parts)


def test_large_networks_are_cut_into_more_parts_than_small_ones() -> None:
    ood = tuple(f"o{number}" for number in range(8))
    parts = [Part(name, ood, tuple(f"m{number}" for number in range(count))) for name, count in (("a", 6), ("b", 2))]
    assert [piece.network for piece in cut(parts, 8)] == ["a"] * 6 + ["b"] * 2
    assert [piece.network for piece in cut(parts, 4)] == ["a"] * 3 + ["b"]
    equal = [Part(name, ood, ("m",)) for name in "abc"]
    assert len(cut(equal, 4)) == 3, "a fourth would wait for a second round"


@given(PARTS, st.integers(1, 8))
def test_all_shards_together_have_each_cell_once(parts: list[Part], count: int) -> None:
    of_shards = [of_shard(parts, Shard(number, count)) for number in range(1, count + 1)]
    assert sorted(cells([part for shard in of_shards for part in shard])) == sorted(cells(parts))
    assert of_shard(parts, None) == parts


@given(PARTS, st.integers(1, 20))
def test_each_network_is_begun_before_any_is_gone_on_with(parts: list[Part], workers: int) -> None:
    pieces = cut(parts, workers)
    order = networks_first(pieces)
    assert sorted(order) == list(range(len(pieces)))
    assert [pieces[position].network for position in order[: len(parts)]] == [part.network for part in parts]


def test_sets_are_cut_before_methods() -> None:
    whole = Part("n", ("a", "b"), ("x", "y", "z"))
    assert [(piece.ood, piece.methods) for piece in whole.split(2)] == [
        (("a",), whole.methods),
        (("b",), whole.methods),
    ]
    assert [len(piece) for piece in whole.split(4)] == [1, 2, 1, 2]
    assert len(list(whole.split(100))) == 6


def test_what_a_part_holds() -> None:
    whole = Part("n", ("a", "b"), ("x", "y"))
    assert whole.holds(Part("n", ("b",), ("y",)).to_dict())
    for other in (Part("m", ("b",), ("y",)), Part("n", ("c",), ("y",)), Part("n", ("b",), ("z",))):
        assert not whole.holds(other.to_dict())
    assert not whole.holds({})


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "a/b", "1/0", "-1/2", "1.5/2", "1/2/3"])
def test_a_shard_is_said_well(text: str) -> None:
    assert Shard.parse("2/5") == Shard(2, 5)
    with pytest.raises(BenchError, match="such as 2/5"):
        Shard.parse(text)
