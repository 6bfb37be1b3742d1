# SPDX-License-Identifier: Apache-2.0
"""Checking a park folder: every problem at once, each with a code."""

from geodata.check.park import check_park as check_park
from geodata.check_codes import CODES as CODES
from geodata.check_codes import WARNINGS as WARNINGS
