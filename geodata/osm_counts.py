# SPDX-License-Identifier: Apache-2.0
"""How many nodes, ways and relations of an OpenStreetMap extract carry given tags.

Keys are written as 'w:highway' (ways with a highway tag), 'n:barrier=gate', 'w:highway oneway' (both tags) and 'all_r'.
A tag whose value is 'no' says that the thing is not there (oneway=no), so it only counts when asked for as 'oneway=no'.
The file is streamed through the standard library's parser with external entities refused.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from twin.errors import problem

_KINDS = {"node": "n", "way": "w", "relation": "r"}


def count_tags(path: Path, keys: Sequence[str]) -> dict[str, int]:
    """Number of objects for each key.

    Raises: InputProblems when the file is no OpenStreetMap XML.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, iterparse

    wanted = {key: _parsed(key) for key in keys}
    counts: Counter[str] = Counter({key: 0 for key in keys})
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for _, element in iterparse(file, events=("end",)):
                kind = _KINDS.get(element.tag)
                if kind is None:
                    continue
                tags = {tag.get("k"): tag.get("v") for tag in element.iterfind("tag")}
                for key, (asked, pairs) in wanted.items():
                    if asked == kind and all(
                        (tags.get(name, "no") != "no" if value is None else tags.get(name) == value)
                        for name, value in pairs
                    ):
                        counts[key] += 1
                element.clear()
    except (ParseError, DefusedXmlException, OSError, EOFError) as error:
        raise problem(
            f"{path.name} is no OpenStreetMap XML ({error})", "Export it again.", file=path.name
        ) from None
    return dict(counts)


def _parsed(key: str) -> tuple[str, tuple[tuple[str, str | None], ...]]:
    if key.startswith("all_"):
        return key[4:], ()
    kind, _, rest = key.partition(":")
    pairs = []
    for word in rest.split():
        name, equals, value = word.partition("=")
        pairs.append((name, value if equals else None))
    return kind, tuple(pairs)
