"""Whether a file of torch.export holds a program of tensors and nothing else.

`torch.export.load` unpickles parts of such a file, runs its expressions and guards as Python, looks up whatever its
operators are called, and starts compiled libraries. So a file is refused before that unless everything in it is of the
few kinds that `bench export` writes. Design note 0016 says what each check is against.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import torch

from bench.json_text import parse_json

_MODEL = "models/model.json"
_INPUTS = "data/sample_inputs/model.pt"
_CONFIGS = ("data/weights/model_weights_config.json", "data/constants/model_constants_config.json")
_RECORDS = re.compile(
    r"models/model\.json|data/sample_inputs/model\.pt|data/weights/(model_weights_config\.json|weight_\d+)"
    r"|data/constants/(model_constants_config\.json|tensor_\d+)|extra/detector\.json|archive_format|archive_version"
    r"|byteorder|version|\.data/(version|serialization_id)|\.format_version|\.storage_alignment"
)
_NAME = re.compile(r"([A-Za-z_][\w.]*)?", re.ASCII)
_OPERATOR = re.compile(r"torch\.ops\.aten\.(?!from_file\b|save\b)\w+\.\w+|_operator\.[a-z]+|math\.[a-z]+", re.ASCII)
_SYMBOL = re.compile(r"Symbol\('([suz]\d+)'(, (positive|integer|nonnegative)=True)*\)", re.ASCII)
_EXPRESSION = re.compile(
    r"([suz]?\d+|Integer|Add|Mul|Pow|Max|Min|Mod|PythonMod|FloorDiv|Eq|Ne|[-+*/(), <>=])*", re.ASCII
)
_PACKINGS = ("builtins.tuple", "builtins.list", "builtins.dict", None)


def why_harmful(content: bytes) -> str:
    """What a `.pt2` file has that a program of tensors lacks; empty where there is nothing.

    Nothing of it is run or unpickled to find out. Raises nearly anything for bytes that are no such file.
    """
    reader = torch._C.PyTorchFileReader(BytesIO(content))  # the one that loads it, too
    records = set(reader.get_all_records())
    with zipfile.ZipFile(BytesIO(content)) as archive:
        names = {name.partition("/")[2] for name in archive.namelist()}
    for name in sorted(records | names):
        if not _RECORDS.fullmatch(name):
            return f"a part '{name}'"
    for config in _CONFIGS:
        for place, value in _leaves(parse_json(reader.get_record(config))):
            if place == "use_pickle" and value is not False:
                return "a pickled part"
    try:
        torch.load(BytesIO(reader.get_record(_INPUTS)), weights_only=True)
    except Exception:  # as for checkpoints
        return "example inputs that are no plain tensors"
    return _why_no_program(parse_json(reader.get_record(_MODEL)))


def _why_no_program(model: dict[str, Any]) -> str:
    if model.get("guards_code"):
        return "code that is to be run before it"
    for place, text in _leaves(model):
        if isinstance(text, str) and not _CHECKS.get(place, _is_name)(text):
            return f"a {place or 'key'} that is called '{text[:80]}'"
    return ""


def _leaves(tree: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that holds no other, with the key that it stands under; keys stand under an empty one.

    What is noted of where an operation came from is passed over: names are looked up in it, and none is called.
    """
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key != "metadata":
                yield "", key
                yield from _leaves(value, key)
    elif isinstance(tree, list):
        for value in tree:
            yield from _leaves(value, place)
    else:
        yield place, tree


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def _is_expression(text: str) -> bool:
    return _EXPRESSION.fullmatch(_SYMBOL.sub(r"\1", text)) is not None


def _is_packing(text: str) -> bool:
    """Whether a text says how arguments are packed, in plain tuples, lists and dictionaries."""
    leaves = list(_leaves(json.loads(text)))
    return all(value in _PACKINGS for place, value in leaves if place == "type") and all(
        value in ("null", "[]", None) for place, value in leaves if place == "context"
    )


_CHECKS: dict[str, Callable[[str], bool]] = {
    "target": lambda text: _OPERATOR.fullmatch(text) is not None,
    "expr_str": _is_expression,
    "in_spec": _is_packing,
    "out_spec": _is_packing,
    "as_float": lambda text: text in ("Infinity", "-Infinity", "NaN"),
    "as_string": lambda text: re.fullmatch(r"[\w ,.>-]*", text, re.ASCII) is not None,  # such as einsum's equation
    "torch_version": lambda text: re.fullmatch(r"[\w.+-]*", text, re.ASCII) is not None,
}
"""What a text must be by the key that it stands under; under any other a name, since names become Python's."""
