# SPDX-License-Identifier: Apache-2.0
"""Where everything of a page stands: the scene behind, panels left and right, the bar below, one sheet on a telephone.

The style sheet holds all looks and break points; its folder is served under a name that changes with its content.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from trame.ui.vuetify3 import VAppLayout
from trame.widgets import html
from trame.widgets import vuetify3 as v3

from viewer.panels import (
    alarms,
    details,
    layers,
    legend,
    sheet,
    status,
    timeline,
    title_bar,
    trend,
    whatif_form,
)
from viewer.scene import ParkScene

STATIC = Path(__file__).resolve().parent / "panels" / "static"
THEME = {
    "theme": {
        "defaultTheme": "command",
        "themes": {
            "command": {
                "dark": True,
                "colors": {
                    "background": "#061426",
                    "surface": "#0c2340",
                    "primary": "#39c5e0",
                    "secondary": "#4d9fff",
                    "error": "#ff5263",
                    "warning": "#ff9f43",
                    "success": "#3ddc84",
                },
            }
        },
    }
}
_INSETS = "$vuetify.display.width > 1440 ? [64, 342, 108, 316] : $vuetify.display.width > 820 ? [55, 296, 94, 282] : [48, 0, 140, 0]"


@cache
def _module() -> dict[str, Any]:
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(STATIC.iterdir()))).hexdigest()[:10]
    name = f"__parktwin_{digest}"
    return {"serve": {name: str(STATIC)}, "styles": [f"{name}/command_centre.css"]}


def build_layout(page: Any) -> None:
    """Build the template of a page."""
    page.server.enable_module(_module())
    pick = page.server.trigger_name(page.on_pick)
    with (
        VAppLayout(page.server, vuetify_config=THEME),
        html.Div(classes=("['pt-app', 'mode-' + mode, 'sheet-' + sheet]",), raw_attrs=[':lang="lang"']),
    ):
        with html.Div(classes="pt-scene"):
            ParkScene(
                insets=(_INSETS,),
                language=("lang",),
                pick=f"$event.kind === 'click' && trigger('{pick}', [$event])",
            )
        html.Div(classes="pt-frame")
        title_bar.build(page)
        with html.Div(v_if="banner", classes="pt-banner", role="alert", raw_attrs=['data-test="banner"']):
            v3.VIcon(icon="mdi-alert", size=18)
            html.Span("{{ banner }}")
        with html.Aside(classes="pt-left"):
            status.build(page)
            layers.build(page)
            whatif_form.build(page)
        with html.Aside(classes="pt-right"):
            alarms.build(page)
            trend.build(page)
            details.build(page)
        legend.build(page)
        html.Div("{{ attribution }}", v_if="attribution", classes="pt-credit")
        sheet.build(page)
        timeline.build(page)
        status.build_window(page)
