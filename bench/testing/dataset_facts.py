"""Checks of what a data set says of itself, and of what it does where its files are missing."""

from __future__ import annotations

import inspect
import tempfile
from pathlib import Path
from typing import Any, get_args

from bench.data.dataset import DataSet, Obtained, Place
from bench.data.transform import InputTransform
from bench.errors import BenchError, MissingDataError, UnknownNameError

from .check import CheckSkipped, check
from .dataset_subject import DatasetSubject
from .outcome import raised


@check
def complete_metadata(subject: DatasetSubject) -> None:
    """A data set has a name, a title, a docstring, a citation, a licence, and the number of images of each split."""
    subject.require_facts()
    missing = list(_missing(subject.data_set))
    if missing:
        raise subject.failure(
            "name, title, docstring, citation, licence, obtained and counts",
            "; ".join(missing),
            "print(vars(type(one.data_set)))",
        )


def _missing(one: Any) -> Any:
    cls, citation = type(one), getattr(one, "citation", None)
    doc = cls.__dict__.get("__doc__") or ""
    counts = getattr(one, "counts", {})
    named = getattr(cls, "registered_as", "") == "dataset" and isinstance(getattr(one, "name", None), str)
    yield from (
        said
        for lacks, said in (
            (not named, 'the name: write @bench.dataset("…") above it'),
            (not doc, "the docstring"),
            (not getattr(one, "title", ""), "the title"),
            (not getattr(one, "licence", ""), "the licence"),
            (citation is None or not citation.title, "the citation"),
            (
                getattr(one, "obtained", "") not in get_args(Obtained),
                f"obtained, one of {', '.join(get_args(Obtained))}",
            ),
            ("test" not in counts or min(counts.values(), default=0) < 1, "counts of each split, 'test' among them"),
            (len(set(one.classes)) < len(one.classes), "the classes have different names"),
        )
        if lacks
    )
    if not inspect.isclass(cls) or any(
        parameter.default is inspect.Parameter.empty for parameter in inspect.signature(cls).parameters.values()
    ):
        yield "options of the constructor need defaults"


@check
def refuses_unknown_split(subject: DatasetSubject) -> None:
    """A split that the data set does not have is refused with the names of those it has."""
    subject.require_facts()
    try:
        subject.load("tset")
    except UnknownNameError:
        return
    except Exception as error:
        found = raised(error)
    else:
        found = "images"
    raise subject.failure(
        "an UnknownNameError that says which splits there are: begin load with self.require_split(split)",
        found,
        "one.load('tset')",
    )


@check
def says_that_it_is_missing(subject: DatasetSubject) -> None:
    """Without its files a data set raises `MissingDataError` that says where they belong, and creates nothing."""
    subject.require_facts()
    if subject.needs_no_files:
        raise CheckSkipped("it needs no files")
    with tempfile.TemporaryDirectory() as folder:
        for split in subject.data_set.counts:
            try:
                subject.data_set.load(split, Place(Path(folder)))
            except MissingDataError as error:
                if folder not in str(error):
                    raise _not_told(subject, f"a message that does not name the folder: {error}") from error
            except Exception as error:
                raise _not_told(subject, raised(error)) from error
            else:
                raise _not_told(subject, f"images of the split '{split}' from an empty folder")
        left = sorted(path.name for path in Path(folder).iterdir())
    if left:
        raise _not_told(subject, f"{left} were created")


def _not_told(subject: DatasetSubject, found: str) -> Exception:
    return subject.failure(
        "a MissingDataError that names the folder and says what to type",
        found,
        "from pathlib import Path\nfrom bench import Place\none.data_set.load('test', Place(Path('empty')))",
    )


@check
def tells_its_status(subject: DatasetSubject) -> None:
    """`status` and `verify` name the files that are missing from an empty folder; none where none are needed."""
    subject.require_facts()
    if type(subject.data_set).status is DataSet.status and not subject.needs_no_files:
        raise CheckSkipped("it has no status of its own, so that lists cannot tell whether its files are there")
    wanted = set() if subject.needs_no_files else {"missing"}
    with tempfile.TemporaryDirectory() as folder:
        for ask in (subject.data_set.status, subject.data_set.verify):
            found = {file.state for file in ask(Path(folder))}
            if found != wanted:
                raise subject.failure(
                    f"{' and '.join(wanted) or 'no'} files in an empty folder",
                    f"{' and '.join(sorted(found)) or 'no'} files from {ask.__name__}",
                    f"from pathlib import Path\nprint(one.data_set.{ask.__name__}(Path('empty')))",
                )


@check
def training_transform_fits(subject: DatasetSubject) -> None:
    """A set that networks are trained on has an input transform that takes its images, and a split for training."""
    transform = subject.data_set.training_transform()
    if transform is None:
        raise CheckSkipped("no network is trained on it")
    if not isinstance(transform, InputTransform) or "train" not in subject.data_set.counts:
        raise subject.failure(
            "an InputTransform, and 'train' among the counts",
            f"{type(transform).__name__}, and counts of {sorted(subject.data_set.counts)}",
            "print(one.data_set.training_transform(), one.data_set.counts)",
        )
    for split, (_, pixels) in subject.sampled.items():
        try:
            transform(pixels)
        except (BenchError, RuntimeError, ValueError, TypeError) as error:
            raise subject.image_failure(
                split,
                f"a batch of {transform.channels} channels from the images",
                raised(error),
                "import numpy as np\none.data_set.training_transform()(images.read(np.arange(4)))",
            ) from error


CHECKS = (
    complete_metadata, refuses_unknown_split, says_that_it_is_missing, tells_its_status, training_transform_fits,
)  # fmt: skip
