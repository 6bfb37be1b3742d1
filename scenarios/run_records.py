# SPDX-License-Identifier: Apache-2.0
"""What a run keeps as it goes: field frames, people frames, the course of the release, zones and casualties.

Arrays go to the run folder, and the event that names a chunk carries its hash; so the timeline's hash proves the arrays.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agents.people import STATES
from scenarios.cloud_grid import MEAN_WINDOW_S
from scenarios.hazards.zones import reach
from twin.events import CasualtiesCounted, FieldFrame, PeopleFrame, ReleaseChanged, WindObserved, ZoneChanged
from twin.fields import FieldInfo, FieldStore
from twin.people_frames import PeopleAt, PeopleStore

if TYPE_CHECKING:
    from scenarios.engine import World

ZONE_MINUTES = 10
LOAD_UNIT = "ppm^n min"


class RunRecords:
    """Writes frames of one run; tick 0 is the start."""

    def __init__(self, world: World, place: Path) -> None:
        from scenarios.engine import TICK_S

        self._world = world
        study, cloud, leak = world.study, world.cloud, world.leak
        ticks = round(study.duration_s / TICK_S)
        self._every = max(1, round(study.frame_s / TICK_S))
        times = study.start_s + TICK_S * np.arange(0, ticks + 1, dtype=np.float64)
        frame = world.park.frame
        self._fields = FieldStore.create(
            place / "fields", cloud.grid, times[:: self._every], frame.crs, frame.origin_m
        )
        self.infos = [
            leak.info,
            FieldInfo(
                name="concentration_10min",
                quantity="concentration",
                unit="ppm",
                averaging_time_s=MEAN_WINDOW_S,
                height_m=leak.info.height_m,
                model=leak.info.model,
                substance=leak.info.substance,
                caveats=leak.info.caveats,
            ),
        ]
        if world.toxic_n is not None:
            self.infos.append(
                FieldInfo(
                    name="toxic_load",
                    quantity="toxic_load",
                    unit=LOAD_UNIT,
                    averaging_time_s=leak.info.averaging_time_s,
                    height_m=leak.info.height_m,
                    model=f"{leak.info.model}; toxic load C^n t, n = {world.toxic_n:g}",
                    substance=leak.info.substance,
                    caveats=leak.info.caveats,
                )
            )
        for info in self.infos:
            self._fields.declare(info)
        self._people = PeopleStore.create(place / "people", times, len(world.crowd.people), STATES, LOAD_UNIT)
        self._limits = [
            (f"AEGL-{level}", minutes[ZONE_MINUTES])
            for level, minutes in sorted(world.substance.aegl_ppm.items())
            if ZONE_MINUTES in minutes
        ]

    def write(self, tick: int) -> None:
        """Keep what is now."""
        world = self._world
        crowd, t_s = world.crowd, world.t_s
        frame = PeopleAt(
            xy_m=crowd.positions(),
            state=crowd.state.astype(np.uint8),
            toxic_load=crowd.toxic_load.astype(np.float32),
        )
        digest = self._people.append(frame)
        world.emit(PeopleFrame(t_s=t_s, index=tick, sha256=digest, counts=crowd.counts()))
        if tick % self._every == 0:
            self._write_fields(tick // self._every)

    def _write_fields(self, index: int) -> None:
        world = self._world
        cloud, state, t_s = world.cloud, world.leak.state, world.t_s
        values = {
            world.leak.info.name: cloud.concentration_kg_m3,
            "concentration_10min": cloud.mean_ppm,
            "toxic_load": cloud.toxic_load,
        }
        for info in self.infos:
            array = values[info.name]
            digest = self._fields.write(info.name, index, array)
            world.emit(
                FieldFrame(
                    t_s=t_s,
                    field=info.name,
                    index=index,
                    sha256=digest,
                    maximum=float(np.float32(array.max())),
                    unit=info.unit,
                    averaging_time_s=info.averaging_time_s,
                )
            )
        if index == 0 or world.study.wind_rows:
            self._write_wind(t_s)
        world.emit(
            ReleaseChanged(
                t_s=t_s,
                release=f"release-{world.tank.id}",
                rate_kg_s=float(state.rate_kg_s),
                airborne_kg_s=float(state.airborne_kg_s),
                released_kg=float(state.released_kg),
                pressure_Pa=float(state.pressure_Pa),
                level_fraction=float(state.level_fraction),
            )
        )
        for name, limit_ppm in self._limits:
            reach_m, area_m2 = reach(cloud.grid, cloud.mean_ppm, limit_ppm, world.tank.xy_m)
            world.emit(
                ZoneChanged(
                    t_s=t_s,
                    zone=name,
                    field="concentration_10min",
                    threshold=limit_ppm,
                    unit="ppm",
                    averaging_time_s=MEAN_WINDOW_S,
                    reach_m=float(reach_m),
                    area_m2=float(area_m2),
                )
            )
        counted = world.crowd.casualties()
        world.emit(
            CasualtiesCounted(
                t_s=t_s,
                exposed=int(counted["exposed"]),
                above_aegl2=int(counted["above_aegl2"]),
                above_aegl3=int(counted["above_aegl3"]),
                expected_deaths=float(counted["expected_deaths"]),
                deaths=int(counted["deaths"]),
            )
        )

    def _write_wind(self, t_s: float) -> None:
        world = self._world
        u_m_s, v_m_s = world.wind.at(np.zeros((1, 3)), t_s)[0]
        from_deg, speed_m_s = world.park.frame.wind_from(float(u_m_s), float(v_m_s))
        world.emit(
            WindObserved(
                t_s=t_s,
                mast="study",
                speed_m_s=speed_m_s,
                from_deg=from_deg,
                averaging_s=MEAN_WINDOW_S,
                temperature_K=float(world.weather.temperature_K),
                stability=world.weather.stability,
            )
        )

    def close(self) -> None:
        """Write what still waits."""
        self._people.flush()
