"""Ablation files: the shipped ones, the three ways to say what is varied, and what is refused."""

from pathlib import Path

import pytest

from bench.ablation.file import Ablation, ablation_names, read_ablation
from bench.errors import BenchError


def read(folder: Path, text: str) -> Ablation:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return read_ablation(str(path))


def test_the_shipped_ones_can_be_read_and_say_what_they_are() -> None:
    assert ablation_names() == ["budget", "cutout", "epsilon", "epsilon-transfer", "hints"]
    for name in ablation_names():
        found = read_ablation(name)
        assert len(found.summary) > 20
        assert bool(found.transfer) != bool(found.variants)


def test_values_make_variants_that_set_every_varied_setting(tmp_path: Path) -> None:
    found = read(tmp_path, 'vary = ["odin.epsilon", "x.epsilon"]\nvalues = [0.0, 0.25]')
    assert [(one.name, one.value) for one in found.variants] == [("0", 0.0), ("0.25", 0.25)]
    assert found.variants[1].changes["settings"] == {"odin.epsilon": 0.25, "x.epsilon": 0.25}
    assert (found.name, found.axis) == ("mine", "mine")


def test_variants_may_be_named_and_change_several_things(tmp_path: Path) -> None:
    text = """
        id = "digits"
        out = "results"
        set.odin.unit = "normalized"
        [[variant]]
        name = "plain"
        [[variant]]
        name = "other"
        value = 3
        recipe = "quick"
        tune-on = "photos"
        checkpoint = "nets/a.safetensors"
        set.recipe."augmentation.cutout" = 0
    """
    found = read(tmp_path, text)
    plain, other = found.variants
    assert (plain.name, plain.value, plain.changes["settings"]) == ("plain", None, {})
    assert (other.value, other.changes["recipe"], other.changes["tune_on"]) == (3.0, "quick", "photos")
    assert other.changes["checkpoint"] == tmp_path / "nets/a.safetensors"
    assert other.changes["settings"] == {"recipe.augmentation.cutout": 0}
    assert found.base["settings"] == {"odin.unit": "normalized"}
    assert found.base["out"] == tmp_path / "results"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "in one way"),
        ('vary = "odin.epsilon"', "in one way"),
        ("values = [1]", "in one way"),
        ('transfer = "epsilon"\nvary = "a.b"\nvalues = [1]', "in one way"),
        ('vary = "odin.epsilon"\nvalues = []', "'values' in .* must be a list of values"),
        ("vary = 3\nvalues = [1]", "'vary' in"),
        ('vary = "a.b"\nvalues = [1, 1]', "Two variants in .* are called '1'"),
        ("variant = []", r"must be \[\[variant\]\] tables"),
        ("[[variant]]\nvalue = 1", "needs a name"),
        ('[[variant]]\nname = "a"\nvalue = "b"', "needs a name"),
        ('[[variant]]\nname = "a"\nsets = 1', "Unknown key of the variant 'a' in .* Did you mean 'set'"),
        ('[[variant]]\nname = "a"\nmethod = 1', "'method' in .* must be a name"),
        ('transfer = "epsilon"\nreference = "none"', "'reference' in .* must be a number"),
        ('transfer = "epsilon"\nmethods = "odin"', "Unknown key in .* Did you mean 'method'"),
        ('transfer = "epsilon"\nsummary = 1', "'summary' in .* must be a text"),
        ("transfer =", "not valid TOML"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BenchError, match=words):
        read(tmp_path, text)


def test_an_unknown_name_and_a_missing_file_are_told_apart() -> None:
    with pytest.raises(BenchError, match=r"Unknown ablation 'budgit'. Did you mean 'budget'"):
        read_ablation("budgit")
    with pytest.raises(BenchError, match=r"There is no file nowhere.toml"):
        read_ablation("nowhere.toml")
