# SPDX-License-Identifier: Apache-2.0
"""The README.txt of a demo park folder: what it is, how to read it, what in it is invented."""

from __future__ import annotations

from collections.abc import Sequence

from geodata.demo_park.generator import DemoPark
from geodata.demo_park.stock import SUBSTANCES
from twin.park import LAYERS

_TEXT = """{name}
An invented chemical park (size {size}, seed {seed}); made by the demo generator, the same for the same seed.
Nothing in it exists: no place, company, tank or person. Free to use (CC0-1.0).

What is here
  park.toml            name, frame ({crs}), layers, licence
  layers/*.geojson     longitude and latitude (CGCS2000); field names end in their unit (SI)
  dem.tif              ground, {cell:g} m cells, metres above the 1985 national height datum
  enterprises/*.toml   one enterprise, one file
  studies/*.toml       what-if questions:  parktwin run studies/chlorine_leak.toml
  plans/*.toml         an emergency plan as data

Names are 'Chinese · English'; a reader that shows one language takes its half.

What it holds
{counts}
  people: {day} by day, {night} by night (sum over the population layer; building occupants say where those indoors are)

How it was laid out
  The wind prevails from {wind:g} deg; offices and control rooms are on that side, tank farms towards the water and downwind.
  Shell spacing, dikes and fire roads follow GB 50160; a dike holds the largest tank in it. Liquefied gases are kept at their
  vapour pressure at 20 degC, refrigerated ones at their boiling point. Compressed gases have fill_fraction 0 (no liquid).
  Gas alarms follow GB/T 50493-2019 (25/50 %LEL; 100/200 % of the limits of GBZ 2.1-2019).

HJ 212
  Every sensor has the MN of its data logger (D0E1 + park + enterprise + kind + number; kind 01 gas, 02 tank, 03 weather) and
  the factor code of HJ 212-2017. Units are those of the sensor record, never the standard's default. Codes invented here,
  because the standard has none:
    a99001 ethylene oxide, a99002 hydrogen; e1nnnn level, e2nnnn pressure, e3nnnn temperature of instrument nnnn of the site
  Factors in use:
{factors}
"""


_FLAWS = """
Planted faults
  This folder is wrong on purpose; `parktwin check` finds exactly these. Faults that exclude each other (no boundary, no roads,
  a raster that cannot be read ...) are not among them.
{rows}
"""


def readme_text(demo: DemoPark, planted: Sequence[tuple[str, str, str, str]] = ()) -> str:
    """Text of README.txt; `planted` lists the faults (code, file, layer, id) of a folder that is to teach the checker."""
    park = demo.park
    counts = "\n".join(f"  {name:<14}{len(park.layer(name)):>6}" for name in LAYERS if park.layer(name))
    used = {sensor.hj212_factor for sensor in park.sensors}
    factors = "\n".join(
        f"    {item.factor}  {item.en} ({item.zh}), {item.unit}" for item in SUBSTANCES if item.factor in used
    )
    text = _TEXT.format(
        name=park.name,
        size=demo.size,
        seed=demo.seed,
        crs=park.frame.crs,
        cell=demo.cell_m,
        counts=counts,
        day=sum(area.people_day for area in park.population),
        night=sum(area.people_night for area in park.population),
        wind=demo.prevailing_wind_from_deg,
        factors=factors,
    )
    if not planted:
        return text
    rows = "\n".join(f"  {code}  {file}  {asset_id}".rstrip() for code, file, _, asset_id in planted)
    return text + _FLAWS.format(rows=rows)
