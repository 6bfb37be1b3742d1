# SPDX-License-Identifier: Apache-2.0
"""Pictures of the ground, drawn with Pillow: what covers it, and the light and shadow that lie on it.

The class pictures hold soft edges (a ramp of a few pixels); the client cuts the ramp at one half, so that a road keeps a
sharp edge at any zoom. Shadows of buildings and tanks, contact darkening and the pools of lamps are baked once, because they
then cost nothing at run time. North is up in the pictures: row 0 of an image is its north edge.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter
from shapely.geometry.base import BaseGeometry

from twin.park import Park

Box = tuple[float, float, float, float]
SUN = (-0.58, 0.36, 0.73)
"""Direction to the light; the client uses the same."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Pixel coordinates of a box of the park frame."""

    box: Box
    width: int
    height: int

    @classmethod
    def over(cls, box: Box, long_side: int) -> Sheet:
        """A sheet whose longer side has `long_side` pixels, sides multiples of 16."""
        east_m, north_m = box[2] - box[0], box[3] - box[1]
        scale = long_side / max(east_m, north_m)
        return cls(box, *(max(int(round(side * scale / 16)) * 16, 16) for side in (east_m, north_m)))

    @property
    def pixels_per_m(self) -> float:
        return self.width / (self.box[2] - self.box[0])

    def pixels(self, xy_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Column and row of points. Shapes: [N, 2] -> [N, 2]."""
        west, south, east, north = self.box
        out = np.empty((len(xy_m), 2))
        out[:, 0] = (xy_m[:, 0] - west) / (east - west) * self.width
        out[:, 1] = (north - xy_m[:, 1]) / (north - south) * self.height
        return out

    def blank(self, value: int = 0) -> Image.Image:
        return Image.new("L", (self.width, self.height), value)


def class_image(park: Park, sheet: Sheet) -> Image.Image:
    """Red = road, green = planted ground, blue = concrete (pads, bund floors, around buildings)."""
    green, paved = sheet.blank(), sheet.blank()
    double = Sheet(sheet.box, sheet.width * 2, sheet.height * 2)
    roads = double.blank()
    fill_areas(sheet, green, (asset.geometry for asset in park.green), 255)
    apron = shapely.buffer([asset.geometry for asset in park.buildings], 3.0, join_style="mitre")
    pads = [asset.geometry for asset in (*park.units, *park.bunds)]
    fill_areas(sheet, paved, [*pads, *apron], 255)
    bare = shapely.buffer([tank.geometry for tank in park.tanks if not tank.bund], 12.0, quad_segs=4)
    fill_areas(sheet, paved, list(bare), 255)
    for road in park.roads:
        draw_line(double, roads, road.geometry, road.width_m, 255)
    for gate in park.gates:
        _dot(double, roads, np.array([gate.xy_m]), gate.width_m * 0.5, 255)
    return Image.merge("RGB", (roads.reduce(2), green, paved)).filter(ImageFilter.BoxBlur(1.6))


def far_image(park: Park, sheet: Sheet) -> Image.Image:
    """Red = road, green = planted ground, blue = water, for the land around the park."""
    roads, green, water = sheet.blank(), sheet.blank(), sheet.blank()
    fill_areas(sheet, green, (asset.geometry for asset in park.green), 255)
    fill_areas(sheet, water, (asset.geometry for asset in park.water), 255)
    for road in park.roads:
        draw_line(sheet, roads, road.geometry, max(road.width_m, 1.2 / sheet.pixels_per_m), 255)
    return Image.merge("RGB", (roads, green, water)).filter(ImageFilter.BoxBlur(1.2))


def light_image(park: Park, sheet: Sheet, lamps_m: NDArray[np.float64]) -> Image.Image:
    """Red = light left by shadows and contact darkening, green = warm lamp light, blue = tint of the plot (128 = none)."""
    shade, contact = sheet.blank(), sheet.blank()
    shade_pen, contact_pen = ImageDraw.Draw(shade), ImageDraw.Draw(contact)
    scale = sheet.pixels_per_m
    slant = np.array([-SUN[0] / SUN[2], SUN[1] / SUN[2]]) * scale  # picture rows grow southwards
    solids = [(asset.geometry, asset.height_m, 255) for asset in park.buildings]
    solids += [(asset.geometry, asset.height_m * 0.6, 110) for asset in park.units]
    for geometry, height_m, depth in solids:
        for ring in rings(geometry):
            points = sheet.pixels(ring)
            contact_pen.polygon(points.ravel().tolist(), fill=depth)
            moved = points + slant * height_m
            for k in range(len(points) - 1):
                quad = np.concatenate([points[k : k + 2], moved[k + 1 : k - 1 : -1] if k else moved[1::-1]])
                shade_pen.polygon(quad.ravel().tolist(), fill=depth)
            shade_pen.polygon(moved.ravel().tolist(), fill=depth)
    for tank in park.tanks:
        centre = sheet.pixels(np.array([tank.xy_m]))[0]
        tip = centre + slant * (tank.base_m + tank.height_m)
        foot = centre + slant * tank.base_m
        radius = (
            0.5 * (tank.diameter_m if tank.length_m is None else min(tank.diameter_m, tank.length_m)) * scale
        )
        shade_pen.line([*foot, *tip], fill=255, width=max(int(2 * radius), 1))
        for spot in (foot, tip):
            shade_pen.ellipse([*(spot - radius), *(spot + radius)], fill=255)
        contact_pen.ellipse([*(centre - radius), *(centre + radius)], fill=255)
    for rack in park.racks:
        line = sheet.pixels(shapely.get_coordinates(rack.geometry)) + slant * rack.height_m
        shade_pen.line(line.ravel().tolist(), fill=120, width=max(int(rack.width_m * scale), 1))
    shade = shade.filter(ImageFilter.GaussianBlur(1.3 * scale + 0.4))
    contact = contact.filter(ImageFilter.BoxBlur(4.0 * scale))
    dark = ImageChops.add(shade.point(lambda v: int(v * 0.62)), contact.point(lambda v: int(v * 0.5)))
    return Image.merge(
        "RGB", (ImageChops.invert(dark), _lamp_light(park, sheet, lamps_m), _plot_tint(park, sheet))
    )


def encode(image: Image.Image, quality: int = 86) -> bytes:
    """The picture as JPEG without colour subsampling: the channels are masks, not colours."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, subsampling=0)
    return out.getvalue()


def rings(geometry: BaseGeometry) -> list[NDArray[np.float64]]:
    """Outer rings of an area, each closed [K, 2]."""
    parts = geometry.geoms if geometry.geom_type == "MultiPolygon" else (geometry,)
    return [
        shapely.get_coordinates(part.exterior)
        for part in parts
        if part.geom_type == "Polygon" and not part.is_empty
    ]


def fill_areas(sheet: Sheet, image: Image.Image, areas: Iterable[BaseGeometry], value: int) -> None:
    """Fill areas, leaving their holes."""
    pen = ImageDraw.Draw(image)
    for area in areas:
        for part in getattr(area, "geoms", (area,)):
            if part.geom_type != "Polygon" or part.is_empty:
                continue
            holes = list(part.interiors)
            if not holes:
                pen.polygon(sheet.pixels(shapely.get_coordinates(part.exterior)).ravel().tolist(), fill=value)
                continue
            stencil = Image.new("L", image.size, 0)
            stencil_pen = ImageDraw.Draw(stencil)
            stencil_pen.polygon(
                sheet.pixels(shapely.get_coordinates(part.exterior)).ravel().tolist(), fill=255
            )
            for hole in holes:
                stencil_pen.polygon(sheet.pixels(shapely.get_coordinates(hole)).ravel().tolist(), fill=0)
            image.paste(value, mask=stencil)


def draw_line(sheet: Sheet, image: Image.Image, line: BaseGeometry, width_m: float, value: int) -> None:
    """A line of a width in metres, with round joints and ends."""
    pen = ImageDraw.Draw(image)
    width = max(int(round(width_m * sheet.pixels_per_m)), 1)
    for part in getattr(line, "geoms", (line,)):
        points = sheet.pixels(shapely.get_coordinates(part))
        pen.line(points.ravel().tolist(), fill=value, width=width, joint="curve")
    _dot(sheet, image, shapely.get_coordinates(line), width_m * 0.5, value)


def _dot(sheet: Sheet, image: Image.Image, xy_m: NDArray[np.float64], radius_m: float, value: int) -> None:
    pen = ImageDraw.Draw(image)
    radius = radius_m * sheet.pixels_per_m
    if radius < 1:
        return
    for x, y in sheet.pixels(xy_m):
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=value)


def _lamp_light(park: Park, sheet: Sheet, lamps_m: NDArray[np.float64]) -> Image.Image:
    small = Sheet(sheet.box, sheet.width // 2, sheet.height // 2)
    pools = small.blank()
    fill_areas(small, pools, (unit.geometry for unit in park.units), 64)
    _dot(small, pools, lamps_m, 7.5, 255)
    pools = pools.filter(ImageFilter.GaussianBlur(5.0 * small.pixels_per_m + 0.3))
    return pools.resize((sheet.width, sheet.height), Image.Resampling.BILINEAR)


def _plot_tint(park: Park, sheet: Sheet) -> Image.Image:
    small = Sheet(sheet.box, sheet.width // 2, sheet.height // 2)
    tint = small.blank(96)
    fill_areas(small, tint, (area.geometry for area in park.boundary), 116)
    for place, enterprise in enumerate(park.enterprises):
        fill_areas(small, tint, [enterprise.geometry], _tints[place % len(_tints)])
    return tint.resize((sheet.width, sheet.height), Image.Resampling.BILINEAR)


_tints: Sequence[int] = (136, 152, 142, 164, 130, 148, 158)
