# SPDX-License-Identifier: Apache-2.0
"""Many people on a network of links: a mesoscopic spatial queue.

A person walks a link at a speed that falls with the density found on entering (Weidmann), and leaves it when
the doors at its end and at the start of the next link are free: each lets one person pass per 1 / (1.3 p/(m
s) x width). A full link (3.5 p/m2) holds people back on the link before it. Times are continuous; only the
search for the next event runs in steps of a second, so results do not depend on how calls to `advance` are
cut, nor on any worker count. A few may be overtaken while walking, nobody in the queue at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.link_queues import (
    ARRIVE,
    ARRIVED,
    IDLE,
    LINK,
    NO_WAY,
    PERSON,
    STORAGE_P_M2,
    UNREACHABLE,
    WAITING,
    WALKING,
    advance,
    locate,
    remove,
    speed_fraction,
)

if TYPE_CHECKING:
    from geodata.network import Network

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FLOW_P_M_S = 1.3
"""Greatest flow through a width: IMO MSC.1/Circ.1533 allows 1.33 p/(m s) through doors."""
STUCK_S = 30.0
"""A person held back this long by a full link squeezes in (else crossing streams lock for ever); as MATSim's
stuckTime."""
STEP_S = 1.0
WALKING_M_S = 1.34

__all__ = [
    "ARRIVE",
    "ARRIVED",
    "IDLE",
    "NO_WAY",
    "UNREACHABLE",
    "WAITING",
    "WALKING",
    "QueueFlow",
    "speed_fraction",
]


class QueueFlow:
    """People moving over a network towards the destinations of a next-edge table.

    Shapes: table [R, V] holds the edge to take at a node towards destination row r (`ARRIVE` at it,
    `UNREACHABLE` where no way leads there); people [N] and links [E] are records (`PERSON`, `LINK`).
    """

    def __init__(
        self,
        network: Network,
        speed_m_s: Floats,
        *,
        t_s: float = 0.0,
        flow_p_s: Floats | None = None,
        storage: Floats | None = None,
        stuck_s: float = STUCK_S,
    ) -> None:
        count, edges = len(speed_m_s), len(network.tail)
        self.t_s = float(t_s)
        self.network = network
        self.table = np.full((1, len(network.xy_m)), UNREACHABLE, dtype=np.int32)
        self.people = _aligned(count, PERSON)
        self.people["speed"] = speed_m_s
        self.people["depart"] = self.people["arrived"] = np.inf
        for name in ("node", "link", "after", "before"):
            self.people[name] = -1
        self._width_m = np.maximum(network.width_m, 0.3)
        self.links = np.zeros(edges, dtype=LINK)
        self.links["first"] = self.links["last"] = -1
        self.links["door_out"] = self.links["door_in"] = self.links["held"] = -np.inf
        self.links["refused"] = -1.0
        self.links["head"] = network.head
        self.links["opposite"] = network.reverse
        self.links["length"] = np.maximum(network.length_m, 0.01)
        flow = FLOW_P_M_S * self._width_m if flow_p_s is None else flow_p_s
        self.links["gap"] = 1.0 / flow
        # a short link holds at least what its flow puts on it, or it would throttle the flow; as MATSim's links do
        passing = flow * (2.0 * self.links["length"] / WALKING_M_S + 2.0 * STEP_S)
        space = STORAGE_P_M2 * self._width_m * self.links["length"] if storage is None else storage
        self.links["storage"] = np.clip(np.ceil(np.maximum(space, passing)), 1, 2**31 - 1)
        self.links["area"] = np.maximum(
            self._width_m * self.links["length"],
            self.links["storage"] / STORAGE_P_M2 if storage is None else 0.0,
        )
        self._head_ready = np.full(edges, np.inf)
        self._waiting = np.empty(count, dtype=np.int64)
        self._towards = np.empty(count, dtype=np.int64)
        self._waiting_count = 0
        self._pending = np.empty(0, dtype=np.int64)
        self._cursor = 0
        self._backwards = False
        self._stuck_s = float(stuck_s)
        self._lines = _lines(network)
        # lateral place of each person on the way, even over the width: multiples of the golden ratio
        self._offset = np.mod(np.arange(count) * 0.6180339887498949, 1.0) - 0.5

    @property
    def status(self) -> NDArray[np.int32]:
        """IDLE, WAITING (to set off), WALKING, ARRIVED or NO_WAY [N]."""
        return self.people["status"]

    @property
    def arrived_s(self) -> Floats:
        """When each person arrived [N]; infinite before."""
        return self.people["arrived"]

    def depart(self, who: Ints, node: Ints, row: Ints, depart_s: Floats) -> None:
        """Send people who are not on a link from a node to a destination row at a time (now or later).
        Shapes: [k]."""
        self.people["node"][who] = node
        self.people["row"][who] = row
        self.people["depart"][who] = depart_s
        self.people["arrived"][who] = np.inf
        self.people["status"][who] = WAITING
        waiting = np.flatnonzero(self.people["status"] == WAITING)
        order = np.argsort(self.people["depart"][waiting], kind="stable")
        self._pending = waiting[order]
        self._cursor = 0
        self._waiting_count = 0

    def steer(self, who: Ints, row: Ints) -> None:
        """Give people another destination row; it counts from the next node on. Shapes: [k]."""
        self.people["row"][who] = row

    def advance(self, t_s: float) -> None:
        """Move everybody on to time t_s, in whole steps of a second; a remainder waits for the next call."""
        steps = int(np.floor((t_s - self.t_s) / STEP_S + 1e-9))
        if steps <= 0:
            return
        self._waiting_count, self._cursor, self._backwards = advance(
            self.people,
            self.links,
            self._head_ready,
            self.table,
            self.t_s,
            steps,
            STEP_S,
            self._pending,
            self._cursor,
            self._waiting,
            self._towards,
            self._waiting_count,
            self._backwards,
            self._stuck_s,
        )
        self.t_s += steps * STEP_S

    def remove(self, who: Ints) -> None:
        """Take people out of the flow; they block nobody."""
        remove(self.people, self.links, self._head_ready, np.asarray(who, dtype=np.int64))

    def locate(self, xy_m: Floats, t_s: float) -> None:
        """Write the positions of people on links into xy_m [N, 2]; others stay as they are."""
        locate(self.people, self.links, self._width_m, *self._lines, self._offset, t_s, xy_m)

    def next_node(self, who: Ints) -> Ints:
        """The node a person is at or walks to. Shapes: [k] -> [k]."""
        link = self.people["link"][who]
        at = self.network.head[np.maximum(link, 0)]
        result: Ints = np.where(link >= 0, at, self.people["node"][who]).astype(np.int64)
        return result


def _aligned(count: int, record: np.dtype[np.void]) -> NDArray[np.void]:
    """Zeroed records that begin on a cache line."""
    raw = np.zeros(count * record.itemsize + 64, dtype=np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + count * record.itemsize].view(record)


def _lines(network: Network) -> tuple[Floats, Ints, Floats]:
    """Points of all edge lines, where each starts, and the distance along the line scaled to the edge's
    length."""
    line = np.ascontiguousarray(network.line_xy_m, dtype=np.float64)
    start = np.asarray(network.line_indptr, dtype=np.int64)
    run = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))))
    edge = np.repeat(np.arange(len(start) - 1), np.diff(start))
    along = run - run[start[:-1]][edge]
    full = along[start[1:] - 1]
    return line, start, along * (network.length_m / np.maximum(full, 1e-9))[edge]
