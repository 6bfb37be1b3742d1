# SPDX-License-Identifier: Apache-2.0
"""What the page says about a thing that was picked: which fields of its record, in which units people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.assets import Asset, Tank
from twin.errors import InputProblems
from twin.park import Park
from viewer.i18n import catalogue, text
from viewer.sensor_view import SensorFacts
from viewer.wording import amount, asset_name, half, substance_name

FIELDS: Mapping[str, tuple[str, ...]] = {
    "tanks": (
        "substance",
        "kind",
        "volume_m3",
        "fill_fraction",
        "pressure_Pa",
        "temperature_K",
        "diameter_m",
        "height_m",
    ),
    "buildings": ("kind", "height_m", "occupants_day", "occupants_night", "air_changes_1_h"),
    "units": ("kind", "height_m", "inventory_kg", "pressure_Pa", "temperature_K", "shutdown_s"),
    "bunds": ("wall_height_m",),
    "racks": ("clearance_m", "height_m", "width_m"),
    "pipelines": ("substance", "diameter_m", "pressure_Pa", "isolation_s"),
    "roads": ("kind", "width_m", "speed_m_s"),
    "gates": ("width_m", "direction"),
    "shelters": ("kind", "capacity", "indoors"),
    "hydrants": ("flow_m3_s", "pressure_Pa"),
    "water_sources": ("flow_m3_s", "volume_m3"),
    "resources": ("kind", "count", "crew", "ready_s"),
    "receptors": ("kind", "people"),
    "population": ("people_day", "people_night"),
}
# suffix of a field -> (factor, offset, unit shown)
_SHOWN: Mapping[str, tuple[float, float, str]] = {
    "_Pa": (1e-3, 0.0, "kPa"),
    "_K": (1.0, -273.15, "°C"),
    "_m3_s": (1e3, 0.0, "L/s"),
    "_m_s": (3.6, 0.0, "km/h"),
    "_m3": (1.0, 0.0, "m³"),
    "_1_h": (1.0, 0.0, "1/h"),
    "_kg": (1e-3, 0.0, "t"),
    "_fraction": (100.0, 0.0, "%"),
    "_m": (1.0, 0.0, "m"),
    "_s": (1.0, 0.0, "s"),
}


def value_text(language: str, field: str, value: Any) -> str:
    """A field's value as people read it: °C, kPa, per cent, words for codes."""
    if value is None or value == "":
        return "–"
    if field == "substance":
        return substance_name(language, str(value))
    if isinstance(value, bool):
        return text(language, "word.yes" if value else "word.no")
    if isinstance(value, int | float):
        for suffix, (factor, offset, unit) in _SHOWN.items():
            if field.endswith(suffix):
                return f"{amount(value * factor + offset)} {unit}"
        return amount(float(value))
    word = f"word.{value}"
    return text(language, word) if word in catalogue(language) else str(value).replace("_", " ")


def asset_details(language: str, park: Park, asset_id: str) -> dict[str, Any]:
    """Title, kind and rows of a thing of the park; empty when there is none of that id."""
    try:
        layer, asset = park.find(asset_id)
    except InputProblems:
        return {}
    rows = [{"k": text(language, "field.id"), "v": asset.id}]
    if asset.enterprise:
        rows.append(
            {"k": text(language, "field.enterprise"), "v": asset_name(language, park, asset.enterprise)}
        )
    for field in FIELDS.get(layer, ()):
        value = getattr(asset, field, None)
        if value is not None and value != "":
            rows.append({"k": text(language, f"field.{field}"), "v": value_text(language, field, value)})
    return {
        "id": asset.id,
        "layer": layer,
        "title": half(language, asset.name) or asset.id,
        "kind": text(language, f"thing.{layer}"),
        "rows": rows,
        "can_leak": isinstance(asset, Tank),
    }


def sensor_details(language: str, park: Park, facts: SensorFacts, reading: str, age: str) -> dict[str, Any]:
    """Title and rows of a sensor."""
    rows = [
        {"k": text(language, "field.id"), "v": facts.id},
        {"k": text(language, "field.reading"), "v": reading},
        {"k": text(language, "field.age"), "v": age},
        {"k": text(language, "field.quantity"), "v": value_text(language, "quantity", facts.quantity)},
    ]
    if facts.substance:
        rows.append({"k": text(language, "field.substance"), "v": substance_name(language, facts.substance)})
    if facts.range_min is not None or facts.range_max is not None:
        span = f"{amount(facts.range_min)} – {amount(facts.range_max)} {facts.unit}"
        rows.append({"k": text(language, "field.range"), "v": span})
    limits = [amount(limit) for limit in (facts.alarm_1, facts.alarm_2) if limit is not None]
    if limits:
        rows.append({"k": text(language, "trend.limits"), "v": f"{' / '.join(limits)} {facts.unit}"})
    rows.append({"k": text(language, "field.height_m"), "v": f"{amount(facts.height_m)} m"})
    if facts.device:
        rows.append({"k": text(language, "field.device"), "v": facts.device})
    return {
        "id": facts.id,
        "layer": "sensors",
        "title": half(language, facts.name),
        "kind": text(language, "thing.sensors"),
        "rows": rows,
        "can_leak": False,
    }


def tank_items(language: str, park: Park) -> list[dict[str, str]]:
    """Tanks to choose from: liquefied gases first, then by id."""

    def rank(tank: Tank) -> tuple[int, str]:
        return (0 if tank.kind in ("sphere", "bullet", "cryogenic") or tank.pressure_Pa > 2e5 else 1, tank.id)

    return [
        {
            "value": tank.id,
            "title": f"{half(language, tank.name) or tank.id} · {tank.id} · {substance_name(language, tank.substance)}",
        }
        for tank in sorted(park.tanks, key=rank)
    ]


def place_of(park: Park, thing: str, facts: Mapping[str, SensorFacts]) -> tuple[float, float] | None:
    """Where a thing or sensor stands; None when nobody knows."""
    sensor = facts.get(thing)
    if sensor is not None and sensor.x_m is not None and sensor.y_m is not None:
        return sensor.x_m, sensor.y_m
    try:
        asset: Asset = park.find(thing)[1]
    except InputProblems:
        return None
    return asset.xy_m
