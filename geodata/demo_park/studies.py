# SPDX-License-Identifier: Apache-2.0
"""Studies and the emergency plan that come with a demo park, as the text of their files."""

from __future__ import annotations

from geodata.demo_park.stock import AMMONIA, CHLORINE, Substance
from twin.assets import Tank
from twin.park import Park

_CHLORINE = """# What if a flange below a full chlorine tank gives way during the day shift?
[study]
title = "{title}"
park = ".."
start = "2026-03-18T10:00:00+08:00"
duration_s = 1800
seed = 1
exercise = true

[release]
tank = "{tank}"
hole_diameter = "25 mm"
hole_height = "0.5 m"
isolation_s = 900

{weather}
[people]
warn_after_s = 120
evacuate = true

[response]
resource = "FS-GR"
dispatch_after_s = 180
"""
_STEADY = """[weather]
wind_speed = "2.5 m/s"
wind_from_deg = {wind_from_deg}
stability = "D"
temperature = "20 degC"
relative_humidity = 0.7
cloud_fraction = 0.5
"""
_TURNING = """[weather]
stability = "D"
temperature = "20 degC"
relative_humidity = 0.7
cloud_fraction = 0.6

[[weather.series]]
t_s = 0
wind_speed = "2.5 m/s"
wind_from_deg = {one}

[[weather.series]]
t_s = 600
wind_speed = "2.0 m/s"
wind_from_deg = {one}

[[weather.series]]
t_s = 900
wind_speed = "3.0 m/s"
wind_from_deg = {two}

[[weather.series]]
t_s = 1800
wind_speed = "3.5 m/s"
wind_from_deg = {two}
"""
_AMMONIA = """# A calm night: no wind to carry the cloud away, people asleep or few, shelter in place.
[study]
title = "液氨球罐泄漏（静风夜间） · Ammonia sphere leak on a calm night"
park = ".."
start = "2026-01-15T02:00:00+08:00"
duration_s = 1800
seed = 1
exercise = true

[release]
tank = "{tank}"
hole_diameter = "20 mm"
hole_height = "1 m"
isolation_s = 1200

[weather]
wind_speed = "0 m/s"
wind_from_deg = {wind_from_deg}
stability = "F"
temperature = "4 degC"
relative_humidity = 0.85
cloud_fraction = 0.1

[people]
warn_after_s = 180
evacuate = false

[response]
resource = "FS-GR"
dispatch_after_s = 240
"""
_PLAN = """# A plan is data: who does what, after which trigger, with what, in which time.
schema = 1
id = "chlorine-leak"
title = "液氯泄漏专项应急预案 · Chlorine leak plan"
substance = "7782-50-5"

[[triggers]]
id = "detector"
says = "two chlorine detectors above alarm_2, or one above range"
quantity = "concentration"
detectors = 2
level = "alarm_2"

[[phases]]
id = "alarm"
trigger = "detector"
within_s = 60

[[phases]]
id = "evacuate"
after = "alarm"
within_s = 300

[[phases]]
id = "stop"
after = "alarm"
within_s = 900

[[phases]]
id = "recover"
after = "stop"
within_s = 7200

[[tasks]]
phase = "alarm"
role = "control_room"
what = "confirm, close the remote valves, call the park command centre"
duration_s = 60

[[tasks]]
phase = "alarm"
role = "command_centre"
what = "warn everybody within 1000 m; downwind sites shelter, crosswind sites leave"
duration_s = 90

[[tasks]]
phase = "evacuate"
role = "site_safety"
what = "count people at the assembly points and report who is missing"
duration_s = 240

[[tasks]]
phase = "stop"
role = "gas_rescue"
resource = "FS-GR"
what = "approach from upwind in full protection, search, plug the leak"
duration_s = 600

[[tasks]]
phase = "stop"
role = "fire_crew"
resource = "FS-FE"
what = "water curtain downwind of the source"
duration_s = 600

[[tasks]]
phase = "recover"
role = "environment"
what = "neutralise the run-off, measure until below 1 mg/m3"
duration_s = 3600
"""


def liquefied(park: Park, substance: Substance) -> list[Tank]:
    """Pressure vessels of a substance that hold liquid."""
    return [
        tank
        for tank in park.tanks
        if tank.substance == substance.cas and tank.kind in ("bullet", "sphere") and tank.fill_fraction > 0
    ]


def people_downwind(park: Park, tank: Tank, wind_from_deg: float) -> int:
    """Staff whose site's middle lies within 1.5 km downwind, less than a quarter of that aside."""
    u, v = park.frame.wind_vector(wind_from_deg, 1.0)
    count = 0
    for area in park.population:
        east, north = area.xy_m[0] - tank.xy_m[0], area.xy_m[1] - tank.xy_m[1]
        along, aside = east * u + north * v, abs(north * u - east * v)
        if 0 < along < 1500 and aside < 60 + along / 4:
            count += area.people_day
    return count


def worst(park: Park, tanks: list[Tank], wind_from_deg: float) -> Tank:
    """The tank with most people downwind among the largest; of equals, the fullest."""
    largest = max(tank.volume_m3 or 0.0 for tank in tanks)
    return min(
        (tank for tank in tanks if (tank.volume_m3 or 0.0) > 0.9 * largest),
        key=lambda tank: (-people_downwind(park, tank, wind_from_deg), -tank.fill_fraction, tank.id),
    )


def study_files(park: Park, wind_from_deg: float) -> dict[str, str]:
    """Studies of what the park can suffer, and the plan, by path in the folder."""
    files = {"plans/chlorine_leak.toml": _PLAN}
    chlorine, ammonia = liquefied(park, CHLORINE), liquefied(park, AMMONIA)
    if chlorine:
        tank = worst(park, chlorine, wind_from_deg).id
        files["studies/chlorine_leak.toml"] = _CHLORINE.format(
            title="液氯储罐泄漏 · Chlorine tank leak",
            tank=tank,
            weather=_STEADY.format(wind_from_deg=round(wind_from_deg)),
        )
        files["studies/chlorine_wind_shift.toml"] = _CHLORINE.format(
            title="液氯储罐泄漏（风向突变） · Chlorine tank leak, the wind turns",
            tank=tank,
            weather=_TURNING.format(one=round(wind_from_deg), two=round(wind_from_deg) + 60),
        )
    if ammonia:
        files["studies/ammonia_leak_night_calm.toml"] = _AMMONIA.format(
            tank=worst(park, ammonia, wind_from_deg).id, wind_from_deg=round(wind_from_deg)
        )
    return files
