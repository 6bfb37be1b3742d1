# SPDX-License-Identifier: Apache-2.0
"""What stands on a page's scene: turns state, pictures and run frames into layers, and sends only what changed.

The scene channel draws; this decides. Layer groups are what the page can switch; a group may be several scene layers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.events import CrewDispatched, RouteAssigned, WindObserved
from twin.park import Park
from viewer.layers.labels import Label, labels_layer
from viewer.layers.message import Colour, SceneLayer
from viewer.layers.people import CREW_STATES, PEOPLE_STATES, movers_layer
from viewer.layers.plume import plume_layer
from viewer.layers.routes import RESCUE, lines_layer, wind_layer
from viewer.layers.sensors import SensorShown, SensorSite, sensor_layer, sensor_looks
from viewer.playback import CrewPosition, People, Plume, RunReader
from viewer.scene import SceneChannel

GROUPS: Mapping[str, tuple[str, ...]] = {
    "buildings": ("buildings", "units"),
    "tanks": ("tanks", "bunds"),
    "racks": ("racks", "pipelines"),
    "roads": ("roads", "gates", "fences", "boundary"),
    "green": ("trees", "lamps", "water"),
    "safety": ("shelters", "hydrants", "receptors"),
    "labels": ("labels", "run_labels"),
    "sensors": ("sensors",),
    "wind": ("wind",),
    "people": ("people",),
    "crews": ("crews", "routes"),
    "plume": ("plume",),
}
"""Switch on the page -> layers of the scene."""
RUN_GROUPS = ("people", "crews", "plume")
_STATE_ROW = {name: row for row, (name, _) in enumerate(PEOPLE_STATES)}
_CREW_ROW = {name: row for row, (name, _) in enumerate(CREW_STATES)}


class Stage:
    """The scene of one page."""

    def __init__(self, channel: SceneChannel, park: Park) -> None:
        self.channel = channel
        self.park = park
        self.on: dict[str, bool] = dict.fromkeys(GROUPS, True)
        self._sites: tuple[SensorSite, ...] = ()
        self._looks: tuple[bytes, ...] = ()
        self._wind: tuple[float, float] | None = None
        self._crews: tuple[str, ...] = ()
        self._crew_home: dict[str, tuple[float, float]] = {}
        self._routes: tuple[Any, ...] = ()
        self._labels: tuple[Any, ...] = ()
        self._state_rows: NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)
        self._ids: tuple[str, ...] = ()

    def switch(self, group: str) -> bool:
        """Show or hide a group; returns whether it is shown now."""
        self.on[group] = not self.on[group]
        for layer in GROUPS[group]:
            self.channel.visible(layer, self.on[group])
        return self.on[group]

    # --- live ----------------------------------------------------------------------------------------------------
    def sensors(
        self, sites: Sequence[SensorSite], shown: Mapping[str, SensorShown], extra: Iterable[SensorSite]
    ) -> None:
        """Markers in the state of now; only colours travel while the places stay the same."""
        looks = sensor_looks(sites, shown)
        content = tuple(looks[name].tobytes() for name in ("colours", "shapes", "pulses"))
        if tuple(sites) != self._sites:
            self._sites = tuple(sites)
            self.channel.show(sensor_layer(self.park, shown, seen=extra))
        elif content != self._looks:
            self.channel.update("sensors", **looks)
        self._looks = content

    def wind(self, observed: WindObserved | None) -> None:
        """The arrow over the mast."""
        if observed is None:
            return
        u_m_s, v_m_s = self.park.frame.wind_vector(observed.from_deg, observed.speed_m_s)
        if self._wind is not None and np.hypot(u_m_s - self._wind[0], v_m_s - self._wind[1]) < 0.05:
            return
        self._wind = (u_m_s, v_m_s)
        self.channel.show(wind_layer(self._mast(observed.mast), u_m_s, v_m_s))

    def _mast(self, mast: str) -> tuple[float, float]:
        for sensor in self.park.sensors:
            if sensor.kind == "met" and (not mast or mast in (sensor.id, sensor.hj212_mn)):
                return sensor.xy_m
        mets = [sensor for sensor in self.park.sensors if sensor.kind == "met"]
        if mets:
            return mets[0].xy_m
        west, south, east, north = self.park.bounds_m
        return (west + east) / 2, (south + north) / 2

    # --- a run ---------------------------------------------------------------------------------------------------
    def open_run(self, reader: RunReader) -> None:
        """Put the tracks of a run on the stage."""
        self.close_run()
        box = self._box(reader)
        count = reader.people_count
        self._ids = tuple(f"person-{row + 1}" for row in range(count))
        if count:
            self.channel.show(movers_layer(self._ids, box))
            names = reader.states or tuple(_STATE_ROW)
            self._state_rows = np.array([_STATE_ROW.get(name, 0) for name in names], dtype=np.uint8)
        crews = [event for event in reader.events if isinstance(event, CrewDispatched)]
        self._crews = tuple(dict.fromkeys(event.crew for event in crews))
        for event in reader.events:
            if isinstance(event, RouteAssigned) and event.points_m:
                self._crew_home.setdefault(event.crew, event.points_m[0])
        if self._crews:
            self.channel.show(
                movers_layer(
                    self._crews,
                    box,
                    layer_id="crews",
                    primitive="engine",
                    states=CREW_STATES,
                    size_m=3.4,
                    jump_m=400.0,
                )
            )

    def _box(self, reader: RunReader) -> tuple[float, float, float, float]:
        west, south, east, north = self.park.bounds_m
        margin = 400.0
        box = [west - margin, south - margin, east + margin, north + margin]
        if reader.grid is not None:
            grid = reader.grid
            box[0] = min(box[0], grid.x0_m)
            box[1] = min(box[1], grid.y0_m)
            box[2] = max(box[2], grid.x0_m + grid.cell_m * grid.nx)
            box[3] = max(box[3], grid.y0_m + grid.cell_m * grid.ny)
        return box[0], box[1], box[2], box[3]

    def close_run(self) -> None:
        """Take everything of a run away."""
        for layer in ("people", "crews", "routes", "plume", "run_labels"):
            self.channel.remove(layer)
        self._crews, self._routes, self._labels, self._ids = (), (), (), ()
        self._crew_home = {}

    def people(self, people: People | None, t_s: float) -> None:
        """Move everybody."""
        if people is None or not self._ids:
            return
        states = self._state_rows[np.minimum(people.state, len(self._state_rows) - 1)]
        self.channel.movers("people", people.xy_m, None, states, t_s)

    def crews(self, crews: Sequence[CrewPosition], routes: Mapping[str, RouteAssigned], t_s: float) -> None:
        """Move the crews, draw the routes they follow."""
        if not self._crews:
            return
        by_name = {crew.crew: crew for crew in crews}
        places, states = [], []
        for name in self._crews:
            crew = by_name.get(name)
            home = self._crew_home.get(name, self.park.bounds_m[:2])
            places.append(crew.xy_m if crew else home)
            states.append(
                _CREW_ROW["working" if crew.arrived else "driving"] if crew else _CREW_ROW["waiting"]
            )
        self.channel.movers("crews", np.array(places), None, np.array(states, dtype=np.uint8), t_s)
        drawn = tuple(
            sorted((name, route.points_m) for name, route in routes.items() if len(route.points_m) > 1)
        )
        if drawn == self._routes:
            return
        self._routes = drawn
        if drawn:
            lines = {f"route-{name}": np.array(points) for name, points in drawn}
            self.channel.show(
                lines_layer(lines, layer_id="routes", colours=RESCUE, width_px=6.0, flow=True, height_m=1.6)
            )
        else:
            self.channel.remove("routes")

    def run_labels(self, labels: Sequence[Label]) -> None:
        """Texts that belong to the run: the source, the crews."""
        content = tuple((label.id, label.text, round(label.x_m), round(label.y_m)) for label in labels)
        if content == self._labels:
            return
        self._labels = content
        self.channel.show(labels_layer(labels, layer_id="run_labels"), droppable=True)

    def plume(self, message: Mapping[str, Any] | None) -> None:
        """Show the cloud that `plume_message` made."""
        if message is None:
            self.channel.remove("plume")
        else:
            self.channel.show(message, droppable=True)


def plume_message(
    plume: Plume | None, thresholds: Sequence[tuple[str, float, Colour]], source_m: tuple[float, float] | None
) -> dict[str, Any] | None:
    """The cloud at one time as a message; made in a worker thread."""
    if plume is None or not thresholds:
        return None
    lowest = min(value for _, value, _ in thresholds)
    if not float(plume.values.max(initial=0.0)) > 0.1 * lowest:
        return None
    layer: SceneLayer = plume_layer(plume.grid, plume.values, thresholds, source_m=source_m)
    return layer.to_message()
