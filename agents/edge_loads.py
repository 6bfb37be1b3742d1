# SPDX-License-Identifier: Apache-2.0
"""Toxic load of passing each edge of a network, for every time of entering it.

Points no more than 25 m apart along every edge are sampled in the forecast field every 30 s, all at once;
between samples the concentration is linear in time. The load of a passage is the sum over the edge's points
of C^n at the time of passing each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.fields import HazardField
from twin.kernel import kernel

if TYPE_CHECKING:
    from geodata.network import Network

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SPACING_M = 25.0
SAMPLE_S = 30.0
BREATHING_HEIGHT_M = 1.5


def midpoints(network: Network, spacing_m: float = SPACING_M) -> tuple[Floats, Floats, Ints]:
    """Middles of equal parts of every edge, no longer than `spacing_m`.

    Shapes: -> points [P, 2], share of the edge's length [P], where each edge's points start [E + 1].
    """
    parts = np.maximum(np.ceil(network.length_m / spacing_m), 1).astype(np.int64)
    start = np.concatenate(([0], np.cumsum(parts)))
    edge = np.repeat(np.arange(len(parts)), parts)
    share = (np.arange(start[-1]) - start[edge] + 0.5) / parts[edge]
    line, indptr = network.line_xy_m, network.line_indptr
    run = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))))
    first = run[indptr[:-1]]
    wanted = first[edge] + share * (run[indptr[1:] - 1] - first)[edge]
    points = np.stack([np.interp(wanted, run, line[:, 0]), np.interp(wanted, run, line[:, 1])], axis=1)
    return points, share, start.astype(np.int64)


def sample(
    points_m: Floats, t_s: float, field: HazardField | None, ppm_per_kg_m3: float, horizon_s: float
) -> Floats:
    """Concentration in ppm at points every `SAMPLE_S` from t_s on. Shapes: points_m [P, 2] -> [S, P]."""
    count = int(np.ceil(horizon_s / SAMPLE_S)) + 1
    ppm = np.zeros((count, len(points_m)))
    if field is not None and len(points_m):
        above = np.column_stack([points_m, np.full(len(points_m), BREATHING_HEIGHT_M)])
        for k in range(count):
            ppm[k] = field.at(above, t_s + k * SAMPLE_S)
    return np.maximum(ppm * ppm_per_kg_m3, 0.0)


@kernel
def _passages(ppm, share, start, travel_s, step_s, sample_s, n, load):  # type: ignore[no-untyped-def]
    """Load of entering edge e at step k: midpoint rule over the edge's points, concentration linear in
    time."""
    last = ppm.shape[0] - 1
    for edge in range(start.size - 1):
        first, end = start[edge], start[edge + 1]
        minutes = travel_s[edge] / 60.0 / (end - first)
        clean = True
        for point in range(first, end):
            for slot in range(last + 1):
                if ppm[slot, point] > 0.0:
                    clean = False
        if clean:
            continue
        for k in range(load.shape[1]):
            total = 0.0
            for point in range(first, end):
                at = min((k * step_s + share[point] * travel_s[edge]) / sample_s, float(last))
                slot = min(int(at), last - 1) if last > 0 else 0
                part = at - slot
                c = ppm[slot, point]
                if last > 0:
                    c += part * (ppm[slot + 1, point] - c)
                if c > 0.0:
                    total += c**n
            load[edge, k] = total * minutes


def edge_loads(
    network: Network,
    travel_s: Floats,
    t_s: float,
    field: HazardField | None,
    n: float,
    ppm_per_kg_m3: float,
    *,
    step_s: float,
    count: int,
) -> Floats:
    """Toxic load [ppm^n min] of passing an edge entered at t_s + k step_s. Shapes: travel_s [E] -> [E,
    count]."""
    load = np.zeros((len(network.tail), count))
    if field is None:
        return load
    points, share, start = midpoints(network)
    horizon_s = (count - 1) * step_s + float(travel_s.max(initial=0.0))
    ppm = sample(points, t_s, field, ppm_per_kg_m3, horizon_s)
    _passages(
        ppm, share, start, np.asarray(travel_s, dtype=np.float64), float(step_s), SAMPLE_S, float(n), load
    )
    return load


def wait_loads(
    points_m: Floats,
    t_s: float,
    field: HazardField | None,
    n: float,
    ppm_per_kg_m3: float,
    *,
    step_s: float,
    count: int,
) -> Floats:
    """Toxic load [ppm^n min] of staying at points for one step from t_s + k step_s on. Shapes: points_m [W,
    2] -> [W, count]."""
    ppm = sample(points_m, t_s, field, ppm_per_kg_m3, count * step_s)
    load = np.zeros((len(points_m), count))
    start = np.arange(len(points_m) + 1)
    half = np.full(len(points_m), 0.5)
    travel_s = np.full(len(points_m), float(step_s))
    _passages(ppm, half, start, travel_s, float(step_s), SAMPLE_S, float(n), load)
    return load
