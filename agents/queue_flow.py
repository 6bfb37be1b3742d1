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

from twin.kernel import kernel

if TYPE_CHECKING:
    from geodata.network import Network

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FLOW_P_M_S = 1.3
"""Greatest flow through a width: IMO MSC.1/Circ.1533 allows 1.33 p/(m s) through doors."""
STORAGE_P_M2 = 3.5
"""Density of a standing queue."""
STUCK_S = 30.0
"""A person held back this long by a full link squeezes in (else crossing streams lock for ever); as MATSim's
stuckTime."""
CAPACITY_DENSITY_P_M2 = 1.75
"""Density at which Weidmann's flow is greatest. Denser than that the delay is the queue's, not the
walkers'."""
STEP_S = 1.0
WALKING_M_S = 1.34
MOST_PASSED = 10
"""People one overtakes on a link at most: in a crowd nobody gets past more. Our choice."""
WALKED_WIDTH_M = 6.0
"""People are shown within this width of a road's middle."""

IDLE, WAITING, WALKING, ARRIVED, NO_WAY = 0, 1, 2, 3, 4
ARRIVE, UNREACHABLE = -1, -2
"""Entries of a next-edge table: this node is the destination; no way leads there."""


@kernel
def speed_fraction(density_p_m2: float) -> float:
    """Walking speed over free speed at a density.

    1 - exp(-1.913 (1/rho - 1/5.4)).
    References: Weidmann (1993), Transporttechnik der Fussgaenger, eq. for level ways (Kladek formula).
    """
    if density_p_m2 <= 0.0:
        return 1.0
    if density_p_m2 >= 5.4:
        return 0.0
    return float(1.0 - np.exp(-1.913 * (1.0 / density_p_m2 - 1.0 / 5.4)))


PERSON = np.dtype(
    [
        ("depart", "f8"),
        ("arrived", "f8"),
        ("enter", "f8"),
        ("ready", "f8"),
        ("speed", "f8"),
        ("row", "i4"),
        ("node", "i4"),
        ("link", "i4"),
        ("after", "i4"),
        ("before", "i4"),
        ("status", "i4"),
    ]
)
"""What is known of a person under way: 64 bytes, one cache line, because a step touches people in random
order."""
LINK = np.dtype(
    [
        ("door_out", "f8"),
        ("door_in", "f8"),
        ("held", "f8"),
        ("refused", "f8"),
        ("gap", "f8"),
        ("length", "f8"),
        ("area", "f8"),
        ("storage", "i4"),
        ("count", "i4"),
        ("first", "i4"),
        ("last", "i4"),
        ("head", "i4"),
        ("opposite", "i4"),
    ]
)
"""State and properties of a link: when its doors are free again, who is first and last on it."""


@kernel
def _insert(people, links, head_ready, person, edge):  # type: ignore[no-untyped-def]
    """Put a person into a link's list, by when they reach its end, behind all but a few of those ahead."""
    ready = people[person].ready
    ahead = links[edge].last
    behind = -1
    passed = 0
    while ahead >= 0 and people[ahead].ready > ready and passed < MOST_PASSED:
        passed += 1
        behind = ahead
        ahead = people[ahead].before
    people[person].before = ahead
    people[person].after = behind
    people[person].link = edge
    if ahead >= 0:
        people[ahead].after = person
    else:
        links[edge].first = person
        head_ready[edge] = ready
    if behind >= 0:
        people[behind].before = person
    else:
        links[edge].last = person


@kernel
def _unlink(people, links, head_ready, person):  # type: ignore[no-untyped-def]
    edge, ahead, behind = people[person].link, people[person].before, people[person].after
    if ahead >= 0:
        people[ahead].after = behind
    else:
        links[edge].first = behind
        head_ready[edge] = people[behind].ready if behind >= 0 else np.inf
    if behind >= 0:
        people[behind].before = ahead
    else:
        links[edge].last = ahead
    links[edge].count -= 1
    people[person].link = -1
    people[person].after = -1
    people[person].before = -1


@kernel
def _enter(people, links, head_ready, person, edge, t_s):  # type: ignore[no-untyped-def]
    """A person starts along a link at t_s."""
    found = links[edge].count
    if links[edge].opposite >= 0:
        found += links[links[edge].opposite].count
    fraction = speed_fraction(min(found / links[edge].area, CAPACITY_DENSITY_P_M2))
    people[person].enter = t_s
    people[person].ready = t_s + links[edge].length / (people[person].speed * fraction)
    people[person].status = WALKING
    links[edge].door_in = max(links[edge].door_in, t_s) + links[edge].gap
    links[edge].count += 1
    _insert(people, links, head_ready, person, edge)


