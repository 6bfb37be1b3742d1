# SPDX-License-Identifier: Apache-2.0
"""Browser tests share the synthetic run and the served viewer with the unit tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "viewer"))
