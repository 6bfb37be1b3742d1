# SPDX-License-Identifier: Apache-2.0
"""What may stand in a park folder's files, and what to say when something else stands there.

Records of layers are validated against the dataclasses of `twin.assets` themselves, so a field is written down once.
pydantic reports every fault of a record at once; this module turns its errors into `Problem`s with a check code, the expected
range with its unit, and a remedy.
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

import typing_extensions
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from geodata.check_codes import coded
from twin.assets import LAYERS
from twin.errors import Problem, did_you_mean

_CONFIG = ConfigDict(strict=True, allow_inf_nan=False)
_UNITS = ("m3_s", "1_h", "kg_s", "m_s", "m3", "m2", "kg", "Pa", "K", "deg", "s", "m")
_SAY = {"m3_s": "m3/s", "1_h": "1/h", "kg_s": "kg/s", "m_s": "m/s", "deg": "degrees"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordShape:
    """What the properties of a layer's records may be; the geometry is judged elsewhere."""

    fields: Mapping[str, frozenset[Any]]
    """Field name -> plain types it may have."""
    required: frozenset[str]
    adapter: TypeAdapter[Any]
    """Validates a dictionary of properties; absent optional fields stay absent."""


@cache
def record_shape(layer: str) -> RecordShape:
    """Shape of a layer's records, derived from their dataclass."""
    record = LAYERS[layer].record
    hints = typing.get_type_hints(record, include_extras=True)
    members = [member for member in dataclasses.fields(record) if member.name != "geometry"]
    required = frozenset(member.name for member in members if member.default is dataclasses.MISSING)
    presence = {
        member.name: (
            typing_extensions.Required if member.name in required else typing_extensions.NotRequired
        )
        for member in members
    }
    make: Any = typing_extensions.TypedDict
    properties = make(
        f"{record.__name__}Properties", {name: kind[hints[name]] for name, kind in presence.items()}
    )
    properties.__pydantic_config__ = _CONFIG
    return RecordShape(
        fields={member.name: _plain_types(hints[member.name]) for member in members},
        required=required,
        adapter=TypeAdapter(properties),
    )


def _plain_types(kind: Any) -> frozenset[Any]:
    """The bare types inside an annotation: Annotated[int, Ge(0)] | None -> {int, NoneType}."""
    origin = typing.get_origin(kind)
    if origin is Annotated:
        return _plain_types(typing.get_args(kind)[0])
    if origin in (typing.Union, types.UnionType):
        return frozenset(plain for part in typing.get_args(kind) for plain in _plain_types(part))
    if origin is Literal:
        return frozenset({str})
    return frozenset({kind})


def check_record(
    layer: str, properties: Mapping[str, Any], /, **where: str
) -> tuple[dict[str, Any], list[Problem]]:
    """Values of a record's fields, and what is wrong with them.

    A field that is wrong gets its default (a number without one: NaN), so that the other checks can go on; such a record
    must not leave the checker. null means absent, as desktop GIS writes it.
    """
    shape = record_shape(layer)
    known: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in properties.items():
        if value is None:
            continue
        plain = shape.fields.get(name)
        if plain is None:
            absent = [field for field in shape.fields if properties.get(field) is None]
            problems.append(_unknown_field(name, absent, where))
        elif isinstance(value, float) and int in plain and value.is_integer():
            known[name] = int(value)
        else:
            known[name] = value
    try:
        values: dict[str, Any] = shape.adapter.validate_python(known)
        return values, problems
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
    problems += [problem_of(detail, where) for detail in details]
    for name in sorted({str(detail["loc"][0]) for detail in details}):
        known.pop(name, None)
        if name in shape.required:
            plain = shape.fields[name]
            known[name] = "" if str in plain else 0 if int in plain else float("nan")
    return known, problems


def _unknown_field(name: str, known: list[str], where: Mapping[str, str]) -> Problem:
    hint = did_you_mean(name, known)
    if hint.startswith("did you mean"):
        return coded("V05", f"there is no field '{name}'", remedy=hint, field=name, **where)
    return coded("V06", f"field '{name}' is not known and is ignored", field=name, **where)


