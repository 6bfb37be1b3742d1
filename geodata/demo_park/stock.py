# SPDX-License-Identifier: Apache-2.0
"""What is stored in the demo park, in which vessels, and how gas detectors are set for it.

Liquefied gases are kept at their vapour pressure at 20 degC (published saturation pressures, NIST Chemistry WebBook),
refrigerated ones at their boiling point. Shell spacing and dike rules follow GB 50160 6.2-6.3: 0.4 D between floating
roofs, 0.6 D between large fixed roofs and 0.75 D between small ones, 1.0 D between pressure vessels; half the shell
height between a vertical shell and the dike, 3 m for horizontal vessels.
Alarm settings follow GB/T 50493-2019 5.5.2: 25 and 50 %LEL, 100 and 200 % of the occupational limits of GBZ 2.1-2019,
converted from mg/m3 to ppm at 20 degC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["fixed_roof", "floating_roof", "sphere", "bullet", "cryogenic"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Substance:
    """One of the twelve substances of the first release, as the demo park needs it."""

    cas: str
    zh: str
    en: str
    unit: str = "ppm"
    range_max: float = 100.0
    alarm_1: float = 25.0
    alarm_2: float = 50.0
    factor: str = ""
    """HJ 212-2017 code; 'a99...' where the standard has none (invented here, see the README of the folder)."""
    response_s: float = 20.0
    toxic: bool = True


CHLORINE = Substance(
    cas="7782-50-5",
    zh="液氯",
    en="Chlorine",
    range_max=20,
    alarm_1=0.34,
    alarm_2=0.68,
    factor="a21022",
    response_s=25,
)
AMMONIA = Substance(
    cas="7664-41-7",
    zh="液氨",
    en="Ammonia",
    range_max=300,
    alarm_1=28,
    alarm_2=56,
    factor="a21001",
    response_s=40,
)
H2S = Substance(
    cas="7783-06-4",
    zh="硫化氢",
    en="Hydrogen sulfide",
    range_max=100,
    alarm_1=7,
    alarm_2=14,
    factor="a21028",
)
SO2 = Substance(
    cas="7446-09-5",
    zh="二氧化硫",
    en="Sulfur dioxide",
    range_max=50,
    alarm_1=1.9,
    alarm_2=3.8,
    factor="a21026",
)
CO = Substance(
    cas="630-08-0",
    zh="一氧化碳",
    en="Carbon monoxide",
    range_max=500,
    alarm_1=17,
    alarm_2=34,
    factor="a21005",
)
HCL = Substance(
    cas="7647-01-0",
    zh="氯化氢",
    en="Hydrogen chloride",
    range_max=50,
    alarm_1=4.9,
    alarm_2=9.8,
    factor="a21024",
    response_s=45,
)
PROPANE = Substance(
    cas="74-98-6", zh="丙烷", en="Propane", unit="%LEL", factor="a24087", response_s=10, toxic=False
)
METHANE = Substance(
    cas="74-82-8", zh="甲烷", en="Methane", unit="%LEL", factor="a05002", response_s=10, toxic=False
)
BENZENE = Substance(
    cas="71-43-2",
    zh="苯",
    en="Benzene",
    range_max=50,
    alarm_1=1.8,
    alarm_2=3.6,
    factor="a25002",
    response_s=30,
)
METHANOL = Substance(
    cas="67-56-1", zh="甲醇", en="Methanol", unit="%LEL", factor="a30001", response_s=15, toxic=False
)
OXIDE = Substance(
    cas="75-21-8",
    zh="环氧乙烷",
    en="Ethylene oxide",
    range_max=20,
    alarm_1=1.1,
    alarm_2=2.2,
    factor="a99001",
    response_s=35,
)
HYDROGEN = Substance(
    cas="1333-74-0", zh="氢气", en="Hydrogen", unit="%LEL", factor="a99002", response_s=8, toxic=False
)

SUBSTANCES = (
    CHLORINE,
    AMMONIA,
    H2S,
    SO2,
    CO,
    HCL,
    PROPANE,
    METHANE,
    BENZENE,
    METHANOL,
    OXIDE,
    HYDROGEN,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A way to keep a substance: vessel kind, sizes to choose from, state, and how vessels stand together."""

    substance: Substance
    kind: Kind
    sizes_m: tuple[tuple[float, float], ...]
    """(diameter, shell height); for bullets (diameter, length)."""
    spacing: float
    """Clear distance between shells over the diameter."""
    rows: int = 2
    columns: int = 4
    most: int = 12
    """Largest number of vessels in one cell of ground."""
    pressure_Pa: float = 101325.0
    temperature_K: float = 293.15
    fill: tuple[float, float] = (0.45, 0.9)
    wall_m: float = 1.0
    """Lowest dike wall."""

    @property
    def pressurised(self) -> bool:
        """Whether level, pressure and temperature are watched."""
        return self.kind in ("sphere", "bullet", "cryogenic")


_LIQUEFIED = (0.55, 0.85)
_GAS = (0.0, 0.0)

