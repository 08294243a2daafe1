"""The bench.toml of a project."""

from pathlib import Path

import pytest

from bench.data.bindings import Binding
from bench.data.project import project_bindings
from bench.errors import BenchError


def test_a_project_may_bind_names_in_its_folder(tmp_path: Path) -> None:
    assert project_bindings(tmp_path) == {}
    (tmp_path / "bench.toml").write_text('[datasets.svhn]\nfolder = "pictures"\n')
    assert project_bindings(tmp_path) == {"svhn": Binding("svhn", "folder", str(tmp_path / "pictures"))}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("datasets = 3", r"'datasets' in .*bench\.toml must be tables, such as \[datasets\.NAME\], not 3"),
        ("[datasets.x]\nnpz = ' '", "'x=npz:' lacks a path"),
        ("[datasets.x]\nnpz = 3", r"\[datasets\.x\] in .*bench\.toml must hold one line"),
        ("datasets", r"bench\.toml is not valid TOML"),
    ],
)
def test_a_wrong_one_is_named_with_the_reason(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bench.toml").write_text(text)
    with pytest.raises(BenchError, match=message):
        project_bindings(tmp_path)
