# SPDX-License-Identifier: Apache-2.0
"""A small run folder whose every number is known: a cloud that drifts east at 1 m/s, people who walk north at 1 m/s."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import zarr

from twin.events import (
    AlarmRaised,
    CasualtiesCounted,
    CrewArrived,
    CrewDispatched,
    FieldFrame,
    Note,
    OrderIssued,
    PeopleFrame,
    ReleaseChanged,
    ReleaseEnded,
    ReleaseStarted,
    RouteAssigned,
    WorldEnded,
    WorldStarted,
    ZoneChanged,
)
from twin.fields import FieldInfo, FieldStore, Grid
from twin.park import Park
from twin.timeline import Timeline

START_S = 1_773_799_200.0
STATES = ("normal", "reacting", "moving", "sheltering", "safe", "incapacitated", "dead")
FRAME_S = 20.0
PPM = 340_000.0


def make_run(
    folder: Path, park: Park, *, people: int = 100, duration_s: float = 600.0, title: str = "Test leak"
) -> Path:
    """Write the run; person k starts at (100 + k, 50) and walks north at 1 m/s, the last one leaps at 300 s."""
    folder.mkdir(parents=True)
    tank = park.tanks[0]
    x_m, y_m = tank.xy_m
    events: list[tuple[float, int, object]] = []

    def add(t_s: float, event: object) -> None:
        events.append((t_s, len(events), event))

    grid = Grid.covering(park.bounds_m, 25.0, 300.0)
    times = START_S + np.arange(0.0, duration_s + 1, FRAME_S)
    store = FieldStore.create(folder / "fields", grid, times, park.frame.crs, park.frame.origin_m)
    info = FieldInfo(
        name="concentration",
        quantity="concentration",
        unit="kg/m3",
        averaging_time_s=60.0,
        height_m=1.5,
        model="test puff",
        substance="chlorine",
        caveats=("Only for tests.",),
    )
    store.declare(info)
    gx, gy = np.meshgrid(grid.x_m, grid.y_m)
    start = {"t_s": START_S}
    add(START_S, WorldStarted(world="run", park_id=park.id, title=title, seed=1, exercise=True, **start))
    add(START_S, Note(kind="caveat", text_key="caveat.no_obstacles", **start))
    add(
        START_S,
        ReleaseStarted(
            release="r1",
            source=tank.id,
            substance="chlorine",
            x_m=x_m,
            y_m=y_m,
            z_m=1.0,
            hole_diameter_m=0.02,
            phase="liquid",
            rate_kg_s=5.0,
            **start,
        ),
    )
    add(
        START_S, Note(kind="milestone", text_key="event.release_started", values={"tank": tank.name}, **start)
    )
    for k, t_s in enumerate(times):
        after = float(t_s - START_S)
        spread = 40.0 + 0.1 * after
        cloud = 2e-3 * np.exp(-((gx - x_m - after) ** 2 + (gy - y_m) ** 2) / (2 * spread**2))
        digest = store.write("concentration", k, cloud)
        t = float(t_s)
        peak = float(np.float32(cloud.max()))
        add(
            t,
            FieldFrame(
                t_s=t,
                field="concentration",
                index=k,
                sha256=digest,
                maximum=peak,
                unit="kg/m3",
                averaging_time_s=60.0,
            ),
        )
        for zone, limit in (("AEGL-1", 0.5), ("AEGL-2", 2.8), ("AEGL-3", 50.0)):
            reach = after + spread
            add(
                t,
                ZoneChanged(
                    t_s=t,
                    zone=zone,
                    threshold=limit,
                    unit="ppm",
                    averaging_time_s=600.0,
                    reach_m=reach,
                    area_m2=reach**2,
                ),
            )
        add(
            t,
            ReleaseChanged(
                t_s=t,
                release="r1",
                rate_kg_s=5.0,
                airborne_kg_s=4.0,
                released_kg=5.0 * after,
                pressure_Pa=5e5,
                level_fraction=0.5,
            ),
        )
        add(
            t,
            CasualtiesCounted(
                t_s=t,
                exposed=10,
                above_aegl2=4,
                above_aegl3=1,
                expected_deaths=0.25 * after / duration_s,
                deaths=0,
            ),
        )
    people_s = START_S + np.arange(0.0, duration_s + 1, 10.0)
    walked = people_s - START_S
    xy = np.empty((len(people_s), people, 2), dtype=np.float32)
    xy[:, :, 0] = 100.0 + np.arange(people)
    xy[:, :, 1] = 50.0 + walked[:, None]
    xy[walked >= 300.0, -1, 0] += 5000.0
    state = np.where(walked[:, None] < duration_s / 2, 2, 4) * np.ones(people, dtype=int)
    group = zarr.open_group(str(folder / "people"), mode="w", zarr_format=3)
    group.attrs["states"] = list(STATES)
    arrays = {
        "time": people_s,
        "xy_m": xy,
        "state": state.astype(np.uint8),
        "toxic_load": np.outer(walked, np.arange(people)).astype(np.float32),
    }
    for name, values in arrays.items():
        chunks = values.shape if name == "time" else (1, *values.shape[1:])
        group.create_array(name, shape=values.shape, dtype=values.dtype, chunks=chunks)[:] = values
    for k, t_s in enumerate(people_s):
        name = STATES[int(state[k, 0])]
        add(float(t_s), PeopleFrame(t_s=float(t_s), index=k, sha256="0" * 64, counts={name: people}))
    alarm = next(sensor for sensor in park.sensors if sensor.kind == "gas")
    add(
        START_S + 30,
        AlarmRaised(
            t_s=START_S + 30,
            alarm="a1",
            level="orange",
            rule="alarm_2",
            source=alarm.id,
            value=3.2,
            unit="ppm",
            limit=0.68,
            x_m=alarm.xy_m[0],
            y_m=alarm.xy_m[1],
            exercise=True,
        ),
    )
    add(START_S + 60, OrderIssued(t_s=START_S + 60, order="o1", kind="evacuate", target="all", exercise=True))
    crew = park.resources[0]
    add(
        START_S + 90,
        CrewDispatched(t_s=START_S + 90, crew=crew.id, kind=crew.kind, people=4, destination=tank.id),
    )
    points = (crew.xy_m, (x_m, y_m))
    add(
        START_S + 90,
        RouteAssigned(
            t_s=START_S + 90,
            crew=crew.id,
            kind="lowest_dose",
            points_m=points,
            times_s=(START_S + 100, START_S + 200),
            toxic_load=1.0,
            toxic_load_unit="ppm2.75 min",
            length_m=100.0,
        ),
    )
    add(START_S + 200, CrewArrived(t_s=START_S + 200, crew=crew.id, place=tank.id))
    end_s = START_S + duration_s
    add(
        end_s - 60,
        ReleaseEnded(t_s=end_s - 60, release="r1", reason="isolated", released_kg=5.0 * (duration_s - 60)),
    )
    add(end_s, WorldEnded(t_s=end_s))
    timeline = Timeline(folder / "timeline.jsonl")
    for _, _, event in sorted(events, key=lambda entry: entry[:2]):
        timeline.append(event)  # type: ignore[arg-type]
    timeline.close()
    about = {
        "schema": 1,
        "title": title,
        "seed": 1,
        "exercise": True,
        "park": str(park.folder or ""),
        "substance": {"id": "chlorine", "ppm_per_kg_m3": PPM},
        "weather": {"wind_speed_m_s": 1.0, "wind_from_deg": 270.0, "stability": "D", "temperature_K": 293.15},
        "caveats": ["Only for tests."],
        "timeline_sha256": timeline.sha256,
    }
    (folder / "run.json").write_text(json.dumps(about), encoding="utf-8")
    return folder
