"""Suites in TOML files: what they say, and what is said of a file that is wrong."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import bench
from bench.errors import BenchError, UnknownNameError
from bench.suites.file import suite_from_file, suite_from_table
from bench.suites.suite import Suite

WHOLE = """
title = "My cats"
summary = "Cats against dogs."
id = "cats=folder:cats"
tune-on = "uniform"
metrics = ["detection_error", "auroc"]
notes = ["By volunteers."]

[citation]
title = "Cats"
authors = "Me"
year = 2024

[groups]
near = ["dogs=npz:more/dogs.npz", "wolves"]
far = ["svhn"]
medical = ["dtd"]
covariate = ["night"]

[images]
dogs = 12

[set.uniform]
count = 7

[datasets.wolves]
folder = "wolves"
"""


def write(folder: Path, text: str = WHOLE) -> Path:
    path = folder / "mine" / "my-cats.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_everything_is_read_and_paths_count_from_the_file(tmp_path: Path) -> None:
    path = write(tmp_path)
    suite = suite_from_file(path)
    near = (f"dogs=npz:{path.parent}/more/dogs.npz", "wolves")
    assert suite.groups == {"near": near, "far": ("svhn",), "medical": ("dtd",)}
    assert list(suite.groups) == ["near", "far", "medical"]
    assert (suite.name, suite.title, suite.summary) == ("my-cats", "My cats", "Cats against dogs.")
    assert suite.id == f"cats=folder:{path.parent}/cats"
    assert suite.covariate == ("night",)
    assert suite.ood == (*near, "svhn", "dtd")
    assert (suite.tune_on, suite.metrics, suite.notes) == ("uniform", ("detection_error", "auroc"), ("By volunteers.",))
    assert suite.citation is not None
    assert (suite.citation.title, suite.citation.year) == ("Cats", 2024)
    assert suite.images == {"dogs": 12}
    assert suite.settings == {"uniform.count": 7}
    assert str(suite.bindings["wolves"]) == f"wolves=folder:{path.parent}/wolves"
    assert suite.origin == path


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "My cats"', "", "is no suite: it lacks 'title'. It must be a text in quotes"),
        ('id = "cats=folder:cats"', 'id = ""', "is no suite: it lacks 'id'"),
        ('title = "My cats"', "title = 3", "'title' in .* must be a text in quotes, not 3"),
        ('tune-on = "uniform"', 'tune-on = ["uniform"]', "'tune_on' in .* must be the name of a data set"),
        ('notes = ["By volunteers."]', 'notes = "By"', "'notes' in .* must be a list of texts"),
        ('title = "My cats"', 'titel = "My cats"', "Unknown key in .*my-cats.toml: 'titel'. Did you mean 'title'"),
        ('"detection_error"', '"auroch"', "metric in 'metrics' of .*: 'auroch'. Did you mean 'auroc'"),
        ('far = ["svhn"]', 'far = "svhn"', r"'groups' in .* must be a table of lists of data sets, such as near ="),
        ('far = ["svhn"]', "far = []", "'groups' in .* must be a table of lists"),
        ('far = ["svhn"]', 'far = ["wolves"]', "'wolves' stands 2 times in .*my-cats.toml"),
        (
            'far = ["svhn"]',
            'far = ["cats"]',
            "'cats' stands 2 times in .* As ID set and in the groups a set stands once",
        ),
        ('covariate = ["night"]', 'covariate = ["dtd"]', "'dtd' stands 2 times"),
        (
            'covariate = ["night"]',
            'Covariat = ["night"]',
            "a group 'Covariat'. Did you mean 'covariate', whose sets are",
        ),
        ('far = ["svhn"]', '"far away" = ["svhn"]', "'far away' in .groups. of .* cannot name a group"),
        ('tune-on = "uniform"', 'tune-on = "svhn"', "'tune-on' in .* is 'svhn', which is tested as well"),
        ("dogs = 12", "dogs = 0", "'images' in .* must be a table of numbers of images"),
        ("dogs = 12", "dogs = true", "'images' in .* must be a table of numbers of images"),
        ("dogs = 12", "dog = 12", r"data set in \[images\] of .*: 'dog'. Did you mean 'dogs'"),
        ("[set.uniform]", "[set.unifrom]", r"data set in \[set\] of .*: 'unifrom'. Did you mean 'uniform'"),
        ("[datasets.wolves]", "[datasets.wolfs]", r"data set in \[datasets\] of .*: 'wolfs'. Did you mean 'wolves'"),
        ("year = 2024", "", r"\[citation\] in .*my-cats.toml must have title, authors and year"),
        ("dogs=npz:more/dogs.npz", "dogs=more/dogs.npz", "Cannot read the binding 'dogs=more/dogs.npz'"),
        ("[groups]", "[groups", "my-cats.toml is not valid TOML"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in WHOLE
    with pytest.raises(BenchError, match=message):
        suite_from_file(write(tmp_path, WHOLE.replace(old, new)))


def test_covariate_sets_alone_are_no_suite(tmp_path: Path) -> None:
    text = 'title = "x"\nid = "digits"\n[groups]\ncovariate = ["glyphs"]\n'
    with pytest.raises(BenchError, match=r"\[groups\] in .* has no OOD sets"):
        suite_from_file(write(tmp_path, text))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"There is no file .*nowhere\.toml"):
        suite_from_file(tmp_path / "nowhere.toml")


SUITE: Suite = suite_from_table(
    {"title": "x", "id": "digits", "groups": {"near": ["a=npz:a.npz", "b"], "far": ["c"], "covariate": ["d"]}},
    "small",
    Path("small.toml"),
)


@pytest.mark.parametrize(
    ("ood", "groups", "expected"),
    [
        ((), (), ("a=npz:a.npz", "b", "c")),
        ((), ("far",), ("c",)),
        (("b",), (), ("b",)),
        (("c", "b"), (), ("b", "c")),
        (("b",), ("far",), ("b", "c")),
        (("a",), (), ("a",)),
        (("a=folder:other",), (), ("a=folder:other",)),
    ],
)
def test_a_suite_is_narrowed_by_sets_and_groups(
    ood: tuple[str, ...], groups: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert SUITE.narrowed(ood, groups) == expected


def test_narrowing_to_what_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"OOD set of the suite small: 'cc'\. .*Known: a, b, c"):
        SUITE.narrowed(["cc"])
    with pytest.raises(UnknownNameError, match=r"group of the suite small: 'nar'\. Did you mean 'near'"):
        SUITE.narrowed([], ["nar"])
    with pytest.raises(BenchError, match="'covariate' of the suite small show its ID classes: they are no OOD sets"):
        SUITE.narrowed([], ["covariate"])


def test_the_example_in_the_docs_is_a_suite() -> None:
    text = (Path(bench.__file__).parents[1] / "docs" / "suites.md").read_text(encoding="utf-8")
    [example] = [part for part in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if part.startswith("title")]
    suite = suite_from_table(tomllib.loads(example), "streets", Path("streets.toml"))
    assert list(suite.groups) == ["near", "far", "rain"]
    assert suite.covariate == ("dusk=folder:dusk",)
    assert set(suite.bindings) == {"dtd"}
