"""The audits that a report shows: what is none is refused in words, sheets become small pictures."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bench.errors import BenchError
from bench.reporting.audits import SHEET_SIDE, audits_of, sheets_of

DOUBLES = {"known": "cifar10 test", "among": "svhn", "images": 10, "exact": 1, "near": None}
PAIR = {
    "ood": "svhn",
    "verdict": "sound",
    "statistics": [{"statistic": "brightness", "auroc": 0.6}],
    "probes": [{"features": "thumbnails", "auroc": 0.7}],
    "duplicates": [DOUBLES],
}


def write(folder: Path, found: Any) -> None:
    (folder / "audit-x.json").write_text(json.dumps(found), encoding="utf-8")


@pytest.mark.parametrize(
    "found",
    [
        [],
        {},
        {"pairs": 3},
        {"pairs": [3]},
        {"pairs": [{"x": 1}]},
        *({"pairs": [{name: value for name, value in PAIR.items() if name != left}]} for left in PAIR),
        {"pairs": [PAIR | {"statistics": [{"statistic": "brightness", "auroc": "much"}]}]},
        {"pairs": [PAIR | {"duplicates": [DOUBLES | {"exact": True}]}]},
        {"pairs": [PAIR], "id_test_in_train": 3},
    ],
)
def test_what_is_no_audit_is_refused(tmp_path: Path, found: Any) -> None:
    write(tmp_path, found)
    with pytest.raises(BenchError, match=r"audit-x\.json is no audit"):
        audits_of(tmp_path)


def test_sound_audit_is_taken_and_damaged_text_refused(tmp_path: Path) -> None:
    write(tmp_path, {"pairs": [PAIR], "id_test_in_train": None})
    assert audits_of(tmp_path)["audit-x.json"]["pairs"] == [PAIR]
    (tmp_path / "audit-x.json").write_bytes(b'{"pairs": \xff')
    with pytest.raises(BenchError, match="damaged"):
        audits_of(tmp_path)


def test_sheets_of_the_audits_are_made_small_and_others_left_out(tmp_path: Path) -> None:
    train = DOUBLES | {"known": "cifar10 train"}
    Image.new("RGB", (3000, 200), "red").save(tmp_path / "duplicates-svhn-in-cifar10-test.png")
    Image.new("RGB", (30, 20)).save(tmp_path / "duplicates-other-in-cifar10-test.png")
    (tmp_path / "duplicates-svhn-in-cifar10-train.png").write_bytes(b"no picture")
    [sheet] = sheets_of(tmp_path, {"audit.json": {"pairs": [PAIR, PAIR | {"duplicates": [train]}]}})
    assert sheet.caption == "svhn in cifar10 test"
    kind, data = sheet.source.split(",")
    assert kind == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (SHEET_SIDE, 87)