STORES: dict[str, Store] = {
    # 43 m3 bullets hold 50 t at the 1.25 kg/L filling rule of TSG 21
    "chlorine_farm": Store(
        substance=CHLORINE,
        kind="bullet",
        sizes_m=((2.4, 10.4),),
        most=12,
        spacing=1.0,
        columns=6,
        pressure_Pa=6.8e5,
        fill=(0.7, 0.82),
    ),
    "chlorine_small": Store(
        substance=CHLORINE,
        kind="bullet",
        sizes_m=((2.0, 6.5), (2.4, 10.4)),
        most=3,
        spacing=1.0,
        rows=1,
        columns=3,
        pressure_Pa=6.8e5,
        fill=(0.6, 0.8),
    ),
    "ammonia_spheres": Store(
        substance=AMMONIA,
        kind="sphere",
        sizes_m=((12.3, 12.3), (15.7, 15.7)),
        most=3,
        spacing=1.0,
        columns=3,
        rows=1,
        pressure_Pa=8.57e5,
        fill=_LIQUEFIED,
        wall_m=0.6,
    ),
    "ammonia_cold": Store(
        substance=AMMONIA,
        kind="cryogenic",
        sizes_m=((28.0, 20.0),),
        most=2,
        spacing=0.6,
        columns=2,
        rows=1,
        pressure_Pa=1.03e5,
        temperature_K=240.0,
        fill=_LIQUEFIED,
    ),
    "ammonia_small": Store(
        substance=AMMONIA,
        kind="bullet",
        sizes_m=((2.6, 10.5), (3.0, 14.0)),
        most=4,
        spacing=1.0,
        rows=1,
        columns=4,
        pressure_Pa=8.57e5,
        fill=_LIQUEFIED,
        wall_m=0.6,
    ),
    "propane_spheres": Store(
        substance=PROPANE,
        kind="sphere",
        sizes_m=((12.3, 12.3), (15.7, 15.7), (18.0, 18.0)),
        most=6,
        spacing=1.0,
        columns=3,
        pressure_Pa=8.36e5,
        fill=_LIQUEFIED,
        wall_m=0.6,
    ),
    "propane_bullets": Store(
        substance=PROPANE,
        kind="bullet",
        sizes_m=((3.2, 15.0),),
        most=6,
        spacing=1.0,
        columns=6,
        pressure_Pa=8.36e5,
        fill=_LIQUEFIED,
        wall_m=0.6,
    ),
    "oxide_spheres": Store(
        substance=OXIDE,
        kind="sphere",
        sizes_m=((9.2, 9.2), (10.7, 10.7)),
        most=4,
        spacing=1.0,
        columns=4,
        rows=1,
        pressure_Pa=1.46e5,
        fill=_LIQUEFIED,
        wall_m=0.6,
    ),
    "sulfur_dioxide": Store(
        substance=SO2,
        kind="bullet",
        sizes_m=((2.6, 10.5),),
        most=5,
        spacing=1.0,
        rows=1,
        columns=5,
        pressure_Pa=3.30e5,
        fill=_LIQUEFIED,
    ),
    "hydrogen_sulfide": Store(
        substance=H2S,
        kind="bullet",
        sizes_m=((1.8, 6.0),),
        most=2,
        spacing=1.0,
        rows=1,
        columns=2,
        pressure_Pa=17.9e5,
        fill=(0.4, 0.6),
    ),
    "hydrogen_chloride": Store(
        substance=HCL,
        kind="cryogenic",
        sizes_m=((5.0, 7.0),),
        most=3,
        spacing=1.0,
        rows=1,
        columns=3,
        pressure_Pa=1.02e5,
        temperature_K=188.15,
        fill=_LIQUEFIED,
    ),
    "carbon_monoxide": Store(
        substance=CO,
        kind="bullet",
        sizes_m=((2.8, 14.0),),
        most=5,
        spacing=1.0,
        columns=5,
        rows=1,
        pressure_Pa=2.0e6,
        fill=_GAS,
        wall_m=0.6,
    ),
    "hydrogen": Store(
        substance=HYDROGEN,
        kind="bullet",
        sizes_m=((2.8, 16.0),),
        most=6,
        spacing=1.0,
        columns=6,
        rows=1,
        pressure_Pa=2.0e6,
        fill=_GAS,
        wall_m=0.6,
    ),
    "methane_cold": Store(
        substance=METHANE,
        kind="cryogenic",
        sizes_m=((30.0, 22.0),),
        most=2,
        spacing=0.6,
        columns=2,
        rows=1,
        pressure_Pa=1.03e5,
        temperature_K=111.7,
        fill=_LIQUEFIED,
    ),
    "methane_bullets": Store(
        substance=METHANE,
        kind="bullet",
        sizes_m=((3.0, 16.0),),
        most=5,
        spacing=1.0,
        columns=5,
        rows=1,
        pressure_Pa=2.0e6,
        fill=_GAS,
        wall_m=0.6,
    ),
    "methanol_large": Store(
        substance=METHANOL,
        kind="floating_roof",
        sizes_m=((20.0, 14.0), (24.0, 15.8), (30.0, 16.0)),
        most=8,
        spacing=0.4,
    ),
    "methanol_small": Store(
        substance=METHANOL,
        kind="fixed_roof",
        sizes_m=((9.0, 9.5), (10.5, 11.0), (12.0, 12.0)),
        most=10,
        spacing=0.75,
        columns=6,
    ),
    "benzene_large": Store(
        substance=BENZENE,
        kind="floating_roof",
        sizes_m=((18.0, 13.0), (22.0, 14.5), (27.0, 15.5)),
        most=8,
        spacing=0.4,
    ),
    "benzene_small": Store(
        substance=BENZENE,
        kind="fixed_roof",
        sizes_m=((8.0, 9.0), (9.5, 10.0), (11.0, 11.5)),
        most=10,
        spacing=0.75,
        columns=6,
    ),
}
"""Ways of storing, by a key that enterprise kinds name."""
