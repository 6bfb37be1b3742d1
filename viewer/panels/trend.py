# SPDX-License-Identifier: Apache-2.0
"""Trend of the chosen sensor with its alarm limits, or of the field at a place of a run."""

from __future__ import annotations

from typing import Any

from trame.widgets import html

_SVG = """
<svg viewBox="0 0 300 92" preserveAspectRatio="none" role="img" :aria-label="trend.title">
  <line x1="0" y1="90.5" x2="300" y2="90.5" stroke="rgba(120,180,230,.35)" stroke-width="1" vector-effect="non-scaling-stroke"/>
  <g v-for="limit in trend.limits" :key="limit.name">
    <line x1="0" :y1="limit.y" x2="300" :y2="limit.y" :stroke="limit.name === '2' ? '#ff5263' : '#ff9f43'" stroke-width="1"
      stroke-dasharray="5 4" vector-effect="non-scaling-stroke"/>
  </g>
  <line v-if="trend.cursor !== undefined" :x1="trend.cursor" y1="0" :x2="trend.cursor" y2="90" stroke="#e8f1fb" stroke-opacity=".6"
    stroke-width="1" vector-effect="non-scaling-stroke"/>
  <path :d="trend.area" fill="rgba(57,197,224,.16)"/>
  <path :d="trend.path" fill="none" stroke="#39c5e0" stroke-width="1.8" vector-effect="non-scaling-stroke" stroke-linejoin="round"/>
</svg>
"""


def build(page: Any) -> None:
    with html.Section(
        v_if="trend.title", classes="pt-card card-trend pt-trend", raw_attrs=['data-test="trend"']
    ):
        with html.H2():
            html.Span("{{ trend.title }}")
            html.Span("{{ trend.age }}", classes="count num")
        with html.Div(classes="row", style="align-items:baseline; margin-bottom:4px"):
            html.Span(
                "{{ trend.now }}",
                classes=("'now num tone-' + (trend.tone || 'info')",),
                raw_attrs=['data-test="trend-now"'],
            )
            html.Span("{{ trend.mean }}")
        html.Div(_SVG)
        with html.Div(classes="row num"):
            html.Span("{{ trend.begin }}")
            html.Span("{{ trend.low }} – {{ trend.top }} {{ trend.unit }}")
            html.Span("{{ trend.finish }}")
        html.Div("{{ t['trend.empty'] }}", v_if="!trend.path", classes="pt-empty")
        with html.Div(v_if="trend.limits && trend.limits.length", classes="row"):
            html.Span(
                "{{ t['trend.limits'] }}: {{ trend.limits.map(l => l.text).join(' / ') }} {{ trend.unit }}"
            )
