# SPDX-License-Identifier: Apache-2.0
"""Names in one record that must be ids of another: enterprises, substances, bunds, tanks, inventories."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from geodata.check_codes import coded
from geodata.records import Records
from geodata.tables import EnterpriseFile
from twin.errors import InputProblems, Problem, did_you_mean

_CAS = re.compile(r"(\d{2,7})-(\d{2})-(\d)")


@cache
def substance_fault(name: str) -> str | None:
    """Check code of a substance's name: None when the table has it, R08 for another true CAS number, else R03.

    References:
        CAS check digit: sum of the digits times their place from the right (check digit excluded), modulo 10.
    """
    from twin.substances import substance

    try:
        substance(name)
    except InputProblems:
        match = _CAS.fullmatch(name)
        if match is None:
            return "R03"
        digits = match[1] + match[2]
        total = sum(place * int(digit) for place, digit in enumerate(reversed(digits), start=1))
        return "R08" if total % 10 == int(match[3]) else "R03"
    return None


def _substance_problem(name: str, **where: str) -> list[Problem]:
    from twin.substances import substances

    code = substance_fault(name)
    if code is None:
        return []
    if code == "R08":
        return [
            coded(
                code,
                f"substance '{name}' is not in the twin's table; it can be shown but not released",
                **where,
            )
        ]
    known = [key for item in substances() for key in (item.cas, item.id)]
    return [
        coded(
            code,
            f"substance '{name}' is not known",
            remedy=f"Write its CAS number; {did_you_mean(name, known)}",
            **where,
        )
    ]


def reference_problems(
    records: Records, files: Mapping[str, str], enterprise_files: Mapping[str, EnterpriseFile]
) -> list[Problem]:
    """Every name that leads nowhere. `files` names each layer's file."""
    checks = (
        # field, layers that have it, code, what may be written, what it is
        ("enterprise", tuple(records.layers), "R02", records.ids("enterprises"), "enterprise"),
        ("bund", ("tanks",), "R04", records.ids("bunds"), "bund"),
        ("tank", ("sensors",), "R05", records.ids("tanks"), "tank"),
    )
    problems = []
    for field, layers, code, known, word in checks:
        for layer in layers:
            for asset in records.layers.get(layer, ()):
                name = getattr(asset, field)
                if name and name not in known:
                    problems.append(
                        coded(
                            code,
                            f"{word} '{name}' is not known",
                            remedy=_remedy(name, known),
                            file=files[layer],
                            layer=layer,
                            id=asset.id,
                            field=field,
                        )
                    )
    for layer in ("tanks", "pipelines", "sensors"):
        for asset in records.layers.get(layer, ()):
            name = getattr(asset, "substance", "")
            if name:
                problems += _substance_problem(
                    name, file=files[layer], layer=layer, id=asset.id, field="substance"
                )
    return problems + _enterprise_problems(records, enterprise_files)


def _remedy(name: str, known: frozenset[str]) -> str:
    return did_you_mean(name, sorted(known)) if known else ""


def _enterprise_problems(records: Records, files: Mapping[str, EnterpriseFile]) -> list[Problem]:
    sites, stores = records.ids("enterprises"), records.ids("tanks", "units", "buildings")
    problems = []
    for file, enterprise in files.items():
        if enterprise.id not in sites:
            what = f"there is no enterprise '{enterprise.id}' in the park"
            problems.append(coded("R06", what, remedy=_remedy(enterprise.id, sites), file=file, field="id"))
        for number, substance in enumerate(enterprise.substances):
            field = f"substances.{number}.cas"
            problems += _substance_problem(substance.cas, file=file, id=enterprise.id, field=field)
        for number, inventory in enumerate(enterprise.inventories):
            where = {"file": file, "id": enterprise.id}
            if inventory.at not in stores:
                what = f"'{inventory.at}' is no tank, unit or building"
                field = f"inventories.{number}.at"
                problems.append(
                    coded("R07", what, remedy=_remedy(inventory.at, stores), field=field, **where)
                )
            field = f"inventories.{number}.substance"
            problems += _substance_problem(inventory.substance, field=field, **where)
    return problems
