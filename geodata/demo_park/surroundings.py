# SPDX-License-Identifier: Apache-2.0
"""Step 11: what lies around: the estuary, villages, a school, a hospital; and the green between roads and fences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geodata.demo_park.draft import Draft, Generator, Spot, polygon, rounded
from geodata.demo_park.grid import Grid
from geodata.demo_park.lots import Lot
from geodata.demo_park.sites import Site
from twin.assets import Green, Receptor, Shelter, Water

_VILLAGES = (
    ("沐汀村", "Muting village"),
    ("霁野村", "Jiye village"),
    ("芷原村", "Zhiyuan village"),
    ("棠墨村", "Tangmo village"),
    ("昶岭村", "Changling village"),
    ("煦湾村", "Xuwan village"),
    ("珩桥村", "Hengqiao village"),
    ("澜枫村", "Lanfeng village"),
    ("溟星村", "Mingxing village"),
    ("屿石村", "Yushi village"),
    ("岚浦村", "Lanpu village"),
    ("钰川村", "Yuchuan village"),
    ("苍岩村", "Cangyan village"),
    ("砚云村", "Yanyun village"),
)


@dataclass(frozen=True, slots=True)
class Shore:
    """Where the water begins, as a function of x; the park lies north of it."""

    x_m: np.ndarray[Any, Any]
    y_m: np.ndarray[Any, Any]
    phase: float

    def at(self, x_m: Any) -> Any:
        """y of the shore line; straight beside the park, winding away from it."""
        x = np.asarray(x_m, dtype=np.float64)
        slope = (self.y_m[-1] - self.y_m[0]) / (self.x_m[-1] - self.x_m[0])
        beside = np.interp(x, self.x_m, self.y_m)
        away = np.maximum(self.x_m[0] - x, 0) + np.maximum(x - self.x_m[-1], 0)
        beside = beside + slope * (np.minimum(x - self.x_m[0], 0) + np.maximum(x - self.x_m[-1], 0))
        return beside + np.minimum(away / 400, 1) * 45 * np.sin(x / 310 + self.phase) - 0.05 * away


def make_shore(grid: Grid, rng: Generator) -> Shore:
    """The shore 30 m beyond the southern boundary."""
    south = [column[0] for column in grid.nodes]
    x = np.array([spot[0] for spot in south])
    y = np.array([spot[1] for spot in south])
    slope = (y[-1] - y[0]) / (x[-1] - x[0])
    x = np.array([x[0] - 70.0, *x, x[-1] + 70.0])
    y = np.array([y[0] - 70.0 * slope, *y, y[-1] + 70.0 * slope]) - 42.0 / math.cos(math.atan(slope)) - 34.0
    return Shore(x, y, float(rng.uniform(0, 6.28)))


def add_water(draft: Draft, grid: Grid, shore: Shore) -> Any:
    """The estuary as one polygon. Returns it."""
    reach = grid.size.margin_m * 0.98
    west, east = min(s[0] for s in grid.boundary) - reach, max(s[0] for s in grid.boundary) + reach
    south = min(s[1] for s in grid.boundary) - reach
    xs = np.linspace(west, east, max(24, int((east - west) / 60)))
    spots: list[Spot] = [(west, south), (east, south)]
    spots += [(float(x), float(y)) for x, y in zip(xs[::-1], shore.at(xs[::-1]), strict=True)]
    shape = polygon(spots)
    draft.add("water", Water(id="SEA", name="澜江口 · Lan estuary", geometry=shape, depth_m=8.0))
    return shape


def _blob(centre: Spot, radius_m: float, rng: Generator) -> Any:
    turns = np.linspace(0, 2 * np.pi, 11)[:-1] + rng.uniform(-0.2, 0.2, 10)
    radii = radius_m * rng.uniform(0.75, 1.2, 10)
    return polygon(
        [
            (centre[0] + r * math.cos(t), centre[1] + r * math.sin(t))
            for t, r in zip(turns, radii, strict=True)
        ]
    )


def add_receptors(draft: Draft, grid: Grid, sea: Any, rng: Generator) -> None:
    """Villages, a school and a hospital 0.6-3 km from the boundary, on land and apart from each other."""
    park = shapely.Polygon(grid.boundary)
    roads = shapely.union_all([road.geometry for road in draft.layers["roads"] if road.id.startswith("RD-X")])
    count = grid.size.villages
    wanted: list[tuple[str, str, str, float, int]] = [
        ("village", *_VILLAGES[k], float(rng.uniform(110, 210)), int(rng.integers(350, 1600)))
        for k in range(count)
    ]
    if count > 1:
        wanted += [
            ("school", "澜江口中心学校", "Estuary school", 75.0, 860),
            ("hospital", "澜江口人民医院", "Estuary hospital", 85.0, 540),
        ]
    west, south, east, north = park.bounds
    farthest = min(2900.0, grid.size.margin_m - 350.0)
    taken: list[Any] = []
    for number, (kind, zh, en, radius, people) in enumerate(wanted, 1):
        for _ in range(400):
            spot = (
                float(rng.uniform(west - farthest, east + farthest)),
                float(rng.uniform(south, north + farthest * 0.6)),
            )
            shape = _blob(spot, radius, rng)
            away = shape.distance(park)
            if not 620 < away < farthest or shape.distance(sea) < 80 or shape.distance(roads) < 25:
                continue
            if all(shape.distance(other) > 120 for other in taken):
                break
        taken.append(shape)
        draft.add(
            "receptors",
            Receptor(
                id=f"RC{number:02d}",
                name=f"{zh} · {en}",
                geometry=shape,
                kind=kind,  # type: ignore[arg-type]
                people=people,
            ),
        )


def add_green(draft: Draft, grid: Grid, lots: list[Lot], sites: list[Site], rng: Generator) -> None:
    """Strips between roads and fences, whole green blocks with a pond, and the belt along the boundary."""
    cuts = [rack.geometry.buffer(4.5) for rack in draft.layers["racks"] if rack.id.startswith("RK-")]
    cuts += [road.geometry.buffer(7.0) for road in draft.layers["roads"] if "-A" in road.id]
    cuts += [
        shape for rack in draft.layers["racks"] if "-K" in rack.id for shape in (rack.geometry.buffer(3.5),)
    ]
    tree = shapely.STRtree(cuts)

    def clear(shape: Any) -> Any:
        near = tree.query(shape, predicate="intersects")
        return shape.difference(shapely.union_all([cuts[k] for k in near])) if len(near) else shape

    fences = {site.lot.corners: polygon(site.fence) for site in sites}
    for number, lot in enumerate(lots, 1):
        inner = polygon(_kerb(grid, lot, 3.0))
        fenced = fences.get(lot.corners)
        if fenced is None:
            _green_block(draft, grid, lot, inner, number, rng)
            continue
        strip = clear(inner.difference(fenced.buffer(1.5, join_style="mitre")))
        for part, shape in enumerate(_parts(strip), 1):
            draft.add(
                "green",
                Green(id=f"GV{number:03d}-{part}", name="防护绿带 · green strip", geometry=shape),
            )
    outline = shapely.Polygon(grid.boundary)
    ring = outline.buffer(-3.0, join_style="mitre").difference(outline.buffer(-30.0, join_style="mitre"))
    gates = [road.geometry.buffer(10.0) for road in draft.layers["roads"] if road.id.startswith("RD-X")]
    gates += [spot.geometry.buffer(16.0) for spot in draft.layers["shelters"] if spot.id.startswith("PM")]
    for part, shape in enumerate(_parts(ring.difference(shapely.union_all(gates))), 1):
        draft.add("green", Green(id=f"GB{part}", name="园区防护林带 · shelter belt", geometry=shape))


def _kerb(grid: Grid, lot: Lot, gap_m: float) -> list[Spot]:
    from geodata.demo_park.plot import inset_ring

    gaps = [grid.edges[side].width_m / 2 + gap_m for side in lot.sides]
    return inset_ring(lot.corners, gaps)


def _parts(shape: Any) -> list[Any]:
    """Polygons of a difference, to the millimetre and larger than 60 m2."""
    made = []
    for piece in getattr(shape, "geoms", [shape]):
        if piece.geom_type == "Polygon" and piece.area > 60:
            holes = [[rounded(spot) for spot in hole.coords] for hole in piece.interiors]
            made.append(
                shapely.orient_polygons(shapely.Polygon([rounded(s) for s in piece.exterior.coords], holes))
            )
    return made


def _green_block(draft: Draft, grid: Grid, lot: Lot, inner: Any, number: int, rng: Generator) -> None:
    x, y = inner.centroid.x, inner.centroid.y
    pond = _blob((x, y), math.sqrt(inner.area) * 0.2, rng)
    shape = inner.difference(pond)
    for part, piece in enumerate(_parts(shape), 1):
        draft.add(
            "green",
            Green(id=f"GP{number:03d}-{part}", name="中央生态绿地 · ecological green", geometry=piece),
        )
    draft.add("water", Water(id=f"POND{number:03d}", name="生态湖 · pond", geometry=pond, depth_m=2.0))


def add_hospital_shelter(draft: Draft) -> None:
    """The hospital as a place that casualties are taken to."""
    for place in draft.layers.get("receptors", []):
        if place.kind == "hospital":
            draft.add(
                "shelters",
                Shelter(
                    id=f"{place.id}-S",
                    name=place.name,
                    geometry=place.geometry.representative_point(),
                    capacity=120,
                    kind="hospital",
                    indoors=True,
                ),
            )
