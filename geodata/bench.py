# SPDX-License-Identifier: Apache-2.0
"""`parktwin bench geodata`: the medium demo park made, read, checked, gridded and turned into networks.

Figures for reading, checking and the grid are those proposed with the design of the park folder; the others keep demo,
check and run together within their half minute.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import shapely.geometry
from numpy.typing import NDArray

from geodata import roads, walking
from geodata.check import check_park
from geodata.demo_park import generate, write_demo
from geodata.load import load_park
from geodata.obstacles import site_grid
from geodata.roads import drive_network, points_of
from geodata.solids import solids_of
from geodata.terrain import Terrain
from geodata.walking import walk_network
from twin.benchmark import Measured, cpu_seconds
from twin.fields import Grid
from twin.park import Park

CELL_M = 5.0


def plain_read(folder: Path) -> list[tuple[shapely.Geometry, dict[str, Any]]]:
    """All features of a folder's layers with the standard library: no coordinates converted, nothing checked."""
    return [
        (shapely.geometry.shape(feature["geometry"]), feature["properties"])
        for path in sorted((folder / "layers").glob("*.geojson"))
        for feature in json.loads(path.read_text(encoding="utf-8"))["features"]
    ]


def plain_network(park: Park, longest_m: float, *, footpaths: bool) -> int:
    """A road graph the short way: lines noded by shapely, edges added to networkx one by one, places snapped."""
    import networkx

    lines = [road.geometry for road in park.roads if footpaths or road.kind != "footpath"]
    graph: Any = networkx.MultiDiGraph()
    for line in shapely.get_parts(shapely.line_merge(shapely.unary_union(lines))):
        length_m = line.length
        count = max(int(np.ceil(length_m / longest_m)), 1)
        cuts = shapely.get_coordinates(
            shapely.line_interpolate_point(line, np.linspace(0.0, length_m, count + 1))
        )
        nodes = [(round(x, 2), round(y, 2)) for x, y in cuts.tolist()]
        for tail, head in zip(nodes, nodes[1:], strict=False):
            graph.add_edge(tail, head, length_m=length_m / count)
            graph.add_edge(head, tail, length_m=length_m / count)
    places = [*park.gates, *park.shelters, *park.buildings, *park.population, *park.tanks, *park.resources]
    tree = shapely.STRtree(shapely.points(list(graph)))
    tree.nearest(shapely.points(points_of(places)))
    return int(graph.number_of_edges())


def plain_heights(park: Park, cell_m: float) -> NDArray[np.float64]:
    """Tallest obstacle at each cell's centre by a shapely tree: one of the grid's dozen fields, no covered fractions."""
    grid = Grid.covering(park.bounds_m, cell_m)
    east, north = np.meshgrid(grid.x_m, grid.y_m)
    solids = solids_of(park)
    tree = shapely.STRtree([solid.shape for solid in solids])
    cell, which = tree.query(shapely.points(east.ravel(), north.ravel()), predicate="within")
    top = np.zeros(grid.nx * grid.ny)
    np.maximum.at(top, cell, np.array([solid.top_m for solid in solids])[which])
    return top.reshape(grid.ny, grid.nx)


def bench(size: str = "medium") -> Iterator[Measured]:
    """The stated figures of this package."""

    def line(
        name: str,
        limit_s: float,
        work: Callable[[], object],
        peer: str = "",
        other: Callable[[], object] | None = None,
    ) -> Measured:
        spent = cpu_seconds(work, repeats=2)
        plain = cpu_seconds(other, repeats=1) if other else None
        return Measured(
            name=name,
            value=spent,
            unit="CPU s",
            figure=f"<= {limit_s:g} CPU s",
            passed=spent <= limit_s,
            cpu_s=spent,
            peer=peer,
            ratio=plain / spent if plain else None,
        )

    yield line(f"{size} demo park generated", 2.0, lambda: generate(size))
    with tempfile.TemporaryDirectory() as place:
        folder = write_demo(Path(place) / "park", size=size)
        yield line(
            f"{size} demo park loaded",
            1.0,
            lambda: load_park(folder),
            "json and shapely alone: no conversion, no check",
            lambda: plain_read(folder),
        )
        yield line(f"{size} demo park checked", 2.0, lambda: check_park(folder))
        park = load_park(folder)
        terrain = Terrain.from_raster(folder / "dem.tif", park.frame, park.bounds_m, CELL_M)
    yield line(
        f"site grid of {CELL_M:g} m cells",
        1.0,
        lambda: site_grid(park, terrain, CELL_M),
        "shapely tree of obstacles: height at cell centres only",
        lambda: plain_heights(park, CELL_M),
    )
    for name, network, longest_m, footpaths in (
        ("walking", walk_network, walking.LONGEST_EDGE_M, True),
        ("driving", drive_network, roads.LONGEST_EDGE_M, False),
    ):
        yield line(
            f"{name} network",
            0.5,
            partial(network, park),
            "shapely noding and networkx by loop: nothing mended, no gates, doors or height limits",
            partial(plain_network, park, longest_m, footpaths=footpaths),
        )
