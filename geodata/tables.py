# SPDX-License-Identifier: Apache-2.0
"""The tables of park.toml and of the enterprise files, as pydantic models.

Layers are not here: their records are the dataclasses of `twin.assets` (see `geodata.schema`). Unknown keys are refused, and
nothing is converted silently: a number written as text is a fault of the file.
"""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Len
from pydantic import BaseModel, ConfigDict, Field


class _Table(BaseModel):
    model_config = ConfigDict(strict=True, allow_inf_nan=False, extra="forbid", frozen=True)


class ParkTable(_Table):
    """[park]"""

    id: Annotated[str, Field(min_length=1)]
    name: Annotated[str, Field(min_length=1)]
    timezone: str = "+08:00"
    language: Literal["zh", "en"] = "zh"


class FrameTable(_Table):
    """[frame]"""

    crs: str = ""
    origin_m: Annotated[list[int], Len(2, 2)] | None = None
    vertical_datum: str = "1985 national height"
    height_offset_m: float = 0.0


class LayerTable(_Table):
    """[layers.*]: where a layer is and what its coordinates are."""

    file: Annotated[str, Field(min_length=1)]
    crs: str = ""
    coordinate_system: str = ""
    control_points: list[Annotated[list[float], Len(4, 4)]] = []
    """For a local grid: rows of x, y (as in the file), longitude, latitude (CGCS2000)."""
    height_source: str = ""
    attribution: str = ""
    """Text that must be shown where the layer is drawn."""


class SurroundingsTable(_Table):
    """[surroundings]"""

    radius_m: Annotated[float, Gt(0), Le(100_000)] = 5000.0


class SourceTable(_Table):
    """[source]"""

    maker: str = ""
    date: str = ""
    licence: str = ""
    attributions: list[str] = []
    """Texts that must be shown where the park is drawn."""


class Manifest(_Table):
    """park.toml"""

    version: Literal[1] = Field(alias="schema")
    park: ParkTable
    frame: FrameTable = FrameTable()
    layers: dict[str, LayerTable] = {}
    surroundings: SurroundingsTable = SurroundingsTable()
    source: SourceTable = SourceTable()


class PeopleTable(_Table):
    """[people] of an enterprise file."""

    day: Annotated[int, Ge(0)] = 0
    night: Annotated[int, Ge(0)] = 0


class ContactTable(_Table):
    """[[contacts]]"""

    name: Annotated[str, Field(min_length=1)]
    role: str = ""
    phone: str = ""


class SubstanceTable(_Table):
    """[[substances]]: what the enterprise makes, uses or stores."""

    cas: Annotated[str, Field(min_length=1)]
    name: str = ""
    largest_kg: Annotated[float, Ge(0)] | None = None


class InventoryTable(_Table):
    """[[inventories]]: how much of a substance is where."""

    substance: Annotated[str, Field(min_length=1)]
    at: Annotated[str, Field(min_length=1)]
    """Id of a tank, unit or building."""
    volume_m3: Annotated[float, Ge(0)] | None = None
    mass_kg: Annotated[float, Ge(0)] | None = None


class PlanTable(_Table):
    """[[plans]]: an emergency plan the enterprise has filed."""

    title: Annotated[str, Field(min_length=1)]
    file: str = ""
    date: str = ""


class EnterpriseFile(_Table):
    """enterprises/*.toml: one enterprise, one file."""

    id: Annotated[str, Field(min_length=1)]
    name: Annotated[str, Field(min_length=1)]
    credit_code: str = ""
    people: PeopleTable = PeopleTable()
    contacts: list[ContactTable] = []
    substances: list[SubstanceTable] = []
    inventories: list[InventoryTable] = []
    plans: list[PlanTable] = []
