# SPDX-License-Identifier: Apache-2.0
"""One study simulated: leak, cloud, detectors, order, people and crew on one clock.

simpy is the only clock (seconds after the study's start). One process steps the arrays tick by tick; the crew is an agent whose
behaviour is a process of its own. What acts between ticks (a valve closed) takes effect at the next tick's start.
Everything that happens is an event of the run's timeline; nothing else tells the viewer or the report anything.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import simpy

from agents.crowd import Crowd
from agents.mesa_adapter import ParkModel
from agents.people import STATES, from_park
from geodata.load import load_park
from geodata.walking import walk_network
from scenarios.cloud_grid import CloudGrid
from scenarios.detection import Detectors
from scenarios.hazards.stability import pasquill_class
from scenarios.hazards.toxic_leak import ToxicLeak
from scenarios.hazards.zones import touches_edge
from scenarios.orders import WarningOrder
from scenarios.response import Response
from scenarios.run_folder import RunWriter
from scenarios.run_records import ZONE_MINUTES, RunRecords
from scenarios.study import Study
from twin.assets import Tank
from twin.caveat import caveat
from twin.caveat import parts as caveat_parts
from twin.errors import InputProblems
from twin.events import (
    Event,
    Note,
    OrderIssued,
    ReleaseEnded,
    ReleaseStarted,
    WorldEnded,
    WorldStarted,
)
from twin.fields import Grid
from twin.park import Park
from twin.substances import Substance, substance
from twin.sun import sun_elevation_deg
from twin.units import ppm_from_kg_m3
from twin.weather import Weather, Wind, WindSeries

TICK_S = 5.0
"""Step of puffs, crowd and exposure."""
WAY_STEP_S = 30.0
WAY_HEIGHT_M = 10.0
"""How the air's way is followed to find what the grid must cover."""

Progress = Callable[[float, str], None]


class Cancelled(Exception):
    """Raised by a progress callback to stop a run; nothing of it stays."""


def simulate(
    study: Study, folder: Path, *, progress: Progress = lambda share, message: None, parent: str = ""
) -> dict[str, Any]:
    """Run a study into a folder; returns what run.json holds.

    Raises: InputProblems when park, tank, substance or folder cannot be used; whatever `progress` raises to stop.
    """
    progress(0.0, "park")
    park = load_park(study.park_folder)
    tank = park.tank(study.tank)
    crew_seed = np.random.SeedSequence(study.seed).spawn(3)[2]
    with RunWriter(folder) as writer, ParkModel(np.random.default_rng(crew_seed)) as agents:
        world = World(study, park, tank, substance(tank.substance), writer, progress)
        world.begin(parent, agents)
        world.env.run(until=study.start_s + study.duration_s + TICK_S / 2)
        about = world.end()
        about["park"] = os.path.relpath(study.park_folder, folder)
        return writer.finish(about)


