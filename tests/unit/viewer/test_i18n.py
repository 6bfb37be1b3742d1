# SPDX-License-Identifier: Apache-2.0
"""Both catalogues say the same things, and everything that is asked of them is there."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from viewer.i18n import LANGUAGES, catalogue, text

ROOT = Path(__file__).resolve().parents[3]
VIEWER = ROOT / "viewer"
SOURCES = [path for path in VIEWER.rglob("*.py") if "client" not in path.parts]


def names(pattern: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(pattern) if name}


def test_catalogues_have_the_same_keys_and_placeholders() -> None:
    zh, en = catalogue("zh"), catalogue("en")
    assert set(zh) == set(en)
    for key in zh:
        assert zh[key].strip() and en[key].strip(), key
        assert names(zh[key]) == names(en[key]), key


def test_chinese_is_chinese_and_english_is_not() -> None:
    kept: set[str] = set()
    for key, words in catalogue("en").items():
        assert not re.search(r"[\u4e00-\u9fff]", words), key
    plain = [k for k, w in catalogue("zh").items() if not re.search(r"[\u4e00-\u9fff]", w) and k not in kept]
    assert plain == []


def test_every_key_in_templates_and_code_exists() -> None:
    keys = set(catalogue("en"))
    asked: set[str] = set()
    for path in SOURCES:
        content = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r"""\bt\['([a-z0-9_.A-Z]+)'\]""", content))
        asked |= set(re.findall(r"""\btext\(\s*(?:self\.)?language,\s*"([a-zA-Z0-9_.]+)"[,)]""", content))
    assert len(asked) > 80
    assert sorted(asked - keys) == []


@pytest.mark.parametrize("folder", ["scenarios", "live_sync", "agents"])
def test_keys_that_others_write_into_timelines_exist(folder: str) -> None:
    keys = set(catalogue("en"))
    written: set[str] = set()
    for path in (ROOT / folder).rglob("*.py"):
        content = path.read_text(encoding="utf-8")
        written |= set(re.findall(r"""text_key(?:: str)? ?= ?"([a-z_.0-9]+)\"""", content))
        written |= {f"event.{name}" for name in re.findall(r"""milestone\(\s*"([a-z_0-9]+)\"""", content)}
    assert sorted(written - keys) == []


def test_states_levels_and_modes_have_words() -> None:
    from agents.people import STATES
    from twin.events import LEVELS
    from viewer.layers.sensors import LOOKS
    from viewer.stage import GROUPS

    keys = set(catalogue("zh"))
    wanted = {f"people.{name}" for name in STATES} | {f"level.{name}" for name in LEVELS}
    wanted |= {f"layer.{name}" for name in GROUPS} | {f"state.{name}" for name in LOOKS}
    wanted |= {f"mode.{name}" for name in ("live", "whatif", "replay", "park", "exercise")}
    wanted |= {f"run.{name}" for name in ("waiting", "running", "done", "failed", "cancelled")}
    assert sorted(wanted - keys) == []


def test_every_number_can_be_asked() -> None:
    keys = set(catalogue("zh"))
    numbers = {key for key in keys if key.startswith("number.") and not key.endswith(".means")}
    assert {f"{key}.means" for key in numbers} <= keys


def test_unknown_key_is_shown_and_missing_value_is_a_dash() -> None:
    assert text("en", "event.something_new") == "something new"
    assert "–" in text("en", "alarm.threshold", {"source": "D1"})
    assert catalogue("xx") == catalogue(LANGUAGES[0])
