# SPDX-License-Identifier: Apache-2.0
"""Small screens: one bottom sheet, one card at a time, chosen by these tabs. Hidden on wider screens by the style sheet."""

from __future__ import annotations

from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

TABS = (
    ("status", "mdi-view-dashboard-outline"),
    ("alarms", "mdi-bell-outline"),
    ("whatif", "mdi-head-question-outline"),
    ("details", "mdi-information-outline"),
    ("layers", "mdi-layers-outline"),
)


def build(page: Any) -> None:
    with html.Nav(classes="pt-sheet-tabs"):
        for tab, icon in TABS:
            with html.Button(
                click=f"sheet = sheet === '{tab}' ? 'none' : '{tab}'",
                classes=(f"{{on: sheet === '{tab}'}}",),
                raw_attrs=[f'data-test="sheet-{tab}"'],
            ):
                v3.VIcon(icon=icon)
                html.Span(f"{{{{ t['sheet.{tab}'] }}}}")
