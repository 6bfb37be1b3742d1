# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from geodata.osm_counts import count_tags
from twin.errors import InputProblems

TEXT = """<?xml version="1.0"?><osm version="0.6">
<node id="1" lat="0" lon="0"><tag k="barrier" v="gate"/></node><node id="2" lat="0" lon="0"/>
<way id="1"><nd ref="1"/><tag k="highway" v="service"/><tag k="oneway" v="yes"/></way>
<way id="2"><nd ref="1"/><tag k="highway" v="primary"/><tag k="oneway" v="no"/></way>
<relation id="1"><tag k="highway" v="x"/></relation></osm>"""


def test_counts(tmp_path: Path) -> None:
    keys = [
        "all_n",
        "all_w",
        "all_r",
        "n:barrier=gate",
        "w:highway",
        "w:highway=service",
        "w:highway oneway",
        "w:x",
    ]
    expected = dict(zip(keys, [2, 2, 1, 1, 2, 1, 1, 0], strict=True))
    (tmp_path / "a.osm").write_text(TEXT, encoding="utf-8")
    (tmp_path / "a.osm.gz").write_bytes(gzip.compress(TEXT.encode()))
    assert count_tags(tmp_path / "a.osm", keys) == expected
    assert count_tags(tmp_path / "a.osm.gz", keys) == expected


@pytest.mark.parametrize(
    "text", ["<osm><node>", '<!DOCTYPE x [<!ENTITY a "b">]><osm><node id="&a;"/></osm>', "not xml"]
)
def test_hostile_or_broken_files(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.osm").write_text(text, encoding="utf-8")
    with pytest.raises(InputProblems):
        count_tags(tmp_path / "a.osm", ["all_n"])
    (tmp_path / "a.osm.gz").write_bytes(b"no gzip")
    with pytest.raises(InputProblems):
        count_tags(tmp_path / "a.osm.gz", ["all_n"])
