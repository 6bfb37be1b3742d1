# SPDX-License-Identifier: Apache-2.0
"""Timeline bar: play, step, scrub, speed, event ticks. The thumb follows the page's own time, never another page's."""

from __future__ import annotations

from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

from viewer.state import SPEEDS


def _round(icon: str, key: str, action: Any, test: str, **more: Any) -> None:
    with html.Button(
        classes="pt-round", click=action, title=(f"t['{key}']",), raw_attrs=[f'data-test="{test}"'], **more
    ):
        v3.VIcon(icon=icon, size=20)


def build(page: Any) -> None:
    with html.Footer(v_if="mode !== 'park'", classes="pt-time"):
        _round("mdi-skip-previous", "time.back", (page.step, "[-1]"), "step-back")
        with html.Button(
            classes="pt-round play",
            click=page.play_pause,
            title=("playing ? t['time.pause'] : t['time.play']",),
            raw_attrs=['data-test="play"', ':aria-pressed="playing"'],
        ):
            v3.VIcon(icon=("playing ? 'mdi-pause' : 'mdi-play'",), size=24)
        _round("mdi-skip-next", "time.forward", (page.step, "[1]"), "step-forward")
        with html.Div(classes="pt-when"):
            html.B("{{ tl_text }}", classes="num", raw_attrs=['data-test="when"'])
            html.Span("{{ clock.time }}", classes="num")
        with html.Div(classes="pt-track"):
            v3.VSlider(
                model_value=("drag === null ? tl_at : drag",),
                update_modelValue=(page.scrub, "[$event]"),
                start="drag = $event",
                end="drag = null",
                min=0,
                max=("tl_span",),
                step=0,
                density="compact",
                hide_details=True,
                track_size=4,
                thumb_size=16,
                color="#39c5e0",
                track_color="#2a5578",
                raw_attrs=['data-test="slider"', ":aria-label=\"t['time.scrub']\""],
            )
            with (
                html.Div(classes="pt-ticks"),
                html.Button(
                    "{{ tick.row < 2 ? tick.text : '' }}",
                    v_for="tick in ticks",
                    key="tick.t + tick.text",
                    classes=("['pt-tick', 'row-' + tick.row, tick.side, tick.row > 1 ? 'bare' : '']",),
                    click=(page.scrub, "[tick.t - tl_begin]"),
                    title=("tick.full",),
                    raw_attrs=[":style=\"{left: tick.at + '%', '--tk': tick.colour}\"", 'data-test="tick"'],
                ),
            ):
                pass
        v3.VSelect(
            v_if="mode !== 'live'",
            model_value=("speed",),
            update_modelValue=(page.set_speed, "[$event]"),
            items=(f"{list(SPEEDS)}.map(s => ({{value: s, title: '×' + s}}))",),
            density="compact",
            variant="outlined",
            hide_details=True,
            classes="pt-speed",
            raw_attrs=['data-test="speed"'],
        )
        with html.Button(
            v_if="!tl_at_end || mode === 'whatif'",
            classes="pt-chip on",
            style="flex:none; height:30px",
            click=page.back_to_live,
            raw_attrs=['data-test="to-live"'],
        ):
            v3.VIcon(icon="mdi-access-point")
            html.Span("{{ t['action.back_live'] }}")
