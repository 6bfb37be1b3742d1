# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from typing import Any

import pytest
from shapely.geometry import Point, box

from geodata.check.geometry import bund_volume_m3
from geodata.values import shell_volume_m3
from twin.assets import Bund, Tank


def tank(kind: Any, **values: Any) -> Tank:
    sizes: dict[str, Any] = {"id": "T", "diameter_m": 12.0, "height_m": 10.0, "geometry": Point(0, 0)}
    return Tank(substance="7782-50-5", kind=kind, **{**sizes, **values})


def test_shells() -> None:
    assert shell_volume_m3(tank("fixed_roof")) == pytest.approx(math.pi * 36 * 10)
    assert shell_volume_m3(tank("sphere")) == pytest.approx(4 / 3 * math.pi * 6**3)
    # a bullet of 3 m and 12 m overall: 9 m of cylinder and one sphere of 3 m
    bullet = tank("bullet", diameter_m=3.0, height_m=3.0, length_m=12.0)
    assert shell_volume_m3(bullet) == pytest.approx(math.pi * 1.5**2 * 9 + 4 / 3 * math.pi * 1.5**3)


def test_a_bund_holds_its_floor_less_the_other_tanks() -> None:
    bund = Bund(id="D", geometry=box(0, 0, 40, 20), wall_height_m=1.5)
    first, second = (
        tank("fixed_roof", id="A", geometry=Point(10, 10)),
        tank("fixed_roof", id="B", geometry=Point(30, 10)),
    )
    raised = tank("sphere", id="C", geometry=Point(20, 10), base_m=2.0)  # stands on legs above the wall
    free = bund_volume_m3(bund, [first, second, raised], first)
    assert free == pytest.approx((800 - math.pi * 36) * 1.5, rel=2e-3)  # circles are 64-gons
    assert bund_volume_m3(bund, [first], first) == 1200
