# SPDX-License-Identifier: Apache-2.0
"""park.toml: read, checked, and mended far enough that the rest of the folder can still be checked.

A mended manifest never leaves the checker: `load_park` refuses the folder when there is any problem.
"""

from __future__ import annotations

import copy
import re
import tomllib
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from geodata.check_codes import coded
from geodata.schema import read_table
from geodata.tables import Manifest
from twin.clock import DEVICE_ZONE
from twin.errors import Problem

FILE = "park.toml"
_DEFAULTS = {"schema": 1, "park": {"id": "park", "name": "park"}, "frame": {}}


def read_manifest(folder: Path) -> tuple[Manifest | None, list[Problem]]:
    """The checked manifest of a park folder (None when nothing can be made of it), and every problem."""
    path = folder / FILE
    if not path.is_file():
        what = "the folder does not exist" if not folder.is_dir() else ""
        return None, [coded("F01", what, file=str(path))]
    try:
        data = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        return None, [coded("F02", f"park.toml cannot be read: {error}", file=FILE)]
    if data.get("schema") != 1:
        return None, [coded("F03", f"schema is {data.get('schema', 'missing')!r}", file=FILE, field="schema")]
    manifest, problems = read_table(Manifest, data, file=FILE)
    if manifest is None:
        manifest, _ = read_table(Manifest, _mended(data, problems), file=FILE)
    return manifest, problems


def _mended(data: dict[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """The document without what is wrong in it, and with what it cannot do without."""
    mended = copy.deepcopy(data)
    for item in problems:
        _delete(mended, item.field.split("."))
    for key, value in _DEFAULTS.items():
        if not isinstance(value, dict):
            mended.setdefault(key, value)
            continue
        table = mended.setdefault(key, {})
        for name, default in value.items():
            table.setdefault(name, default)
    layers = mended.get("layers", {})
    for name in [name for name, table in layers.items() if "file" not in table]:
        del layers[name]
    return mended


def _delete(table: Any, path: list[str]) -> None:
    """Remove the value at a path; a whole list when something in it is wrong."""
    for part in path[:-1]:
        if not isinstance(table, dict) or not isinstance(table.get(part), dict):
            break
        table = table[part]
        path = path[1:]
    if isinstance(table, dict):
        table.pop(path[0], None)


def zone_of(text: str) -> tuple[timezone, list[Problem]]:
    """Fixed offset of a time zone written as '+08:00', 'UTC' or a name without summer time."""
    match = re.fullmatch(r"(?:UTC)?([+-])(\d{1,2}):?(\d{2})?", text)
    if match:
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        if minutes <= 14 * 60:
            return timezone(timedelta(minutes=minutes if match[1] == "+" else -minutes)), []
    if text in ("UTC", "Z"):
        return timezone.utc, []  # noqa: UP017
    if text in ("Asia/Shanghai", "Asia/Chongqing", "Asia/Urumqi", "PRC"):
        return DEVICE_ZONE, []
    offset = _named_offset(text)
    if offset is not None:
        return timezone(offset), []
    return DEVICE_ZONE, [coded("V15", f"timezone is '{text}'", file=FILE, field="park.timezone")]


def _named_offset(name: str) -> timedelta | None:
    from zoneinfo import ZoneInfo

    try:
        zone = ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return None
    offsets = {datetime(2026, month, 1, tzinfo=zone).utcoffset() for month in (1, 7)}
    return offsets.pop() if len(offsets) == 1 else None
