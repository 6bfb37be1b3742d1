# SPDX-License-Identifier: Apache-2.0
"""Kernels of the queue model: people on links as linked lists, doors that open one at a time, a step of a second.

Everything `queue_flow.QueueFlow` does in a step; the records, the constants of the model and their sources. A person's
record is a cache line. Nothing here allocates, and the order of all work is fixed.
"""

from __future__ import annotations

import numpy as np

from twin.kernel import kernel

STORAGE_P_M2 = 3.5
"""Density of a standing queue."""
CAPACITY_DENSITY_P_M2 = 1.75
"""Density at which Weidmann's flow is greatest. Denser than that the delay is the queue's, not the walkers'."""
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
def advance(  # type: ignore[no-untyped-def]
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
def locate(people, links, width, line, line_start, distance, offset, t_s, xy):  # type: ignore[no-untyped-def]
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
def remove(people, links, head_ready, gone):  # type: ignore[no-untyped-def]
    for k in range(gone.size):
        if people[gone[k]].status == WALKING:
            _unlink(people, links, head_ready, gone[k])
        people[gone[k]].status = IDLE
