"""Checks of what a method says of itself, before anything is run."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace
from typing import Any

import numpy as np

from bench.citation import UNPUBLISHED
from bench.errors import BenchError, UnknownNameError
from bench.fitting.data import Facts
from bench.method_contract import GROUPS, NEEDS
from bench.training.objective import OBJECTIVES

from .check import CheckSkipped, check
from .method_subject import MethodSubject
from .other_values import other_values
from .outcome import raised

ENOUGH = Facts(10, 64, np.full(10, 5000))
"""A network with 10 classes and 64 features, and as many training images as CIFAR-10 has: enough for any method."""


@check
def complete_metadata(subject: MethodSubject) -> None:
    """A method has a name, a docstring that explains its score and parameters, an equation, a citation, a group."""
    cls = subject.cls
    missing = list(_missing(cls))
    if missing:
        raise subject.failure(
            "a name, a docstring, an equation, a group, a version and a citation, or none for what is unpublished",
            "; ".join(missing),
            "print(type(one.method).__doc__, type(one.method).citation)",
        )


def _missing(cls: Any) -> Any:
    doc = inspect.getdoc(cls) or ""
    citation = cls.citation
    named = getattr(cls, "registered_as", "") == "method" and isinstance(getattr(cls, "name", None), str)
    cited = citation == UNPUBLISHED or (citation.title and citation.authors and 1900 < citation.year < 2100)
    inherited = any(doc == inspect.getdoc(base) for base in cls.__mro__[1:])
    yield from (
        said
        for lacks, said in (
            (not named, 'the name: write @bench.method("…") above it'),
            (not doc or inherited, "the docstring"),
            (not doc.partition("\n")[0].endswith("."), "the docstring's first line does not end with a full stop"),
            (not cls.equation, "the equation"),
            (not cited, "the citation has no title, authors or year"),
            (getattr(cls, "group", "") not in GROUPS, f"the group, one of {', '.join(GROUPS)}"),
            (type(cls.version) is not int or cls.version < 1, f"the version is {cls.version!r}, no whole number >= 1"),
        )
        if lacks
    )
    for name in cls.parameter_names():
        if f"{name}:" not in doc and f"`{name}`" not in doc:
            yield f"the docstring does not explain '{name}': write '{name}: …' below 'Args:'"


@check
def constructor_only_stores(subject: MethodSubject) -> None:
    """The constructor takes keyword hyper-parameters that have defaults, and only stores them under their names."""
    cls = subject.cls
    given = inspect.signature(cls).parameters
    for name, one in given.items():
        if one.kind is not inspect.Parameter.KEYWORD_ONLY or one.default is inspect.Parameter.empty:
            raise subject.failure(
                "keyword-only hyper-parameters with defaults: def __init__(self, *, k: int = 50)",
                f"'{name}' is {one.kind.description}, {_default(one.default)}",
                "import inspect\nprint(inspect.signature(type(one.method)))",
            )
    stored, wanted = vars(cls()), {name: one.default for name, one in given.items()}
    if stored.keys() != wanted.keys():
        raise subject.failure(
            f"the attributes {sorted(wanted)} and nothing else after construction",
            f"the attributes {sorted(stored)}",
            "print(vars(type(one.method)()))",
        )
    for name, value in wanted.items():
        for given_value in (value, *other_values(cls, name)):
            try:
                found = vars(cls(**{name: given_value}))[name]
            except (BenchError, ValueError):
                continue
            if repr(found) != repr(given_value):
                raise subject.failure(
                    f"'{name}' stored as it was given: {given_value!r}",
                    f"{found!r}",
                    f"print(vars(type(one.method)({name}={given_value!r})))",
                )


def _default(default: object) -> str:
    return "without a default" if default is inspect.Parameter.empty else f"with the default {default!r}"


@check
def parameters_are_plain_data(subject: MethodSubject) -> None:
    """Hyper-parameters are numbers, words, truth values or tuples of these, which results are named by."""
    for name, value in subject.cls().parameters().items():
        try:
            json.dumps(value)
        except TypeError as error:
            raise subject.failure(
                "a default that JSON can hold", f"{name}={value!r}: {error}", "print(one.method.parameters())"
            ) from error


@check
def search_is_sound(subject: MethodSubject) -> None:
    """What `search` names are parameters, and its values differ and have the default among them, in its type."""
    cls = subject.cls
    defaults = cls().parameters()
    for name, values in cls.search.items():
        if name not in defaults:
            wrong = "it is no parameter"
        elif defaults[name] not in values:
            wrong = f"the default {defaults[name]!r} is not among {values}"
        elif len(set(values)) < len(values):
            wrong = f"some of {values} are equal"
        elif any(type(value) is not type(defaults[name]) for value in values):
            wrong = f"some of {values} are of another type than the default {defaults[name]!r}"
        else:
            continue
        raise subject.failure(
            "parameters by name, each with different values in the type of the default, which is among them",
            f"search['{name}']: {wrong}",
            "print(one.method.search, one.method.parameters())",
        )


@check
def says_what_it_lacks(subject: MethodSubject) -> None:
    """`check` lets a usual network pass, and refuses one that lacks what `needs` names, before any work is done."""
    cls = subject.cls
    lines = (f"from bench.testing.method_facts import ENOUGH\n{cls.__name__} = type(one.method)",)
    unknown = set(cls.needs) - NEEDS.keys()
    if unknown:
        raise subject.failure(f"needs among {', '.join(NEEDS)}", f"needs {sorted(unknown)}", "print(one.method.needs)")
    try:
        cls().check(ENOUGH)
    except BenchError as error:
        raise subject.failure(
            "no objection to 10 classes, 64 features and 50,000 training images",
            raised(error),
            *lines,
            f"{cls.__name__}().check(ENOUGH)",
        ) from error
    for need in sorted(cls.needs):
        try:
            cls().check(replace(ENOUGH, lacks={need: "which is lost."}))
        except BenchError:
            continue
        raise subject.failure(
            f"a BenchError from check(…) where {NEEDS[need]} is missing; an override calls super().check(facts) first",
            "no objection",
            *lines,
            f"from dataclasses import replace\n{cls.__name__}().check(replace(ENOUGH, lacks={{{need!r}: 'lost.'}}))",
        )


@check
def refuses_unknown_parameters(subject: MethodSubject) -> None:
    """`make` refuses a parameter that the method does not have, so that a misspelt one is never ignored."""
    for name in ("zzz", *(f"{name}x" for name in subject.cls.parameter_names())):
        try:
            subject.cls.make({name: 1})
        except UnknownNameError:
            continue
        except TypeError as error:
            raise subject.failure(
                "an UnknownNameError", raised(error), f"type(one.method).make({{{name!r}: 1}})"
            ) from error
        raise subject.failure(
            f"an UnknownNameError for the parameter '{name}'",
            "it was accepted",
            f"type(one.method).make({{{name!r}: 1}})",
        )


@check
def objective_fits(subject: MethodSubject) -> None:
    """The training objective exists, and trains a confidence branch where the method needs one."""
    cls = subject.cls
    if cls.objective is None:
        if set(cls.needs) - {"training"}:
            raise subject.failure(
                "a method without a network (objective = None) that needs training images at most",
                f"needs {sorted(cls.needs)}",
                "print(one.method.needs)",
            )
        raise CheckSkipped("it looks at pixels alone, without a network")
    if cls.objective not in OBJECTIVES:
        raise subject.failure(
            f"an objective among {', '.join(OBJECTIVES.names())}", f"'{cls.objective}'", "print(one.method.objective)"
        )
    if "confidence" in cls.needs and not OBJECTIVES.get(cls.objective).confidence_branch:
        raise subject.failure(
            "an objective that trains the confidence branch, which the method needs",
            f"'{cls.objective}' trains none",
            "print(one.method.objective, one.method.needs)",
        )


CHECKS = (
    complete_metadata,
    constructor_only_stores,
    parameters_are_plain_data,
    search_is_sound,
    says_what_it_lacks,
    refuses_unknown_parameters,
    objective_fits,
)
