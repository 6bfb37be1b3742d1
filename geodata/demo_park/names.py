# SPDX-License-Identifier: Apache-2.0
"""Step 13: invented names. A name is 'Chinese · English', so that either interface language can take its half."""

from __future__ import annotations

from geodata.demo_park.draft import Generator

_FIRST = (
    ("澜", "Lan"),
    ("汐", "Xi"),
    ("沧", "Cang"),
    ("霁", "Ji"),
    ("翎", "Ling"),
    ("棠", "Tang"),
    ("岚", "Lan"),
    ("砚", "Yan"),
    ("璟", "Jing"),
    ("珩", "Heng"),
    ("澄", "Cheng"),
    ("霖", "Lin"),
    ("屿", "Yu"),
    ("泓", "Hong"),
    ("溟", "Ming"),
    ("芷", "Zhi"),
    ("苍", "Cang"),
    ("骞", "Qian"),
    ("铎", "Duo"),
    ("桓", "Huan"),
    ("瀛", "Ying"),
    ("昶", "Chang"),
    ("煦", "Xu"),
    ("沐", "Mu"),
)
_SECOND = (
    ("原", "yuan"),
    ("川", "chuan"),
    ("河", "he"),
    ("岭", "ling"),
    ("洲", "zhou"),
    ("湾", "wan"),
    ("汀", "ting"),
    ("墨", "mo"),
    ("星", "xing"),
    ("云", "yun"),
    ("桥", "qiao"),
    ("岩", "yan"),
    ("枫", "feng"),
    ("浦", "pu"),
    ("野", "ye"),
    ("石", "shi"),
)
PARK_NAME = "澜江口化工园区 · Lan Estuary Chemical Park"


def stems(count: int, rng: Generator) -> list[tuple[str, str]]:
    """So many different invented company stems, Chinese and romanised."""
    order = rng.permutation(len(_FIRST) * len(_SECOND))
    chosen = [(_FIRST[int(k) // len(_SECOND)], _SECOND[int(k) % len(_SECOND)]) for k in order[:count]]
    return [(first[0] + second[0], first[1] + second[1]) for first, second in chosen]