@kernel
def _leave(people, links, head_ready, table, edge, now, stuck_s):  # type: ignore[no-untyped-def]
    """Let the first person of a link pass its end if they can by `now`; whether they did."""
    person, here = links[edge].first, links[edge].head
    leave = max(people[person].ready, links[edge].door_out, links[edge].held)
    following = table[people[person].row, here]
    if following >= 0:
        leave = max(leave, links[following].door_in)
    if leave > now:
        head_ready[edge] = leave
        return False
    if following >= 0 and links[following].count >= links[following].storage:
        if links[edge].refused < 0.0:
            links[edge].refused = now
        if now - links[edge].refused < stuck_s:
            links[edge].held = now
            return False
    _unlink(people, links, head_ready, person)
    links[edge].refused = -1.0
    links[edge].door_out = leave + links[edge].gap
    people[person].node = here
    if following >= 0:
        _enter(people, links, head_ready, person, following, leave)
    else:
        people[person].status = ARRIVED if following == ARRIVE else NO_WAY
        people[person].arrived = leave
    return True


@kernel
def _start(people, links, head_ready, table, waiting, towards, count, now):  # type: ignore[no-untyped-def]
    """Let people who wait at their start set off if they can by `now`; returns how many still wait."""
    kept = 0
    for k in range(count):
        person, edge = waiting[k], towards[k]
        if edge < 0:
            if people[person].status != WAITING:
                continue
            edge = table[people[person].row, people[person].node]
            if edge < 0:
                people[person].status = ARRIVED if edge == ARRIVE else NO_WAY
                people[person].arrived = people[person].depart
                continue
        free = links[edge].door_in <= now
        if free and links[edge].count >= links[edge].storage:
            links[edge].door_in = now
            free = False
        if not free:
            waiting[kept] = person
            towards[kept] = edge
            kept += 1
        elif people[person].status == WAITING:
            start = max(people[person].depart, links[edge].door_in)
            _enter(people, links, head_ready, person, edge, start)
    return kept


@kernel
def _advance(  # type: ignore[no-untyped-def]
    people,
    links,
    head_ready,
    table,
    t0_s,
    steps,
    step_s,
    pending,
    cursor,
    waiting,
    towards,
    waiting_count,
    backwards,
    stuck_s,
):
    """Run steps; returns (people waiting at their start, place in the list of departures, direction of the
    next sweep)."""
    edges = head_ready.size
    towards[:waiting_count] = -1
    for step in range(steps):
        now = t0_s + (step + 1) * step_s
        for turn in range(edges):  # there and back, so that no side of a junction always goes first
            edge = edges - 1 - turn if backwards else turn
            while head_ready[edge] <= now and _leave(people, links, head_ready, table, edge, now, stuck_s):
                pass
        while cursor < pending.size and people[pending[cursor]].depart <= now:
            waiting[waiting_count] = pending[cursor]
            towards[waiting_count] = -1
            waiting_count += 1
            cursor += 1
        waiting_count = _start(people, links, head_ready, table, waiting, towards, waiting_count, now)
        backwards = not backwards
    return waiting_count, cursor, backwards


@kernel
def _locate(people, links, width, line, line_start, distance, offset, t_s, xy):  # type: ignore[no-untyped-def]
    """Where walking people are: along their link's line, queues packed up from its end. Writes xy of those on
    links."""
    for edge in range(links.size):
        person = links[edge].first
        length = links[edge].length
        queued = 0
        while person >= 0:
            limit = length - (queued + 0.5) / (STORAGE_P_M2 * width[edge])
            enter, ready = people[person].enter, people[person].ready
            at = length * (t_s - enter) / (ready - enter) if ready > enter else length
            at = max(min(at, limit), 0.0)
            if ready <= t_s:
                queued += 1
            k = line_start[edge]
            while k < line_start[edge + 1] - 2 and distance[k + 1] < at:
                k += 1
            dx, dy = line[k + 1, 0] - line[k, 0], line[k + 1, 1] - line[k, 1]
            span = max(distance[k + 1] - distance[k], 1e-9)
            part = (at - distance[k]) / span
            side = offset[person] * max(min(width[edge], WALKED_WIDTH_M) - 0.6, 0.0) / span
            xy[person, 0] = line[k, 0] + part * dx + side * dy
            xy[person, 1] = line[k, 1] + part * dy - side * dx
            person = people[person].after


@kernel
def _remove(people, links, head_ready, gone):  # type: ignore[no-untyped-def]
    for k in range(gone.size):
        if people[gone[k]].status == WALKING:
            _unlink(people, links, head_ready, gone[k])
        people[gone[k]].status = IDLE


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
        self._waiting_count, self._cursor, self._backwards = _advance(
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
        _remove(self.people, self.links, self._head_ready, np.asarray(who, dtype=np.int64))

    def locate(self, xy_m: Floats, t_s: float) -> None:
        """Write the positions of people on links into xy_m [N, 2]; others stay as they are."""
        _locate(self.people, self.links, self._width_m, *self._lines, self._offset, t_s, xy_m)

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
