"""`bench audit`: real sets, planted duplicates, and what is written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_images
from typer.testing import CliRunner

from bench.cli.audit import audit
from bench.errors import BenchError

RUNNER = CliRunner()
APP = typer.Typer()
APP.command()(audit)


def audited(folder: Path, *arguments: str) -> dict[str, Any]:
    result = RUNNER.invoke(APP, [*arguments, "--out", str(folder), "--format", "json"])
    assert result.exit_code == 0, result.exception
    found: dict[str, Any] = json.loads(result.stdout)
    assert json.loads((folder / "audit.json").read_text()) == found
    return found


def save(path: Path, images: NDArray[np.uint8]) -> str:
    np.savez(path, images=images)
    return f"{path.stem}=npz:{path}"


@pytest.fixture(scope="module")
def patches() -> NDArray[np.uint8]:
    """Pieces of two photographs in 32x32 pixels, in an order that has nothing to do with where they were cut."""
    found = []
    for photo in load_sample_images().images:
        small = np.asarray(Image.fromarray(photo).resize((480, 320)))
        found += [small[top : top + 32, left : left + 32] for top in range(0, 288, 32) for left in range(0, 448, 32)]
    kept = np.stack([one for one in found if one.std() > 25])
    return kept[np.random.default_rng(0).permutation(len(kept))]


def test_noise_and_letters_are_trivially_separable(tmp_path: Path) -> None:
    found = audited(tmp_path, "--id", "digits", "--ood", "glyphs", "--ood", "gaussian", "--limit", "300")
    assert [pair["ood"] for pair in found["pairs"]] == ["glyphs", "gaussian"]
    for pair in found["pairs"]:
        assert pair["kind"] == "shortcut"
        assert "trivially separable" in pair["verdict"]
        assert pair["statistics"][0]["auroc"] > 0.99
        assert pair["facts"]["images"] == 300
        # Digits resemble each other too much for near-duplicates to be told.
        assert [(one["exact"], one["near"]) for one in pair["duplicates"]] == [(0, None), (0, None)]
    assert found["id_facts"]["digits train"]["images"] == 1297
    assert found["provenance"]["packages"]["oodbench"]


def test_planted_duplicates_are_found_counted_and_shown(tmp_path: Path, patches: NDArray[np.uint8]) -> None:
    ids, oods = patches[::2], patches[1::2].copy()
    oods[:5] = ids[:5]
    oods[5:12] = ids[5:12, :, ::-1]
    names = save(tmp_path / "ids.npz", ids), save(tmp_path / "oods.npz", oods)
    found = audited(tmp_path / "out", "--id", names[0], "--ood", names[1])
    [pair] = found["pairs"]
    [doubles] = pair["duplicates"]
    assert (doubles["exact"], doubles["near"]) == (5, 7)
    assert pair["verdict"].startswith("contaminated: 5 exact duplicates and 7 near-duplicates of ids test")
    assert {(one["image"], one["double"], one["mirrored"]) for one in doubles["examples"]} == {
        (str(place), str(place), place >= 5) for place in range(12)
    }
    with Image.open(tmp_path / "out" / "duplicates-oods-in-ids-test.png") as sheet:
        assert sheet.width > 1000
    page = (tmp_path / "out" / "audit.md").read_text()
    assert pair["verdict"] in page
    assert found["id_test_in_train"] is None


def test_pieces_of_the_same_photographs_are_sound(tmp_path: Path, patches: NDArray[np.uint8]) -> None:
    names = save(tmp_path / "ids.npz", patches[::2]), save(tmp_path / "oods.npz", patches[1::2])
    result = RUNNER.invoke(APP, ["--id", names[0], "--ood", names[1], "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.exception
    assert result.stdout.split()[:2] == ["oods", "sound:"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["audit.json", "audit.md"]


def test_images_of_another_size_are_told_of(tmp_path: Path, patches: NDArray[np.uint8]) -> None:
    large = patches[1::2].repeat(2, axis=1).repeat(2, axis=2)
    names = save(tmp_path / "ids.npz", patches[::2]), save(tmp_path / "large.npz", large)
    found = audited(tmp_path / "out", "--id", names[0], "--ood", names[1], "--no-train")
    [pair] = found["pairs"]
    assert found["shown_as"] == [32, 32, 3]
    assert pair["facts"]["sizes"] == {"64x64": len(large)}
    assert any("64x64" in remark and "32x32" in remark for remark in pair["remarks"])


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = RUNNER.invoke(APP, ["--id", "digits", "--ood", "glyphs", "--out", str(tmp_path / "file")])
    assert isinstance(result.exception, BenchError)
    assert "Cannot write to" in str(result.exception)


@pytest.mark.skipif(
    not (Path(os.environ.get("BENCH_DATA", "")) / "cifar-10-batches-py").exists(), reason="needs CIFAR-10 in BENCH_DATA"
)
def test_real_images_with_planted_duplicates(tmp_path: Path) -> None:
    from bench.data.dataset import DATASETS, Place

    images = DATASETS.get("cifar10")().load("test", Place(Path(os.environ["BENCH_DATA"])))
    read = np.asarray(images.read(np.arange(900)))
    moved = np.roll(read[:200], 2, axis=2)
    names = save(tmp_path / "ids.npz", read[:600]), save(tmp_path / "oods.npz", np.concatenate([moved, read[600:]]))
    found = audited(tmp_path / "out", "--id", names[0], "--ood", names[1])
    [doubles] = found["pairs"][0]["duplicates"]
    assert doubles["exact"] == 0
    assert 190 <= doubles["near"] <= 203
