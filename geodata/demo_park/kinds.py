# SPDX-License-Identifier: Apache-2.0
"""Kinds of enterprises: what they store, how their ground is used, how many work there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from geodata.demo_park.stock import (
    AMMONIA,
    BENZENE,
    CHLORINE,
    CO,
    H2S,
    HCL,
    HYDROGEN,
    METHANE,
    METHANOL,
    OXIDE,
    PROPANE,
    SO2,
    Substance,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One line of business."""

    key: str
    zh: str
    en: str
    risk: Literal["red", "orange", "yellow", "blue"]
    hazard: float
    """0 = offices, 1 = tank terminal; the higher, the nearer to the water and the farther downwind it is put."""
    stores: tuple[str, ...]
    tank_share: float
    process_share: float
    extras: tuple[str, ...]
    """Uses of the ground that is left, in order."""
    process: tuple[Substance, ...]
    """What its process units hold."""
    people_per_ha: float


TRADES: tuple[Trade, ...] = (
    Trade(
        key="chlor_alkali",
        zh="氯碱化工",
        en="Chlor-Alkali",
        risk="red",
        hazard=0.8,
        stores=("chlorine_farm", "hydrogen", "hydrogen_chloride", "chlorine_farm"),
        tank_share=0.34,
        process_share=0.34,
        extras=("utility", "loading", "warehouse"),
        process=(CHLORINE, HYDROGEN, HCL),
        people_per_ha=8,
    ),
    Trade(
        key="ammonia",
        zh="合成氨",
        en="Ammonia",
        risk="red",
        hazard=0.75,
        stores=("ammonia_spheres", "ammonia_spheres", "methanol_small"),
        tank_share=0.3,
        process_share=0.4,
        extras=("utility", "loading", "warehouse", "green"),
        process=(AMMONIA, HYDROGEN, CO),
        people_per_ha=8,
    ),
    Trade(
        key="lpg",
        zh="液化烃储运",
        en="LPG Terminal",
        risk="red",
        hazard=0.95,
        stores=("propane_spheres", "propane_spheres", "propane_bullets"),
        tank_share=0.5,
        process_share=0.12,
        extras=("loading", "utility", "green"),
        process=(PROPANE,),
        people_per_ha=4,
    ),
    Trade(
        key="terminal",
        zh="液体化学品码头储运",
        en="Liquid Terminal",
        risk="red",
        hazard=1.0,
        stores=("methanol_large", "benzene_large", "methanol_large"),
        tank_share=0.62,
        process_share=0.0,
        extras=("loading", "utility", "green"),
        process=(METHANOL, BENZENE),
        people_per_ha=4,
    ),
    Trade(
        key="petrochemical",
        zh="石油化工",
        en="Petrochemical",
        risk="red",
        hazard=0.85,
        stores=("benzene_large", "propane_spheres", "hydrogen_sulfide", "benzene_large"),
        tank_share=0.36,
        process_share=0.4,
        extras=("utility", "loading", "flare", "warehouse"),
        process=(H2S, PROPANE, BENZENE, SO2),
        people_per_ha=8,
    ),
    Trade(
        key="oxide",
        zh="环氧衍生物",
        en="Ethylene Oxide",
        risk="red",
        hazard=0.65,
        stores=("oxide_spheres", "methanol_small", "oxide_spheres"),
        tank_share=0.28,
        process_share=0.4,
        extras=("utility", "warehouse", "loading"),
        process=(OXIDE, METHANE),
        people_per_ha=9,
    ),
    Trade(
        key="methanol",
        zh="甲醇化工",
        en="Methanol",
        risk="orange",
        hazard=0.7,
        stores=("carbon_monoxide", "methanol_large", "hydrogen", "methanol_large"),
        tank_share=0.36,
        process_share=0.36,
        extras=("utility", "loading", "warehouse"),
        process=(CO, HYDROGEN, METHANOL),
        people_per_ha=8,
    ),
    Trade(
        key="sulfur",
        zh="硫化工",
        en="Sulfur Chemicals",
        risk="red",
        hazard=0.6,
        stores=("sulfur_dioxide", "methanol_small", "hydrogen_sulfide", "sulfur_dioxide"),
        tank_share=0.3,
        process_share=0.38,
        extras=("utility", "warehouse", "loading"),
        process=(SO2, H2S),
        people_per_ha=8,
    ),
    Trade(
        key="gases",
        zh="工业气体",
        en="Industrial Gases",
        risk="orange",
        hazard=0.55,
        stores=("hydrogen", "methane_cold", "carbon_monoxide", "methane_bullets"),
        tank_share=0.36,
        process_share=0.3,
        extras=("utility", "loading", "green"),
        process=(HYDROGEN, CO, METHANE),
        people_per_ha=6,
    ),
    Trade(
        key="cold_ammonia",
        zh="低温液氨储运",
        en="Cold Ammonia Terminal",
        risk="red",
        hazard=0.97,
        stores=("ammonia_cold", "ammonia_small", "methanol_large"),
        tank_share=0.5,
        process_share=0.12,
        extras=("loading", "utility", "green"),
        process=(AMMONIA,),
        people_per_ha=4,
    ),
    Trade(
        key="aromatics",
        zh="芳烃",
        en="Aromatics",
        risk="orange",
        hazard=0.72,
        stores=("benzene_large", "benzene_small", "benzene_large"),
        tank_share=0.4,
        process_share=0.34,
        extras=("utility", "loading", "flare"),
        process=(BENZENE, HYDROGEN),
        people_per_ha=7,
    ),
    Trade(
        key="chlorides",
        zh="氯化物精细化工",
        en="Fine Chlorides",
        risk="red",
        hazard=0.5,
        stores=("chlorine_small", "hydrogen_chloride", "benzene_small"),
        tank_share=0.26,
        process_share=0.4,
        extras=("warehouse", "utility", "warehouse"),
        process=(CHLORINE, HCL, BENZENE),
        people_per_ha=13,
    ),
    Trade(
        key="polymer",
        zh="新材料",
        en="Polymers",
        risk="orange",
        hazard=0.45,
        stores=("propane_bullets", "methanol_small", "oxide_spheres"),
        tank_share=0.22,
        process_share=0.4,
        extras=("warehouse", "utility", "warehouse"),
        process=(PROPANE, OXIDE),
        people_per_ha=11,
    ),
    Trade(
        key="agro",
        zh="农用化学品",
        en="Agrochemicals",
        risk="orange",
        hazard=0.4,
        stores=("ammonia_small", "methanol_small", "chlorine_small"),
        tank_share=0.24,
        process_share=0.38,
        extras=("warehouse", "utility", "warehouse", "green"),
        process=(AMMONIA, CHLORINE),
        people_per_ha=14,
    ),
    Trade(
        key="power",
        zh="热电",
        en="Heat and Power",
        risk="yellow",
        hazard=0.35,
        stores=("ammonia_small", "methanol_small"),
        tank_share=0.14,
        process_share=0.28,
        extras=("utility", "utility", "utility", "warehouse"),
        process=(METHANE, AMMONIA),
        people_per_ha=7,
    ),
    Trade(
        key="fine",
        zh="精细化工",
        en="Fine Chemicals",
        risk="yellow",
        hazard=0.3,
        stores=("methanol_small", "benzene_small", "hydrogen_chloride"),
        tank_share=0.24,
        process_share=0.38,
        extras=("warehouse", "utility", "warehouse"),
        process=(METHANOL, BENZENE, HCL),
        people_per_ha=14,
    ),
    Trade(
        key="pharma",
        zh="医药中间体",
        en="Pharmaceuticals",
        risk="yellow",
        hazard=0.2,
        stores=("methanol_small", "ammonia_small"),
        tank_share=0.16,
        process_share=0.36,
        extras=("warehouse", "warehouse", "utility", "green"),
        process=(METHANOL, AMMONIA),
        people_per_ha=18,
    ),
    Trade(
        key="coatings",
        zh="涂料",
        en="Coatings",
        risk="yellow",
        hazard=0.25,
        stores=("benzene_small", "methanol_small"),
        tank_share=0.2,
        process_share=0.3,
        extras=("warehouse", "warehouse", "utility"),
        process=(BENZENE, METHANOL),
        people_per_ha=14,
    ),
    Trade(
        key="water",
        zh="水务",
        en="Water Works",
        risk="yellow",
        hazard=0.15,
        stores=("chlorine_small",),
        tank_share=0.1,
        process_share=0.1,
        extras=("basin", "basin", "utility", "basin", "green"),
        process=(H2S, METHANE),
        people_per_ha=5,
    ),
    Trade(
        key="logistics",
        zh="化工物流",
        en="Chemical Logistics",
        risk="yellow",
        hazard=0.1,
        stores=("methanol_small",),
        tank_share=0.12,
        process_share=0.0,
        extras=("warehouse", "warehouse", "loading", "warehouse", "warehouse", "utility"),
        process=(METHANOL,),
        people_per_ha=9,
    ),
)

_MORE = (
    "fine",
    "terminal",
    "pharma",
    "chlorides",
    "polymer",
    "methanol",
    "agro",
    "lpg",
    "aromatics",
    "petrochemical",
)


def trades_for(count: int) -> list[Trade]:
    """Trades of a park with so many enterprises: one of each as far as they reach, then the common ones again."""
    by_key = {trade.key: trade for trade in TRADES}
    chosen = [trade.key for trade in TRADES[:count]]
    while len(chosen) < count:
        chosen.append(_MORE[(len(chosen) - len(TRADES)) % len(_MORE)])
    return [by_key[key] for key in chosen]
