# SPDX-License-Identifier: Apache-2.0
"""Process units by kind: columns, steel frames with vessels, furnaces, boilers, cooling towers, sheds, stacks.

What stands inside a unit's outline is for looks: the park knows its outline, height and kind only. Nothing is drawn outside
the outline or higher than the unit's height, but for the light on top.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.assets import ProcessUnit
from twin.park import Park
from viewer.layers.message import Colour, SceneLayer
from viewer.layers.solids import Solids, footprint_frame, generator
from viewer.layers.terrain import Surface

Floats = NDArray[np.float64]
STEEL: Colour = (138, 150, 164)
_DECK: Colour = (72, 88, 108)
_WALL: Colour = (92, 106, 124)
_VESSELS: tuple[Colour, ...] = ((214, 218, 224), (192, 200, 210), (216, 210, 204), (178, 192, 198))
_LAMP: Colour = (255, 208, 140)
_RED: Colour = (255, 64, 56)
_FLOOR_M = 5.5


@dataclass(frozen=True, slots=True)
class _Plot:
    """A unit's outline as a rectangle, and where its things go."""

    solids: Solids
    centre: Floats
    length: float
    width: float
    yaw: float
    ground_m: float
    height: float
    row: int
    chance: np.random.Generator

    def at(self, along: ArrayLike, across: ArrayLike, z: ArrayLike) -> Floats:
        """Points [N, 3] of coordinates along and across the rectangle (-0.5..0.5) and metres above ground."""
        a, b, c = np.asarray(along) * self.length, np.asarray(across) * self.width, np.asarray(z)
        out = np.empty((max(a.size, b.size, c.size), 3))
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        out[:, 0] = self.centre[0] + a * cos - b * sin
        out[:, 1] = self.centre[1] + a * sin + b * cos
        out[:, 2] = c + self.ground_m
        return out

    def add(self, primitive: str, at: Floats, size: ArrayLike, colour: Colour) -> None:
        self.solids.add(primitive, at, size, yaw=self.yaw, colour=colour, row=self.row)

    def lamps(self, at: Floats, colour: Colour = _LAMP, size_m: float = 2.4) -> None:
        self.solids.add("glow", at, [size_m] * 3, colour=colour, row=self.row)

    def coat(self) -> Colour:
        return _VESSELS[int(self.chance.integers(len(_VESSELS)))]


def unit_layer(park: Park, surface: Surface) -> SceneLayer:
    """All process units, each drawn after its kind."""
    solids = Solids()
    ground = surface.z(np.array([unit.xy_m for unit in park.units], dtype=np.float64).reshape(-1, 2))
    for row, unit in enumerate(park.units):
        centre, length, width, yaw = footprint_frame(unit.geometry)
        plot = _Plot(
            solids, centre, length, width, yaw, float(ground[row]), unit.height_m, row, generator(unit.id)
        )
        _drawer(unit)(plot)
    return SceneLayer(
        id="units",
        kind="group",
        ids=tuple(unit.id for unit in park.units),
        parts=solids.parts("units", detail=("beam", "ring", "drum")),
        note="what stands inside a unit's outline",
    )


def _column(plot: _Plot) -> None:
    """A tower with platforms and a riser."""
    thick = min(plot.length, plot.width) * 0.72
    _vessel(plot, plot.at(0, 0, 0), thick, plot.height, plot.coat())
    plot.lamps(plot.at(0, 0, plot.height + 0.5), _RED if plot.height > 45 else _LAMP, 3.0)


def _vessel(plot: _Plot, base: Floats, thick: float, tall: float, colour: Colour) -> None:
    plot.add("vessel", base, [thick, thick, tall - 0.25 * thick], colour)
    levels = np.arange(0.3, 0.96, max(9.0 / tall, 0.22)) * tall
    rings = np.repeat(base, len(levels), axis=0)
    rings[:, 2] += levels
    plot.add("ring", rings, [thick * 1.7, thick * 1.7, 1.0], _DECK)
    riser = base + [np.cos(plot.yaw) * (thick / 2 + 0.3), np.sin(plot.yaw) * (thick / 2 + 0.3), 0.0]
    plot.solids.bars(
        riser, riser + [0, 0, tall * 0.95], 0.36, primitive="beam", colour=(176, 132, 92), row=plot.row
    )


