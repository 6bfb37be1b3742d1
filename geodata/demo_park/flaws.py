# SPDX-License-Identifier: Apache-2.0
"""Faults for `--flaws`: one of every check code that can stand in one folder; the others one by one.

Some faults exclude each other (a raster has one CRS, a missing boundary hides what lies outside it). `TOGETHER` are planted
at once, `APART` each in a park of its own by `plant_alone`. Faults that need a place far from every road are left out of a
park that has none (`tiny`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from geodata.demo_park.flawed import FlawedPark, Planted
from geodata.demo_park.flaws_ground import RASTER_FLAWS, flawed_raster
from geodata.demo_park.flaws_places import PLACE_FLAWS
from geodata.demo_park.flaws_values import VALUE_FLAWS
from geodata.demo_park.generator import DemoPark, generate
from twin.errors import did_you_mean, problem
from twin.park import Park

TOGETHER_RASTER = ("T06", "T07")
"""Faults of the raster in the folder that has the faults together."""


def _broken_manifest(flawed: FlawedPark) -> None:
    flawed.files["park.toml"] = "schema = 1\n[park\n"
    flawed.plant("F02", "", file="park.toml")


def _other_schema(flawed: FlawedPark) -> None:
    flawed.manifest["schema"] = 2
    flawed.plant("F03", "", file="park.toml")


def _no_boundary(flawed: FlawedPark) -> None:
    flawed.layers["boundary"] = []
    flawed.park = dataclasses.replace(flawed.park, boundary=())
    flawed.manifest["layers"].pop("boundary")
    flawed.plant("F08", "boundary", file="park.toml")


def _degrees_for_frame(flawed: FlawedPark) -> None:
    flawed.manifest["frame"]["crs"] = "EPSG:4490"
    flawed.plant("C01", "", file="park.toml")


def _wrong_zone(flawed: FlawedPark) -> None:
    flawed.manifest["frame"]["crs"] = "EPSG:4548"
    flawed.manifest["frame"]["origin_m"] = [866000, 3604000]
    flawed.plant("C14", "", file="park.toml")


def _no_roads(flawed: FlawedPark) -> None:
    flawed.layers["roads"] = []
    flawed.park = dataclasses.replace(flawed.park, roads=())
    flawed.manifest["layers"].pop("roads")
    flawed.plant("N12", "roads", file="park.toml")


APART: dict[str, Callable[[FlawedPark], None]] = {
    "F02": _broken_manifest,
    "F03": _other_schema,
    "F08": _no_boundary,
    "C01": _degrees_for_frame,
    "C14": _wrong_zone,
    "N12": _no_roads,
}
"""Faults that stand alone, by check code; those of the raster are `RASTER_FLAWS`, F01 is a folder without park.toml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlawedFolder:
    """What is needed to write a park folder with faults."""

    park: Park
    files: dict[str, bytes | str]
    """Files that take the place of what `write_park` makes of the park."""
    planted: tuple[Planted, ...]
    """Sorted."""


def _folder(flawed: FlawedPark) -> FlawedFolder:
    return FlawedFolder(park=flawed.park, files=flawed.text_files(), planted=tuple(sorted(flawed.planted)))


def plant(demo: DemoPark, maker: str = "", licence: str = "") -> FlawedFolder:
    """A park with all faults that can stand together."""
    flawed = FlawedPark.of(demo.park, maker, licence)
    for flaw in (*VALUE_FLAWS, *PLACE_FLAWS):
        try:
            flaw(flawed)
        except LookupError:
            continue
    for code in TOGETHER_RASTER:
        flawed.plant(code, "", file="dem.tif")
    flawed.files["dem.tif"] = flawed_raster(demo, TOGETHER_RASTER)
    return _folder(flawed)


def plant_alone(code: str, demo: DemoPark) -> FlawedFolder:
    """A park with one fault that cannot stand with the others.

    Raises: InputProblems for a code that is not one of these.
    """
    if code not in APART and code not in RASTER_FLAWS:
        known = [*APART, *RASTER_FLAWS]
        raise problem(f"there is no fault '{code}' that stands alone", did_you_mean(code, known))
    flawed = FlawedPark.of(demo.park, "", "")
    if code in APART:
        APART[code](flawed)
    else:
        flawed.files["dem.tif"] = flawed_raster(demo, (code,))
        flawed.plant(code, "", file="dem.tif")
    return _folder(flawed)


def planted(seed: int = 7, size: str = "medium") -> list[Planted]:
    """What `write_demo(..., flaws=True)` plants for a seed: check code, file, layer, id; sorted."""
    return list(plant(generate(size, seed)).planted)
