# SPDX-License-Identifier: Apache-2.0
"""Title bar: which park, which mode, the weather, how many devices report, the world's time, the language."""

from __future__ import annotations

from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

_MODE_ICON = "{live:'mdi-access-point',whatif:'mdi-head-question-outline',replay:'mdi-history',park:'mdi-map-outline'}[mode]"


def build(page: Any) -> None:
    with html.Header(classes="pt-title"):
        v3.VIcon("mdi-factory", size=26, color="#39c5e0")
        html.H1("{{ park_name }}", classes="name", title=("park_name",))
        html.Span("{{ t['app.subtitle'] }}", classes="sub")
        with html.Span(
            classes="pt-badge", title=("t['mode.' + mode + '.means']",), raw_attrs=['data-test="mode"']
        ):
            v3.VIcon(icon=(_MODE_ICON,))
            html.Span("{{ t['mode.' + mode] }}")
        with html.Span(v_if="exercise", classes="pt-badge exercise"):
            v3.VIcon(icon="mdi-school-outline")
            html.Span("{{ t['mode.exercise'] }}")
        html.Span(classes="pt-grow")
        with html.Span(v_if="weather.wind", classes="fact major", title=("weather.wind_title",)):
            v3.VIcon(icon="mdi-navigation", style=("{transform: 'rotate(' + weather.arrow + 'deg)'}",))
            html.Span("{{ weather.wind }}", classes="num", raw_attrs=['data-test="wind"'])
        with html.Span(v_if="weather.temperature", classes="fact minor", title=("t['title.temperature']",)):
            v3.VIcon(icon="mdi-thermometer")
            html.Span("{{ weather.temperature }}", classes="num")
        with html.Span(v_if="weather.stability", classes="fact minor", title=("t['title.stability.means']",)):
            v3.VIcon(icon="mdi-weather-windy")
            html.Span("{{ t['title.stability'] }} {{ weather.stability }}")
        with html.Span(
            v_if="links.text", classes=("'fact minor' + (links.bad ? ' bad' : '')",), title=("links.title",)
        ):
            v3.VIcon(icon="mdi-lan-connect")
            html.Span("{{ links.text }}", classes="num", raw_attrs=['data-test="links"'])
        with html.Span(v_if="clock.time", classes="clock num"):
            html.Span("{{ clock.date }}", classes="date")
            html.Span("{{ clock.time }}", raw_attrs=['data-test="clock"'])
        with html.Span(classes="pt-lang"):
            html.Button(
                "中",
                click=(page.set_language, "['zh']"),
                classes=("{on: lang === 'zh'}",),
                raw_attrs=['data-test="zh"'],
            )
            html.Button(
                "EN",
                click=(page.set_language, "['en']"),
                classes=("{on: lang === 'en'}",),
                raw_attrs=['data-test="en"'],
            )
