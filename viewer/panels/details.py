# SPDX-License-Identifier: Apache-2.0
"""What was picked in the scene: its records, and for a tank the question what if it leaks."""

from __future__ import annotations

from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3


def build(page: Any) -> None:
    with html.Section(
        v_if="details.title", classes="pt-card card-details", raw_attrs=['data-test="details"']
    ):
        with html.H2():
            html.Span("{{ details.title }}")
            html.Span("{{ details.kind }}", classes="dim", style="font-weight:500; font-size:12px")
            with html.Button(classes="close", click=page.close_details, title=("t['action.close']",)):
                v3.VIcon(icon="mdi-close", size=16)
        with html.Dl(classes="pt-rows"), html.Template(v_for="row in details.rows", key="row.k"):
            html.Dt("{{ row.k }}")
            html.Dd("{{ row.v }}", classes="num")
        with html.Button(
            v_if="details.can_leak && can_ask",
            classes="pt-go",
            style="width:100%; margin-top:10px",
            click=(page.choose_tank, "[details.id]"),
            raw_attrs=['data-test="leak"'],
        ):
            v3.VIcon(icon="mdi-head-question-outline", size=17)
            html.Span("{{ t['whatif.ask'] }}")
