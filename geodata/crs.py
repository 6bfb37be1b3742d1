# SPDX-License-Identifier: Apache-2.0
"""The one door for coordinates: which reference systems are accepted, and how they become metres of the park frame.

PROJ's defaults are not safe for China: it converts WGS 84 -> CGCS2000 and Beijing 1954 -> CGCS2000 with the same silent null
shift, which is right to decimetres for the first and wrong by up to 100 m for the second. So: always x = longitude or easting,
never a 'ballpark' conversion, no network, WGS 84 and CGCS2000 one identity (`SAME_DATUM`), and everything that cannot be
converted exactly is refused with the sentence that helps. Heights are never transformed.
"""

from __future__ import annotations

import math
import re
from datetime import timezone
from functools import lru_cache
from typing import Any

import numpy as np
import pyproj
import pyproj.network
from numpy.typing import NDArray

from geodata import gcj02
from twin.clock import DEVICE_ZONE
from twin.errors import did_you_mean, problem
from twin.frame import ParkFrame

pyproj.network.set_network_enabled(False)

Points = NDArray[np.float64]

GEOGRAPHIC = "EPSG:4490"
"""Longitude and latitude that leave the program: CGCS2000."""
COORDINATE_SYSTEMS = ("cgcs2000", "wgs84", "gcj02", "bd09")
"""What longitudes and latitudes may be declared as."""
SAME_DATUM = frozenset({"EPSG:4490", "EPSG:4326", "EPSG:4979", "EPSG:4480", "OGC:CRS84"})
"""Geographic systems taken as one: WGS 84 and CGCS2000 differ by decimetres (plate motion since 2000), PROJ knows no better."""
REFUSED = {
    "Beijing 1954": (
        "C03",
        "Beijing 1954 differs from CGCS2000 by 30-100 m and no public conversion is exact",
    ),
    "Xian 1980": ("C04", "Xian 1980 differs from CGCS2000 by up to 100 m and no public conversion is exact"),
}
"""Datum -> (check code, why it is refused)."""
_CONTROL = (
    'write crs = "local" and control_points = [[x, y, longitude, latitude], ...] (three or more, longitude and latitude in '
    'CGCS2000) for the layer in park.toml, or convert the data to CGCS2000 and write crs = "EPSG:4490"'
)
_SHIFTED = re.compile(r"gcj.?02|mars|bd.?09|baidu|火星|百度", re.IGNORECASE)


def china_frame_crs(longitude_deg: float) -> str:
    """CGCS2000 3-degree Gauss-Krueger system of a longitude, without zone prefix (EPSG:4534-4554, 75 E to 135 E).

    Examples:
        >>> china_frame_crs(120.6)
        'EPSG:4549'
    """
    meridian = min(max(3 * math.floor(longitude_deg / 3 + 0.5), 75), 135)
    return f"EPSG:{4534 + (meridian - 75) // 3}"


