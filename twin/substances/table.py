# SPDX-License-Identifier: Apache-2.0
"""The substance tables, read once; `substance(key)` finds by CAS number, id, Chinese or English name.

A table with a value that has no source is refused: the source is part of the value.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Literal, cast

from twin.errors import InputProblems, Problem, did_you_mean, problem
from twin.substances.correlation import EQUATIONS, Correlation
from twin.substances.record import AEGL_MINUTES, Substance

_FOLDER = Path(__file__).resolve().parent


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _number(text: str) -> float | None:
    return float(text) if text else None


def _levels(row: dict[str, str], columns: dict[int, str], factor: float = 1.0) -> dict[int, float]:
    return {level: float(row[column]) * factor for level, column in columns.items() if row[column]}


def read_tables(folder: Path = _FOLDER) -> tuple[Substance, ...]:
    """All substances of a folder of tables.

    Raises: InputProblems listing every value without a source and every equation that is not known.
    """
    rows = _rows(folder / "substances.csv")
    sources = {row["id"]: row for row in _rows(folder / "substances_sources.csv")}
    problems: list[Problem] = []
    for row in rows:
        for column, value in row.items():
            if value and not sources.get(row["id"], {}).get(column):
                problems.append(
                    Problem(
                        file="substances.csv",
                        id=row["id"],
                        field=column,
                        what=f"value {value} has no source",
                        remedy="Write where it comes from into the same cell of substances_sources.csv.",
                    )
                )
    correlations: dict[str, dict[str, Correlation]] = {row["cas"]: {} for row in rows}
    for line in _rows(folder / "correlations.csv"):
        if line["equation"] not in EQUATIONS or not line["source"] or line["cas"] not in correlations:
            problems.append(
                Problem(
                    file="correlations.csv",
                    id=line["cas"],
                    field=line["property"],
                    what=f"equation '{line['equation']}', source '{line['source']}'",
                    expected="a known CAS number, a source and an equation of " + ", ".join(EQUATIONS),
                    remedy="Correct the line.",
                )
            )
            continue
        correlations[line["cas"]][line["property"]] = Correlation(
            property=line["property"],
            equation=line["equation"],
            constants=tuple(float(line[f"c{k}"]) for k in range(1, 7) if line[f"c{k}"]),
            critical_K=float(line["critical_K"] or 0.0),
            min_K=float(line["min_K"]),
            max_K=float(line["max_K"]),
            source=line["source"],
        )
    aegl: dict[str, dict[int, dict[int, float]]] = {row["cas"]: {} for row in rows}
    notes: dict[str, dict[str, str]] = {row["cas"]: {} for row in rows}
    for line in _rows(folder / "aegl.csv"):
        times = {minutes: f"ppm_{minutes}min" for minutes in AEGL_MINUTES}
        aegl[line["cas"]][int(line["level"])] = _levels(line, times)
        notes[line["cas"]][f"aegl{line['level']}_ppm"] = line["source"]
    if problems:
        raise InputProblems(problems)
    return tuple(
        Substance(
            id=row["id"],
            cas=row["cas"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            aliases=tuple(row["aliases"].split(";")),
            molar_mass_kg_mol=float(row["molar_mass_kg_mol"]),
            boiling_point_K=float(row["boiling_point_K"]),
            critical_temperature_K=float(row["critical_temperature_K"]),
            critical_pressure_Pa=float(row["critical_pressure_Pa"]),
            correlations=correlations[row["cas"]],
            idlh_ppm=_number(row["idlh_ppm"]),
            erpg_ppm=_levels(row, {level: f"erpg{level}_ppm" for level in (1, 2, 3)}),
            aegl_ppm=aegl[row["cas"]],
            lfl_fraction=_number(row["lfl_fraction"]),
            ufl_fraction=_number(row["ufl_fraction"]),
            gb18218_threshold_kg=_tonnes(row["gb18218_threshold_t"]),
            gb18218_beta=_number(row["gb18218_beta"]),
            hj169_threshold_kg=_tonnes(row["hj169_threshold_t"]),
            hj169_endpoint_kg_m3=_levels(row, {k: f"hj169_endpoint{k}_mg_m3" for k in (1, 2)}, 1e-6),
            probit_a=_number(row["probit_a"]),
            probit_b=_number(row["probit_b"]),
            probit_n=_number(row["probit_n"]),
            probit_unit=cast(Literal["", "mg/m3", "ppm"], row["probit_unit"]),
            sources={**sources[row["id"]], **notes[row["cas"]]},
        )
        for row in rows
    )


def _tonnes(text: str) -> float | None:
    return float(text) * 1000.0 if text else None


@cache
def substances() -> tuple[Substance, ...]:
    """Every substance of the table."""
    return read_tables()


@cache
def _names() -> dict[str, Substance]:
    return {
        name.casefold(): item
        for item in substances()
        for name in (item.id, item.cas, item.name_zh, item.name_en, *item.aliases)
    }


def substance(key: str) -> Substance:
    """The substance with this CAS number, id or name.

    Raises: InputProblems when the table has none; names the nearest.

    Examples:
        >>> substance("液氯").cas
        '7782-50-5'
    """
    found = _names().get(key.strip().casefold())
    if found is None:
        raise problem(
            f"substance '{key}' is not in the table",
            did_you_mean(key.strip().casefold(), list(_names())) + " A CAS number works as well.",
            field="substance",
        )
    return found
