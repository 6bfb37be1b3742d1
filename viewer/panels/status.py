# SPDX-License-Identifier: Apache-2.0
"""Park status: the counts of the world that is shown; a click asks where a number comes from."""

from __future__ import annotations

from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3


def build(page: Any) -> None:
    with html.Section(classes="pt-card card-status"):
        with html.H2():
            html.Span("{{ mode === 'live' || mode === 'park' ? t['panel.status'] : t['panel.status_run'] }}")
        html.Div(
            "{{ run_title }}",
            v_if="run_title",
            classes="pt-note",
            style="margin:-4px 0 8px; overflow-wrap:anywhere",
            raw_attrs=['data-test="run-title"'],
        )
        with (
            html.Div(classes="pt-numbers"),
            html.Button(
                v_for="number in numbers",
                key="number.key",
                classes="pt-number",
                click=(page.ask, "[number.key]"),
                title=("t['ask.hint']",),
                raw_attrs=[":data-test=\"'number-' + number.key\""],
            ),
        ):
            with html.Div(classes=("'v num tone-' + number.tone",)):
                html.Span("{{ number.value }}")
                html.Span("{{ number.unit }}", v_if="number.unit", classes="u")
            html.Div("{{ number.label }}", classes="l")
        with (
            html.Div(v_if="caveats.length", classes="pt-note", style="margin-top:9px"),
            html.Button(
                classes="pt-link", click=(page.ask, "['caveats']"), raw_attrs=['data-test="caveats"']
            ),
        ):
            v3.VIcon(icon="mdi-alert-outline", size=14)
            html.Span(" {{ t['ask.caveats'] }} ({{ caveats.length }})")


def build_window(page: Any) -> None:
    """The window that answers: meaning, unit, averaging time, age, model, caveats."""
    with (
        v3.VDialog(v_model=("ask_open",), max_width=500),
        html.Div(classes="pt-ask", raw_attrs=['data-test="ask"']),
    ):
        with html.H3():
            html.Span("{{ ask.title }}")
            html.Span("{{ ask.value }}", classes="num", style="color:#7fe6f5")
            html.Span(classes="pt-grow")
            with html.Button(click="ask_open = false", title=("t['action.close']",)):
                v3.VIcon(icon="mdi-close", size=18)
        with html.Dl(classes="pt-rows"), html.Template(v_for="row in ask.rows", key="row.k"):
            html.Dt("{{ row.k }}")
            html.Dd("{{ row.v }}", classes="num")
        with html.Ul(v_if="ask.caveats && ask.caveats.length", classes="pt-caveats"):
            html.Li("{{ caveat }}", v_for="caveat in ask.caveats", key="caveat")
