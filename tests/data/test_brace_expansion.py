"""Braces in names of shards, against the library that WebDataset uses for them."""

from __future__ import annotations

import pytest
from braceexpand import braceexpand

from bench.data.brace_expansion import expanded
from bench.errors import BenchError


@pytest.mark.parametrize(
    "text",
    [
        "plain.tar",
        "s-{000..012}.tar",
        "s-{8..11}.tar",
        "s-{3..1}.tar",
        "{a,b,c}.tar",
        "{train,val}-{00..02}.tar",
        "https://host/x/{0..1}/s.tar",
        "s-{07..10}",
        "{,x}y",
    ],
)
def test_braces_mean_what_they_mean_to_webdataset(text: str) -> None:
    assert expanded(text) == list(braceexpand(text))


@pytest.mark.parametrize("text", ["s-{}.tar", "s-{a}.tar", "s-{1..b}.tar", "a{b,c{1..2}}d"])
def test_other_braces_are_refused(text: str) -> None:
    with pytest.raises(BenchError, match="Cannot read the braces"):
        expanded(text)


@pytest.mark.parametrize("text", ["{0..100000000000}", "{1..1000}{1..1000}"])
def test_a_slip_does_not_fill_the_memory(text: str) -> None:
    with pytest.raises(BenchError, match="more than 100,000"):
        expanded(text)
