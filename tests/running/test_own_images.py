"""Runs on images of one's own, behind every kind of binding: the real command, real files, and equal scores."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import typer
from PIL import Image
from sklearn.datasets import load_digits, load_sample_images
from torch import Tensor, nn
from torch.utils.data import TensorDataset
from typer.testing import CliRunner, Result

import bench
from bench.cli.detect import detect
from bench.cli.misclassification import misclassification
from bench.cli.run import run
from bench.cli.threshold import threshold
from bench.data.binding_kind import BINDING_KINDS
from bench.data.images import ArrayImages
from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.networks.checkpoint import Checkpoint
from bench.networks.classifier import build_network
from bench.optional import optional_module
from bench.store import Store

datasets = optional_module("datasets", extra="hf", purpose="to write such data sets")

RUNNER = CliRunner()
APP = typer.Typer()
for command in (run, misclassification, threshold, detect):
    APP.command()(command)

DIGITS: Any = load_digits()
PIXELS = (DIGITS.images[:40] * 15.9).astype(np.uint8)
LABELS = DIGITS.target[:40]
NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
PHOTO: Any = load_sample_images()
PHOTOS = np.stack([PHOTO.images[0][row : row + 16, 300:316] for row in range(0, 320, 16)])


def _checkpoint(path: Path, classes: tuple[str, ...] = ()) -> Path:
    """An untrained network with the names of its classes."""
    Checkpoint(
        network="convnet",
        num_classes=10,
        channels=1,
        confidence_branch=False,
        transform=InputTransform(32, 32, 1, (0.3,), (0.3,)),
        classes=classes,
        id_dataset="mine",
        objective="cross-entropy",
        seed=0,
        training={},
        state=build_network("convnet", 10, channels=1).state_dict(),
    ).save(path)
    return path


def _png(pixels: np.ndarray[Any, Any]) -> bytes:
    memory = io.BytesIO()
    Image.fromarray(pixels).save(memory, "PNG")
    return memory.getvalue()


def _write_images(folder: Path, pixels: np.ndarray[Any, Any]) -> list[str]:
    folder.mkdir(parents=True)
    names = [f"{place:04d}.png" for place in range(len(pixels))]
    for name, image in zip(names, pixels, strict=True):
        (folder / name).write_bytes(_png(image))
    return names


def _openood(data: Path) -> dict[str, str]:
    """A tree as OpenOOD's archives unpack to: lists of ID test images with classes, of OOD ones with -1."""
    lists = data / "benchmark_imglist" / "digits"
    lists.mkdir(parents=True)
    of_id = _write_images(data / "images_classic" / "digits" / "test", PIXELS)
    of_ood = _write_images(data / "images_classic" / "photos", PHOTOS)
    labelled = [f"digits/test/{name} {label}\n" for name, label in zip(of_id, LABELS, strict=True)]
    (lists / "test_digits.txt").write_text("".join(labelled))
    (lists / "test_photos.txt").write_text("".join(f"photos/{name} -1\n" for name in of_ood))
    return {"id": f"mine=imglist:{lists}/test_digits.txt", "ood": f"other=imglist:{lists}/test_photos.txt"}


def _shards(folder: Path) -> dict[str, str]:
    folder.mkdir()
    for name, pixels, labels in (("id", PIXELS, LABELS), ("ood", PHOTOS, None)):
        for shard in range(2):
            with tarfile.open(folder / f"{name}-{shard}.tar", "w") as archive:
                for place in np.array_split(np.arange(len(pixels)), 2)[shard]:
                    members = {"png": _png(pixels[place])}
                    if labels is not None:
                        members["cls"] = str(labels[place]).encode()
                    for suffix, content in members.items():
                        info = tarfile.TarInfo(f"{place:04d}.{suffix}")
                        info.size = len(content)
                        archive.addfile(info, io.BytesIO(content))
    return {
        "id": f"mine=webdataset:{folder}/id-{{0..1}}.tar",
        "ood": f"other=webdataset:{folder}/ood-{{0..1}}.tar",
    }


def _archives(folder: Path) -> dict[str, str]:
    folder.mkdir()
    np.savez(folder / "id.npz", images=PIXELS, labels=LABELS)
    np.savez(folder / "ood.npz", images=PHOTOS)
    return {"id": f"mine=npz:{folder}/id.npz", "ood": f"other=npz:{folder}/ood.npz"}


