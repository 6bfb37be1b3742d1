# SPDX-License-Identifier: Apache-2.0
"""The report of a run: one self-contained page that can be printed, mailed and filed.

It answers in this order: what was assumed, what happened when, how far it reached, who was hit, who was sent, what these numbers
do not cover, and how they can be proven. Pictures are drawn by the same layers as the viewer's, where the machine can.
"""

from __future__ import annotations

import base64
import html
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from geodata.load import load_park
from scenarios.run_folder import read_run
from twin.clock import format_time
from twin.errors import InputProblems, problem
from twin.events import (
    AnyEvent,
    CasualtiesCounted,
    Note,
    PeopleFrame,
    ReleaseChanged,
    RouteAssigned,
    ZoneChanged,
)
from twin.park import Park
from twin.timeline import read_timeline
from viewer.i18n import LANGUAGES, text
from viewer.wording import caveat_text, note_text

_STYLE = """
body{font:15px/1.5 "Noto Sans CJK SC","Microsoft YaHei",system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#16202c}
h1{font-size:1.6rem;margin-bottom:.2rem}h2{font-size:1.15rem;border-left:4px solid #14808f;padding-left:.6rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #d5dde5;padding:.3rem .6rem;text-align:left;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}.exercise{background:#8a4b00;color:#fff;padding:.1rem .6rem;border-radius:3px}
.caveat{background:#fff4dd;border-left:4px solid #d08a00;padding:.4rem .8rem;margin:.4rem 0}svg{width:100%;height:auto}img{width:100%}
code{word-break:break-all;font-size:.85em}@media print{h2{break-after:avoid}}
"""


def write_report(run: Path, *, out: Path | None = None, language: str = "zh") -> Path:
    """Write the report of a finished run; returns its path.

    Raises: InputProblems when the folder is no run, its park is gone, or the file cannot be written.
    """
    if language not in LANGUAGES:
        raise problem(
            f"there is no language '{language}'", f"Choose {' or '.join(LANGUAGES)}.", field="--language"
        )
    about = read_run(run)
    park = load_park(Path(os.path.normpath(run / str(about["park"]))))
    events = list(read_timeline(run / "timeline.jsonl"))
    page = _Page(language, park, about, events).html(_picture(run))
    target = out or run / f"report_{language}.html"
    try:
        with tempfile.NamedTemporaryFile("w", dir=target.parent, delete=False, encoding="utf-8") as file:
            file.write(page)
        os.replace(file.name, target)
    except OSError as error:
        raise problem(
            f"cannot be written: {error.strerror}", "Choose another --out.", file=str(target)
        ) from None
    return target


def _picture(run: Path) -> bytes | str:
    """A still of the run's worst moment (PNG), or the sentence why there is none."""
    try:
        from viewer.stills import still_of_run

        picture: bytes = still_of_run(run)
        return picture
    except InputProblems as error:
        return str(error)