class World:
    """Everything a run consists of."""

    def __init__(
        self, study: Study, park: Park, tank: Tank, leaking: Substance, writer: RunWriter, progress: Progress
    ) -> None:
        self.study, self.park, self.tank, self.substance = study, park, tank, leaking
        self.timeline = writer.timeline
        self.env = simpy.Environment(initial_time=study.start_s)
        self._progress = progress
        people_seed, crowd_seed = np.random.SeedSequence(study.seed).spawn(3)[:2]
        self.weather = _weather(study, park)
        self.wind = _wind(study, park, self.weather)
        self.ppm = float(
            ppm_from_kg_m3(
                1.0, leaking.molar_mass_kg_mol, self.weather.temperature_K, self.weather.pressure_Pa
            )
        )
        self.leak = self.new_leak()
        probit: tuple[float, float] | None = None
        self.toxic_n: float | None = None
        try:
            probit_a, probit_b, self.toxic_n = leaking.toxic_probit_ppm(self.weather.temperature_K)
            probit = (probit_a, probit_b)
        except InputProblems:
            pass  # a substance without a probit: zones, but no casualties
        self._progress(0.05, "people")
        network = walk_network(park)
        people = from_park(park, network, study.start_s, np.random.default_rng(people_seed))
        aegl = {level: dict(values) for level, values in leaking.aegl_ppm.items()}
        self.crowd = Crowd(
            park,
            network,
            people,
            substance_n=self.toxic_n,
            rng=np.random.default_rng(crowd_seed),
            probit=probit,
            aegl_ppm=aegl or None,
        )
        grid = Grid.covering(_cloud_bounds(study, park, tank, self.wind), study.cell_m, study.margin_m)
        self.cloud = CloudGrid(
            grid, self.leak.info, t_s=study.start_s, ppm_per_kg_m3=self.ppm, toxic_n=self.toxic_n
        )
        self.detectors = Detectors(park, leaking, self.ppm)
        self.order = WarningOrder(study, tank.xy_m)
        self.records = RunRecords(self, writer.place)
        self.isolate_at_s: float | None = None
        self._release_seq: int | None = None
        self._ended = False

    @property
    def hole_z_m(self) -> float:
        """Height of the hole above ground; the study gives it above the tank's underside."""
        return self.tank.base_m + self.study.hole_height_m

    @property
    def t_s(self) -> float:
        """Now, UTC seconds."""
        return float(self.env.now)

    def new_leak(self, wind: Wind | None = None) -> ToxicLeak:
        """The study's release at its beginning, in the true wind or another."""
        study = self.study
        bund = next((bund for bund in self.park.bunds if bund.id == self.tank.bund), None)
        return ToxicLeak(
            self.tank,
            self.substance,
            hole_diameter_m=study.hole_diameter_m,
            hole_height_m=self.hole_z_m,
            weather=self.weather,
            wind=wind or self.wind,
            start_s=study.start_s,
            isolation_s=study.isolation_s,
            roughness_m=self.weather.roughness_m,
            averaging_time_s=study.averaging_time_s,
            bund_area_m2=float(bund.geometry.area) if bund else None,
        )

    def emit(self, event: Event) -> int:
        """Append an event to the run's timeline."""
        return self.timeline.append(event)

    def milestone(self, name: str, **values: str | float | int) -> int:
        """A tick on the timeline bar."""
        return self.emit(Note(t_s=self.t_s, kind="milestone", text_key=f"event.{name}", values=values))

    def begin(self, parent: str, agents: ParkModel) -> None:
        """First events, then the processes."""
        study = self.study
        self.emit(
            WorldStarted(
                t_s=self.t_s,
                world="run",
                park_id=self.park.id,
                park_sha256=self.park.sha256,
                title=study.title,
                seed=study.seed,
                parent=parent,
                exercise=study.exercise,
            )
        )
        for stored in self.leak.caveats:
            key, values = caveat_parts(stored)
            self.emit(Note(t_s=self.t_s, kind="caveat", text_key=f"caveat.{key}", values=dict(values)))
        state, (x_m, y_m) = self.leak.state, self.tank.xy_m
        self._release_seq = self.emit(
            ReleaseStarted(
                t_s=self.t_s,
                release=f"release-{self.tank.id}",
                source=self.tank.id,
                substance=self.substance.id,
                x_m=x_m,
                y_m=y_m,
                z_m=self.hole_z_m,
                hole_diameter_m=study.hole_diameter_m,
                phase=state.phase,
                rate_kg_s=float(state.rate_kg_s),
                flash_fraction=float(state.flash_fraction),
                rain_out_fraction=float(state.rain_out_fraction),
            )
        )
        self.milestone("release_started", tank=self.tank.name or self.tank.id)
        self.records.write(0)
        self.env.process(self._physics())
        if study.respond:
            Response(self, agents)

    def _physics(self) -> Generator[Any, None, None]:
        """The one process that steps arrays."""
        ticks = round(self.study.duration_s / TICK_S)
        alarmed = False
        for tick in range(1, ticks + 1):
            before_s = self.t_s
            if self.isolate_at_s is not None:
                self.leak.isolate(before_s)
                self.isolate_at_s = None
            self.leak.advance(before_s + TICK_S)
            self.cloud.push(before_s + TICK_S, self.leak.concentration(self.cloud.grid))
            self.crowd.step(before_s, TICK_S, self.cloud, self.ppm)
            yield self.env.timeout(TICK_S)
            if self.detectors.step(self.t_s, TICK_S, self.leak, self.emit, self.study.exercise):
                self.order.alarm_seen(self.t_s)
                if not alarmed:
                    alarmed = True
                    self.milestone("first_alarm")
            if self.order.due(self.t_s):
                self._give_order()
            if self.leak.state.ended and not self._ended:
                self._end_release()
            self.records.write(tick)
            self._progress(0.1 + 0.85 * tick / ticks, "simulation")

    def _give_order(self) -> None:
        self.emit(
            OrderIssued(
                t_s=self.t_s,
                order="warning",
                kind="evacuate" if self.study.evacuate else "shelter",
                target=self.order.target,
                by="plan",
                exercise=self.study.exercise,
            )
        )
        self.milestone(f"order_{self.order.kind}")
        self.crowd.warn(
            self.t_s,
            self.order.audience(self.crowd.positions().astype(np.float64)),
            "evacuate" if self.study.evacuate else "shelter",
            guided=True,
        )

    def isolate(self) -> None:
        """Somebody closes the valve; the flow stops at the next tick."""
        self.isolate_at_s = self.t_s

    def _end_release(self) -> None:
        self._ended = True
        state = self.leak.state
        reason = state.ended if state.ended in ("isolated", "empty", "equalised") else "study_end"
        self.emit(
            ReleaseEnded(
                t_s=self.t_s,
                cause=self._release_seq,
                release=f"release-{self.tank.id}",
                reason=reason,
                released_kg=float(state.released_kg),
            )
        )
        self.milestone("release_ended", reason=reason)

    def _edge_caveats(self) -> list[str]:
        """Zones that left the grid: their reach is a lower bound."""
        limits = self.substance.aegl_ppm
        return [
            caveat("zone_leaves_grid", zone=f"AEGL-{level}")
            for level, minutes in sorted(limits.items())
            if ZONE_MINUTES in minutes and touches_edge(self.cloud.worst_mean_ppm, minutes[ZONE_MINUTES])
        ]

    def end(self) -> dict[str, Any]:
        """Last events; what run.json says about the run."""
        self.records.close()
        self.emit(WorldEnded(t_s=self.t_s))
        self._progress(0.98, "saving")
        state, study = self.leak.state, self.study
        return {
            "title": study.title,
            "study": dict(study.tables),
            "study_name": study.name,
            "start_s": study.start_s,
            "duration_s": study.duration_s,
            "seed": study.seed,
            "exercise": study.exercise,
            "park_id": self.park.id,
            "inputs": {"park_sha256": self.park.sha256},
            "substance": {"id": self.substance.id, "cas": self.substance.cas, "ppm_per_kg_m3": self.ppm},
            "weather": {
                "wind_speed_m_s": self.weather.wind_speed_m_s,
                "wind_from_deg": self.weather.wind_from_deg,
                "stability": self.weather.stability,
                "temperature_K": self.weather.temperature_K,
            },
            "caveats": [*self.leak.caveats, *self._edge_caveats()],
            "people": len(self.crowd.people),
            "people_states": list(STATES),
            "result": {
                "released_kg": float(state.released_kg),
                "airborne_kg": float(state.airborne_kg),
                **self.crowd.casualties(),
                "counts": self.crowd.counts(),
            },
        }


