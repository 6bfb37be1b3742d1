# SPDX-License-Identifier: Apache-2.0
"""What if it leaks: the form for one tank, and the queue of runs with their progress."""

from __future__ import annotations

from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

_FIELD = {"density": "compact", "variant": "outlined", "hide_details": True}


def _number(key: str, unit: str, **more: Any) -> None:
    v3.VTextField(
        v_model=(f"wi_{key}",),
        label=(f"t['whatif.{key}']",),
        suffix=unit if unit else None,
        type="number",
        raw_attrs=[f'data-test="wi-{key}"'],
        **_FIELD,
        **more,
    )


def _choice(key: str, options: tuple[str, ...]) -> None:
    with html.Div(classes="pt-seg wide", role="group"):
        for option in options:
            html.Button(
                f"{{{{ t['whatif.{key}.{option}'] }}}}",
                click=f"wi_{key} = '{option}'",
                classes=(f"{{on: wi_{key} === '{option}'}}",),
                raw_attrs=[f'data-test="wi-{key}-{option}"'],
            )


def build(page: Any) -> None:
    with html.Section(classes="pt-card card-whatif"):
        with html.H2():
            html.Span("{{ t['panel.whatif'] }}")
            with html.Button(
                v_if="wi_open", classes="close", click="wi_open = false", title=("t['action.close']",)
            ):
                v3.VIcon(icon="mdi-chevron-up", size=18)
        html.Div("{{ t['whatif.unavailable'] }}", v_if="!can_ask", classes="pt-note")
        with html.Template(v_if="can_ask"):
            v3.VAutocomplete(
                model_value=("wi_tank",),
                update_modelValue=(page.choose_tank, "[$event]"),
                items=("tanks",),
                label=("t['whatif.tank']",),
                no_data_text=("t['whatif.no_match']",),
                raw_attrs=['data-test="wi-tank"'],
                **_FIELD,
            )
            html.Div("{{ t['whatif.hint'] }}", v_if="!wi_open", classes="pt-note", style="margin-top:7px")
            with html.Div(v_if="wi_open", classes="pt-form", style="margin-top:10px"):
                _number("hole_mm", "mm", min=0.5, step=1)
                _number("duration_min", "min", min=1, step=5)
                with html.Div(classes="pt-seg wide", role="group"):
                    for live, word in (("true", "mast"), ("false", "own")):
                        html.Button(
                            f"{{{{ t['whatif.wind.{word}'] }}}}",
                            click=(page.follow_mast, f"[{live}]"),
                            classes=(f"{{on: wi_wind_live === {live}}}",),
                            raw_attrs=[f'data-test="wi-wind-{word}"'],
                        )
                _number("wind_speed", "m/s", min=0, step=0.5, disabled=("wi_wind_live",))
                _number("wind_from_deg", "°", min=0, max=360, step=5, disabled=("wi_wind_live",))
                v3.VSelect(
                    v_model=("wi_stability",),
                    items=(
                        "['', 'A', 'B', 'C', 'D', 'E', 'F'].map(c => ({value: c, title: c || t['whatif.stability.auto']}))",
                    ),
                    label=("t['whatif.stability']",),
                    raw_attrs=['data-test="wi-stability"'],
                    **_FIELD,
                )
                _number("isolation_min", "min", min=0, step=1)
                _number("warn_min", "min", min=0, step=1)
                with html.Button(
                    classes=("['pt-chip', wi_exercise ? 'on' : '']",),
                    click="wi_exercise = !wi_exercise",
                    style="justify-content:center",
                    raw_attrs=['data-test="wi-exercise"'],
                ):
                    v3.VIcon(
                        icon=("wi_exercise ? 'mdi-checkbox-marked-outline' : 'mdi-checkbox-blank-outline'",)
                    )
                    html.Span("{{ t['mode.exercise'] }}")
                _choice("order", ("evacuate", "shelter"))
                _choice("shift", ("now", "day", "night"))
                html.Div(
                    "{{ wi_error }}",
                    v_if="wi_error",
                    classes="pt-error wide",
                    raw_attrs=['data-test="wi-error"'],
                )
                with html.Button(
                    classes="pt-go wide",
                    click=page.start_whatif,
                    disabled=("wi_busy",),
                    raw_attrs=['data-test="wi-go"'],
                ):
                    v3.VIcon(icon="mdi-play", size=18)
                    html.Span("{{ t['whatif.go'] }}")
        _queue(page)
        with html.Button(
            v_if="mode === 'whatif'",
            classes="pt-go quiet",
            style="width:100%; margin-top:9px",
            click=page.back_to_live,
            raw_attrs=['data-test="back"'],
        ):
            v3.VIcon(icon="mdi-access-point", size=16)
            html.Span("{{ t['action.back_live'] }}")


def _queue(page: Any) -> None:
    with html.Div(
        v_for="run in runs",
        key="run.id",
        classes=("['pt-run', run.status, run.open ? 'open' : '']",),
        raw_attrs=['data-test="run"'],
    ):
        html.Div("{{ run.title }}", classes="t", title=("run.title",))
        with html.Div():
            html.Button(
                "{{ t['run.open'] }}",
                v_if="run.can_open",
                classes="pt-link",
                click=(page.open_run, "[run.folder]"),
                raw_attrs=['data-test="run-open"'],
            )
            html.Button(
                "{{ t['run.cancel'] }}",
                v_if="run.can_cancel",
                classes="pt-link",
                click=(page.cancel_run, "[run.id]"),
                raw_attrs=['data-test="run-cancel"'],
            )
        with html.Div(v_if="run.status === 'running' || run.status === 'waiting'", classes="bar"):
            raw = ":style=\"{width: run.percent + '%'}\""
            html.I(raw_attrs=[raw])
        html.Div(
            "{{ run.status_text }}{{ run.status === 'running' ? ' ' + run.percent + ' %' : '' }}{{ run.message ? ': ' + run.message : '' }}",
            classes="m num",
        )
