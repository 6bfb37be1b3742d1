# SPDX-License-Identifier: Apache-2.0
"""A tiny park and a run in it, made once for all tests of the viewer."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from synthetic_run import make_run

from twin.park import Park


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from geodata.demo_park import write_demo

    return write_demo(tmp_path_factory.mktemp("park") / "tiny", size="tiny", seed=7)


@pytest.fixture(scope="session")
def tiny_park(tiny_folder: Path) -> Park:
    from geodata.load import load_park

    return load_park(tiny_folder)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, tiny_park: Park) -> Path:
    return make_run(tmp_path_factory.mktemp("runs") / "leak", tiny_park)


@pytest.fixture
def template_words() -> Callable[[str], set[str]]:
    """The free names of all expressions in a Vue template: what it reads from the page's state."""

    def find(template: str) -> set[str]:
        found: set[str] = set()
        local: set[str] = set()
        for names in re.findall(r'v-for="\(?([\w, ]+)\)? in ', template):
            local |= {name.strip() for name in names.split(",")}
        expressions = re.findall(r'(?:\s:[\w:-]+|\sv-[\w:.-]+|\s@[\w.-]+)="([^"]*)"', template)
        expressions += re.findall(r"\{\{(.*?)\}\}", template, flags=re.S)
        for expression in expressions:
            code = re.sub(r"'[^']*'", "''", expression)
            local |= set(re.findall(r"(\w+) =>", code))
            code = re.sub(r"\.\s*\w+", "", code)
            code = re.sub(r"[{,]\s*\w+\s*:", " ", code)
            found |= set(re.findall(r"(?<![\w$'])[A-Za-z_]\w*", code))
        # trame's own: a counter that forces a redraw, keys of widgets
        found = {name for name in found if name != "tts" and not re.fullmatch(r"w\d+", name)}
        return found - local - {"in", "true", "false", "null", "undefined", "trigger"}

    return find
