# SPDX-License-Identifier: Apache-2.0
"""Legend of the plume: named thresholds with value, averaging time and reach. HTML, so that it survives every way of drawing."""

from __future__ import annotations

from typing import Any

from trame.widgets import html


def build(page: Any) -> None:
    with html.Div(v_if="legend.length", classes="pt-legend", raw_attrs=['data-test="legend"']):
        html.Div("{{ legend_title }}", classes="t")
        with html.Div(v_for="row in legend", key="row.name", classes="r num"):
            html.Span(classes="sw", raw_attrs=[':style="{background: row.colour}"'])
            html.B("{{ row.name }}")
            html.Span("≥ {{ row.limit }}")
            html.Span("{{ row.mean }} {{ row.reach }}", classes="dim")
        html.Div("{{ t['legend.note'] }}", classes="n")
