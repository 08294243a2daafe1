"""A run that is computed again, as it is and with figures, scores, images or weights that are not what they were."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.comparing import verify_run
from bench.comparing.recompute import Sources
from bench.comparing.verify import draw
from bench.data.bindings import parse_binding
from bench.errors import BenchError
from bench.plugins import active
from bench.running.api import run
from bench.store import Store

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Path, Sources]:
    """A run of a baseline, which needs no network, against images from a file."""
    images = tmp_path / "grey.npz"
    np.savez(images, images=np.random.default_rng(0).integers(0, 99, (40, 8, 8), dtype=np.uint8))
    binding = parse_binding(f"grey=npz:{images}", tmp_path)
    run("brightness", id="digits", ood=str(binding), out=tmp_path / "run")
    return tmp_path / "run", Sources(device="cpu", bindings={"grey": binding})


def test_an_untouched_run_is_sound(kept: tuple[Path, Sources]) -> None:
    found = verify_run(*kept)
    assert found.is_sound
    assert [(one.what, one.status) for one in found.checks] == [("metrics", "equal"), ("scores", "equal")]


def test_a_figure_that_was_changed_is_found(kept: tuple[Path, Sources]) -> None:
    (path,) = (kept[0] / "cells").glob("*.json")
    record = json.loads(path.read_text())
    del record["seal"]
    record["row"]["auroc"] += 1e-15
    path.write_text(json.dumps(record))
    [check] = verify_run(*kept, cells=0).of("metrics", "differs")
    assert check.detail.startswith("auroc ")


def test_scores_that_were_changed_are_found(kept: tuple[Path, Sources]) -> None:
    store = Store(kept[0])
    [record] = store.records()
    scores = store.scores(record["key"])
    scores.ood_scores[3] = np.nextafter(scores.ood_scores[3], np.inf)
    store.put(record["key"], record, scores)
    found = verify_run(*kept)
    [check] = found.of("scores", "differs")
    assert check.detail.startswith("1 of 540 scores")
    assert not found.is_sound


def test_scores_whose_file_was_edited_differ_and_nothing_is_moved(kept: tuple[Path, Sources]) -> None:
    (path,) = (kept[0] / "scores").glob("*.npz")
    with np.load(path) as archive:
        arrays = dict(archive)
    arrays["ood_scores"][3] += 1
    np.savez_compressed(path, **arrays)
    before = {one: one.read_bytes() for one in kept[0].rglob("*") if one.is_file()}
    for _ in range(2):  # the second time as well
        found = verify_run(*kept)
        assert [(one.what, one.status) for one in found.checks] == [("metrics", "differs"), ("scores", "differs")]
        assert not found.is_sound
    assert {one: one.read_bytes() for one in kept[0].rglob("*") if one.is_file()} == before


def test_a_record_with_a_broken_seal_differs_and_stays(kept: tuple[Path, Sources]) -> None:
    Store(kept[0]).index()  # which knows the record as it was
    (path,) = (kept[0] / "cells").glob("*.json")
    time = path.stat().st_mtime_ns
    path.write_text(path.read_text().replace('"n_ood": 40', '"n_ood": 41'))
    os.utime(path, ns=(time, time))
    found = verify_run(*kept)
    assert [(one.words, one.status) for one in found.checks] == [(f"cell {path.stem}", "differs")]
    assert not found.is_sound
    assert path.exists()


def test_scores_that_are_gone_are_named(kept: tuple[Path, Sources]) -> None:
    (path,) = (kept[0] / "scores").glob("*.npz")
    path.unlink()
    found = verify_run(*kept, cells=0)
    [check] = found.checks
    assert (check.status, found.is_sound) == ("gone", False)
    assert str(path) in check.detail


def test_what_was_set_aside_is_named(kept: tuple[Path, Sources]) -> None:
    (path,) = (kept[0] / "cells").glob("*.json")
    path.write_text("{")
    assert Store(kept[0]).records() == []  # sets it aside
    found = verify_run(*kept)
    assert found.checks == ()
    assert path.name in found.set_aside
    assert not found.is_sound


def test_other_images_are_told_and_not_held_against_the_run(kept: tuple[Path, Sources], tmp_path: Path) -> None:
    np.savez(tmp_path / "grey.npz", images=np.zeros((40, 8, 8), np.uint8))
    found = verify_run(*kept)
    [check] = found.of("scores", "not recomputed")
    assert "what is here is not what was evaluated: ood" in check.detail
    assert found.is_sound


def test_missing_weights_are_told(kept: tuple[Path, Sources]) -> None:
    store = Store(kept[0])
    [record] = store.records()
    record["row"]["network"] = "resnet20"
    store.put(record["key"], record, store.scores(record["key"]))
    [check] = verify_run(*kept).of("scores", "not recomputed")
    assert "--checkpoint" in check.detail


def test_cells_are_drawn_by_seed() -> None:
    records = [{"key": str(place)} for place in range(50)]
    first = draw(records, 5, 0)
    assert first == draw(records, 5, 0) != draw(records, 5, 1)
    assert len({record["key"] for record in first}) == 5
    assert draw(records, 99, 0) == records


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no results"):
        verify_run(tmp_path, Sources())


@pytest.fixture
def with_plugin(tmp_path: Path, kept: tuple[Path, Sources]) -> tuple[Path, Sources]:
    """A run of a method from a plugin file, which is not active any more."""
    text = (ROOT / "methods" / "brightness.py").read_text("utf-8")
    text = text.replace('@method("brightness")', '@method("dark")').replace("class Brightness", "class Dark")
    # Of equal files of other tests, which this process has loaded too, any would do.
    (tmp_path / "plugin.py").write_text(f"# {tmp_path.name}\n{text}", encoding="utf-8")
    images = kept[1].bindings["grey"]
    run("dark", id="digits", ood=str(images), out=tmp_path / "dark", plugin=tmp_path / "plugin.py")
    active._ACTIVE.clear()
    return tmp_path / "dark", kept[1]


def test_the_plugin_of_a_run_is_restored(with_plugin: tuple[Path, Sources]) -> None:
    folder, sources = with_plugin
    [check] = verify_run(folder, replace(sources, trust_code=True)).of("scores", "equal")
    assert check.words.startswith("dark, digits")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path: path.unlink(), "is gone: name a copy of it with --plugin"),
        (lambda path: path.write_text(path.read_text() + "#"), "has changed since"),
    ],
)
def test_a_plugin_that_is_not_what_it_was_is_told(
    with_plugin: tuple[Path, Sources], tmp_path: Path, change: Callable[[Path], object], words: str
) -> None:
    change(tmp_path / "plugin.py")
    folder, sources = with_plugin
    [check] = verify_run(folder, replace(sources, trust_code=True)).of("scores", "not recomputed")
    assert words in check.detail


def test_a_plugin_that_only_the_results_name_is_not_run(with_plugin: tuple[Path, Sources], tmp_path: Path) -> None:
    [check] = verify_run(*with_plugin).of("scores", "not recomputed")
    assert f"{tmp_path / 'plugin.py'} is named by the results alone: look at it, and add --trust-code" in check.detail
    assert active.active_files() == ()


def test_shifted_sets_are_computed_again(kept: tuple[Path, Sources], tmp_path: Path) -> None:
    shifted = tmp_path / "shifted.npz"
    np.savez(shifted, images=np.random.default_rng(1).integers(99, 200, (30, 8, 8), dtype=np.uint8))
    bindings = {**kept[1].bindings, "shifted": parse_binding(f"shifted=npz:{shifted}", tmp_path)}
    run("brightness", id="digits", ood=str(bindings["grey"]), shifted=str(bindings["shifted"]), out=tmp_path / "full")
    found = verify_run(tmp_path / "full", replace(kept[1], bindings=bindings))
    assert [(one.what, one.status) for one in found.checks] == [("metrics", "equal"), ("scores", "equal")]


def test_an_ensemble_is_computed_again_from_its_networks(kept: tuple[Path, Sources], tmp_path: Path) -> None:
    settings = {"recipe.epochs": 1}
    ood = str(kept[1].bindings["grey"])
    run("deep-ensemble", id="digits", ood=ood, out=tmp_path / "deep", seeds=(0, 1), settings=settings)
    found = verify_run(tmp_path / "deep", kept[1])
    assert [(one.what, one.status, one.detail) for one in found.checks] == [
        ("metrics", "equal", ""),
        ("scores", "equal", ""),
    ]
    for path in (tmp_path / "cache" / "checkpoints").glob("*/checkpoint.safetensors"):
        path.unlink()
    [check] = verify_run(tmp_path / "deep", kept[1]).of("scores", "not recomputed")
    assert "the networks of its ensemble are not among those trained on this machine" in check.detail
