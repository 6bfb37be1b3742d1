# SPDX-License-Identifier: Apache-2.0
"""Every check code: what it means and what mends it.

The table drives the checker's messages, the documentation and the flawed demo park. A code is one fault that a planner can
act on; `WARNINGS` do not stop a park from being used, everything else does (exit code 2).
"""

from __future__ import annotations

from collections.abc import Mapping

from twin.errors import Problem

GROUPS: Mapping[str, str] = {
    "F": "files",
    "C": "coordinates",
    "V": "values",
    "G": "geometry",
    "R": "references",
    "N": "roads and access",
    "T": "terrain",
    "S": "sensors",
}

CODES: Mapping[str, tuple[str, str]] = {
    # files
    "F01": ("the folder has no park.toml", "Write park.toml, or name the folder that holds it."),
    "F02": ("park.toml is not readable TOML", "Mend the line that is named; the file must be UTF-8."),
    "F03": ("the park folder has a schema version that is not known", "Write schema = 1."),
    "F04": ("a declared layer file is missing", "Add the file, or delete its [layers.*] table."),
    "F05": ("a layer file cannot be read", "Export it again as a GeoJSON FeatureCollection or a GeoPackage."),
    "F06": (
        "a layer file is not declared in park.toml",
        "Add its [layers.*] table with file and coordinate_system.",
    ),
    "F07": (
        "a layer has a name the twin does not know; it is only drawn",
        "Rename it if the twin should use it.",
    ),
    "F08": ("the park has no boundary", "Add layers/boundary.geojson with the park's outline."),
    "F09": (
        "an enterprise file is not readable TOML",
        "Mend the line that is named; the file must be UTF-8.",
    ),
    "F10": (
        "a file name leads out of the park folder",
        "Put the file into the park folder and name it relative to it.",
    ),
    # coordinates
    "C01": (
        "the park's frame is not a projected CRS in metres",
        'Write [frame] crs = "EPSG:45xx" (CGCS2000) in park.toml.',
    ),
    "C02": ("a CRS is not known", 'Write an EPSG code, e.g. crs = "EPSG:4490".'),
    "C03": (
        "Beijing 1954 coordinates cannot be converted exactly",
        "Give control points, or convert to CGCS2000 first.",
    ),
    "C04": (
        "Xian 1980 coordinates cannot be converted exactly",
        "Give control points, or convert to CGCS2000 first.",
    ),
    "C05": (
        "a layer does not say what its coordinates are",
        'Write coordinate_system = "cgcs2000" (or wgs84, gcj02, bd09).',
    ),
    "C06": (
        "GCJ-02 or BD-09 is given as a CRS",
        'Write coordinate_system = "gcj02" (or "bd09") instead of crs.',
    ),
    "C07": (
        "a layer is undeclared GCJ-02 or BD-09",
        'Write coordinate_system = "gcj02" (or "bd09") for the layer.',
    ),
    "C08": (
        "latitude and longitude (or northing and easting) are swapped",
        "Export with x = longitude first.",
    ),
    "C09": ("a layer or a record lies far from the park", "Check its CRS, zone and coordinate_system."),
    "C10": ("coordinates are not what the declared CRS allows", "Declare the CRS that the numbers are in."),
    "C11": (
        "there is no exact conversion from this CRS",
        "Convert the layer to CGCS2000 first, or give control points.",
    ),
    "C12": ("crs and coordinate_system contradict each other", "Keep the one that is true."),
    "C13": (
        "the frame's origin is far from the park",
        "Set origin_m near the park, in whole metres of the frame's CRS.",
    ),
    "C14": (
        "the park is far from the central meridian of its frame",
        "Take the 3-degree zone of the park's longitude.",
    ),
    "C15": (
        "control points do not fit each other",
        "Check the listed points; at least three good ones are needed.",
    ),
    # values
    "V01": ("a required field is missing", "Add the field."),
    "V02": ("a value has the wrong type", "Write the kind of value that is expected."),
    "V03": ("a value is out of range", "Correct the value; units are in the field's name."),
    "V04": ("a value is not one of the allowed words", "Write one of the allowed words."),
    "V05": ("a field is misspelt", "Rename the field."),
    "V06": ("a field is not known; it is ignored", "Delete it, or keep it as your own note."),
    "V07": ("an id has characters that are not allowed", "Use letters, digits, '_' and '-' only."),
    "V08": ("a length looks like kilometres", "Write metres."),
    "V09": ("a pressure looks like MPa, bar or kPa", "Write pascals, absolute: 0.6 MPa is 600000."),
    "V10": ("a temperature looks like degrees Celsius", "Write kelvin: 20 degC is 293.15."),
    "V11": ("a fraction looks like per cent", "Write a number from 0 to 1: 80 % is 0.8."),
    "V12": ("a length looks like millimetres", "Write metres."),
    "V13": (
        "a tank's volume does not fit its diameter and height",
        "Correct volume_m3, diameter_m or height_m.",
    ),
    "V14": ("a credit code is not valid", "Copy the 18 characters of the unified social credit code again."),
    "V15": ("the time zone is not known or changes in summer", 'Write timezone = "+08:00".'),
    # geometry
    "G01": ("a geometry is not valid", "Redraw the ring so that it closes and does not cross itself."),
    "G02": ("a record has no geometry", "Draw the record, or delete it."),
    "G03": ("a layer has the wrong kind of geometry", "Draw it as one of the kinds that are expected."),
    "G04": ("building footprints overlap", "Separate the footprints, or delete the one that is drawn twice."),
    "G05": ("a tank stands in another tank or across a wall", "Correct its place or its diameter."),
    "G06": ("a tank is not inside its bund", "Correct the tank's bund, its place or the bund's outline."),
    "G07": (
        "a bund holds less than its largest tank",
        "Correct wall_height_m or the outline; if they are true, the bund is too small.",
    ),
    "G08": ("a record lies outside the park's boundary", "Correct its place or the boundary."),
    "G09": ("a tank's outline does not fit its diameter", "Correct diameter_m or the outline."),
    "G10": ("a road runs through a building or a tank", "Move the road's line or the footprint."),
    "G11": ("enterprise sites overlap", "Correct the outlines so that they only touch."),
    "G12": ("a record lies outside the site of its enterprise", "Correct its place or its enterprise."),
    # references
    "R01": ("an id is used twice in the park", "Give each record of the park its own id."),
    "R02": (
        "an enterprise is not known",
        "Write the id of a record in the enterprises layer, or leave it empty.",
    ),
    "R03": ("a substance is not known", "Write its CAS number."),
    "R04": ("a bund is not known", "Write the id of a record in the bunds layer."),
    "R05": ("the tank of a sensor is not known", "Write the id of a record in the tanks layer."),
    "R06": (
        "an enterprise file belongs to no enterprise",
        "Set its id to that of a record in the enterprises layer.",
    ),
    "R07": ("an inventory names something unknown", "Write the id of a tank or unit of this enterprise."),
    "R08": (
        "a substance is not in the twin's table; it can be shown but not released",
        "Nothing, or ask for the substance to be added.",
    ),
    # roads and access
    "N01": ("a road is cut off from the rest", "Join its end to the network (draw to the same point)."),
    "N02": (
        "a gate is more than 15 m from a road",
        "Draw the road to the gate, or correct the gate's place.",
    ),
    "N03": ("a shelter is more than 60 m from a road", "Draw the road to it, or correct its place."),
    "N04": ("a hydrant is more than 60 m from a road", "Draw the road to it, or correct its place."),
    "N05": ("a resource is more than 60 m from a road", "Draw the road to it, or correct its place."),
    "N06": ("one-way roads make a trap", "Check oneway and the direction in which the line is drawn."),
    "N07": ("an enterprise is more than 60 m from a road", "Draw the road to its site."),
    "N08": (
        "a road is narrower than 4 m",
        'Check width_m; fire engines need a clear width of 4 m. Use kind = "footpath" for paths.',
    ),
    "N09": (
        "a rack or pipeline crosses a road too low",
        "Write the road's max_height_m, or correct clearance_m.",
    ),
    "N10": ("a road ends just beside another road; it was joined to it", "Draw its end to the same point."),
    "N11": ("a road is too short to be one", "Delete it, or draw it again."),
    "N12": ("the park has no roads", "Add layers/roads.geojson with the roads' centre lines."),
    # terrain
    "T01": ("dem.tif cannot be read", "Export the elevation model again as GeoTIFF with one band."),
    "T02": ("the elevation model has no CRS", "Assign its CRS (gdal_edit.py -a_srs EPSG:xxxx dem.tif)."),
    "T03": ("the elevation model has no data over the park", "Export the area of the park again."),
    "T04": ("a no-data value is not declared", "Declare it (gdal_edit.py -a_nodata VALUE dem.tif)."),
    "T05": ("the elevation model does not cover the park", "Export a larger area."),
    "T06": ("the elevation model's cells are not square", "Resample to square cells (gdalwarp -tr 5 5)."),
    "T07": ("the elevation model is in feet", "Convert the heights to metres (gdal_calc.py, times 0.3048)."),
    "T08": ("the CRS of the elevation model cannot be used", "Convert it to CGCS2000 or WGS 84 first."),
    "T09": (
        "the elevation model has holes in the park",
        "Fill them (gdal_fillnodata.py), or export the area again.",
    ),
    # sensors
    "S01": (
        "an HJ 212 sensor has only one of device number and factor code",
        "Write both hj212_mn and hj212_factor.",
    ),
    "S02": ("two sensors have the same device number and factor code", "Correct one of them."),
    "S03": ("the second alarm is below the first", "Write alarm_2 above alarm_1."),
    "S04": (
        "an alarm threshold is outside the measuring range",
        "Correct the threshold or range_min and range_max.",
    ),
    "S05": ("the measuring range is empty", "Write range_min below range_max."),
    "S06": (
        "the unit is not known or does not fit the quantity",
        "Write a unit of the quantity, e.g. mg/m3 or ppm.",
    ),
    "S07": ("a gas sensor does not say which substance it measures", "Write the CAS number into substance."),
    "S08": ("a sensor is connected to nothing", "Write hj212_mn and hj212_factor, or topic."),
    "S09": (
        "a device number is not possible in HJ 212",
        "Write the MN of the device: at most 24 letters and digits.",
    ),
    "S10": ("a gas sensor has no alarm threshold", "Write alarm_1 (and alarm_2)."),
}
"""Code -> (what it means, what to do)."""

WARNINGS: frozenset[str] = frozenset(
    {"F07", "C14", "V06", "G12", "R08", "N08", "N10", "N11", "N12", "S08", "S10"}
)
"""Codes that are reported but do not stop the park from being used."""

ALONE: frozenset[str] = frozenset({"F01", "F02", "F03"})
"""Codes after which nothing else can be checked, so they are reported alone."""


def coded(code: str, what: str = "", *, remedy: str = "", expected: str = "", **where: str) -> Problem:
    """A problem of the check table; its meaning and remedy unless something more exact is said."""
    meaning, usual = CODES[code]
    return Problem(
        what=what or meaning,
        remedy=remedy or usual,
        expected=expected,
        code=code,
        warning=code in WARNINGS,
        **where,
    )
