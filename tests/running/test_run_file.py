"""A run in a TOML file: read with its paths, and refused where it is wrong."""

from pathlib import Path

import pytest

from bench.data.bindings import Binding
from bench.errors import BenchError
from bench.running.run_file import read_run_file

RUN = """
method = ["msp", "odin"]
id = "mine"
ood = ["svhn", "uniform"]
tune-on = "gaussian"
protocol = "heldout-ood"
seeds = 2
out = "results"
data = "/somewhere"
checkpoint = "nets/a.safetensors"

[set.odin]
epsilon = 0.002

[set.recipe]
epochs = 3
augmentation = { cutout = 8 }

[datasets.mine]
npz = "mine.npz"
"""


def test_a_run_file_says_all_that_options_say(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text(RUN)
    found = read_run_file(path)
    assert found.pop("settings") == {
        "odin.epsilon": 0.002, "recipe.epochs": 3, "recipe.augmentation": {"cutout": 8}
    }  # fmt: skip
    assert found.pop("bindings") == {"mine": Binding("mine", "npz", str(tmp_path / "mine.npz"))}
    assert found == {
        "method": ["msp", "odin"], "id": "mine", "ood": ["svhn", "uniform"], "tune_on": "gaussian",
        "protocol": "heldout-ood", "seeds": (0, 1), "out": tmp_path / "results", "data": Path("/somewhere"),
        "checkpoint": tmp_path / "nets" / "a.safetensors",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("methd = 'msp'", r"key in .*run\.toml: 'methd'\. Did you mean 'method'"),
        ("settings = 3", "key in .*'settings'"),
        ("id = ", r"run\.toml is not valid TOML"),
        ("id = 3", r"'id' in .*run\.toml must be a text in quotes, not 3"),
        ("method = 3", r"'method' in .* must be a name or a list of names, not 3"),
        ("ood = ['a', 3]", r"'ood' in .* must be a name or a list of names"),
        ("seeds = 'many'", r"'seeds' in .* must be a whole number, not 'many'"),
        ("seed = true", r"'seed' in .* must be a whole number, not True"),
        ("seed = 1\nseeds = 2", "not both"),
        ("set = 3", r"'set' in .* must be tables, such as \[set\.NAME\]"),
        ("[set]\nodin = 3", r"'set' in .* must be tables, such as \[set\.NAME\]"),
        ("datasets = 'x'", r"'datasets' in .* must be tables, such as \[datasets\.NAME\]"),
        ("out = 3", r"'out' in .* must be a text in quotes"),
        ("format = 3", r"'format' in .* must be a text in quotes"),
        ("ood = 'mine=npy:x'", "Did you mean 'npz'"),
        ("[datasets.mine]\nnpz = 3", r"\[datasets\.mine\] in .*run\.toml must hold one line"),
    ],
)
def test_a_wrong_run_file_is_refused_with_the_reason(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "run.toml"
    path.write_text(text)
    with pytest.raises(BenchError, match=message):
        read_run_file(path)


def test_a_run_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"There is no file .*none\.toml"):
        read_run_file(tmp_path / "none.toml")
    with pytest.raises(BenchError, match=r"Cannot read .*"):
        read_run_file(tmp_path)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BenchError, match=r"bytes\.toml is not valid TOML"):
        read_run_file(tmp_path / "bytes.toml")


def test_paths_after_a_name_count_from_the_folder_of_the_file_too(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "run.toml"
    path.parent.mkdir()
    path.write_text(
        'id = "i=folder:images"\nood = ["n2=npz:../gray.npz", "svhn", "abs=npz:/x.npz"]\ntune-on = "t=npz:~/t.npz"\n'
        'data = "~/data"\n'
    )
    found = read_run_file(path)
    assert found["id"] == f"i=folder:{tmp_path}/runs/images"
    assert found["ood"] == [f"n2=npz:{tmp_path}/runs/../gray.npz", "svhn", "abs=npz:/x.npz"]
    assert found["tune_on"] == f"t=npz:{Path.home()}/t.npz"
    assert found["data"] == Path.home() / "data"
    path.write_text('ood = "n2=npz:gray.npz"')
    assert read_run_file(path)["ood"] == f"n2=npz:{tmp_path}/runs/gray.npz"