def _weather(study: Study, park: Park) -> Weather:
    if study.stability_given:
        return study.weather
    frame = park.frame
    elevation_deg = sun_elevation_deg(study.start_s, frame.latitude_deg, frame.longitude_deg)
    weather = study.weather
    return replace(
        weather, stability=pasquill_class(weather.wind_speed_m_s, elevation_deg, weather.cloud_fraction)
    )


def _wind(study: Study, park: Park, weather: Weather) -> WindSeries:
    if not study.wind_rows:
        return WindSeries.steady(park.frame, weather)
    times, speeds, angles = (np.array(column) for column in zip(*study.wind_rows, strict=True))
    return WindSeries.from_directions(park.frame, study.start_s + times, angles, speeds)


def _cloud_bounds(study: Study, park: Park, tank: Tank, wind: Wind) -> tuple[float, float, float, float]:
    """West, south, east, north of the park and of the ways that air takes from the source during the study.

    Air that leaves the source at four times of the study is followed, to at most the radius of the park's surroundings.
    """
    end_s = study.start_s + study.duration_s
    boxes = [park.bounds_m]
    for share in (0.0, 0.25, 0.5, 0.75):
        point = np.array([[*tank.xy_m, WAY_HEIGHT_M]])
        t_s = study.start_s + share * study.duration_s
        while t_s < end_s:
            point[0, :2] += WAY_STEP_S * wind.at(point, t_s)[0]
            t_s += WAY_STEP_S
            x_m, y_m = float(point[0, 0]), float(point[0, 1])
            if np.hypot(x_m - tank.xy_m[0], y_m - tank.xy_m[1]) > park.surroundings_radius_m:
                break
            boxes.append((x_m, y_m, x_m, y_m))
    west, south, east, north = np.array(boxes).T
    return float(west.min()), float(south.min()), float(east.max()), float(north.max())


def warm_up() -> None:
    """Load and compile what every run needs, so that the first run is as quick as the others."""
    from geodata.demo_park import generate

    park = generate("tiny", 1).park
    network = walk_network(park)
    rng = np.random.default_rng(0)
    crowd = Crowd(park, network, from_park(park, network, 0.0, rng), rng=rng)
    crowd.warn(0.0)
    crowd.step(0.0, TICK_S, None, 1.0)
