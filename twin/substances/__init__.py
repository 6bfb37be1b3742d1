# SPDX-License-Identifier: Apache-2.0
"""Substances as the models need them: `substance("chlorine")`, `substance("7782-50-5")`, `substance("氯")`.

The tables are data (`substances.csv`, `aegl.csv`, `correlations.csv`); each value has its source beside it.
"""

from __future__ import annotations

from twin.substances.record import Substance as Substance
from twin.substances.table import substance as substance
from twin.substances.table import substances as substances
