"""A run that is computed again, as it is and with figures, scores, images or weights that are not what they were."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bench.comparing import verify_run
from bench.comparing.recompute import Sources
from bench.comparing.verify import draw
from bench.data.bindings import parse_binding
from bench.errors import BenchError
from bench.running.api import run
from bench.store import Store


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
