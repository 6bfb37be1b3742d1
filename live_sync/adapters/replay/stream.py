# SPDX-License-Identifier: Apache-2.0
"""A recorded stream: its rows, when each was measured, and which sensors it holds.

Two layouts: long (time, sensor or beam, value, and perhaps unit, quantity, flag) and wide (time, perhaps beam, one column per
quantity, e.g. the raw open-path spectrometer streams). CSV, CSV.gz, or Parquet through DuckDB. Every row of the file becomes
one arrival, repeated times and equal rows included.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from live_sync.adapters.replay.layout import QUANTITIES, Quantity, Sites, converter
from live_sync.reading import Measurement
from live_sync.registry import Channel
from twin.assets import Sensor
from twin.clock import DEVICE_ZONE
from twin.errors import InputProblems, Problem, problem
from twin.park import Park

_NAMES = ("sensor", "beam")
_REMEDY = "Give a CSV with the columns time, sensor, value - or time, beam and quantities such as ch4_ppm."


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the file."""

    raw: bytes
    t_s: float | None
    """Time in the file; texts without a zone are device time. None = unreadable."""
    measurements: list[Measurement]
    problem: str = ""


@dataclass(slots=True, kw_only=True)
class Stream:
    """A recorded stream that was looked through once: it can be replayed."""

    path: Path
    name: str
    columns: list[str]
    channels: dict[str, Channel] = field(default_factory=dict)
    """Sensors it brings along, by factor."""
    aliases: dict[str, Sensor] = field(default_factory=dict)
    """Sensors of the park that it feeds, by factor."""
    first_s: float = math.nan
    rows_total: int = 0

    def rows(self) -> Iterator[Row]:
        """All rows in the file's order."""
        read = _wide if "value" not in self.columns else _long
        for number, line in enumerate(_data_lines(self.path), 2):
            cells = next(csv.reader([line]), [])
            raw = line.encode()
            if len(cells) != len(self.columns):
                yield Row(raw=raw, t_s=None, measurements=[], problem=f"line {number}: {len(cells)} columns")
                continue
            values = dict(zip(self.columns, cells, strict=True))
            t_s = _time_s(values["time"])
            if t_s is None:
                yield Row(
                    raw=raw,
                    t_s=None,
                    measurements=[],
                    problem=f"line {number}: '{values['time']}' is no time",
                )
                continue
            try:
                yield Row(raw=raw, t_s=t_s, measurements=read(self, values))
            except ValueError as error:
                yield Row(raw=raw, t_s=t_s, measurements=[], problem=f"line {number}: {error}")


def open_stream(path: Path, park: Park) -> Stream:
    """The stream of a file, its sensors placed in the park.

    Raises: InputProblems when the file cannot be read or is no stream.
    """
    try:
        header = next(_lines(path), "")
        columns = [cell.strip() for cell in next(csv.reader([header.removeprefix("\ufeff")]), [])]
        _check_columns(path, columns)
        name = path.name.split(".")[0]
        stream = Stream(path=path, name=name, columns=columns)
        _look_through(stream, park)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise problem(f"cannot be read: {reason}", _REMEDY, file=str(path)) from None
    if not stream.rows_total or math.isnan(stream.first_s):
        raise problem("has no row with a readable time", _REMEDY, file=str(path))
    return stream


def _check_columns(path: Path, columns: list[str]) -> None:
    problems = []
    if "time" not in columns:
        problems.append("it has no column 'time'")
    if "value" in columns:
        if not any(name in columns for name in _NAMES):
            problems.append("it has no column 'sensor' or 'beam'")
    elif not any(column in QUANTITIES for column in columns):
        problems.append(f"it has no column 'value' and none of {', '.join(QUANTITIES)}")
    if problems:
        raise InputProblems(
            Problem(what=what, remedy=_REMEDY, expected=f"found: {', '.join(columns[:12])}", file=str(path))
            for what in problems
        )


