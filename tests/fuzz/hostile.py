"""Malformed inputs: valid bytes, tables and texts with something changed that no one should rely on."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

TEXTS = (
    "", " ", ".", "..", "../../outside", "/", "/outside", "~", "~nobody-of-that-name/x", "a/b", "a\\b", "C:\\x", "CON",
    "nul.txt", ".hidden", "-x", "--help", "a\0b", "a\nb", "\x1b[31mred", "\u202eevil", "\ufeffbom", "сifar10", "ⅷ", "٣",
    "é" * 300, "x" * 5000, "*", "{0..9}", "{a,b}" * 30, "{1..99999}{1..99999}", "<script>alert(1)</script>", "=1+1",
    "%s%n", "${HOME}", "msp", "digits", "nan", "-1", "--1", "9" * 40, "9" * 5000, "1e999", "folder:.", "x=folder:..",
    "pipe:touch outside", "http://127.0.0.1:9/x", "file:///etc/hostname", "s3://bucket/x", "hf:x:y:z:w", "@", "a@b@c",
)  # fmt: skip
"""What texts are made of that end up in paths, names, tables and pages."""

NUMBERS = (0, -1, 1, 2**31, 2**63, -(2**63), 2**64, 10**30, 10**400, 0.0, -0.0, 5e-324, 1e308, math.inf, math.nan)
OTHERS: tuple[Any, ...] = (True, False, [], {}, [[]], [{}], [1, "a"], {"a": 1}, {"": ""}, {"a": {"b": {"c": []}}})


def nested(depth: int) -> list[Any]:
    """A list in a list in a list …"""
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


values = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(NUMBERS),
    st.sampled_from(OTHERS).map(deepcopy),  # they are changed in place later
    st.text(max_size=20),
    st.builds(nested, st.just(50)),
)
"""One value that stands where another was meant."""


@st.composite
def mutated_bytes(draw: st.DrawFn, valid: bytes) -> bytes:
    """The bytes of a valid file, cut short, flipped, doubled, or with large numbers written over them."""
    content = bytearray(valid)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, max(0, len(content) - 1)))
        length = draw(st.sampled_from([1, 2, 4, 8, 64]))
        match draw(st.sampled_from(["flip", "cut", "drop", "double", "zero", "large", "small", "random"])):
            case "flip" if content:
                content[place] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del content[place:]
            case "drop":
                del content[place : place + length]
            case "double":
                content[place:place] = content[place : place + length]
            case "zero":
                content[place : place + length] = bytes(length)
            case "large":
                content[place : place + length] = b"\xff" * length
            case "small":
                content[place : place + length] = (1).to_bytes(length, "little")
            case "random":
                content[place : place + length] = draw(st.binary(min_size=length, max_size=length))
    return bytes(content)


@st.composite
def mutated_tree(draw: st.DrawFn, valid: Any) -> Any:
    """Tables and lists as a valid file has them, where some value, key or element is another one, gone or doubled."""
    tree = deepcopy(valid)
    for _ in range(draw(st.integers(1, 2))):
        places = [place for place in _places(tree) if place]
        if not places:
            return draw(values)
        *way, last = draw(st.sampled_from(places))
        holder = tree
        for step in way:
            holder = holder[step]
        change = draw(st.sampled_from(["value", "value", "value", "drop", "wrap", "rename"]))
        if change == "drop":
            del holder[last]
        elif change == "wrap":
            holder[last] = [holder[last]] if draw(st.booleans()) else {"a": holder[last]}
        elif change == "rename" and isinstance(holder, dict):
            holder[draw(st.sampled_from(TEXTS))] = holder.pop(last)
        else:
            holder[last] = draw(values)
    return tree


def _places(tree: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = list(tree) if isinstance(tree, dict) else list(range(len(tree))) if isinstance(tree, list) else []
    return [way, *(place for step in steps for place in _places(tree[step], (*way, step)))]


def toml_text(table: Any) -> str:
    """A table as TOML: every value inline, so that whatever was put into it is written."""
    if not isinstance(table, Mapping):
        return _toml_value(table)
    return "".join(f"{json.dumps(str(key))} = {_toml_value(value)}\n" for key, value in table.items())


def _toml_value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {_toml_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    if isinstance(value, bool | str):
        return json.dumps(value)
    return repr(value)


_NO_TOML: dict[str, bytes] = {
    "deep": b"x = " + b"[" * 5000, "digits": b"x = " + b"9" * 5000, "dotted": b"a." * 5000 + b"a = 1",
    "utf-16": b"\xff\xfe", "empty": b"", "nul": b"\0",
}  # fmt: skip
_NO_JSON: dict[str, bytes] = {
    "deep": b"[" * 100_000, "digits": b"9" * 5000, "object": b"{}", "list": b"[]", "null": b"null", "empty": b"",
    "binary": b"\xff", "text": b'"a"', "infinite": b"1e999",
}  # fmt: skip


def malformed_toml(valid: Mapping[str, Any]) -> st.SearchStrategy[bytes]:
    """Files that were this table once: changed as a table, or as bytes."""
    changed = mutated_tree(dict(valid)).map(lambda tree: toml_text(tree).encode("utf-8", "surrogatepass"))
    rest = [mutated_bytes(toml_text(valid).encode()), st.sampled_from(sorted(_NO_TOML)).map(_NO_TOML.__getitem__)]
    return st.one_of(changed, changed, *rest)


def malformed_json(valid: Any, write: Callable[[str], bytes] = str.encode) -> st.SearchStrategy[bytes]:
    """Files that were this JSON once; `write` makes a file of its text."""
    changed = mutated_tree(valid).map(lambda tree: write(json.dumps(tree)))
    rest = [mutated_bytes(write(json.dumps(valid))), st.sampled_from(sorted(_NO_JSON)).map(_NO_JSON.__getitem__)]
    return st.one_of(changed, changed, *rest)
