# SPDX-License-Identifier: Apache-2.0
"""Pictures for reports, drawn on the server from the same layers as the page.

The drawing runs in a process of its own, because VTK ends the process when no GL library works; that is told here in a
sentence. EGL is tried first, then OSMesa; whichever works is remembered.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import problem
from viewer.layers.message import SceneLayer

WINDOWS = ("vtkEGLRenderWindow", "vtkOSOpenGLRenderWindow")
TIMEOUT_S = 180.0
_PNG = b"\x89PNG"
_works: list[str] = []


def still(
    layers: Sequence[SceneLayer],
    *,
    target_m: tuple[float, float],
    distance_m: float,
    azimuth_deg: float = 18.0,
    elevation_deg: float = 30.0,
    size: tuple[int, int] = (1280, 720),
    movers: Mapping[str, tuple[NDArray[Any], NDArray[np.uint8]]] | None = None,
    caption: str = "",
) -> bytes:
    """A PNG of layers seen from somewhere; `movers` are positions [N, 2] and states [N] of movers layers by id.

    Raises: InputProblems with the packages to install when this machine cannot draw.
    """
    from viewer.still_drawing import StillJob

    job = StillJob(
        layers=list(layers),
        target_m=target_m,
        distance_m=distance_m,
        azimuth_deg=azimuth_deg,
        elevation_deg=elevation_deg,
        size=size,
        movers=dict(movers or {}),
        caption=caption,
    )
    content = pickle.dumps(job)
    complaints = []
    for window in _works or WINDOWS:
        environment = {
            **os.environ,
            "VTK_DEFAULT_OPENGL_WINDOW": window,
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        environment.pop("DISPLAY", None)
        try:
            done = subprocess.run(
                [sys.executable, "-m", "viewer.still_drawing"],
                input=content,
                capture_output=True,
                env=environment,
                timeout=TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            complaints.append(f"{window}: no picture within {TIMEOUT_S:.0f} s")
            continue
        if done.returncode == 0 and done.stdout.startswith(_PNG):
            _works[:] = [window]
            return done.stdout
        complaints.append(f"{window}: ended with {done.returncode}")
    raise problem(
        f"this machine cannot draw stills ({'; '.join(complaints)})",
        "Install a software GL library: apt-get install libegl1 libgl1-mesa-dri. The page in the browser needs none.",
    )


def still_of_run(run: Path, *, size: tuple[int, int] = (1280, 720), language: str = "zh") -> bytes:
    """A PNG of a finished run when its strictest zone reached farthest: park, plume, people.

    Raises: InputProblems when the folder is no run, its park is gone, or this machine cannot draw.
    """
    from geodata.load import load_park
    from twin.events import ReleaseStarted, ZoneChanged
    from viewer.layers.labels import Label, labels_layer
    from viewer.layers.pack import static_pack
    from viewer.layers.people import PEOPLE_STATES, movers_layer
    from viewer.layers.plume import plume_layer
    from viewer.playback import RunReader
    from viewer.run_view import plume_thresholds, ppm_per_kg_m3

    reader = RunReader(run)
    park = load_park(Path(os.path.normpath(run / str(reader.info["park"]))))
    zones = [event for event in reader.events if isinstance(event, ZoneChanged) and event.reach_m > 0]
    strictest = max((zone.threshold for zone in zones), default=0.0)
    worst = max(
        (zone for zone in zones if zone.threshold == strictest), key=lambda zone: zone.area_m2, default=None
    )
    t_s = worst.t_s if worst else reader.end_s
    source = next((event for event in reader.events if isinstance(event, ReleaseStarted)), None)
    at = (source.x_m, source.y_m) if source else None
    layers = list(static_pack(park, None, language).layers[:-1])
    thresholds = plume_thresholds(reader, ppm_per_kg_m3(reader))
    plume = reader.plume_at(t_s, reader.plume_name)
    centre, reach_m = (
        at or (0.5 * (park.bounds_m[0] + park.bounds_m[2]), 0.5 * (park.bounds_m[1] + park.bounds_m[3])),
        400.0,
    )
    if plume is not None and thresholds:
        lowest = min(value for _, value, _ in thresholds)
        rows, columns = np.nonzero(plume.values > lowest)
        if len(rows):
            x_m, y_m = plume.grid.x_m[columns], plume.grid.y_m[rows]
            centre = (float(x_m.min() + x_m.max()) / 2, float(y_m.min() + y_m.max()) / 2)
            reach_m = float(np.clip(max(np.ptp(x_m), np.ptp(y_m)) / 2, 250.0, 2500.0))
            layers.append(plume_layer(plume.grid, plume.values, thresholds, source_m=at))
    movers: dict[str, tuple[NDArray[Any], NDArray[np.uint8]]] = {}
    people = reader.people_at(t_s)
    if people is not None:
        names = [name for name, _ in PEOPLE_STATES]
        rows_of = np.array(
            [names.index(name) if name in names else 0 for name in people.states], dtype=np.uint8
        )
        layers.append(movers_layer([str(k) for k in range(len(people.state))], park.bounds_m))
        movers["people"] = (people.xy_m, rows_of[people.state])
    if source is not None:
        text = f"{source.source} · {source.substance}"
        layers.append(
            labels_layer([Label(id="source", text=text, x_m=source.x_m, y_m=source.y_m, style="source")])
        )
    minutes = (t_s - reader.start_s) / 60
    return still(
        layers,
        target_m=centre,
        distance_m=reach_m * 3.4,
        size=size,
        movers=movers,
        caption=f"{reader.title} · T+{minutes:.0f} min",
    )
