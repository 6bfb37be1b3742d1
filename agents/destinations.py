# SPDX-License-Identifier: Apache-2.0
"""Where people can go: muster points, refuges and the park's own gates, and the nearest building to shelter
in.

Keeps the next-edge tables: rows of the direct ways, then rows of the ways led round the gas, then one row to
the nearest building; and the room left at each place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.guidance import HAZARD_WEIGHT, assign, hazard_cost, next_edges
from agents.people import WALKING_MEAN_M_S
from twin.assets import Building, Gate, Shelter
from twin.errors import problem
from twin.fields import HazardField
from twin.park import Park

if TYPE_CHECKING:
    from geodata.network import Network

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

AHEAD_S = (0.0, 120.0, 300.0, 600.0)
"""How far guides look ahead when they choose ways."""
SWITCH_GAIN = 0.8
"""A guided person changes the destination only if the new way costs less than this share of the old."""
STAY_S = 600.0
"""Time people are taken to spend at a destination when gas is expected there."""
BREATHING_HEIGHT_M = 1.5
NEAREST = 5
"""Places every node knows at first; farther ones are looked for only when these are full."""
CHANGE = 0.2
"""Ways are found anew when the cost of some edge has changed by more than this (natural logarithm)."""


class Destinations:
    """Places to evacuate to (D of them), rooms to shelter in (B), and the ways there."""

    def __init__(self, park: Park, network: Network, noticed_ppm: float) -> None:
        """Raises: InputProblems when the park has nowhere to go to."""
        places = _places(park, network)
        self.ids = tuple(place.id for place in places)
        self._network = network
        self._threshold_ppm = noticed_ppm if np.isfinite(noticed_ppm) else 1.0
        self.node = np.array([network.place_node[place.id] for place in places], dtype=np.int64)
        self._place_m = np.array([place.xy_m for place in places])
        self.room_left = np.array(
            [place.capacity if isinstance(place, Shelter) else np.inf for place in places]
        )
        indoor = [place for place in places if isinstance(place, Shelter) and place.indoors]
        homes = [building for building in park.buildings if building.id in network.place_node]
        self.room_ids = tuple([b.id for b in homes] + [s.id for s in indoor])
        rooms: list[Building | Shelter] = [*homes, *indoor]
        self.rooms_xy_m = np.array([room.xy_m for room in rooms]).reshape(-1, 2)
        self.rooms_air_changes_1_h = np.array([room.air_changes_1_h for room in rooms], dtype=np.float64)
        number = {name: k for k, name in enumerate(self.room_ids)}
        self._room_of_row = np.array([number.get(place.id, -1) for place in places], dtype=np.int64)
        nodes = np.array([network.place_node[b.id] for b in homes], dtype=np.int64)
        self._homes, first = np.unique(nodes, return_index=True)
        self._home_room = first.astype(np.int64)
        self.count = len(places)
        self.rows = 2 * self.count + 1
        self.indoors_row = 2 * self.count
        self._travel_s = np.maximum(network.length_m, 0.01) / WALKING_MEAN_M_S
        line = network.line_indptr
        middle_m = 0.5 * (network.line_xy_m[line[:-1]] + network.line_xy_m[line[1:] - 1])
        watched_m = np.concatenate([middle_m, self._place_m])
        self._points_m = np.column_stack([watched_m, np.full(len(watched_m), BREATHING_HEIGHT_M)])
        self._led_cost = self._travel_s
        self._at_place_s = np.zeros(self.count)
        self._nearest = min(NEAREST, self.count)
        self._inside, _ = next_edges(network, [self._homes], self._travel_s)
        self._find_ways()

    def _find_ways(self, *, led_only: bool = False) -> None:
        targets = [np.array([node]) for node in self.node]
        if not led_only:
            self._direct, self._direct_s = next_edges(
                self._network, targets, self._travel_s, nearest=self._nearest
            )
        led, self._led_s = next_edges(self._network, targets, self._led_cost, nearest=self._nearest)
        self.table = np.concatenate([self._direct, led, self._inside])

    def choose(self, node: Ints, guided: NDArray[np.bool_]) -> Ints:
        """Row of the table for people who set out from nodes; -1 where no place has room. Takes up room.
        Shapes: [k] -> [k].

        The ways change (`table` is a new array) when the places near somebody are full and farther ones are
        needed.
        """
        row = np.full(len(node), -1, dtype=np.int64)
        for led in (False, True):
            who = np.flatnonzero(guided == led)
            while len(who):
                cost = self._led_s + self._at_place_s[:, None] if led else self._direct_s
                place = assign(node[who], cost, self.room_left)
                found = place >= 0
                self.room_left -= np.bincount(place[found], minlength=self.count)
                row[who[found]] = place[found] + (self.count if led else 0)
                who = who[~found]
                if not len(who) or self._nearest == self.count or not (self.room_left > 0).any():
                    break
                self._nearest = self.count
                self._find_ways()
        return row

    def reconsider(self, node: Ints, row: Ints) -> Ints:
        """Rows of guided people on the way, changed where another place with room is clearly better. Shapes:
        [k] -> [k]."""
        place = row % self.count
        held = np.where(row < self.indoors_row, place, -1)
        cost = self._led_s + self._at_place_s[:, None]
        self.room_left += np.bincount(held[held >= 0], minlength=self.count)
        better = assign(node, cost, self.room_left)
        now_s = np.where(held >= 0, cost[place, node], np.inf)
        then_s = np.where(better >= 0, cost[np.maximum(better, 0), node], np.inf)
        chosen = np.where(then_s < SWITCH_GAIN * now_s, better, held)
        taken = np.bincount(chosen[chosen >= 0], minlength=self.count)
        # staying may leave a place with more people than it holds; then nobody stays by choice
        if (taken > self.room_left).any():
            chosen = np.where(better >= 0, better, held)
            taken = np.bincount(chosen[chosen >= 0], minlength=self.count)
        self.room_left -= taken
        return np.where(chosen >= 0, chosen + self.count, row)

    def release(self, row: Ints) -> None:
        """People give up going to, or leave, their places: the room is free again."""
        place = row[(row >= 0) & (row < self.indoors_row)] % self.count
        self.room_left += np.bincount(place, minlength=self.count)

    def abandon(self, row: Ints) -> None:
        """People leave places they had reached, because of gas: nobody is led there for now."""
        self.release(row)
        self._at_place_s[np.unique(row % self.count)] += STAY_S * HAZARD_WEIGHT

    def look_ahead(self, t_s: float, field: HazardField | None, ppm_per_kg_m3: float) -> None:
        """Work out the ways round the gas that is expected from t_s on, if that has changed enough to
        matter."""
        expected = np.zeros(len(self._points_m))
        if field is not None:
            for ahead_s in AHEAD_S:
                np.maximum(expected, field.at(self._points_m, t_s + ahead_s) * ppm_per_kg_m3, out=expected)
        cost = hazard_cost(self._travel_s, expected[: -self.count], self._threshold_ppm)
        self._at_place_s = (
            hazard_cost(np.full(self.count, STAY_S), expected[-self.count :], self._threshold_ppm) - STAY_S
        )
        if np.abs(np.log(cost / self._led_cost)).max() > CHANGE:
            self._led_cost = cost
            self._find_ways(led_only=True)

    def room_at(self, row: Ints, node: Ints) -> Ints:
        """Room a person who arrived is in; -1 outdoors. Shapes: [k], [k] -> [k]."""
        at = np.searchsorted(self._homes, node)
        home = (
            self._home_room[np.minimum(at, max(len(self._homes) - 1, 0))]
            if len(self._homes)
            else np.full(len(row), -1)
        )
        result: Ints = np.where(row == self.indoors_row, home, self._room_of_row[row % self.count])
        return result

    def centre_m(self, row: Ints, node: Ints) -> Floats:
        """Middle of the place a person arrived at. Shapes: [k], [k] -> [k, 2]."""
        room = self.room_at(row, node)
        place = self._place_m[row % self.count]
        rooms = self.rooms_xy_m[np.maximum(room, 0)] if len(self.rooms_xy_m) else place
        result: Floats = np.where((room >= 0)[:, None], rooms, place)
        return result


def _places(park: Park, network: Network) -> list[Shelter | Gate]:
    """Muster points and refuges; the park's own gates that can be left by (any open gate where there is
    nothing else)."""
    places: list[Shelter | Gate] = [
        s for s in park.shelters if s.kind != "hospital" and s.id in network.place_node
    ]
    out = [g for g in park.gates if g.normally_open and g.direction != "in" and g.id in network.place_node]
    places += [gate for gate in out if not gate.enterprise]
    places = places or list(out)
    if not places:
        raise problem(
            "the park has no muster point, refuge or open gate that people can walk to",
            "Add one to the layer shelters, on a road or footpath.",
            layer="shelters",
        )
    return places