def read_table(model: type[BaseModel], data: Mapping[str, Any], *, file: str) -> tuple[Any, list[Problem]]:
    """A checked table of a TOML file (None when it has problems), and every problem."""
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
    problems = []
    for detail in details:
        if detail["type"] == "extra_forbidden":
            problems.append(_unknown_key(model, detail, file))
        else:
            problems.append(problem_of(detail, {"file": file}))
    return None, problems


def _unknown_key(model: type[BaseModel], detail: ErrorDetails, file: str) -> Problem:
    known = list(_keys_at(model, detail["loc"][:-1]))
    name = str(detail["loc"][-1])
    return coded(
        "V05",
        f"there is no key '{name}'",
        remedy=did_you_mean(name, known) if known else "",
        file=file,
        field=_dotted(detail["loc"]),
    )


def _keys_at(kind: Any, path: tuple[int | str, ...]) -> list[str]:
    """Keys of the table that a path of an error leads to."""
    while typing.get_origin(kind) in (list, dict, Annotated, typing.Union, types.UnionType) and path:
        arguments = typing.get_args(kind)
        container = typing.get_origin(kind) in (list, dict)
        kind = arguments[-1] if typing.get_origin(kind) is dict else arguments[0]
        path = path[1:] if container else path
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return []
    names = {field.alias or name: field for name, field in kind.model_fields.items()}
    if not path:
        return list(names)
    field = names.get(str(path[0]))
    return _keys_at(field.annotation, path[1:]) if field is not None else []


def problem_of(detail: ErrorDetails, where: Mapping[str, str]) -> Problem:
    """One pydantic error as a problem with a check code."""
    kind, value, field = detail["type"], detail.get("input"), _dotted(detail["loc"])
    context = detail.get("ctx") or {}
    name = str(detail["loc"][-1]) if isinstance(detail["loc"][-1], str) else field
    unit = unit_of(name)
    if kind == "missing" or kind == "string_too_short":
        return coded("V01", f"{field} is missing", expected=unit, field=field, **where)
    if kind == "literal_error":
        if field == "schema":
            return coded("F03", f"schema is {value!r}", field=field, **where)
        words = str(context.get("expected", ""))
        known = re.findall(r"'([^']*)'", words)
        hint = did_you_mean(str(value), known) if known else ""
        return coded("V04", f"{field} is {value!r}", expected=words, remedy=hint, field=field, **where)
    if kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number"):
        limit = _limit(kind, context, unit)
        if (
            name.endswith("_fraction")
            and kind == "less_than_equal"
            and isinstance(value, int | float)
            and value <= 100
        ):
            return coded(
                "V11",
                f"{field} is {value}",
                remedy=f"Write {value / 100:g}.",
                expected="0 to 1",
                field=field,
                **where,
            )
        return coded("V03", f"{field} is {value}", expected=limit, field=field, **where)
    found = f"{value!r}"[:60]
    expected = _TYPES.get(kind, str(detail["msg"]))
    return coded(
        "V02", f"{field} is {found}", expected=" ".join((expected, unit)).strip(), field=field, **where
    )


_TYPES = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "a text",
    "bool_type": "true or false",
    "dict_type": "a table",
    "list_type": "a list",
    "model_type": "a table",
}


def _limit(kind: str, context: Mapping[str, Any], unit: str) -> str:
    if kind == "finite_number":
        return f"a finite number {unit}".strip()
    sign = {"greater_than": ">", "greater_than_equal": ">=", "less_than": "<", "less_than_equal": "<="}[kind]
    limit = next(iter(context.values()), "")
    return f"{sign} {limit} {unit}".strip()


def _dotted(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location)


def unit_of(field: str) -> str:
    """Unit that a field's name ends in, as people write it; '' when it has none.

    Examples:
        >>> unit_of("flow_m3_s"), unit_of("height_m"), unit_of("kind")
        ('m3/s', 'm', '')
    """
    for unit in _UNITS:
        if field.endswith("_" + unit):
            return _SAY.get(unit, unit)
    return ""