def _look_through(stream: Stream, park: Park) -> None:
    """Find every sensor of the stream, and its first time, before anything is replayed."""
    sensors = {sensor.id: sensor for sensor in park.sensors}
    sites = Sites(stream.path, park)
    beams: dict[str, Quantity] = {}
    for values in _dictionaries(stream):
        stream.rows_total += 1
        if math.isnan(stream.first_s):
            first_s = _time_s(values.get("time", ""))
            stream.first_s = math.nan if first_s is None else first_s
        label = _label(values)
        if "value" not in stream.columns:
            for column, quantity in QUANTITIES.items():
                if column in values:
                    beams.setdefault(_factor(column, quantity, label), quantity)
        elif label in sensors:
            stream.aliases[label] = sensors[label]
        elif label and label not in beams:
            beams[label] = Quantity(
                quantity=values.get("quantity") or "value",
                unit=values.get("unit") or "",
                kind="process",
                per_beam=True,
            )
    for factor, quantity in beams.items():
        label = factor.rpartition("@")[2] if "@" in factor else factor if quantity.per_beam else ""
        x_m, y_m, height_m = sites.place(label)
        stream.channels[factor] = Channel(
            sensor=f"{stream.name}-{factor.replace('@', '-')}",
            unit=quantity.unit,
            kind=quantity.kind,
            quantity=quantity.quantity,
            name=f"{stream.name} {factor.replace('@', ' beam ')}",
            substance=quantity.substance,
            device=stream.name,
            factor=factor,
            x_m=x_m,
            y_m=y_m,
            height_m=height_m,
        )


def _wide(stream: Stream, values: dict[str, str]) -> list[Measurement]:
    label = _label(values)
    return [
        Measurement(_factor(column, quantity, label), "Rtd", _number(values[column]))
        for column, quantity in QUANTITIES.items()
        if column in values
    ]


def _long(stream: Stream, values: dict[str, str]) -> list[Measurement]:
    label = _label(values)
    if not label:
        raise ValueError("names no sensor")
    value = _number(values["value"])
    sensor = stream.aliases.get(label)
    unit = values.get("unit", "")
    registered = sensor.unit if sensor is not None else stream.channels[label].unit
    if unit and unit != registered:
        value = converter(unit, registered)(value)
    return [Measurement(label, values.get("statistic") or "Rtd", value, values.get("flag", ""))]


def _factor(column: str, quantity: Quantity, label: str) -> str:
    """Name of what a column measures; quantities of the whole stream are the same for every beam."""
    return f"{column}@{label}" if quantity.per_beam and label else column


def _label(values: dict[str, str]) -> str:
    return next((values[name].strip() for name in _NAMES if values.get(name)), "")


def _number(text: str) -> float:
    if not text.strip() or text.strip().lower() in ("nan", "null", "none"):
        return math.nan
    value = float(text)
    return value if math.isfinite(value) else math.nan


def _time_s(text: str) -> float | None:
    text = text.strip()
    try:
        number = float(text)
    except ValueError:
        pass
    else:
        return number if math.isfinite(number) else None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=DEVICE_ZONE)).timestamp()


def _dictionaries(stream: Stream) -> Iterator[dict[str, str]]:
    for line in _data_lines(stream.path):
        cells = next(csv.reader([line]), [])
        yield dict(zip(stream.columns, cells, strict=False))


def _data_lines(path: Path) -> Iterator[str]:
    lines = _lines(path)
    next(lines, None)
    return lines


def _lines(path: Path) -> Iterator[str]:
    """Lines of the file that are not blank, without their ends."""
    if path.suffix == ".parquet":
        yield from _parquet_lines(path)
        return
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    opener = gzip.open if packed else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        for line in file:
            line = line.rstrip("\r\n")
            if line:
                yield line


def _parquet_lines(path: Path) -> Iterator[str]:
    """A Parquet file as CSV lines, so that it takes the same way."""
    import duckdb

    if not path.is_file():
        raise FileNotFoundError(2, "No such file or directory")
    try:
        with duckdb.connect() as connection:
            result = connection.execute("SELECT * FROM read_parquet($path)", {"path": str(path)})
            yield _line(column[0] for column in result.description or ())
            while chunk := result.fetchmany(10_000):
                for row in chunk:
                    yield _line("" if cell is None else cell for cell in row)
    except duckdb.Error as error:
        raise OSError(str(error).splitlines()[0]) from None


def _line(cells: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([str(cell) for cell in cells])
    return text.getvalue()
