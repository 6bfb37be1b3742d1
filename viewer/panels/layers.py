# SPDX-License-Identifier: Apache-2.0
"""Layer switches of the scene, and the camera's standard views."""

from __future__ import annotations

from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

VIEWS = (("overview", "mdi-earth"), ("top", "mdi-arrow-collapse-down"), ("north", "mdi-compass-outline"))


def build(page: Any) -> None:
    with html.Section(classes="pt-card card-layers"):
        with html.H2():
            html.Span("{{ t['panel.layers'] }}")
            with html.Span(classes="count pt-chips", style="gap:2px"):
                for view, icon in VIEWS:
                    with html.Button(
                        click=(page.fly_to_view, f"['{view}']"),
                        title=(f"t['view.{view}']",),
                        classes="pt-chip",
                    ):
                        v3.VIcon(icon=icon)
        with (
            html.Div(classes="pt-chips"),
            html.Button(
                v_for="layer in layers",
                key="layer.id",
                classes=("['pt-chip', layer.on ? 'on' : '']",),
                click=(page.toggle_layer, "[layer.id]"),
                raw_attrs=[":data-test=\"'layer-' + layer.id\"", ':aria-pressed="layer.on"'],
            ),
        ):
            html.Span("{{ t['layer.' + layer.id] }}")
