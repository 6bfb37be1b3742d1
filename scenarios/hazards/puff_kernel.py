# SPDX-License-Identifier: Apache-2.0
"""Machine-code part of the puff model: sums of Gaussians on a grid and at points, and the merging of neighbours.

On a grid a Gaussian puff is separable, so one row and one column of factors per puff suffice; they come from a two-term
recurrence. Puffs narrower than a cell are averaged over cells, so the grid holds their whole mass.
"""

from __future__ import annotations

import math

import numpy as np

from twin.kernel import kernel

CUT_SIGMAS = 5.0
"""Reach of a puff. Four would lose the edge of a zone whose threshold lies 3,000 times below the peak."""
_ROWS = 8


@kernel
def vertical_factor(z_m, height_m, sigma_m, lid_m):  # type: ignore[no-untyped-def]
    """Vertical density (1/m) of a puff at a height, reflected at the ground and at the mixing lid (0 = none)."""
    if lid_m <= 0.0 or height_m >= lid_m:
        images = 0
        period = 0.0
    else:
        if sigma_m > 2.0 * lid_m:
            return 1.0 / lid_m
        period = 2.0 * lid_m
        images = int(CUT_SIGMAS * sigma_m / period) + 1
    scale = 0.5 / (sigma_m * sigma_m)
    total = 0.0
    for image in range(-images, images + 1):
        below = z_m - height_m + image * period
        above = z_m + height_m + image * period
        total += math.exp(-below * below * scale) + math.exp(-above * above * scale)
    return total / (math.sqrt(2.0 * math.pi) * sigma_m)


@kernel
def _axis(centre_m, sigma_m, start_m, cell_m, count, values):  # type: ignore[no-untyped-def]
    """Normalised Gaussian (1/m) on the cells of one axis; returns the half-open range that is not zero."""
    first = max(int(math.ceil((centre_m - CUT_SIGMAS * sigma_m - start_m) / cell_m - 0.5)), 0)
    last = min(int(math.floor((centre_m + CUT_SIGMAS * sigma_m - start_m) / cell_m + 0.5)) + 1, count)
    if first >= last:
        return 0, 0
    if sigma_m < cell_m:
        scale = 1.0 / (math.sqrt(2.0) * sigma_m)
        left = math.erf((start_m + (first - 0.5) * cell_m - centre_m) * scale)
        for index in range(first, last):
            right = math.erf((start_m + (index + 0.5) * cell_m - centre_m) * scale)
            values[index] = 0.5 * (right - left) / cell_m
            left = right
        return first, last
    peak = 1.0 / (math.sqrt(2.0 * math.pi) * sigma_m)
    inverse = 1.0 / (sigma_m * sigma_m)
    shrink = math.exp(-cell_m * cell_m * inverse)
    middle = min(max(int(round((centre_m - start_m) / cell_m)), first), last - 1)
    offset = start_m + middle * cell_m - centre_m
    value = peak * math.exp(-0.5 * offset * offset * inverse)
    step = math.exp(-(offset * cell_m + 0.5 * cell_m * cell_m) * inverse)
    for index in range(middle, last):
        values[index] = value
        value *= step
        step *= shrink
    value = peak * math.exp(-0.5 * offset * offset * inverse)
    step = math.exp((offset * cell_m - 0.5 * cell_m * cell_m) * inverse)
    for index in range(middle, first - 1, -1):
        values[index] = value
        value *= step
        step *= shrink
    return first, last


@kernel(fastmath=True)
def _add_four(line, first, second, third, fourth, weights):  # type: ignore[no-untyped-def]
    """line += sum of four weighted columns; on slices, so that the compiler sees plain vectors."""
    a, b, c, d = weights[0], weights[1], weights[2], weights[3]
    for index in range(line.size):
        line[index] += a * first[index] + b * second[index] + c * third[index] + d * fourth[index]