def _tables(folder: Path) -> dict[str, str]:
    of_id, of_ood = _write_images(folder / "digits", PIXELS), _write_images(folder / "photos", PHOTOS)
    rows = [f"digits/{name},{NAMES[label]}" for name, label in zip(of_id, LABELS, strict=True)]
    (folder / "id.csv").write_text("\n".join(["path,label", *rows]))
    (folder / "ood.csv").write_text("\n".join(["path", *(f"photos/{name}" for name in of_ood)]))
    return {"id": f"mine=csv:{folder}/id.csv", "ood": f"other=csv:{folder}/ood.csv"}


def _folders(folder: Path) -> dict[str, str]:
    """Class folders, whose order in the alphabet is not the network's; files are numbered over all of them."""
    for place, (image, label) in enumerate(zip(PIXELS, LABELS, strict=True)):
        path = folder / "id" / NAMES[label] / f"{place:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_png(image))
    _write_images(folder / "ood", PHOTOS)
    return {"id": f"mine=folder:{folder}/id", "ood": f"other=folder:{folder}/ood"}


def _hub_sets(folder: Path) -> dict[str, str]:
    classes = datasets.ClassLabel(names=sorted(NAMES))
    image = datasets.Image()
    for name, pixels, labels in (("id", PIXELS, LABELS), ("ood", PHOTOS, None)):
        columns: dict[str, Any] = {"image": [{"bytes": _png(one), "path": None} for one in pixels]}
        if labels is not None:
            columns["label"] = [sorted(NAMES).index(NAMES[label]) for label in labels]
        features = datasets.Features({"image": image} if labels is None else {"image": image, "label": classes})
        (folder / name).mkdir(parents=True)
        datasets.Dataset.from_dict(columns, features=features).to_parquet(folder / name / "test.parquet")
    return {"id": f"mine=hf:{folder}/id", "ood": f"other=hf:{folder}/ood"}


WRITERS = {
    "imglist": _openood,
    "webdataset": _shards,
    "csv": _tables,
    "folder": _folders,
    "hf": _hub_sets,
    "npz": _archives,
}


def test_every_kind_is_run() -> None:
    assert sorted(WRITERS) == BINDING_KINDS.names()


def _invoke(*arguments: object) -> Result:
    return RUNNER.invoke(APP, [str(one) for one in arguments])


def _run(sets: dict[str, str], checkpoint: Path, out: Path, *further: str) -> dict[str, Any]:
    options = ("--method", "msp", "--id", sets["id"], "--ood", sets["ood"], "--checkpoint", checkpoint, "--out", out)
    result = _invoke("run", *options, "--format", "json", *further)
    assert result.exit_code == 0, result.exception
    [row] = json.loads(result.stdout)
    return dict(row)


def _scores(out: Path, key: str) -> tuple[list[float], list[float]]:
    found = Store(out).scores(key)
    return sorted(found.id_scores.tolist()), sorted(found.ood_scores.tolist())


@pytest.mark.parametrize("kind", [kind for kind in WRITERS if kind != "npz"])
def test_a_run_gives_what_the_same_images_in_archives_give(tmp_path: Path, kind: str) -> None:
    checkpoint = _checkpoint(tmp_path / "net.safetensors", NAMES)
    expected = _run(_archives(tmp_path / "archives"), checkpoint, tmp_path / "one")
    found = _run(WRITERS[kind](tmp_path / kind), checkpoint, tmp_path / "two")
    measured = ("n_id", "n_ood", "id_accuracy", "auroc", "fpr_at_95_tpr", "aupr_in", "aupr_out", "warnings")
    assert {name: found[name] for name in measured} == {name: expected[name] for name in measured}
    assert _scores(tmp_path / "two", found["key"]) == _scores(tmp_path / "one", expected["key"])
    assert (found["id_note"], expected["id_note"]) == (f"bound to {_source(found)}", f"bound to {_source(expected)}")


def _source(row: dict[str, Any]) -> str:
    return str(row["id_note"]).removeprefix("bound to ")


