# SPDX-License-Identifier: Apache-2.0
"""Checking a park folder: every problem at once, each with a code."""

from geodata.check_codes import CODES as CODES
from geodata.check_codes import WARNINGS as WARNINGS
