"""What a results folder keeps of the suites that it was made for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import BenchError
from bench.suites.library import find_suite
from bench.suites.record import FILE, SuiteRecord, keep_suite, kept_suites


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    suite = find_suite("devries2018-cifar10")
    record = SuiteRecord.of(suite, {"isun": "gone"})
    keep_suite(tmp_path, record)
    assert kept_suites(tmp_path) == {"cifar10": record}
    assert record.groups == suite.groups
    assert (record.group_of("isun"), record.group_of("all-images"), record.group_of("svhn")) == ("far", "pooled", "")


def test_sets_are_kept_by_name_alone() -> None:
    suite = replace(find_suite("embedded-digits"), id="digits=npz:d.npz", groups={"near": ("a=folder:/somewhere", "b")})
    record = SuiteRecord.of(suite, {})
    assert (record.id, record.groups) == ("digits", {"near": ("a", "b")})


def test_of_each_id_set_the_last_suite_counts(tmp_path: Path) -> None:
    for name in ("odin-cifar10", "odin-cifar100", "openood-cifar10"):
        keep_suite(tmp_path, SuiteRecord.of(find_suite(name), {}))
    assert {key: one.name for key, one in kept_suites(tmp_path).items()} == {
        "cifar10": "openood-cifar10",
        "cifar100": "odin-cifar100",
    }


def test_a_folder_without_suites_has_none(tmp_path: Path) -> None:
    assert kept_suites(tmp_path) == {}


@pytest.mark.parametrize("content", ["{", "[]", '{"version": 1}', '{"version": 1, "suites": [{"id": "x"}]}', "\xff"])
def test_a_damaged_file_is_said(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content, encoding="latin-1")
    with pytest.raises(BenchError, match=r"suites\.json is damaged\. Delete it"):
        kept_suites(tmp_path)


def test_a_file_of_another_version_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"version": 2, "suites": []}')
    with pytest.raises(BenchError, match="written by another version"):
        kept_suites(tmp_path)