def _frame(plot: _Plot, floors: int, share: float = 0.92) -> None:
    """An open steel frame with decks over the middle of the plot, and lamps under its decks."""
    tall = floors * _FLOOR_M
    bays = max(int(plot.length * share // 7), 1), max(int(plot.width * share // 7), 1)
    x, y = (np.linspace(-share / 2, share / 2, count + 1) for count in bays)
    grid_x, grid_y = (part.ravel() for part in np.meshgrid(x, y))
    corner = (np.abs(grid_x) == share / 2) & (np.abs(grid_y) == share / 2)
    foot = plot.at(grid_x, grid_y, 0)
    for chosen, primitive in ((corner, "box"), (~corner, "beam")):
        plot.solids.bars(
            foot[chosen], foot[chosen] + [0, 0, tall], 0.42, primitive=primitive, colour=STEEL, row=plot.row
        )
    for floor in range(1, floors + 1):
        z = floor * _FLOOR_M
        part = 1.0 if floor == 1 else float(plot.chance.uniform(0.5, 1.0))
        side = float(plot.chance.choice([-1, 1])) * (1 - part) / 2 * share
        plot.add("box", plot.at(side, 0, z), [plot.length * share * part, plot.width * share, 0.3], _DECK)
        one, two = plot.at(-share / 2, y, z + 1.1), plot.at(share / 2, y, z + 1.1)
        plot.solids.bars(one, two, 0.12, primitive="beam", colour=STEEL, row=plot.row)
        one, two = plot.at(x, -share / 2, z), plot.at(x, share / 2, z)
        plot.solids.bars(one, two, 0.3, primitive="beam", colour=STEEL, row=plot.row)
        plot.lamps(plot.at(plot.chance.uniform(-0.42, 0.42, 2), [-0.44, 0.44], z - 1.2))


def _reaction(plot: _Plot) -> None:
    floors = int(np.clip(plot.height * 0.55 // _FLOOR_M, 1, 4))
    _frame(plot, floors)
    count = int(np.clip(plot.length // 9, 2, 4))
    along = (np.arange(count) + 0.5) / count * 0.8 - 0.4
    tall = plot.height * np.r_[1.0, plot.chance.uniform(0.62, 0.9, count - 1)]
    for k in range(count):
        spot = plot.at(along[k], plot.chance.uniform(-0.25, 0.25), 0)
        _vessel(plot, spot, float(plot.chance.uniform(2.4, 3.8)), float(tall[k]), plot.coat())
    plot.lamps(plot.at(along[:1], 0, plot.height + 0.5), _LAMP, 3.0)
    _drums(plot, floors)


def _separation(plot: _Plot) -> None:
    floors = int(np.clip(plot.height * 0.45 // _FLOOR_M, 1, 3))
    _frame(plot, floors, 0.9)
    for along, share in ((-0.28, 1.0), (0.3, 0.74)):
        _vessel(
            plot,
            plot.at(along, 0.12, 0),
            float(plot.chance.uniform(2.0, 3.0)),
            plot.height * share,
            plot.coat(),
        )
    _drums(plot, floors)
    coolers = plot.at([-0.1, 0.18], -0.2, floors * _FLOOR_M + 1.3)
    plot.add("box", coolers, [5.0, 5.0, 1.4], (128, 148, 172))


def _drums(plot: _Plot, floors: int) -> None:
    for floor in range(floors):
        count = int(plot.chance.integers(1, 3))
        spots = plot.at(
            plot.chance.uniform(-0.3, 0.3, count),
            plot.chance.uniform(-0.3, 0.3, count),
            floor * _FLOOR_M + 1.6,
        )
        thick = float(plot.chance.uniform(1.4, 2.1))
        plot.add("drum", spots, [float(plot.chance.uniform(4, 7)), thick, thick], plot.coat())


def _cooling_tower(plot: _Plot) -> None:
    body = plot.height * 0.72
    plot.add(
        "box",
        plot.at(0, 0, body / 2 + 1.2),
        [plot.length * 0.94, plot.width * 0.94, body - 2.4],
        (106, 128, 152),
    )
    plot.add("box", plot.at(0, 0, 0.6), [plot.length, plot.width, 1.2], (64, 92, 122))
    for level in np.linspace(0.2, 0.85, 4):
        plot.add(
            "beam",
            plot.at(0, 0, body * level + 1.0),
            [plot.length * 0.97, plot.width * 0.97, 0.35],
            (76, 98, 124),
        )
    fan = min(plot.length, plot.width) * 0.7
    plot.add(
        "cylinder", plot.at(0, 0, (body + plot.height) / 2), [fan, fan, plot.height - body], (150, 170, 192)
    )
    plot.add("cylinder", plot.at(0, 0, plot.height - 0.1), [fan * 0.86, fan * 0.86, 0.3], (34, 48, 66))


def _shed(plot: _Plot) -> None:
    eaves = plot.height * 0.82
    plot.add("box", plot.at(0, 0, eaves / 2), [plot.length * 0.96, plot.width * 0.94, eaves], _WALL)
    plot.add("roof", plot.at(0, 0, eaves), [plot.length, plot.width, plot.height - eaves], (92, 114, 142))
    plot.lamps(plot.at(np.linspace(-0.4, 0.4, 4), -0.5, eaves * 0.8), _LAMP, 1.8)
    plot.lamps(plot.at(np.linspace(-0.4, 0.4, 4), 0.5, eaves * 0.8), _LAMP, 1.8)


def _furnace(plot: _Plot) -> None:
    count = 2 if plot.length > 26 else 1
    for along in (np.arange(count) + 0.5) / count - 0.5:
        box = [plot.length / count * 0.62, plot.width * 0.62, plot.height * 0.42]
        plot.add("box", plot.at(along, 0, box[2] / 2 + 1.5), box, (118, 112, 116))
        top = [plot.length / count * 0.3, plot.width * 0.42, plot.height * 0.18]
        plot.add("box", plot.at(along, 0, box[2] + 1.5 + top[2] / 2), top, (134, 128, 130))
        foot = box[2] + 1.5 + top[2]
        plot.add("stack", plot.at(along, 0, foot), [2.0, 2.0, plot.height - foot], (200, 206, 214))
        plot.lamps(plot.at(along, [-0.34, 0.34], 1.6), (255, 138, 62), 3.4)
        plot.lamps(plot.at(along, 0, plot.height + 0.4), _RED, 2.6)


def _boiler(plot: _Plot) -> None:
    plot.add(
        "box",
        plot.at(-0.16, 0, plot.height * 0.46),
        [plot.length * 0.42, plot.width * 0.8, plot.height * 0.92],
        _WALL,
    )
    plot.add(
        "box",
        plot.at(0.2, 0, plot.height * 0.25),
        [plot.length * 0.3, plot.width * 0.66, plot.height * 0.5],
        (92, 112, 138),
    )
    plot.add(
        "box",
        plot.at(0.42, 0, plot.height * 0.14),
        [plot.length * 0.12, plot.width * 0.5, plot.height * 0.28],
        (108, 126, 150),
    )
    plot.add(
        "box",
        plot.at(-0.16, 0, plot.height * 0.96),
        [plot.length * 0.3, plot.width * 0.5, plot.height * 0.08],
        (116, 138, 164),
    )
    for level in (0.25, 0.5, 0.75):
        plot.add(
            "beam",
            plot.at(-0.16, 0, plot.height * level),
            [plot.length * 0.44, plot.width * 0.84, 0.3],
            _DECK,
        )
        plot.lamps(plot.at([-0.3, -0.02], [-0.43, 0.43], plot.height * level + 1.5), _LAMP, 2.2)


def _treatment(plot: _Plot) -> None:
    thick = min(plot.width * 0.5, 9.0)
    for along in (-0.28, 0.06):
        plot.add("cylinder", plot.at(along, -0.1, 2.2), [thick, thick, 4.4], (128, 150, 172))
        plot.add("cylinder", plot.at(along, -0.1, 4.3), [thick * 0.92, thick * 0.92, 0.3], (24, 66, 84))
    for along, share in ((0.3, 1.0), (0.4, 0.8)):
        _vessel(plot, plot.at(along, 0.22, 0), 2.2, plot.height * share, plot.coat())
    plot.add("box", plot.at(0.34, -0.26, 1.6), [plot.length * 0.2, plot.width * 0.3, 3.2], _WALL)
    plot.lamps(plot.at([-0.44, 0.44], [0.4, -0.4], 3.0))


def _stack(plot: _Plot) -> None:
    thick = min(plot.length, plot.width) * 0.92
    plot.add("stack", plot.at(0, 0, 0), [thick, thick, plot.height], (206, 212, 220))
    plot.lamps(plot.at(0, 0, np.array([0.52, 1.0]) * plot.height + 0.6), _RED, 4.2)


def _generic(plot: _Plot) -> None:
    if max(plot.length, plot.width) < 8:
        _column(plot)
    else:
        _reaction(plot)


_DRAWERS: tuple[tuple[str, Callable[[_Plot], None]], ...] = (
    ("cooling", _cooling_tower),
    ("stack", _stack),
    ("flare", _stack),
    ("column", _column),
    ("reaction", _reaction),
    ("separation", _separation),
    ("distillation", _separation),
    ("compress", _shed),
    ("pump", _shed),
    ("furnace", _furnace),
    ("cracker", _furnace),
    ("boiler", _boiler),
    ("treatment", _treatment),
)


def _drawer(unit: ProcessUnit) -> Callable[[_Plot], None]:
    return next((draw for word, draw in _DRAWERS if word in unit.kind), _generic)
