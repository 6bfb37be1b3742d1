# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.toml_text import toml_text

scalars = st.one_of(
    st.booleans(),
    st.integers(-(2**62), 2**62),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
tables = st.recursive(
    st.dictionaries(keys, st.one_of(scalars, st.lists(scalars, max_size=3)), max_size=4),
    lambda inner: st.dictionaries(
        keys, st.one_of(scalars, inner, st.lists(inner, min_size=1, max_size=2)), max_size=4
    ),
    max_leaves=8,
)


@given(tables)
def test_what_is_written_is_read_back(table: dict[str, Any]) -> None:
    assert tomllib.loads(toml_text(table)) == table


def test_order_is_kept_and_none_left_out() -> None:
    text = toml_text({"b": 1, "a": None, "t": {"x": 1.0, "l": [1, 2]}, "u": [{"k": "v"}]}, comment="hello")
    assert text == '# hello\nb = 1\n\n[t]\nx = 1.0\nl = [1, 2]\n\n[[u]]\nk = "v"\n'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object()])
def test_what_toml_cannot_hold(value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        toml_text({"a": value})
