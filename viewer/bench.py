# SPDX-License-Identifier: Apache-2.0
"""`parktwin bench viewer`: what one key frame of moving people costs the server, and the static layers of a park.

A run is played as a page plays it: read, interpolated, sent through the channel and packed as the transport packs it; the
socket itself and the browser are not measured here.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.run_folder import RunWriter
from twin.benchmark import Measured, cpu_seconds
from twin.events import WorldEnded, WorldStarted
from twin.park import Park
from twin.people_frames import PeopleAt, PeopleStore
from viewer.layers.message import SceneLayer
from viewer.layers.people import PEOPLE_STATES
from viewer.playback import RunReader
from viewer.scene import TOPIC, SceneChannel
from viewer.stage import Stage

FRAME_S = 5.0
"""Time between two stored frames of a run."""
ALL = 1 << 40
"""A page that acknowledges this has drawn everything."""


class Wire:
    """Stands for the server and its socket: packs each frame as wslink does and counts the bytes."""

    def __init__(self) -> None:
        self.protocol = self
        self.frames = 0
        self.nbytes = 0

    def enable_module(self, module: Any) -> None:
        """The page's files are not asked for."""

    def add_protocol_to_configure(self, configure: Any) -> None:
        """No page calls."""

    def publish(self, topic: str, frame: dict[str, Any]) -> None:
        """One message on its way to one page."""
        import msgpack  # type: ignore[import-untyped]
        from wslink.chunking import generate_chunks  # type: ignore[import-untyped]

        packed = msgpack.packb({"wslink": "1.0", "id": f"publish:{topic}:{self.frames}", "result": frame})
        self.nbytes += sum(len(chunk) for chunk in generate_chunks(packed, 4 << 20))
        self.frames += 1


def run_of_walkers(folder: Path, park: Park, count: int) -> None:
    """Write a run folder in which so many people walk about the park for a minute."""
    rng = np.random.default_rng(1)
    west, south, east, north = park.bounds_m
    start_m = rng.uniform((west, south), (east, north), (count, 2))
    speed_m_s = rng.normal(0.0, 0.95, (count, 2))
    states = rng.integers(0, len(PEOPLE_STATES), count).astype(np.uint8)
    times_s = np.arange(0.0, 60.0 + FRAME_S, FRAME_S)
    with RunWriter(folder) as writer:
        names = [name for name, _ in PEOPLE_STATES]
        store = PeopleStore.create(writer.place / "people", times_s, count, names, "ppm^n min")
        writer.timeline.append(WorldStarted(t_s=0.0, world="run", park_id=park.id))
        for t_s in times_s.tolist():
            places = (start_m + t_s * speed_m_s).astype(np.float32)
            store.append(PeopleAt(places, states, np.zeros(count, dtype=np.float32)))
        store.flush()
        writer.timeline.append(WorldEnded(t_s=60.0))
        writer.finish({"park_id": park.id})


def play(folder: Path, park: Park, wire: Wire) -> float:
    """CPU seconds of one update while a minute is played at five updates a frame; the page acknowledges each.

    Raises: RuntimeError when an update was held back.
    """
    channel = SceneChannel(wire)
    stage, reader = Stage(channel, park), RunReader(folder)
    channel.snapshot("page")
    stage.open_run(reader)
    wire.frames = wire.nbytes = 0
    times_s = np.arange(0.0, 60.0, FRAME_S / 5.0).tolist()
    begun = time.process_time()
    for t_s in times_s:
        stage.people(reader.people_at(t_s), t_s)
        channel.acknowledge("page", ALL)
    spent = time.process_time() - begun
    if wire.frames != len(times_s):
        raise RuntimeError(f"{wire.frames} of {len(times_s)} updates were sent on {TOPIC}")
    return spent / len(times_s)


def as_text(reader: RunReader) -> int:
    """One key frame of the same people as JSON, the way a plain web page would get it; bytes."""
    people = reader.people_at(FRAME_S)
    assert people is not None
    places = people.xy_m.astype(np.float64).round(2).tolist()
    return len(json.dumps({"xy": places, "s": people.state.tolist()}).encode())


def movers(count: int, folder: Path) -> Iterator[Measured]:
    """CPU time and bytes of one update of so many people of a run."""
    from geodata.demo_park import generate

    park = generate("tiny").park
    run_of_walkers(folder, park, count)
    wire = Wire()
    spent = min(play(folder, park, wire) for _ in range(4))
    nbytes = wire.nbytes / wire.frames
    reader = RunReader(folder)
    text_s, text_bytes = cpu_seconds(lambda: as_text(reader)), as_text(reader)
    yield Measured(
        name=f"update of {count:,} movers: read from the run, interpolated, packed",
        value=1000.0 * spent,
        unit="CPU ms",
        figure="<= 10 CPU ms",
        passed=spent <= 0.010,
        cpu_s=spent,
        peer="one key frame as JSON, nothing interpolated",
        ratio=text_s / spent,
    )
    yield Measured(
        name=f"update of {count:,} movers: message, {text_bytes / nbytes:.1f} times smaller than JSON",
        value=nbytes / 1000.0,
        unit="kB",
        figure="<= 60 kB",
        passed=nbytes <= 60_000.0,
    )


def all_layers(park: Park, terrain: Any) -> list[SceneLayer]:
    """The static layers as a process makes them once."""
    from viewer.layers.assets import asset_layers
    from viewer.layers.labels import label_layer
    from viewer.layers.terrain import ground_layer

    return [ground_layer(park, terrain), *asset_layers(park, terrain), label_layer(park, "zh")]


def static_layers(size: str = "medium") -> Iterator[Measured]:
    """What a process computes before it serves, and what a page then loads once."""
    from geodata.demo_park import generate
    from geodata.terrain import Terrain
    from twin.fields import Grid

    demo = generate(size)
    park = demo.park
    rows, columns = demo.elevation_m.shape
    grid = Grid(
        x0_m=demo.west_m + demo.cell_m / 2,
        y0_m=demo.north_m - (rows - 0.5) * demo.cell_m,
        cell_m=demo.cell_m,
        nx=columns,
        ny=rows,
    )
    terrain = Terrain.from_array(grid, demo.elevation_m)
    wire = Wire()

    def make() -> None:
        wire.nbytes = 0
        for layer in all_layers(park, terrain):
            wire.publish(TOPIC, layer.to_message())

    spent = cpu_seconds(make, repeats=1)
    yield Measured(
        name=f"static layers of the {size} demo park: made and packed, once per process",
        value=spent,
        unit="CPU s",
        figure="<= 10 CPU s: a live world answers within 25 s of its start",
        passed=spent <= 10.0,
        cpu_s=spent,
    )
    yield Measured(
        name=f"static layers of the {size} demo park: loaded by a page, once",
        value=wire.nbytes / 1e6,
        unit="MB",
        figure="<= 20 MB: a page is visible within 4 s at 50 Mbit/s",
        passed=wire.nbytes <= 20e6,
    )


def bench() -> Iterator[Measured]:
    """The stated figures of the viewer's server side (DESIGN section 10)."""
    with tempfile.TemporaryDirectory() as folder:
        for count in (1_000, 10_000):
            yield from movers(count, Path(folder) / str(count))
    yield from static_layers()
