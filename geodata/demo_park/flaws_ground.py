# SPDX-License-Identifier: Apache-2.0
"""Elevation rasters with faults, by check code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from geodata.demo_park.generator import DemoPark

RASTER_FLAWS = ("T01", "T02", "T03", "T04", "T05", "T06", "T07", "T08", "T09")
_VOID = -9999.0


def flawed_raster(demo: DemoPark, codes: Sequence[str]) -> bytes:
    """dem.tif with these faults."""
    from rasterio import Affine
    from rasterio.io import MemoryFile

    if "T01" in codes:
        return b"II*\x00 this is no raster\n"
    frame, cell = demo.park.frame, demo.cell_m
    heights = demo.elevation_m[::-1].astype(np.float32)
    west, south, east, north = demo.park.bounds_m
    top, left = int((demo.north_m - north) / cell), int((west - demo.west_m) / cell)
    rows, columns = int((north - south) / cell), int((east - west) / cell)
    inside = (slice(top, top + rows), slice(left, left + columns))
    if "T03" in codes:
        heights[:] = _VOID
    if "T04" in codes or "T09" in codes:
        middle = (
            slice(top + rows // 2, top + rows // 2 + 8),
            slice(left + columns // 2, left + columns // 2 + 8),
        )
        heights[middle] = _VOID
    x_m, y_m = frame.origin_m[0] + demo.west_m, frame.origin_m[1] + demo.north_m
    if "T05" in codes:
        heights, x_m, y_m = heights[inside], x_m + left * cell, y_m - top * cell
        heights = heights[:, columns // 3 :]
        x_m += columns // 3 * cell
    across = cell
    if "T06" in codes:
        heights, across = heights[:, ::2], 2 * cell
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "width": heights.shape[1],
        "height": heights.shape[0],
        "count": 1,
        "dtype": "float32",
        "transform": Affine(across, 0.0, x_m, 0.0, -cell, y_m),
        "compress": "deflate",
    }
    if "T04" not in codes:
        profile["nodata"] = _VOID
    if "T02" not in codes:
        profile["crs"] = "EPSG:2437" if "T08" in codes else frame.crs  # 2437: Beijing 1954, 3-degree, 120E
    with MemoryFile() as memory:
        with memory.open(**profile) as raster:
            raster.write(heights, 1)
            if "T07" in codes:
                raster.units = ("ft",)
        return bytes(memory.read())