class _Page:
    """The sections of one report."""

    def __init__(self, language: str, park: Park, about: dict[str, Any], events: Sequence[AnyEvent]) -> None:
        self.language, self.park, self.about, self.events = language, park, about, events

    def say(self, key: str, **values: object) -> str:
        return html.escape(text(self.language, f"report.{key}", values))

    def html(self, picture: bytes | str) -> str:
        title = html.escape(str(self.about["title"]))
        exercise = f' <span class="exercise">{self.say("exercise")}</span>' if self.about["exercise"] else ""
        if isinstance(picture, bytes):
            shown = f'<img alt="{title}" src="data:image/png;base64,{base64.b64encode(picture).decode()}">'
        else:
            shown = f"<p>{html.escape(picture)}</p>"
        start = format_time(float(self.about["start_s"]), zone=self.park.frame.zone)
        body = "".join(
            (
                f"<h1>{title}{exercise}</h1><p>{html.escape(self.park.name)} · {start}</p>",
                shown,
                self._section("assumed", self._assumptions()),
                self._section("course", self._course()),
                self._section("release", self._chart(self._release_lines(), "kg/s")),
                self._section("reach", self._zones()),
                self._section("people", self._people()),
                self._section("crew", self._crews()),
                self._section("caveats", self._caveats()),
                self._section("proof", self._proof()),
            )
        )
        head = (
            f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
        )
        return f'<!doctype html><html lang="{self.language}"><head>{head}<style>{_STYLE}</style></head><body>{body}</body></html>'

    def _section(self, key: str, content: str) -> str:
        return f"<h2>{self.say(key)}</h2>{content}"

    def _table(self, rows: Sequence[Sequence[object]], header: Sequence[str] = ()) -> str:
        def cell(value: object) -> str:
            number = isinstance(value, int | float)
            shown = (
                f"{value:,.4g}"
                if isinstance(value, float)
                else f"{value:,}"
                if number
                else html.escape(str(value))
            )
            return f'<td class="n">{shown}</td>' if number else f"<td>{shown}</td>"

        top = "<tr>" + "".join(f"<th>{self.say(name)}</th>" for name in header) + "</tr>" if header else ""
        return f"<table>{top}" + "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in rows) + "</table>"

    def _assumptions(self) -> str:
        rows = []
        for table, content in self.about["study"].items():
            if isinstance(content, dict):
                for key, value in content.items():
                    rows.append(
                        (f"{table}.{key}", value if not isinstance(value, bool | list | dict) else str(value))
                    )
        weather = self.about["weather"]
        rows.append(("stability", weather["stability"]))
        rows.append(("substance", f"{self.about['substance']['id']} (CAS {self.about['substance']['cas']})"))
        return self._table(rows)

    def _course(self) -> str:
        start_s = float(self.about["start_s"])
        rows = [
            (f"T+{(event.t_s - start_s) / 60:.1f} min", note_text(self.language, self.park, event))
            for event in self.events
            if isinstance(event, Note) and event.kind != "caveat"
        ]
        return self._table(rows)

    def _release_lines(self) -> list[tuple[str, list[tuple[float, float]]]]:
        start_s = float(self.about["start_s"])
        changes = [event for event in self.events if isinstance(event, ReleaseChanged)]
        return [
            (self.say("leaves"), [((event.t_s - start_s) / 60, event.rate_kg_s) for event in changes]),
            (self.say("airborne"), [((event.t_s - start_s) / 60, event.airborne_kg_s) for event in changes]),
        ]

    def _zones(self) -> str:
        worst: dict[str, ZoneChanged] = {}
        for event in self.events:
            if isinstance(event, ZoneChanged) and (
                event.zone not in worst or event.reach_m > worst[event.zone].reach_m
            ):
                worst[event.zone] = event
        rows = [
            (
                zone.zone,
                f"{zone.threshold:g} {zone.unit}",
                f"{zone.averaging_time_s / 60:g} min",
                round(zone.reach_m),
                round(zone.area_m2 / 1e4, 2),
                f"T+{(zone.t_s - float(self.about['start_s'])) / 60:.0f} min",
            )
            for zone in worst.values()
        ]
        return self._table(rows, ("zone", "threshold", "averaging", "reach_m", "area_ha", "when"))

    def _people(self) -> str:
        frames = [event for event in self.events if isinstance(event, PeopleFrame)]
        start_s = float(self.about["start_s"])
        lines = []
        for state in self.about["people_states"]:
            course = [
                ((frame.t_s - start_s) / 60, float(frame.counts.get(state, 0))) for frame in frames[::6]
            ]
            if any(value for _, value in course):
                lines.append((html.escape(text(self.language, f"people.{state}")), course))
        counted = next(
            (event for event in reversed(self.events) if isinstance(event, CasualtiesCounted)), None
        )
        table = ""
        if counted is not None:
            names = ("exposed", "above_aegl2", "above_aegl3", "expected_deaths", "deaths")
            table = self._table(
                [(text(self.language, f"report.{name}"), getattr(counted, name)) for name in names]
            )
        return self._chart(lines, self.say("persons")) + table

    def _crews(self) -> str:
        rows = [
            (
                event.crew,
                text(self.language, f"route.{event.kind}"),
                round(event.length_m),
                f"{(event.times_s[-1] - event.times_s[0]) / 60:.1f} min",
                f"{event.toxic_load:.3g} {event.toxic_load_unit}",
            )
            for event in self.events
            if isinstance(event, RouteAssigned)
        ]
        if not rows:
            return f"<p>{self.say('no_crew')}</p>"
        return self._table(rows, ("crew_id", "route_kind", "length_m", "drive_time", "load"))

    def _caveats(self) -> str:
        found = [
            *(caveat_text(self.language, c) for c in self.about["caveats"]),
            text(self.language, "report.not_for_decisions"),
        ]
        return "".join(f'<p class="caveat">{html.escape(caveat)}</p>' for caveat in found)

    def _proof(self) -> str:
        about = self.about
        rows = [
            ("timeline sha256", about["timeline_sha256"]),
            ("park sha256", about["inputs"]["park_sha256"]),
            ("seed", str(about["seed"])),
            *sorted(about["versions"].items()),
        ]
        return self._table(rows)

    def _chart(self, lines: Sequence[tuple[str, Sequence[tuple[float, float]]]], unit: str) -> str:
        """Lines over minutes as an inline picture."""
        points = [point for _, line in lines for point in line]
        if not points:
            return ""
        width, height, left, bottom = 860, 240, 60, 30
        right_x = max(x for x, _ in points) or 1.0
        top_y = max(y for _, y in points) or 1.0
        colours = ("#14808f", "#c2571a", "#5b6bb5", "#2f9e58", "#8a8f98", "#b8860b", "#a3324b")
        parts = []
        for number, (name, line) in enumerate(lines):
            path = " ".join(
                f"{left + x / right_x * (width - left - 10):.1f},{height - bottom - y / top_y * (height - bottom - 20):.1f}"
                for x, y in line
            )
            colour = colours[number % len(colours)]
            parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{path}"/>')
            parts.append(
                f'<text x="{left + 10 + 120 * number}" y="14" font-size="12" fill="{colour}">{name}</text>'
            )
        axis = (
            f'<line x1="{left}" y1="{height - bottom}" x2="{width - 10}" y2="{height - bottom}" stroke="#888"/>'
            f'<line x1="{left}" y1="20" x2="{left}" y2="{height - bottom}" stroke="#888"/>'
            f'<text x="{left - 6}" y="30" font-size="12" text-anchor="end">{top_y:.3g}</text>'
            f'<text x="{left - 6}" y="46" font-size="12" text-anchor="end">{html.escape(unit)}</text>'
            f'<text x="{width - 10}" y="{height - 8}" font-size="12" text-anchor="end">{right_x:.0f} min</text>'
        )
        return f'<svg viewBox="0 0 {width} {height}" role="img">{axis}{"".join(parts)}</svg>'
