"""Commands as they are kept: paths by names, and a shell that reads them back."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.command_line import command_text


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("home", "home/work", "data"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BENCH_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path / "home" / "work")


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("{}/home/work/runs/a", "runs/a"),
        ("{}/home/work", "."),
        ("{}/home/nets/a.pt", "~/nets/a.pt"),
        ("{}/data", "$BENCH_DATA"),
        ("svhn=npz:{}/data/svhn.npz", "svhn=npz:$BENCH_DATA/svhn.npz"),
        ("a=npz:{}/data/x,{}/data/y", "a=npz:$BENCH_DATA/x,$BENCH_DATA/y"),
        ("{}/data2/x", "{}/data2/x"),
        ("/elsewhere/x", "/elsewhere/x"),
        ("group:logits", "group:logits"),
    ],
)
def test_paths_have_names(word: str, told: str, tmp_path: Path) -> None:
    assert command_text([word.replace("{}", str(tmp_path))]) == told.replace("{}", str(tmp_path))


def test_a_file_of_data_with_a_space_still_names_its_folder(tmp_path: Path) -> None:
    assert command_text([f"{tmp_path}/data/my set"]) == '"$BENCH_DATA/my set"'


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_a_shell_reads_back_what_was_given(words: list[str]) -> None:
    plain = [word for word in words if not {"~", "$"} & set(word)]
    assert shlex.split(command_text(plain)) == plain
