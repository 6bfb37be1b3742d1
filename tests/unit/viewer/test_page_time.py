# SPDX-License-Identifier: Apache-2.0
"""A page's own time."""

from __future__ import annotations

from viewer.page_time import PageTime


def test_time_runs_only_while_playing_and_stops_at_the_end() -> None:
    time = PageTime(100.0, 200.0, 100.0, speed=10.0)
    assert not time.advance(1.0) and time.t_s == 100.0
    time.toggle()
    assert time.advance(3.0) and time.t_s == 130.0
    assert time.advance(60.0) and time.t_s == 200.0 and not time.playing
    time.toggle()
    assert time.t_s == 100.0 and time.playing, "play at the end begins again"


def test_seek_stays_on_the_bar() -> None:
    time = PageTime(100.0, 200.0, 150.0)
    time.seek(-5.0)
    assert time.t_s == 100.0
    time.seek(1e9)
    assert time.t_s == 200.0
    assert time.step_s == 1.0 and PageTime(0.0, 1800.0, 0.0).step_s == 18.0