def utm_crs(longitude_deg: float, latitude_deg: float) -> str:
    """WGS 84 / UTM system of a place outside China."""
    zone = min(int((longitude_deg + 180.0) // 6.0) + 1, 60)
    return f"EPSG:{(32600 if latitude_deg >= 0 else 32700) + zone}"


def frame_at(longitude_deg: float, latitude_deg: float, *, zone: timezone = DEVICE_ZONE) -> ParkFrame:
    """Park frame for a place: 3-degree Gauss-Krueger in China, UTM elsewhere; origin rounded to 1000 m.

    Raises: InputProblems when the place is not on the Earth.

    Examples:
        >>> frame_at(120.6, 31.9).crs
        'EPSG:4549'
    """
    if not (math.isfinite(longitude_deg) and -180 <= longitude_deg <= 180 and -80 <= latitude_deg <= 84):
        raise problem(
            f"longitude {longitude_deg}, latitude {latitude_deg} is no place for a park",
            "Give longitude first, then latitude, in degrees.",
            code="C10",
        )
    china = bool(gcj02.in_china(np.array([longitude_deg, latitude_deg])))
    crs = china_frame_crs(longitude_deg) if china else utm_crs(longitude_deg, latitude_deg)
    return frame_of(crs, lonlat_deg=(longitude_deg, latitude_deg), zone=zone)


def frame_of(
    crs: str,
    *,
    origin_m: tuple[int, int] | None = None,
    lonlat_deg: tuple[float, float] | None = None,
    vertical_datum: str = "1985 national height",
    height_offset_m: float = 0.0,
    zone: timezone = DEVICE_ZONE,
) -> ParkFrame:
    """Park frame of a projected CRS with its origin given in metres, or near a longitude and latitude.

    Raises: InputProblems when the CRS is refused, or is not projected in metres.
    """
    system = frame_crs(crs)
    geographic = _geographic_of(crs)
    if origin_m is None:
        if lonlat_deg is None:
            raise problem("the frame has no origin", "Write [frame] origin_m.", code="C01", field="origin_m")
        east, north = _transform(geographic, crs, np.array([lonlat_deg], dtype=np.float64))[0]
        origin_m = (int(round(east / 1000.0)) * 1000, int(round(north / 1000.0)) * 1000)
    longitude, latitude = _transform(crs, geographic, np.array([origin_m], dtype=np.float64))[0]
    return ParkFrame(
        crs=_name(crs),
        origin_m=origin_m,
        convergence_deg=_convergence_deg(system, float(longitude), float(latitude)),
        longitude_deg=float(longitude),
        latitude_deg=float(latitude),
        vertical_datum=vertical_datum,
        height_offset_m=height_offset_m,
        zone=zone,
    )


def convergence_deg(crs: str, longitude_deg: float, latitude_deg: float) -> float:
    """Meridian convergence: grid north measured clockwise from true north (positive east of the central meridian)."""
    return _convergence_deg(frame_crs(crs), longitude_deg, latitude_deg)


def _convergence_deg(system: pyproj.CRS, longitude_deg: float, latitude_deg: float) -> float:
    factors = pyproj.Proj(system).get_factors(longitude_deg, latitude_deg, errcheck=True)
    return float(factors.meridian_convergence)


def frame_crs(crs: str) -> pyproj.CRS:
    """The CRS a park frame may use: projected, in metres, of an accepted datum.

    Raises: InputProblems.
    """
    system = accepted_crs(crs)
    metres = system.is_projected and all(axis.unit_conversion_factor == 1.0 for axis in system.axis_info[:2])
    if not metres or re.search("Mercator$", system.name) or len(system.axis_info) > 2:
        raise problem(
            f"{crs} ({system.name}) is not a projected CRS in metres",
            'Write [frame] crs = "EPSG:4549" (CGCS2000 / 3-degree Gauss-Krueger 120E; 4534-4554 for 75E-135E).',
            code="C01",
            field="crs",
        )
    return system


@lru_cache(maxsize=256)
def accepted_crs(crs: str) -> pyproj.CRS:
    """The reference system that a text names, if its coordinates can be converted exactly.

    Raises: InputProblems for no CRS, an unknown one, GCJ-02/BD-09 given as a CRS, Beijing 1954, Xian 1980, and any other datum
    from which PROJ knows no exact way to WGS 84; each says what to write in park.toml.
    """
    if not crs.strip():
        raise problem(
            "no CRS is given",
            'Write crs = "EPSG:4490" and coordinate_system = "cgcs2000" (or wgs84, gcj02, bd09) for the layer in park.toml.',
            code="C05",
            field="crs",
        )
    if _SHIFTED.search(crs):
        name = "bd09" if re.search(r"bd|baidu|百度", crs, re.IGNORECASE) else "gcj02"
        raise problem(
            f"'{crs}' is no CRS but a shift of web maps",
            f'Write coordinate_system = "{name}" instead of crs for the layer in park.toml.',
            code="C06",
            field="crs",
        )
    try:
        system = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        raise problem(
            f"CRS '{crs[:60]}' is not known",
            'Write an EPSG code, e.g. crs = "EPSG:4549", for the layer in park.toml.',
            code="C02",
            field="crs",
        ) from None
    datum = _datum(system)
    for name, (code, why) in REFUSED.items():
        if name in datum:
            raise problem(
                f"{_label(crs, system)} is refused: {why}", f"To use it, {_CONTROL}.", code=code, field="crs"
            )
    geodetic = system.geodetic_crs
    if geodetic is None or not (system.is_geographic or system.is_projected):
        raise problem(
            f"{_label(crs, system)} is not a map CRS", f"To use it, {_CONTROL}.", code="C11", field="crs"
        )
    if not _same_datum(geodetic):
        try:
            _transformer(crs, "EPSG:4326")
        except pyproj.exceptions.ProjError:
            raise problem(
                f"there is no exact conversion from {_label(crs, system)} to CGCS2000",
                f"To use it, {_CONTROL}.",
                code="C11",
                field="crs",
            ) from None
    return system


def to_lonlat(points: Points, *, crs: str, coordinate_system: str) -> Points:
    """Longitude and latitude (CGCS2000, degrees) of points in a declared system. Shapes: [N, 2] -> [N, 2].

    `coordinate_system` says what longitudes and latitudes are (cgcs2000, wgs84, gcj02, bd09; empty = what the CRS says);
    an empty `crs` then means plain longitude and latitude.

    Raises: InputProblems when the declaration is missing, refused or contradicts itself, or the numbers do not belong to it.
    """
    points = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    source = declared_crs(crs, coordinate_system)
    system = accepted_crs(source)
    degrees = np.all((np.abs(points[:, 0]) <= 180.0) & (np.abs(points[:, 1]) <= 90.0))
    if system.is_geographic and not degrees:
        raise problem(
            "numbers beyond 180 and 90 are not degrees",
            'Write the projected CRS they are in, e.g. crs = "EPSG:4549", for the layer in park.toml.',
            code="C10",
            field="crs",
        )
    if coordinate_system == "gcj02":
        return gcj02.wgs84_from_gcj02(points)
    if coordinate_system == "bd09":
        return gcj02.wgs84_from_bd09(points)
    geographic = _geographic_of(source)
    lonlat = points if system.is_geographic else _transform(source, geographic, points)
    lonlat = _change_datum(lonlat, geographic, GEOGRAPHIC)
    if not np.all(np.isfinite(lonlat)):
        raise problem(
            f"numbers are outside the area in which {source} is defined",
            "Check the layer's crs: the numbers do not belong to it.",
            code="C10",
            field="crs",
        )
    return lonlat


def to_frame(points: Points, *, crs: str, coordinate_system: str, frame: ParkFrame) -> Points:
    """Metres in the park frame of points in a declared system (see `to_lonlat`). Shapes: [N, 2] -> [N, 2].

    Raises: InputProblems, as `to_lonlat`; also when the points are too far from the frame to have a place in it.
    """
    lonlat = to_lonlat(points, crs=crs, coordinate_system=coordinate_system)
    geographic = _geographic_of(frame.crs)
    metres = _transform(geographic, frame.crs, _change_datum(lonlat, GEOGRAPHIC, geographic))
    if not np.all(np.isfinite(metres)):
        raise problem(
            f"points are outside the area in which {frame.crs} is defined",
            "Check the layer's crs: the numbers do not belong to the park's place.",
            code="C10",
            field="crs",
        )
    return metres - np.array(frame.origin_m, dtype=np.float64)


def from_frame(points_m: Points, frame: ParkFrame) -> Points:
    """Longitude and latitude (CGCS2000, degrees) of points in the park frame. Shapes: [N, 2] -> [N, 2]."""
    metres = np.asarray(points_m, dtype=np.float64).reshape(-1, 2) + np.array(
        frame.origin_m, dtype=np.float64
    )
    geographic = _geographic_of(frame.crs)
    return _change_datum(_transform(frame.crs, geographic, metres), geographic, GEOGRAPHIC)


def declared_crs(crs: str, coordinate_system: str) -> str:
    """The CRS that a layer's two declarations mean together.

    Raises: InputProblems when the words are unknown or contradict each other.
    """
    if coordinate_system and coordinate_system not in COORDINATE_SYSTEMS:
        raise problem(
            f"coordinate_system '{coordinate_system}' is not known",
            f"Write one of {', '.join(COORDINATE_SYSTEMS)}; {did_you_mean(coordinate_system, COORDINATE_SYSTEMS)}",
            code="C05",
            field="coordinate_system",
        )
    if not crs:
        if not coordinate_system:
            accepted_crs("")  # raises with the sentence that helps
        return GEOGRAPHIC if coordinate_system == "cgcs2000" else "EPSG:4326"
    system = accepted_crs(crs)
    if not coordinate_system and _name(crs) in ("EPSG:4326", "OGC:CRS84"):
        raise problem(
            f"{crs} does not say whether the numbers are true or shifted (GCJ-02, BD-09)",
            'Write coordinate_system = "wgs84" (or gcj02, bd09, cgcs2000) for the layer in park.toml.',
            code="C05",
            field="coordinate_system",
        )
    if coordinate_system in ("gcj02", "bd09") and not (system.is_geographic and _same_datum(system)):
        raise problem(
            f'coordinate_system = "{coordinate_system}" contradicts crs = "{crs}"',
            "Web maps shift longitudes and latitudes only: delete the crs, or the coordinate_system.",
            code="C12",
            field="coordinate_system",
        )
    if coordinate_system and not _same_datum(system.geodetic_crs):
        raise problem(
            f'coordinate_system = "{coordinate_system}" contradicts crs = "{crs}" ({system.name})',
            "Delete the one that is not true.",
            code="C12",
            field="coordinate_system",
        )
    return crs


def _label(crs: str, system: pyproj.CRS) -> str:
    return f"{crs} ({system.name})" if len(crs) < 40 else str(system.name)


def _datum(system: pyproj.CRS) -> str:
    datum = getattr(system.geodetic_crs, "datum", None)
    name = f"{getattr(datum, 'name', '')} {system.name}"
    return name.replace("_", " ").replace("Beijing54", "Beijing 1954").replace("Xian80", "Xian 1980")


@lru_cache(maxsize=256)
def _name(crs: str) -> str:
    """'EPSG:4549' for any text that means it exactly, the text itself otherwise."""
    code = accepted_crs(crs).to_epsg(min_confidence=100)
    return f"EPSG:{code}" if code is not None else crs


@lru_cache(maxsize=256)
def _same_datum_text(text: str) -> bool:
    system = pyproj.CRS(text)
    code = system.to_epsg()
    datum = system.datum.name if system.datum is not None else ""
    return f"EPSG:{code}" in SAME_DATUM or datum.startswith(("World Geodetic System 1984", "China 2000"))


def _same_datum(geographic: Any) -> bool:
    return geographic is not None and _same_datum_text(geographic.to_wkt())


@lru_cache(maxsize=256)
def _geographic_of(crs: str) -> str:
    """Geographic CRS on which a projected one rests, as text."""
    geodetic = accepted_crs(crs).geodetic_crs
    if geodetic is None:  # accepted_crs refuses such a CRS
        raise AssertionError(crs)
    code = geodetic.to_epsg()
    return f"EPSG:{code}" if code is not None else str(geodetic.to_wkt())


@lru_cache(maxsize=256)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(
        pyproj.CRS.from_user_input(source),
        pyproj.CRS.from_user_input(target),
        always_xy=True,
        allow_ballpark=False,
    )


def _transform(source: str, target: str, points: Points) -> Points:
    x, y = _transformer(source, target).transform(points[:, 0], points[:, 1])
    return np.stack([np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)], axis=-1)


def _change_datum(lonlat_deg: Points, source: str, target: str) -> Points:
    """The same places in another geographic CRS; WGS 84 and CGCS2000 are one, other datums meet in WGS 84."""
    if source != target and not _same_datum_text(source):
        lonlat_deg = _transform(source, "EPSG:4326", lonlat_deg)
    if source != target and not _same_datum_text(target):
        lonlat_deg = _transform("EPSG:4326", target, lonlat_deg)
    return lonlat_deg
