# SPDX-License-Identifier: Apache-2.0
"""Canonical TOML of plain values: the same mapping gives the same bytes, in the mapping's own order.

Only what park folders need: texts, numbers, truth values, lists of them, tables and lists of tables. None is left out.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(table: Mapping[str, Any], *, comment: str = "") -> str:
    """TOML document of a mapping.

    Examples:
        >>> print(toml_text({"schema": 1, "park": {"id": "P"}}), end="")
        schema = 1
        <BLANKLINE>
        [park]
        id = "P"
    """
    lines = [f"# {line}".rstrip() for line in comment.splitlines()]
    _table(lines, table, ())
    while lines and not lines[0]:
        lines.pop(0)
    return "\n".join(lines) + "\n"


def _is_tables(value: Any) -> bool:
    return (
        isinstance(value, list | tuple) and bool(value) and all(isinstance(item, Mapping) for item in value)
    )


def _table(lines: list[str], table: Mapping[str, Any], path: tuple[str, ...]) -> None:
    nested = {key: value for key, value in table.items() if isinstance(value, Mapping) or _is_tables(value)}
    for key, value in table.items():
        if key not in nested and value is not None:
            lines.append(f"{_key(key)} = {_value(value)}")
    for key, value in nested.items():
        dotted = ".".join(_key(part) for part in (*path, key))
        for item in [value] if isinstance(value, Mapping) else value:
            if (
                isinstance(value, Mapping)
                and item
                and all(isinstance(part, Mapping) for part in item.values())
            ):
                _table(lines, item, (*path, key))
                continue
            lines += ["", f"[{dotted}]" if isinstance(value, Mapping) else f"[[{dotted}]]"]
            _table(lines, item, (*path, key))


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("only finite numbers are written")
        return repr(value)
    if isinstance(value, Sequence):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    raise TypeError(f"{type(value).__name__} cannot be written as TOML")