@pytest.mark.parametrize("write", [_openood, _shards])
def test_broken_images_stop_a_run_or_are_left_out_of_it(tmp_path: Path, write: Any) -> None:
    checkpoint = _checkpoint(tmp_path / "net.safetensors", NAMES)
    sets = write(tmp_path / "set")
    _break_images_below(tmp_path / "set")
    options = ("--method", "msp", "--id", sets["id"], "--ood", sets["ood"], "--checkpoint", checkpoint)
    refused = _invoke("run", *options, "--out", tmp_path / "refused")
    assert isinstance(refused.exception, BenchError)
    assert "'mine' has 2 broken images among 40: " in str(refused.exception)
    assert "0003.png (" in str(refused.exception)
    assert "--skip-broken" in str(refused.exception)
    row = _run(sets, checkpoint, tmp_path / "out", "--skip-broken")
    assert (row["n_id"], row["n_ood"]) == (38, 19)
    assert "2 broken images of 40 left out: " in row["id_note"]
    assert "0003.png" in row["id_note"]
    assert "1 broken image of 20 left out: " in row["ood_note"]
    kept = [place for place in range(40) if place not in (3, 7)]
    np.savez(tmp_path / "kept.npz", images=PIXELS[kept], labels=LABELS[kept])
    np.savez(tmp_path / "ood.npz", images=np.delete(PHOTOS, 5, axis=0))
    clean = {"id": f"mine=npz:{tmp_path}/kept.npz", "ood": f"other=npz:{tmp_path}/ood.npz"}
    expected = _run(clean, checkpoint, tmp_path / "clean")
    assert _scores(tmp_path / "out", row["key"]) == _scores(tmp_path / "clean", expected["key"])
    assert row["id_accuracy"] == expected["id_accuracy"]
    table = (tmp_path / "out" / "comparison.md").read_text(encoding="utf-8")
    assert "1 broken image of 20 left out" in table


