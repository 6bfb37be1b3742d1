# SPDX-License-Identifier: Apache-2.0
"""What one HJ 212 frame means to the platform: the arrival it becomes and the answer it gets.

Uploads are answered 9014, notices and heartbeats 9013, with the same QN, ST=91 and Flag=4 (2017) or 8 (2025), if bit 0 of the
frame's Flag asks for it; answers are never answered. Frames of 2005 carry no Flag and get none. Frames of devices the park
does not know are answered too: they are journalled, and an unanswered device would send them for ever.

References: HJ 212-2017 sections 6.5-6.6, Appendix C; HJ 212-2025 as quoted in public test code (heartbeat 9015).
"""

from __future__ import annotations

import math
import re

from live_sync.adapters.hj212.codes import (
    ANSWER_DATA,
    ANSWER_NOTICE,
    AVERAGING_S,
    COMMANDS,
    MINUTE_INTERVALS_S,
    STATISTICS,
)
from live_sync.adapters.hj212.frame import Frame, device_time_s, encode_frame, parse_segment
from live_sync.adapters.hj212.framer import Cut
from live_sync.reading import Arrival, Intent, Measurement

REASONS = {
    "header": "no frame header",
    "length": "the length field does not fit the bytes",
    "crc": "the check code is wrong",
}
_MN = re.compile(rb"MN=([0-9A-Za-z_\-]{1,40})[;,]")
_NAME = re.compile(r"[^\x21-\x7e\u4e00-\u9fff]")
_LONGEST_NAME = 40
_NOT_CODE = re.compile(r"[^0-9A-Za-z]")


class Minutes:
    """The minute interval of each device, learnt from the DataTime of consecutive minute means."""

    def __init__(self) -> None:
        self._last_s: dict[str, float] = {}
        self._interval_s: dict[str, float] = {}

    def averaging_s(self, device: str, t_s: float | None) -> float:
        """Averaging time of a minute mean that begins at `t_s`."""
        if t_s is not None and (device in self._last_s or len(self._last_s) < 10_000):
            step_s = t_s - self._last_s.get(device, math.inf)
            if step_s in MINUTE_INTERVALS_S:
                self._interval_s[device] = step_s
            self._last_s[device] = t_s
        return self._interval_s.get(device, AVERAGING_S["2051"])


def arrival_of(cut: Cut, link: str, received_s: float, minutes: Minutes) -> tuple[Arrival, bytes | None]:
    """The arrival of one frame or refusal, and the bytes of its answer if it wants one."""
    if cut.segment is None:
        match = _MN.search(cut.raw)
        reason = REASONS[cut.error]
        if cut.size > len(cut.raw):
            reason += f"; {cut.size} bytes, the first {len(cut.raw)} kept"
        return (
            Arrival(
                link=link,
                device=match[1].decode() if match else "",
                received_s=received_s,
                raw=cut.raw,
                size=cut.size,
                intent="refused",
                reason=reason,
            ),
            None,
        )
    frame = parse_segment(cut.segment, cut.warnings)
    kind = COMMANDS.get(frame.cn or "")
    t_s = device_time_s(frame.fields.get("DataTime", ""))
    device = _NAME.sub("?", frame.mn or "")[:_LONGEST_NAME]
    intent: Intent = "reading" if kind == "data" and frame.items else "command"
    notes = list(frame.warnings) + [error for error in frame.errors if error not in frame.warnings]
    if kind is None:
        notes.append(
            f"CN {_NOT_CODE.sub('?', frame.cn or 'missing')[:10]} is not known: kept and not acted on"
        )
    arrival = Arrival(
        link=link,
        device=device,
        received_s=received_s,
        raw=cut.raw,
        size=cut.size,
        intent=intent,
        reason=", ".join(notes),
        # without QN and without DataTime two equal frames are two heartbeats, not one frame sent twice
        key=cut.raw.rstrip(b"\r\n*") if frame.qn or "DataTime" in frame.fields else None,
        t_s=t_s,
        measurements=measurements(frame, device, t_s, minutes) if intent == "reading" else [],
    )
    return arrival, answer_to(frame)


def measurements(frame: Frame, device: str, t_s: float | None, minutes: Minutes) -> list[Measurement]:
    """The numbers of a data frame, in the order they stand there."""
    averaging_s = (
        minutes.averaging_s(device, t_s) if frame.cn == "2051" else AVERAGING_S.get(frame.cn or "", 0.0)
    )
    found = []
    for item in frame.items:
        flag = item.attrs.get("Flag", "")
        for attribute, text in item.attrs.items():
            if attribute in STATISTICS:
                found.append(Measurement(item.code, attribute, _number(text), flag, averaging_s))
    return found


def answer_to(frame: Frame) -> bytes | None:
    """The answer a frame asks for; None = none."""
    kind = COMMANDS.get(frame.cn or "")
    if not frame.need_ack or kind == "answer":
        return None
    upload = kind == "data" or (kind is None and (frame.cn or "").startswith("2"))
    code = ANSWER_DATA if upload else ANSWER_NOTICE
    same = "" if frame.qn is None else f"QN={frame.qn};"
    password = "" if frame.pw is None else f"PW={frame.pw};"
    flag = 8 if frame.version == "2025" else 4
    return encode_frame(f"{same}ST=91;CN={code};{password}MN={frame.mn or ''};Flag={flag};CP=&&&&")


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