@kernel(fastmath=True)
def on_grid(x_m, y_m, height_m, sigma_y_m, sigma_z_m, mass_kg, z_m, lid_m, x0_m, y0_m, cell_m, nx, ny):  # type: ignore[no-untyped-def]
    """Concentration [y, x] in kg/m3 of all puffs at one height. Shapes: puffs [P]."""
    count = x_m.size
    groups = (count + 3) // 4
    columns = np.zeros((4 * groups, nx), np.float32)
    rows = np.zeros((ny, 4 * groups), np.float32)
    row = np.zeros(ny, np.float32)
    ranges = np.zeros((groups, 4), np.int64)
    ranges[:, 0] = nx
    ranges[:, 2] = ny
    for p in range(count):
        weight = mass_kg[p] * vertical_factor(z_m, height_m[p], sigma_z_m[p], lid_m)
        if weight <= 0.0:
            continue
        first, last = _axis(x_m[p], sigma_y_m[p], x0_m, cell_m, nx, columns[p])
        below, above = _axis(y_m[p], sigma_y_m[p], y0_m, cell_m, ny, row)
        if first >= last or below >= above:
            continue
        for iy in range(below, above):
            rows[iy, p] = weight * row[iy]
        group = p // 4
        ranges[group, 0] = min(ranges[group, 0], first)
        ranges[group, 1] = max(ranges[group, 1], last)
        ranges[group, 2] = min(ranges[group, 2], below)
        ranges[group, 3] = max(ranges[group, 3], above)
    result = np.zeros((ny, nx), np.float64)
    tile = np.empty((_ROWS, nx), np.float32)
    for start in range(0, ny, _ROWS):
        stop = min(start + _ROWS, ny)
        tile[:] = 0.0
        for group in range(groups):
            first, last, p = ranges[group, 0], ranges[group, 1], 4 * group
            if first >= last:
                continue
            one, two = columns[p, first:last], columns[p + 1, first:last]
            three, four = columns[p + 2, first:last], columns[p + 3, first:last]
            for iy in range(max(start, ranges[group, 2]), min(stop, ranges[group, 3])):
                _add_four(tile[iy - start, first:last], one, two, three, four, rows[iy, p : p + 4])
        for iy in range(start, stop):
            for ix in range(nx):
                result[iy, ix] = tile[iy - start, ix]
    return result


@kernel
def at_points(x_m, y_m, height_m, sigma_y_m, sigma_z_m, mass_kg, points_m, lid_m):  # type: ignore[no-untyped-def]
    """Concentration [N] in kg/m3 of all puffs at points [N, 3]."""
    count = x_m.size
    result = np.zeros(points_m.shape[0])
    weight = np.empty(count)
    scale = np.empty(count)
    reach = np.empty(count)
    for p in range(count):
        scale[p] = 0.5 / (sigma_y_m[p] * sigma_y_m[p])
        reach[p] = (CUT_SIGMAS * sigma_y_m[p]) ** 2
    known_z = math.nan
    for n in range(points_m.shape[0]):
        z_m = points_m[n, 2]
        if z_m != known_z:
            for p in range(count):
                factor = vertical_factor(z_m, height_m[p], sigma_z_m[p], lid_m)
                weight[p] = mass_kg[p] * factor * scale[p] / math.pi
            known_z = z_m
        total = 0.0
        for p in range(count):
            dx = points_m[n, 0] - x_m[p]
            dy = points_m[n, 1] - y_m[p]
            square = dx * dx + dy * dy
            if square <= reach[p]:
                total += weight[p] * math.exp(-square * scale[p])
        result[n] = total
    return result


@kernel
def merge_neighbours(table, spacing, ratio):  # type: ignore[no-untyped-def]
    """Merge puffs that follow each other where they are closer than `spacing` sigma and alike within `ratio`.

    Mass and centre of mass are conserved, spreads are mass means. Shapes: table [6, P] (x, y, height, sigma_y, sigma_z,
    mass), changed in place; returns how many puffs are left.
    """
    count = table.shape[1]
    kept = 0
    i = 0
    while i < count:
        joined = False
        if i + 1 < count:
            narrow = min(table[3, i], table[3, i + 1])
            distance = math.hypot(table[0, i] - table[0, i + 1], table[1, i] - table[1, i + 1])
            alike_y = abs(table[3, i] - table[3, i + 1]) <= ratio * narrow
            alike_z = abs(table[4, i] - table[4, i + 1]) <= ratio * min(table[4, i], table[4, i + 1])
            same_height = abs(table[2, i] - table[2, i + 1]) <= ratio * min(table[4, i], table[4, i + 1])
            joined = distance <= spacing * narrow and alike_y and alike_z and same_height
        if joined:
            total = table[5, i] + table[5, i + 1]
            part = table[5, i] / total if total > 0.0 else 0.5
            for row in range(5):
                table[row, kept] = part * table[row, i] + (1.0 - part) * table[row, i + 1]
            table[5, kept] = total
            i += 2
        else:
            for row in range(6):
                table[row, kept] = table[row, i]
            i += 1
        kept += 1
    return kept