def _break_images_below(folder: Path) -> None:
    """Overwrite the ID images 3 and 7 and the OOD image 5 from their second quarter on, wherever they are."""
    wanted = [_png(PIXELS[3]), _png(PIXELS[7]), _png(PHOTOS[5])]
    for path in (one for one in folder.rglob("*") if one.suffix in (".png", ".tar")):
        content = path.read_bytes()
        for image in wanted:
            content = content.replace(image, image[: len(image) // 4] + bytes(len(image) - len(image) // 4))
        path.write_bytes(content)


def test_a_run_file_may_say_it_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _openood(tmp_path / "set")
    _break_images_below(tmp_path / "set")
    _checkpoint(tmp_path / "net.safetensors", NAMES)
    (tmp_path / "bench.toml").write_text(
        '[datasets.other]\nimglist = "set/benchmark_imglist/digits/test_photos.txt"\nroot = "set/images_classic"\n'
    )
    (tmp_path / "run.toml").write_text(
        'method = "msp"\nid = "mine=imglist:set/benchmark_imglist/digits/test_digits.txt"\nood = "other"\n'
        'checkpoint = "net.safetensors"\nout = "out"\nskip-broken = true\nformat = "json"\n'
    )
    result = _invoke("run", "run.toml")
    assert result.exit_code == 0, result.exception
    [row] = json.loads(result.stdout)
    assert (row["n_id"], row["n_ood"]) == (38, 19)


def test_the_other_commands_leave_broken_images_out_too(tmp_path: Path) -> None:
    checkpoint = _checkpoint(tmp_path / "net.safetensors", NAMES)
    sets = _openood(tmp_path / "set")
    _break_images_below(tmp_path / "set")
    files = [tmp_path / "set" / "images_classic" / "photos" / f"{place:04d}.png" for place in (4, 5, 6)]
    choices = ("--method", "msp", "--id", sets["id"], "--checkpoint", checkpoint, "--out")
    for arguments in (
        ("misclassification", *choices, tmp_path / "out", "--format", "json"),
        ("threshold", *choices, tmp_path / "detector.json"),
        ("detect", tmp_path / "detector.json", *files, "--format", "json"),
    ):
        refused = _invoke(*arguments)
        assert isinstance(refused.exception, BenchError)
        assert "broken image" in str(refused.exception)
        result = _invoke(*arguments, "--skip-broken")
        assert result.exit_code == 0, result.exception
        if arguments[0] == "misclassification":
            [row] = json.loads(result.stdout)
            assert row["n_correct"] + row["n_wrong"] == 38
        if arguments[0] == "detect":
            assert [one["image"] for one in json.loads(result.stdout)] == [str(files[0]), str(files[2])]


def test_some_of_the_classes_are_enough_and_an_unknown_one_is_named(tmp_path: Path) -> None:
    checkpoint = _checkpoint(tmp_path / "net.safetensors", NAMES)
    sets = _folders(tmp_path / "set")
    for name in NAMES[3:]:
        for path in (tmp_path / "set" / "id" / name).iterdir():
            path.unlink()
    few = LABELS < 3
    np.savez(tmp_path / "few.npz", images=PIXELS[few], labels=LABELS[few])
    expected = _run({**sets, "id": f"mine=npz:{tmp_path}/few.npz"}, checkpoint, tmp_path / "one")
    found = _run(sets, checkpoint, tmp_path / "two")
    assert found["id_accuracy"] == expected["id_accuracy"]
    (tmp_path / "set" / "id" / "one").rename(tmp_path / "set" / "id" / "onne")
    options = ("--method", "msp", "--id", sets["id"], "--ood", sets["ood"], "--checkpoint", checkpoint)
    refused = _invoke("run", *options, "--out", tmp_path / "three")
    assert "'mine' has classes that the network does not know: 'onne'. Did you mean 'one'?" in str(refused.exception)


def test_without_names_the_order_is_a_guess_that_is_told(tmp_path: Path) -> None:
    checkpoint = _checkpoint(tmp_path / "net.safetensors")
    sets = _folders(tmp_path / "set")
    row = _run(sets, checkpoint, tmp_path / "out")
    assert any("taken to be in the order eight, five, four" in warning for warning in row["warnings"])
    for path in (tmp_path / "set" / "id" / "two").iterdir():
        path.unlink()
    options = ("--method", "msp", "--id", sets["id"], "--ood", sets["ood"], "--checkpoint", checkpoint)
    refused = _invoke("run", *options, "--out", tmp_path / "again")
    assert "whose names are not known, and 'mine' has 9: eight" in str(refused.exception)


def test_labels_beyond_the_networks_classes_are_refused(tmp_path: Path) -> None:
    checkpoint = _checkpoint(tmp_path / "net.safetensors")
    np.savez(tmp_path / "id.npz", images=PIXELS, labels=LABELS + 1)
    sets = _archives(tmp_path / "set")
    options = (
        "--method",
        "msp",
        "--id",
        f"mine=npz:{tmp_path}/id.npz",
        "--ood",
        sets["ood"],
        "--checkpoint",
        checkpoint,
    )
    refused = _invoke("run", *options, "--out", tmp_path / "out")
    assert "'mine' has the label 10, but the network tells 10 classes apart" in str(refused.exception)


class Rows(nn.Module):
    """The means of the rows as logits: nothing to train, and of any input size."""

    def forward(self, images: Tensor) -> Tensor:
        return nn.functional.adaptive_avg_pool2d(images, (10, 1)).flatten(1) * 5


def test_torch_datasets_give_what_the_same_images_at_hand_give() -> None:
    unit = torch.from_numpy(PIXELS)[:, None].float() / 255
    photos = torch.from_numpy(PHOTOS).permute(0, 3, 1, 2)
    arguments: dict[str, Any] = {
        "methods": ["msp", "energy"], "transform": InputTransform(16, 16, 1, (0.3,), (0.3,)), "device": "cpu"
    }  # fmt: skip
    by_torch = bench.evaluate(
        Rows(), id=TensorDataset(unit, torch.from_numpy(LABELS)), ood={"photos": TensorDataset(photos)}, **arguments
    )
    at_hand = bench.evaluate(Rows(), id=ArrayImages(PIXELS, LABELS), ood={"photos": ArrayImages(PHOTOS)}, **arguments)
    measured = ["method", "ood", "n_id", "n_ood", "id_accuracy", "auroc", "fpr_at_95_tpr"]
    assert by_torch[measured].round(6).equals(at_hand[measured].round(6))


def test_a_single_dataset_and_a_wrong_thing_as_ood() -> None:
    photos = TensorDataset(torch.from_numpy(PHOTOS).permute(0, 3, 1, 2))
    arguments: dict[str, Any] = {"methods": "msp", "transform": InputTransform(16, 16, 1, (0.3,), (0.3,))}
    frame = bench.evaluate(Rows(), id=ArrayImages(PIXELS, LABELS), ood=photos, **arguments)
    assert frame["ood"].tolist() == ["ood images"]
    wrong: Any = 3
    with pytest.raises(BenchError, match="ood images are of type int"):
        bench.evaluate(Rows(), id=ArrayImages(PIXELS, LABELS), ood=wrong, **arguments)


def test_skip_broken_in_python(tmp_path: Path) -> None:
    sets = _openood(tmp_path / "set")
    _break_images_below(tmp_path / "set")
    arguments: dict[str, Any] = {"methods": "msp", "transform": InputTransform(16, 16, 1, (0.3,), (0.3,)), **sets}
    with pytest.raises(BenchError, match="skip_broken=True"):
        bench.evaluate(Rows(), **arguments)
    frame = bench.evaluate(Rows(), **arguments, skip_broken=True)
    assert frame[["n_id", "n_ood"]].to_numpy().tolist() == [[38, 19]]
