"""An ablation in a TOML file: a common base, and variants that differ from it in what they set.

The base has the keys of a run file. What is varied is said in one of three ways: `vary`, a setting or several that
take each of the `values` together; `[[variant]]` tables with a `name`, perhaps a number as `value`, and keys of a run
file that replace the base's; or `transfer`, a parameter that is tuned on one set and tested on another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import BenchError, UnknownNameError
from bench.running.run_file import run_values
from bench.toml_file import read_toml

FOLDER = Path(__file__).parent / "shipped"

_OWN = ("summary", "axis", "vary", "values", "variant", "transfer", "reference")
_OF_VARIANT = ("method", "network", "checkpoint", "normalize", "recipe", "protocol", "tune_on", "set")


@dataclass(frozen=True)
class Variant:
    """One variant: its name, the number it stands for or None, and the arguments of a run that it changes."""

    name: str
    value: float | None
    changes: Mapping[str, Any]


@dataclass(frozen=True)
class Ablation:
    """What a file says. `axis` names what is varied, `base` are arguments of `RunSpecification`.

    `transfer` is the parameter of a transfer, which has no variants, and empty otherwise; `reference` its value that
    gains are counted from.
    """

    name: str
    summary: str
    axis: str
    base: Mapping[str, Any]
    variants: tuple[Variant, ...]
    transfer: str = ""
    reference: float = 0.0


def ablation_names() -> list[str]:
    """The ablations that are shipped, in alphabetical order."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def read_ablation(text: str) -> Ablation:
    """The ablation that is shipped under a name, or that stands in a file.

    Raises `UnknownNameError` for an unknown name or key, and `BenchError` for a file that cannot be read.
    """
    if text in ablation_names():
        path = FOLDER / f"{text}.toml"
    elif text.endswith(".toml") or "/" in text:
        path = Path(text)
    else:
        raise UnknownNameError("ablation", text, ablation_names())
    table = read_toml(path)
    own = {key: table.pop(key) for key in _OWN if key in table}
    _check_own(own, path)
    base = run_values(table, path)
    variants = tuple(_variants(own, path))
    names = [variant.name for variant in variants]
    for name in names:
        if names.count(name) > 1:
            raise BenchError(f"Two variants in {path} are called '{name}'. Rename one of them.")
    return Ablation(
        name=path.stem,
        summary=own.get("summary", ""),
        axis=own.get("axis", path.stem),
        base=base,
        variants=variants,
        transfer=own.get("transfer", ""),
        reference=float(own.get("reference", 0.0)),
    )


def _check_own(own: Mapping[str, Any], path: Path) -> None:
    forms = [key for key in ("vary", "variant", "transfer") if key in own]
    if len(forms) != 1 or ("values" in own) != ("vary" in own):
        raise BenchError(
            f"{path} must say what is varied in one way: vary = NAME.PARAMETER with values = [...], [[variant]] "
            "tables, or transfer = PARAMETER."
        )
    wanted: dict[str, tuple[bool, str]] = {
        "summary": (isinstance(own.get("summary", ""), str), "a text in quotes"),
        "axis": (isinstance(own.get("axis", ""), str), "a text in quotes"),
        "transfer": (isinstance(own.get("transfer", ""), str), "the name of a parameter"),
        "reference": (_is_number(own.get("reference", 0)), "a number"),
        "vary": (all(isinstance(one, str) for one in _several(own.get("vary", ""))), "NAME.PARAMETER or a list of it"),
        "values": (isinstance(own.get("values", [0]), list) and own.get("values", [0]) != [], "a list of values"),
        "variant": (_are_tables(own.get("variant", [{}])), "[[variant]] tables"),
    }
    for key, (fits, words) in wanted.items():
        if not fits:
            raise BenchError(f"'{key}' in {path} must be {words}, not {own[key]!r}.")


def _variants(own: Mapping[str, Any], path: Path) -> Iterator[Variant]:
    for value in own.get("values", []):
        settings = dict.fromkeys(_several(own["vary"]), value)
        yield Variant(_plain(value), float(value) if _is_number(value) else None, {"settings": settings})
    for table in own.get("variant", []):
        changes = {key.replace("-", "_"): value for key, value in table.items()}
        name, value = changes.pop("name", None), changes.pop("value", None)
        if not isinstance(name, str) or not name or not (value is None or _is_number(value)):
            raise BenchError(f"A variant in {path} needs a name in quotes; its value, if it has one, is a number.")
        for key in changes:
            if key not in _OF_VARIANT:
                raise UnknownNameError(f"key of the variant '{name}' in {path}:", key, ("name", "value", *_OF_VARIANT))
        values = run_values(changes, path)
        del values["bindings"]
        yield Variant(name, None if value is None else float(value), values)


def _several(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _are_tables(given: Any) -> bool:
    return isinstance(given, list) and given != [] and all(isinstance(one, dict) for one in given)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(value: Any) -> str:
    return f"{value:g}" if _is_number(value) else str(value)
