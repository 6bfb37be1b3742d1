# SPDX-License-Identifier: Apache-2.0
"""The words of the interface: one flat catalogue per language, chosen per page.

Keys are dotted names ('panel.alarms', 'event.release_started'); `{name}` in a text is filled from values. Both catalogues
have the same keys (a test). Nothing visible is written anywhere else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

LANGUAGES = ("zh", "en")


class _Blank(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "–"


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All texts of a language by key; Chinese for a language there is none of."""
    name = language if language in LANGUAGES else LANGUAGES[0]
    texts: dict[str, str] = json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))
    return MappingProxyType(texts)


def text(language: str, key: str, values: Mapping[str, object] | None = None) -> str:
    """The text of a key with its values filled in; an unknown key is shown as its last part, never hidden.

    Examples:
        >>> text("en", "unit.minutes", {"value": 5})
        '5 min'
    """
    pattern = catalogue(language).get(key)
    if pattern is None:
        return key.rsplit(".", 1)[-1].replace("_", " ")
    try:
        return pattern.format_map(_Blank(values or {}))
    except (ValueError, IndexError, KeyError):
        return pattern
