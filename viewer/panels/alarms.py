# SPDX-License-Identifier: Apache-2.0
"""Alarms by level, and the list of sensors; a click flies there."""

from __future__ import annotations

from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3


def build(page: Any) -> None:
    with html.Section(classes="pt-card card-alarms"):
        with html.Div(classes="pt-tabs", role="tablist"):
            html.Button(
                "{{ mode === 'live' ? t['panel.alarms'] : t['panel.alarms_run'] }}",
                click="list_tab = 'alarms'",
                classes=("{on: list_tab === 'alarms'}",),
                raw_attrs=['data-test="tab-alarms"'],
            )
            html.Button(
                "{{ t['panel.sensors'] }}",
                v_if="sensor_count",
                click="list_tab = 'sensors'",
                classes=("{on: list_tab === 'sensors'}",),
                raw_attrs=['data-test="tab-sensors"'],
            )
            html.Span(
                "{{ list_tab === 'alarms' || !sensor_count ? alarm_count : sensor_count }}",
                classes="count num",
                raw_attrs=['data-test="list-count"'],
            )
        with html.Div(v_if="list_tab === 'alarms' || !sensor_count", classes="pt-alarms"):
            html.Div("{{ t['alarm.none'] }}", v_if="!alarms.length", classes="pt-empty")
            with html.Div(
                v_for="alarm in alarms",
                key="alarm.id",
                classes=("['pt-alarm', 'level-' + alarm.level, alarm.over ? 'over' : '']",),
            ):
                with html.Button(
                    classes="go",
                    click=(page.go_to_alarm, "[alarm.id]"),
                    title=("t['alarm.fly']",),
                    raw_attrs=['data-test="alarm"'],
                ):
                    with html.Div(classes="h num"):
                        html.B("{{ alarm.level_text }}")
                        html.Span("{{ alarm.time }}")
                        html.Span("{{ alarm.source }}")
                        html.Span("{{ alarm.note }}", classes="seen")
                    html.Div("{{ alarm.text }}", classes="x")
                with html.Button(
                    v_if="can_ask && mode === 'live' && !alarm.note",
                    classes="ack",
                    click=(page.acknowledge, "[alarm.id]"),
                    title=("t['alarm.acknowledge']",),
                    raw_attrs=['data-test="acknowledge"', ":aria-label=\"t['alarm.acknowledge']\""],
                ):
                    v3.VIcon(icon="mdi-check", size=16)
        with html.Div(v_if="list_tab === 'sensors' && sensor_count"):
            html.Input(
                v_model=("sensor_search",),
                classes="pt-search",
                type="search",
                placeholder=("t['sensor.search']",),
                raw_attrs=['data-test="sensor-search"'],
            )
            with html.Div(classes="pt-alarms", style="gap:1px"):
                html.Div("{{ t['sensor.none'] }}", v_if="!sensor_rows.length", classes="pt-empty")
                with html.Button(
                    v_for="row in sensor_rows",
                    key="row.id",
                    classes=(
                        "['pt-sensor', 'state-' + row.state, row.stale ? 'stale' : '', row.id === sensor ? 'on' : '']",
                    ),
                    click=(page.choose_sensor, "[row.id, true]"),
                    title=("t['state.' + row.state] + (row.stale ? ' · ' + t['state.stale'] : '')",),
                    raw_attrs=['data-test="sensor-row"'],
                ):
                    html.Span(classes="pt-dot")
                    with html.Span(classes="n"):
                        html.Span("{{ row.id }} ", classes="dim", style="font-size:11px; margin-right:5px")
                        html.Span("{{ row.name }}")
                    html.Span("{{ row.value }}", classes="num")
                    html.Span("{{ row.age }}", classes="a num")
