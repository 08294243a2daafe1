"""Addresses: what is one, what is none, and the folders that stand for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.address import Address, is_address, shown
from bench.atomic import require_writable
from bench.errors import BenchError


@pytest.mark.parametrize("text", ["s3://bucket", "s3://bucket/runs/a", "gs://b-1.x/runs/seed=3+4", "abfs://c/d_e/f.g"])
def test_a_folder_leads_back_to_its_address(text: str) -> None:
    address = Address.parse(text)
    assert str(address) == text
    assert Address.of_folder(address.folder) == address
    assert Address.of_folder(address.folder / "cells") is None
    assert Address.of_folder(Path("/somewhere/else") / address.folder.name) is None


def test_a_slash_at_the_end_means_nothing() -> None:
    assert Address.parse("s3://bucket/runs/") == Address.parse("s3://bucket/runs")


def test_the_case_of_a_scheme_means_nothing() -> None:
    assert is_address("S3://Bucket/Runs")
    assert str(Address.parse("S3://Bucket/Runs")) == "s3://Bucket/Runs"


def test_a_working_folder_is_shown_as_its_address() -> None:
    folder = Address.parse("s3://bucket/runs/a").folder
    assert shown(folder) == "s3://bucket/runs/a"
    assert shown(folder / "misclassification" / "cells") == "s3://bucket/runs/a/misclassification/cells"
    assert shown(Path("runs/latest")) == "runs/latest"


@pytest.mark.parametrize(
    "text",
    [
        "s3://", "s3:///x", "s3://bucket/../x", "s3://bucket/.", "s3://bucket//x", "s3://bucket/a b", "s3://bucket/a%2Fb",
        "s3://bucket/*", "s3://bucket/a?versionId=3", "s3://bucket/a::zip", "s3:/bucket/a", "s3://bucket/ü",
        "file:///etc", "memory://x", "FILE://x", "https://host/x", f"s3://bucket/{'x' * 300}", "s3://bucket/a\n",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    assert is_address(text)
    with pytest.raises(BenchError, match=r"is no address|is no object store|too long"):
        Address.parse(text)


def test_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(BenchError, match="environment") as caught:
        Address.parse("s3://user:hunter2@bucket/runs")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("text", ["runs/latest", "/s3:/x", "C:/runs", "./s3", "s3", "a b:/c"])
def test_folders_are_no_addresses(text: str) -> None:
    assert not is_address(text)
    assert not is_address(Path(text))


def test_an_address_is_not_taken_for_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BenchError, match="does not take an address"):
        require_writable(Path("s3://bucket/runs"))
    assert list(tmp_path.iterdir()) == []
