"""The command line as a whole: what errors, interruptions and results look like from a shell."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench.running.rows import COLUMNS

QUICK = ["--set", "recipe.epochs=1", "--set", "gaussian.count=50"]
RUN = ["run", "--method", "msp", "--method", "confidence", "--id", "digits", "--ood", "gaussian", *QUICK]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


Called = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--method", "confidance", "--id", "digits", "--ood", "glyphs"], "Did you mean 'confidence'?"),
        (["run", "--method", "msp", "--id", "digit", "--ood", "glyphs"], "Did you mean 'digits'?"),
        (["run", "--id", "digits", "--ood", "glyphs"], "Nothing given for --method"),
        (["run", "--method", "msp", "--id", "digits", "--ood", "digits"], "both the ID set and an OOD set"),
        (["run", "--method", "msp", "--id", "digits", "--ood", "glyphs", "--set", "msp.epsilon=1"], "epsilon"),
        (["run", "--method", "msp", "--id", "digits", "--ood", "glyphs", "--set", "odin.epsilon=1"], "odin"),
        (["run", "--method", "msp", "--id", "digits", "--ood", "x=npz:nowhere.npz"], "nowhere.npz"),
        (["run", "--method", "msp", "--id", "svhn", "--ood", "glyphs", "--data", "nowhere"], "bench data fetch svhn"),
        (["run", "--method", "msp", "--id", "digits", "--ood", "glyphs", "--recipe", "smok"], "Did you mean 'smoke'?"),
        (["run", "--method", "msp", "--id", "digits", "--ood", "glyphs", "--seed", "1", "--seeds", "2"], "not both"),
        (["run", "--method", "msp", "--id", "digits", "--ood", "glyphs", "--protocol", "heldout-ood"], "--tune-on"),
        (["run", "nowhere.toml"], "nowhere.toml"),
        (["run", "--bogus"], "No such option"),
        (["table", "nowhere"], "There are no results in nowhere"),
        (["plot", "roc", "nowhere"], "There are no results in nowhere"),
        (["train", "--id", "photos"], "train"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(arguments: list[str], words: str, called: Called) -> None:
    code, out, err = called(*arguments)
    assert code == 2
    assert words in err
    assert "Traceback" not in err
    assert out == ""


def test_from_a_shell_too() -> None:
    done = bench("run", "--method", "confidance", "--id", "digits", "--ood", "glyphs")
    assert done.returncode == 2
    assert done.stderr.startswith("Error: Unknown method 'confidance'. Did you mean 'confidence'?")
    assert "Traceback" not in done.stderr


def test_a_run_prints_its_result_and_writes_its_files(tmp_path: Path) -> None:
    done = bench(*RUN, "--out", str(tmp_path), "--format", "json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [row["method"] for row in rows] == ["msp", "confidence"]
    assert set(COLUMNS) <= set(rows[0])
    assert 0 <= rows[0]["auroc"] <= 1
    for pattern in ("rows.csv", "rows.json", "comparison.md", "comparison.tex", "roc-curves*.png", "roc-curves*.svg"):
        assert list(tmp_path.glob(pattern)), pattern
    again = bench(*RUN, "--out", str(tmp_path), "--format", "csv")
    assert "Training" not in again.stderr
    assert "Extracting" not in again.stderr
    from_csv = list(csv.DictReader(io.StringIO(again.stdout)))
    assert [float(row["auroc"]) for row in from_csv] == [row["auroc"] for row in rows]
    assert bench("table", str(tmp_path)).stdout.count("confidence") >= 1


def test_a_dry_run_refuses_to_tune_on_what_is_tested_on(tmp_path: Path, called: Called) -> None:
    from bench.data.dataset import DATASETS, Place

    glyphs = DATASETS.get("glyphs")().load("test", Place(tmp_path))
    np.savez(tmp_path / "sub.npz", images=np.asarray(glyphs.read(np.arange(100))))
    held = ("--protocol", "heldout-ood", "--tune-on", f"sub=npz:{tmp_path / 'sub.npz'}")
    code, _, err = called("run", "--method", "energy", "--id", "digits", "--ood", "glyphs", *held, "--dry-run")
    assert code == 2
    assert "100 of the 1,400 OOD test images would be tuned on as well" in err


def test_a_dry_run_prints_the_plan_and_does_nothing(tmp_path: Path, called: Called) -> None:
    code, out, _ = called(*RUN, "--out", str(tmp_path / "out"), "--dry-run")
    assert code == 0
    assert "to train for 1 epoch)" in out
    assert "Cells: 2" in out
    assert not (tmp_path / "out").exists()


def test_ctrl_c_is_a_message_and_the_same_command_goes_on(tmp_path: Path) -> None:
    long = [sys.executable, "-m", "bench", *RUN[:-4], "--set", "recipe.epochs=500", "--out", str(tmp_path)]
    with subprocess.Popen(long, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        deadline = time.monotonic() + 120
        while not list(Path(os.environ["BENCH_CACHE"]).rglob("resume.safetensors")) and time.monotonic() < deadline:
            time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        _, stderr = running.communicate(timeout=60)
    assert running.returncode == 2, stderr
    assert "Interrupted. What was done is kept" in stderr
    assert "Traceback" not in stderr


def test_a_bug_is_a_traceback() -> None:
    code = (
        "import sys; import bench.cli.main as main, bench.running.preparation as preparation\n"
        "preparation.Preparation.__init__ = lambda *_: 1 / 0\n"
        "sys.argv = ['bench', 'run', '--method', 'msp', '--id', 'digits', '--ood', 'glyphs']\n"
        "main.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


def test_a_run_file_is_read_and_options_override_it(called: Called) -> None:
    demo = str(Path(__file__).parents[2] / "examples" / "demo.toml")
    code, out, err = called("run", demo, "--dry-run")
    assert code == 0, err
    assert "Cells: 20, results in" in out
    assert "runs/demo" in out
    code, out, err = called("run", demo, "--method", "msp", "--out", "elsewhere", "--precision", "bf16", "--dry-run")
    assert code == 0, err
    assert "Cells: 5, results in elsewhere" in out
